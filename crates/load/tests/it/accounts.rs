//! Every planned iteration is made, or dropped for a cause: any executors, users, workers, segments and endings.

use std::collections::BTreeSet;
use std::sync::Arc;

use loadline_load::{
    ConstantArrivalRate, ConstantVus, Control, DropCause, Executor, Iteration, IterationEnd, Outcome, Pacer,
    PerVuIterations, Plan, RampingArrivalRate, RampingVus, Scenario, Segment, SharedIterations, Why, closure,
    run_local,
};
use proptest::prelude::*;

use crate::kit::{Finished, Kept, Log, ms, scenario, settings, stages};

/// How a run comes to its end.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Planned,
    Stop(u64),
    StopNow(u64),
    Abort(u64),
}

/// Not all iterations take the same time.
fn length_ms(shortest_ms: u64, number: u64) -> u64 {
    shortest_ms * (1 + 2 * (number % 3))
}

/// Runs one machine's part on a paused clock of its own.
fn part(
    plan: &Plan,
    segment: &Segment,
    workers: usize,
    iteration_ms: u64,
    ending: Ending,
) -> (Finished, Log) {
    let mut settings = settings(workers);
    settings.segment = segment.clone();
    let (schema, mut kept, log) = (Arc::clone(&settings.schema), Kept::default(), Log::default());
    let noted = log.clone();
    let program = closure(move |it: Iteration| {
        noted.note(&it);
        async move {
            tokio::time::sleep(ms(length_ms(iteration_ms, it.in_test))).await;
            match ending {
                Ending::Abort(number) if it.in_test == number => IterationEnd::Abort("enough".to_owned()),
                _ => IterationEnd::Complete,
            }
        }
    });
    let control = Control::new();
    let stopper = control.clone();
    let stop = async move {
        match ending {
            Ending::Stop(at) => {
                tokio::time::sleep(ms(at)).await;
                stopper.stop();
            }
            Ending::StopNow(at) => {
                tokio::time::sleep(ms(at)).await;
                stopper.stop_now();
            }
            Ending::Planned | Ending::Abort(_) => {}
        }
        std::future::pending::<()>().await;
    };
    let run = run_local(plan.clone(), program, settings, control, &mut kept);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = run => outcome,
            () = stop => unreachable!("it only stops"),
        }
    });
    (Finished { outcome, kept, schema }, log)
}

/// What one machine is to make of a scenario, where that is a number.
fn planned(executor: &Executor, segment: &Segment) -> Option<u64> {
    let shared = |users, iterations| segment.dealt_by(users).map_or(0, |own| own.count_below(iterations));
    match executor {
        Executor::PerVuIterations(each) => Some(segment.count_below(each.vus) * each.iterations),
        Executor::SharedIterations(all) => Some(shared(all.vus, all.iterations)),
        Executor::ConstantArrivalRate(open) => {
            Some(shared(open.max_vus, Pacer::new(open.schedule(), Segment::whole()).arrivals()))
        }
        Executor::RampingArrivalRate(open) => {
            Some(shared(open.max_vus, Pacer::new(open.schedule(), Segment::whole()).arrivals()))
        }
        Executor::ConstantVus(_) | Executor::RampingVus(_) | Executor::ExternallyControlled(_) => None,
    }
}

fn is_open(executor: &Executor) -> bool {
    matches!(executor, Executor::ConstantArrivalRate(_) | Executor::RampingArrivalRate(_))
}

/// Holds a machine's outcome against its part of the plan.
fn check_account(plan: &Plan, segment: &Segment, outcome: &Outcome, ending: Ending) {
    let by_itself = outcome.why == Why::Finished;
    for (scenario, state) in plan.scenarios.iter().zip(&outcome.scenarios) {
        let executor = &scenario.executor;
        assert_eq!(state.started, state.completed + state.interrupted);
        let causes: Vec<_> = outcome.dropped.iter().filter(|drop| drop.scenario == scenario.name).collect();
        assert_eq!(causes.iter().map(|drop| drop.count).sum::<u64>(), state.dropped);
        for drop in causes {
            let allowed: &[DropCause] = match ending {
                Ending::Planned if is_open(executor) => &[DropCause::NoFreeVu],
                Ending::Planned => &[DropCause::MaxDuration],
                Ending::Stop(_) | Ending::StopNow(_) => {
                    &[DropCause::NoFreeVu, DropCause::MaxDuration, DropCause::Interrupted]
                }
                Ending::Abort(_) => &[DropCause::NoFreeVu, DropCause::MaxDuration, DropCause::Aborted],
            };
            assert!(allowed.contains(&drop.cause), "{:?} after {ending:?}", drop.cause);
            assert_eq!(drop.planned, state.started + state.dropped);
        }
        match planned(executor, segment) {
            // Closed models drop what is left; of an open one that is stopped only what was due is planned.
            Some(planned) if by_itself || !is_open(executor) => {
                assert_eq!(state.started + state.dropped, planned, "{state:?}");
            }
            Some(planned) => assert!(state.started + state.dropped <= planned),
            None => assert_eq!(state.dropped, 0),
        }
    }
}

fn executor() -> impl Strategy<Value = Executor> {
    let vus = 1u64..8;
    let changes = prop::collection::vec((0u64..700, 0u64..9), 1..4)
        .prop_filter("something runs", |all| all.iter().any(|&(duration, _)| duration > 0));
    let max_ms = prop_oneof![Just(600_000), 1u64..900];
    prop_oneof![
        (vus.clone(), 0u64..20, max_ms.clone()).prop_map(|(vus, more, max)| {
            Executor::SharedIterations(SharedIterations {
                vus,
                iterations: vus + more,
                max_duration: ms(max),
            })
        }),
        (vus.clone(), 1u64..5, max_ms).prop_map(|(vus, iterations, max)| {
            Executor::PerVuIterations(PerVuIterations { vus, iterations, max_duration: ms(max) })
        }),
        (vus.clone(), 1u64..900)
            .prop_map(|(vus, duration)| Executor::ConstantVus(ConstantVus { vus, duration: ms(duration) })),
        (0u64..5, changes.clone(), 0u64..500).prop_map(|(start_vus, changes, grace)| {
            let mut changes = changes;
            changes.push((100, start_vus + 1));
            Executor::RampingVus(RampingVus {
                start_vus,
                stages: stages(&changes),
                graceful_ramp_down: ms(grace),
            })
        }),
        (1u64..60, prop_oneof![Just(1_000u64), Just(300), Just(7_000)], 1u64..1_500, 0u64..8, vus.clone())
            .prop_map(|(rate, unit, duration, pre, more)| {
                Executor::ConstantArrivalRate(ConstantArrivalRate {
                    rate,
                    time_unit: ms(unit),
                    duration: ms(duration),
                    pre_allocated_vus: pre,
                    max_vus: pre + more,
                })
            }),
        (0u64..40, changes, 0u64..8, vus).prop_map(|(start_rate, changes, pre, more)| {
            let mut changes = changes;
            changes.push((200, 30));
            Executor::RampingArrivalRate(RampingArrivalRate {
                start_rate,
                time_unit: ms(1_000),
                stages: stages(&changes),
                pre_allocated_vus: pre,
                max_vus: pre + more,
            })
        }),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let one = (executor(), prop_oneof![Just(0u64), 1u64..800], 0u64..600);
    prop::collection::vec(one, 1..4).prop_map(|all| {
        let named = |(index, (executor, start, grace)): (usize, (Executor, u64, u64))| Scenario {
            name: format!("s{index}"),
            start_time: ms(start),
            ..scenario(executor, grace)
        };
        Plan { scenarios: all.into_iter().enumerate().map(named).collect() }
    })
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        3 => Just(Ending::Planned),
        1 => (1u64..1_500).prop_map(Ending::Stop),
        1 => (1u64..1_500).prop_map(Ending::StopNow),
        1 => (0u64..12).prop_map(Ending::Abort),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn planned_is_made_and_dropped_for_a_cause(
        plan in plan(), weights in prop::collection::vec(1u64..5, 1..4), workers in 1usize..17,
        iteration_ms in 1u64..400, ending in ending(),
    ) {
        prop_assert_eq!(plan.check(), Ok(()));
        let mut numbers = BTreeSet::new();
        let mut accounts = vec![(0, 0); plan.scenarios.len()];
        for index in 0..weights.len() {
            let segment = Segment::new(&weights, index..index + 1).unwrap();
            let (ran, log) = part(&plan, &segment, workers, iteration_ms, ending);
            ran.ends();
            let outcome = ran.outcome.unwrap();
            check_account(&plan, &segment, &outcome, ending);
            for (state, account) in outcome.scenarios.iter().zip(&mut accounts) {
                account.0 += state.started;
                account.1 += state.dropped;
            }
            // No number is given to two iterations, on any machine.
            for start in log.starts() {
                let number = (start.scenario, start.in_test);
                prop_assert!(numbers.insert(number.clone()), "{number:?} twice");
            }
        }
        if matches!(ending, Ending::Planned) {
            // All machines together are the whole.
            for (scenario, (started, dropped)) in plan.scenarios.iter().zip(accounts) {
                if let Some(planned) = planned(&scenario.executor, &Segment::whole()) {
                    prop_assert_eq!(started + dropped, planned);
                }
            }
        }
    }

    #[test]
    fn an_arrival_is_dropped_only_when_all_users_are_busy(
        every_ms in 1u64..20, arrivals in 1u64..60, iteration_ms in 1u64..40, pre in 0u64..6, more in 1u64..6,
        weights in prop::collection::vec(1u64..4, 1..3), workers in 1usize..17,
    ) {
        // Iterations end between two arrivals, so that there is no doubt who was first.
        let (every_ms, iteration_ms) = (every_ms * 10, iteration_ms * 10 + 5);
        let executor = ConstantArrivalRate {
            rate: 1,
            time_unit: ms(every_ms),
            duration: ms(every_ms * arrivals),
            pre_allocated_vus: pre,
            max_vus: pre + more,
        };
        let plan = Plan::of(scenario(Executor::ConstantArrivalRate(executor), 600_000));
        for index in 0..weights.len() {
            let segment = Segment::new(&weights, index..index + 1).unwrap();
            let users = segment.count_below(pre + more) as usize;
            let own = segment.dealt_by(pre + more);
            let due = (0..own.as_ref().map_or(0, |own| own.count_below(arrivals)))
                .map(|k| own.as_ref().unwrap().nth(k) * every_ms);
            let (mut busy, mut expected): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
            for at in due {
                busy.retain(|&until| until > at);
                if busy.len() < users {
                    // In the order of their starts, iterations have numbers, and so lengths.
                    let number = own.as_ref().unwrap().nth(expected.len() as u64);
                    busy.push(at + length_ms(iteration_ms, number));
                    expected.push(at);
                }
            }
            let (ran, log) = part(&plan, &segment, workers, iteration_ms, Ending::Planned);
            prop_assert_eq!(log.instants(), expected);
            ran.ends();
        }
    }
}

/// A smoke test of one user beside a load: on more workers than it has users none of its iterations is lost.
#[test]
fn a_smoke_beside_a_load_is_made_in_full() {
    let smoke =
        Executor::SharedIterations(SharedIterations { vus: 1, iterations: 40, max_duration: ms(600_000) });
    let load = Executor::ConstantVus(ConstantVus { vus: 5, duration: ms(300) });
    for workers in 1..=16 {
        let named = |name: &str, executor: &Executor| Scenario {
            name: name.to_owned(),
            ..scenario(executor.clone(), 30_000)
        };
        let plan = Plan { scenarios: vec![named("smoke", &smoke), named("load", &load)] };
        let (ran, _) = part(&plan, &Segment::whole(), workers, 10, Ending::Planned);
        let outcome = ran.outcome.unwrap();
        assert_eq!(
            (outcome.scenarios[0].completed, outcome.scenarios[0].dropped),
            (40, 0),
            "{workers} workers"
        );
        assert_eq!(outcome.dropped, []);
    }
}

/// What never began is dropped, too, when the run is stopped before.
#[test]
fn a_number_of_iterations_that_was_to_come_later_is_dropped_by_an_interrupt() {
    let shared =
        Executor::SharedIterations(SharedIterations { vus: 2, iterations: 9, max_duration: ms(1_000) });
    let later = Scenario { start_time: ms(60_000), ..scenario(shared, 0) };
    let (ran, _) = part(&Plan::of(later), &Segment::whole(), 3, 10, Ending::Stop(500));
    assert_eq!(ran.ends(), (0, 0, 9));
    let dropped = &ran.outcome.unwrap().dropped;
    assert_eq!(dropped.len(), 1);
    assert_eq!((dropped[0].planned, dropped[0].cause), (9, DropCause::Interrupted));
}

/// A machine whose part of a plan is nothing has nothing to wait for.
#[test]
fn a_scenario_without_work_on_this_machine_is_left_out() {
    let constant = Executor::ConstantVus(ConstantVus { vus: 1, duration: ms(60_000) });
    let plan = Plan::of(scenario(constant, 0));
    let third = Segment::new(&[1, 1, 1], 2..3).unwrap();
    let (ran, log) = part(&plan, &third, 4, 10, Ending::Planned);
    assert_eq!(ran.ends(), (0, 0, 0));
    assert_eq!((ran.duration_ms(), log.instants().len()), (0, 0));
}
