//! A run that people pause, set and stop: counts stay exact, nothing starts while it is paused, and time stands still.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use loadline_load::{
    ConstantArrivalRate, ConstantVus, Control, Deed, Executor, ExternallyControlled, Iteration, Pacer,
    PerVuIterations, Plan, RampingArrivalRate, RampingVus, Rate, Scenario, Setting, SharedIterations,
    Standing, SteerError, SteeredSchedule, Stripe, Why, closure, run_local,
};
use proptest::prelude::*;

use crate::kit::{Finished, Kept, Log, ms, scenario, settings, stages};

/// What somebody does, so long after what was done before.
#[derive(Debug, Clone, Copy)]
enum Act {
    Pause,
    Resume,
    Vus(usize, u64),
    Rate(usize, u64),
    MaxVus(usize, u64),
    Stop,
    StopNow,
}

/// What was done, when, and whether it was taken.
type Done = (u64, Act, bool);

/// Runs a plan on a clock of its own while somebody acts.
fn steered(
    plan: &Plan,
    workers: usize,
    iteration_ms: u64,
    acts: &[(u64, Act)],
) -> (Finished, Log, Vec<Done>) {
    let settings = settings(workers);
    let (schema, mut kept, log) = (Arc::clone(&settings.schema), Kept::default(), Log::default());
    let noted = log.clone();
    let program = closure(move |it: Iteration| {
        noted.note(&it);
        async move { tokio::time::sleep(ms(iteration_ms * (1 + it.in_test % 3))).await }
    });
    let control = Control::new();
    let hand = control.clone();
    let (mut done, names): (Vec<Done>, Vec<_>) =
        (Vec::new(), plan.scenarios.iter().map(|scenario| scenario.name.clone()).collect());
    let act = async {
        let mut at = 0;
        for &(gap, act) in acts {
            at += gap;
            tokio::time::sleep(ms(gap)).await;
            let name = |scenario: usize| &names[scenario % names.len()];
            let set = |scenario, setting| hand.set(name(scenario), &setting);
            let taken = match act {
                Act::Pause => hand.pause(),
                Act::Resume => hand.resume(),
                Act::Vus(scenario, vus) => set(scenario, Setting { vus: Some(vus), ..Setting::default() }),
                Act::Rate(scenario, count) => {
                    let rate = Some(Rate { count, per: ms(1_000) });
                    set(scenario, Setting { rate, ..Setting::default() })
                }
                Act::MaxVus(scenario, most) => {
                    set(scenario, Setting { max_vus: Some(most), vus: None, rate: None })
                }
                Act::Stop => hand.stop_by_hand(),
                Act::StopNow => {
                    hand.stop_now();
                    Ok(0)
                }
            };
            done.push((at, act, taken.is_ok()));
        }
        std::future::pending::<()>().await;
    };
    let run = run_local(plan.clone(), program, settings, control, &mut kept);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = run => outcome,
            () = act => unreachable!("it only acts"),
        }
    });
    (Finished { outcome, kept, schema }, log, done)
}

/// When it was paused and when that was over, in milliseconds of the run.
fn pauses(done: &[Done]) -> Vec<(u64, u64)> {
    let (mut all, mut since) = (Vec::new(), None);
    for &(at, act, taken) in done.iter().filter(|(.., taken)| *taken) {
        let _ = taken;
        match act {
            Act::Pause => since = since.or(Some(at)),
            Act::Resume | Act::Stop | Act::StopNow => all.extend(since.take().map(|since| (since, at))),
            _ => {}
        }
    }
    all.extend(since.map(|since| (since, u64::MAX)));
    all
}

/// The run's own time at a moment.
fn own_time(pauses: &[(u64, u64)], at: u64) -> u64 {
    let paused = |&(from, until): &(u64, u64)| until.min(at).saturating_sub(from);
    at - pauses.iter().map(paused).sum::<u64>()
}

/// The arrivals of an open model after all that was done, and how many of them were to be made.
fn arrivals(position: usize, plan: &Plan, done: &[Done], ended_at: Option<u64>) -> Option<u64> {
    let scenario = &plan.scenarios[position];
    let start = scenario.start_time.as_millis() as u64;
    let mut schedule = SteeredSchedule::new(scenario.executor.schedule()?, scenario.executor.duration());
    let pauses = pauses(done);
    for &(at, act, taken) in done {
        if let Act::Rate(which, count) = act
            && taken
            && which % plan.scenarios.len() == position
        {
            let own = own_time(&pauses, at).checked_sub(start).map(ms);
            schedule = schedule.changed(own, Rate { count, per: ms(1_000) });
        }
    }
    let pacer = Pacer::new(schedule, Stripe::WHOLE);
    Some(match ended_at {
        Some(at) => own_time(&pauses, at).checked_sub(start).map_or(0, |own| pacer.due(ms(own))),
        None => pacer.arrivals(),
    })
}

fn executor() -> impl Strategy<Value = Executor> {
    let vus = 1u64..7;
    let changes = prop::collection::vec((0u64..700, 0u64..9), 1..4);
    let max_ms = prop_oneof![Just(600_000), 50u64..900];
    prop_oneof![
        (vus.clone(), 0u64..20, max_ms.clone()).prop_map(|(vus, more, max)| {
            let iterations = vus + more;
            Executor::SharedIterations(SharedIterations { vus, iterations, max_duration: ms(max) })
        }),
        (vus.clone(), 1u64..5, max_ms).prop_map(|(vus, iterations, max)| {
            Executor::PerVuIterations(PerVuIterations { vus, iterations, max_duration: ms(max) })
        }),
        (vus.clone(), 50u64..900)
            .prop_map(|(vus, duration)| Executor::ConstantVus(ConstantVus { vus, duration: ms(duration) })),
        (0u64..5, changes.clone(), 0u64..500).prop_map(|(start_vus, mut changes, grace)| {
            changes.push((100, start_vus + 1));
            Executor::RampingVus(RampingVus {
                start_vus,
                stages: stages(&changes),
                graceful_ramp_down: ms(grace),
            })
        }),
        (0u64..4, vus.clone(), 100u64..900).prop_map(|(vus, more, duration)| {
            let duration = ms(duration);
            Executor::ExternallyControlled(ExternallyControlled { vus, max_vus: vus + more, duration })
        }),
        (1u64..60, 100u64..1_500, 0u64..8, vus.clone()).prop_map(|(rate, duration, pre, more)| {
            Executor::ConstantArrivalRate(ConstantArrivalRate {
                rate,
                time_unit: ms(1_000),
                duration: ms(duration),
                pre_allocated_vus: pre,
                max_vus: pre + more,
            })
        }),
        (0u64..40, changes, 0u64..8, vus).prop_map(|(start_rate, mut changes, pre, more)| {
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
    let one = (executor(), prop_oneof![2 => Just(0u64), 1 => 1u64..500], 0u64..600);
    prop::collection::vec(one, 1..4).prop_map(|all| {
        let named = |(index, (executor, start, grace)): (usize, (Executor, u64, u64))| Scenario {
            name: format!("s{index}"),
            start_time: ms(start),
            ..scenario(executor, grace)
        };
        Plan { scenarios: all.into_iter().enumerate().map(named).collect() }
    })
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        3 => Just(Act::Pause),
        3 => Just(Act::Resume),
        3 => (0usize..3, 0u64..12).prop_map(|(scenario, vus)| Act::Vus(scenario, vus)),
        3 => (0usize..3, 0u64..90).prop_map(|(scenario, rate)| Act::Rate(scenario, rate)),
        1 => (0usize..3, 4u64..12).prop_map(|(scenario, most)| Act::MaxVus(scenario, most)),
    ];
    let end = prop_oneof![3 => Just(Act::Resume), 1 => Just(Act::Stop), 1 => Just(Act::StopNow)];
    (prop::collection::vec((1u64..400, act), 0..9), 1u64..400, end).prop_map(|(mut acts, gap, end)| {
        acts.push((gap, end));
        acts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_done_counts_are_exact_and_a_pause_is_one(
        plan in plan(), workers in 1usize..9, iteration_ms in 1u64..300, acts in acts(),
    ) {
        prop_assert_eq!(plan.check(), Ok(()));
        let (ran, log, done) = steered(&plan, workers, iteration_ms, &acts);
        ran.ends();
        let outcome = ran.outcome.unwrap();
        let pauses = pauses(&done);
        let stop = done.iter().find(|(_, act, _)| matches!(act, Act::Stop | Act::StopNow));
        let stopped_at = stop.filter(|_| outcome.why != Why::Finished).map(|(at, ..)| *at);
        let mut numbers = BTreeSet::new();
        for start in log.starts() {
            // No number is given to two iterations, and none begins during a pause.
            prop_assert!(numbers.insert((start.scenario.clone(), start.in_test)), "{start:?} twice");
            let of = |scenario: &&Scenario| scenario.name == start.scenario;
            let begins = plan.scenarios.iter().find(of).unwrap().start_time.as_millis() as u64;
            let at = start.at_ms + begins;
            prop_assert!(!pauses.iter().any(|&(from, until)| from < at && at < until), "{start:?} {pauses:?}");
        }
        for (position, (scenario, state)) in plan.scenarios.iter().zip(&outcome.scenarios).enumerate() {
            let planned = match &scenario.executor {
                Executor::SharedIterations(shared) => Some(shared.iterations),
                Executor::PerVuIterations(each) => Some(each.iterations * each.vus),
                // Of several workers each sees the stop in its own turn; the moment is the same.
                _ => arrivals(position, &plan, &done, stopped_at),
            };
            if let Some(planned) = planned {
                prop_assert_eq!(state.started + state.dropped, planned, "{:?}", state);
            } else {
                prop_assert_eq!(state.dropped, 0);
            }
        }
    }
}

fn constant(vus: u64, duration_ms: u64) -> Plan {
    let executor = Executor::ConstantVus(ConstantVus { vus, duration: ms(duration_ms) });
    Plan::of(scenario(executor, 0))
}

fn open(rate: u64, duration_ms: u64, vus: u64) -> Plan {
    let executor = ConstantArrivalRate {
        rate,
        time_unit: ms(1_000),
        duration: ms(duration_ms),
        pre_allocated_vus: vus,
        max_vus: vus,
    };
    Plan::of(scenario(Executor::ConstantArrivalRate(executor), 0))
}

#[test]
fn a_pause_makes_a_closed_model_longer_by_itself() {
    let (ran, log, _) = steered(&constant(1, 1_000), 2, 100, &[(350, Act::Pause), (5_000, Act::Resume)]);
    assert_eq!(ran.duration_ms(), 6_000);
    let instants = log.instants();
    // Iterations of 100, 200 and 300 ms in turn: the one under way at the pause comes to its end, and the next one
    // begins when it goes on.
    assert_eq!(instants, [0, 100, 300, 5_350, 5_450, 5_650, 5_950]);
}

#[test]
fn arrivals_of_a_paused_run_come_later_and_are_not_late() {
    let (ran, log, _) = steered(&open(10, 1_000, 5), 3, 10, &[(450, Act::Pause), (2_000, Act::Resume)]);
    assert_eq!(log.instants(), [0, 100, 200, 300, 400, 2_500, 2_600, 2_700, 2_800, 2_900]);
    let lag = ran.total("iteration_lag").unwrap();
    assert!(lag.as_trend().unwrap().max().unwrap() < 10.0, "{lag:?}");
    assert_eq!((ran.ends(), ran.duration_ms()), ((10, 0, 0), 3_000));
}

#[test]
fn a_rate_that_is_set_counts_from_then_on() {
    let acts = [(500, Act::Rate(0, 4)), (250, Act::Rate(0, 0)), (1_000, Act::Rate(0, 20))];
    let (ran, log, _) = steered(&open(10, 2_000, 5), 2, 10, &acts);
    assert_eq!(log.instants()[..7], [0, 100, 200, 300, 400, 500, 750]);
    assert_eq!(log.instants()[7..], [1_800, 1_850, 1_900, 1_950]);
    assert_eq!(ran.ends(), (11, 0, 0));
}

#[test]
fn users_are_set_beyond_the_plan_when_more_are_allowed() {
    let acts = [(250, Act::Vus(0, 5)), (0, Act::MaxVus(0, 5)), (0, Act::Vus(0, 5)), (250, Act::Vus(0, 1))];
    let (ran, log, done) = steered(&constant(2, 900), 2, 1_000, &acts);
    assert_eq!(done.iter().map(|(.., taken)| *taken).collect::<Vec<_>>(), [false, true, true, true]);
    assert_eq!(log.instants(), [0, 0, 250, 250, 250]);
    // Nobody has time to end: those who were told to leave have no grace, as all.
    assert_eq!(ran.ends(), (0, 5, 0));
}

#[test]
fn an_externally_controlled_scenario_goes_on_until_it_is_stopped() {
    let executor = ExternallyControlled { vus: 1, max_vus: 3, duration: Duration::ZERO };
    let plan = Plan::of(scenario(Executor::ExternallyControlled(executor), 1_000));
    let acts = [(3_600_000, Act::Vus(0, 3)), (1_000, Act::Vus(0, 0)), (3_600_000, Act::Stop)];
    let (ran, log, _) = steered(&plan, 2, 500_000, &acts);
    let outcome = ran.outcome.as_ref().unwrap();
    assert_eq!((outcome.why.clone(), outcome.scenarios[0].duration), (Why::Stopped, None));
    assert_eq!(log.instants().iter().filter(|at| **at == 3_600_000).count(), 2);
    assert_eq!(ran.duration_ms(), 7_201_000);
}

#[test]
fn a_run_that_is_stopped_while_paused_ends_at_once_with_its_results() {
    for end in [Act::Stop, Act::StopNow] {
        let acts = [(250, Act::Pause), (1_000, end)];
        for plan in [constant(3, 60_000), open(10, 60_000, 3)] {
            let (ran, ..) = steered(&plan, 2, 10, &acts);
            assert_eq!(ran.duration_ms(), 1_250);
            assert!(ran.ends().0 > 0);
            assert_eq!(ran.ends().2, 0);
        }
    }
}

#[test]
fn what_cannot_be_set_says_why() {
    let control = Control::new();
    let set = |name: &str, setting| control.set(name, &setting).unwrap_err();
    let vus = |vus| Setting { vus: Some(vus), ..Setting::default() };
    let rate = |count| Setting { rate: Some(Rate { count, per: ms(1_000) }), ..Setting::default() };
    assert_eq!(set("s", vus(1)), SteerError::Preparing);
    let shared = SharedIterations { vus: 1, iterations: 50, max_duration: ms(600_000) };
    let named = |name: &str, executor| Scenario { name: name.to_owned(), ..scenario(executor, 0) };
    let open = open(5, 500, 1).scenarios.remove(0).executor;
    let constant = constant(2, 200).scenarios.remove(0).executor;
    let scenarios = vec![
        named("shared", Executor::SharedIterations(shared)),
        named("open", open),
        named("constant", constant),
    ];
    let mut kept = Kept::default();
    let program = closure(|_: Iteration| async move { tokio::time::sleep(ms(10)).await });
    let run = run_local(Plan { scenarios }, program, settings(2), control.clone(), &mut kept);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let asked = async {
        tokio::time::sleep(ms(100)).await;
        let before = control.status();
        let refused: BTreeSet<String> = [
            set("other", vus(1)),
            set("shared", vus(1)),
            set("open", vus(1)),
            set("constant", rate(1)),
            set("constant", vus(3)),
            set("constant", Setting { max_vus: Some(1), ..Setting::default() }),
            set("constant", vus(2_000_000)),
            set("constant", Setting::default()),
        ]
        .iter()
        .map(ToString::to_string)
        .collect();
        assert_eq!(refused.len(), 8, "{refused:?}");
        assert_eq!(control.status().revision, before.revision, "nothing was changed");
        tokio::time::sleep(ms(200)).await;
        assert_eq!(set("constant", vus(1)), SteerError::ScenarioOver("constant".to_owned()));
        assert_eq!(control.mark("deploy 1.4.2"), Ok(1));
        std::future::pending::<()>().await;
    };
    runtime.block_on(async {
        tokio::select! {
            outcome = run => assert_eq!(outcome.unwrap().why, Why::Finished),
            () = asked => unreachable!("it waits"),
        }
    });
    assert_eq!(set("open", rate(1)), SteerError::Over);
    let (deeds, lost) = control.take_deeds();
    assert_eq!((deeds.len(), lost), (1, 0));
    assert_eq!(deeds[0].what, Deed::Marked("deploy 1.4.2".to_owned()));
    assert_eq!((deeds[0].revision, deeds[0].at), (1, ms(300)));
}

#[test]
fn a_run_that_is_paused_before_it_starts_waits_with_everything_ready() {
    let control = Control::new();
    control.pause().unwrap();
    let (log, mut kept) = (Log::default(), Kept::default());
    let noted = log.clone();
    let program = closure(move |it: Iteration| {
        noted.note(&it);
        async move { tokio::time::sleep(ms(100)).await }
    });
    let run = run_local(constant(2, 450), program, settings(2), control.clone(), &mut kept);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let resume = async {
        tokio::time::sleep(ms(5_000)).await;
        let status = control.status();
        assert_eq!((status.standing, status.vus, status.vus_max), (Standing::Held, 0, 2));
        // What is set before the start holds from there.
        control.set("s", &Setting { vus: Some(1), ..Setting::default() }).unwrap();
        control.resume().unwrap();
        std::future::pending::<()>().await;
    };
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = run => outcome.unwrap(),
            () = resume => unreachable!("it waits"),
        }
    });
    assert_eq!((outcome.duration.as_millis(), log.instants()), (450, vec![0, 100, 200, 300, 400]));
}

/// On real threads, which hear of changes when they come to it.
#[tokio::test]
async fn threads_that_hear_late_lose_nothing_and_make_nothing_twice() {
    let executor = ConstantArrivalRate {
        rate: 20_000,
        time_unit: ms(1_000),
        duration: ms(600),
        pre_allocated_vus: 64,
        max_vus: 64,
    };
    let (log, mut kept) = (Log::default(), Kept::default());
    let noted = log.clone();
    let program = closure(move |it: Iteration| {
        noted.note(&it);
        async move { tokio::task::yield_now().await }
    });
    let constant = constant(8, 600).scenarios.remove(0);
    let scenarios = vec![
        scenario(Executor::ConstantArrivalRate(executor), 1_000),
        Scenario { name: "closed".to_owned(), ..constant },
    ];
    let control = Control::new();
    let hand = control.clone();
    let act = async move {
        for turn in 0..200_u64 {
            tokio::time::sleep(ms(2)).await;
            let rate = Some(Rate { count: turn * 7_919 % 30_000, per: ms(1_000) });
            // A scenario may be over by then.
            let _ = hand.set("s", &Setting { rate, ..Setting::default() });
            let _ = hand.set("closed", &Setting { vus: Some(turn % 9), ..Setting::default() });
            let _ = if turn % 3 == 0 { hand.pause() } else { hand.resume() };
        }
        hand.resume().map(|_| ())
    };
    let run = loadline_load::run(Plan { scenarios }, program, settings(4), control, &mut kept);
    let (outcome, _) = tokio::join!(run, act);
    let outcome = outcome.unwrap();
    assert_eq!(outcome.why, Why::Finished);
    let starts = log.starts();
    let numbers: BTreeSet<_> = starts.iter().map(|start| (&start.scenario, start.in_test)).collect();
    assert_eq!(numbers.len(), starts.len());
    let started: u64 = outcome.scenarios.iter().map(|state| state.started).sum();
    assert_eq!(started, starts.len() as u64);
}
