//! The engine on real threads. No assertion here depends on how long anything takes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use loadline_load::{
    ConstantArrivalRate, ConstantVus, Control, EngineError, Executor, Iteration, IterationEnd,
    PerVuIterations, Plan, Program, ProgramError, Segment, SharedIterations, Vu, VuId, Why, Worker,
    WorkerContext, closure, run,
};

use loadline_measure::{MetricKind, Unit};
use tokio::time::Instant;

use crate::kit::{Finished, Kept, Log, ms, scenario, settings};

async fn threads<P: Program>(plan: Plan, program: Arc<P>, workers: usize, control: Control) -> Finished {
    let settings = settings(workers);
    let (schema, mut kept) = (Arc::clone(&settings.schema), Kept::default());
    let outcome = run(plan, program, settings, control, &mut kept).await;
    Finished { outcome, kept, schema }
}

fn shared(vus: u64, iterations: u64) -> Plan {
    let executor = SharedIterations { vus, iterations, max_duration: ms(600_000) };
    Plan::of(scenario(Executor::SharedIterations(executor), 0))
}

#[tokio::test]
async fn shared_iterations_are_done_once_each_on_four_threads() {
    let log = Log::default();
    let noted = log.clone();
    let program = closure(move |it: Iteration| {
        noted.note(&it);
        async { tokio::task::yield_now().await }
    });
    let ran = threads(shared(10, 5_000), program, 4, Control::new()).await;
    assert_eq!(ran.ends(), (5_000, 0, 0));
    let numbers: BTreeSet<_> = log.starts().iter().map(|start| start.in_test).collect();
    assert_eq!(numbers.len(), 5_000);
    assert_eq!(numbers.last(), Some(&4_999));
    let outcome = ran.outcome.unwrap();
    assert_eq!((outcome.why, outcome.generator.workers), (Why::Finished, 4));
}

#[tokio::test]
async fn every_arrival_is_started_or_dropped() {
    let executor = ConstantArrivalRate {
        rate: 2_000,
        time_unit: ms(1_000),
        duration: ms(500),
        pre_allocated_vus: 3,
        max_vus: 5,
    };
    let program = closure(|_| async { tokio::time::sleep(ms(3)).await });
    let ran = threads(
        Plan::of(scenario(Executor::ConstantArrivalRate(executor), 30_000)),
        program,
        3,
        Control::new(),
    )
    .await;
    let (completed, interrupted, dropped) = ran.ends();
    assert_eq!((completed + dropped, interrupted), (1_000, 0));
    assert_eq!(ran.total("iteration_lag").unwrap().count(), completed);
}

#[tokio::test]
async fn three_machines_do_one_plan_together() {
    let log = Log::default();
    let mut completed = 0;
    for index in 0..3 {
        let mut settings = settings(2);
        settings.segment = Segment::new(&[1, 1, 1], index..index + 1).unwrap();
        let noted = log.clone();
        let program = closure(move |it: Iteration| {
            noted.note(&it);
            async { tokio::task::yield_now().await }
        });
        let (schema, mut kept) = (Arc::clone(&settings.schema), Kept::default());
        let outcome = run(shared(7, 100), program, settings, Control::new(), &mut kept).await;
        completed += Finished { outcome, kept, schema }.ends().0;
    }
    assert_eq!(completed, 100);
    let numbers: BTreeSet<_> = log.starts().iter().map(|start| start.in_test).collect();
    assert_eq!(numbers, (0..100).collect());
}

#[tokio::test]
async fn stopping_at_once_accounts_for_every_iteration() {
    let control = Control::new();
    let stopper = control.clone();
    let started = Arc::new(AtomicU64::new(0));
    let program = closure(move |_| {
        if started.fetch_add(1, Ordering::Relaxed) == 500 {
            stopper.stop_now();
        }
        async {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
    });
    let ran = threads(shared(50, 1_000_000), program, 2, control).await;
    let (completed, interrupted, dropped) = ran.ends();
    assert_eq!(completed + interrupted + dropped, 1_000_000);
    assert!(completed + interrupted >= 500);
    assert_eq!(ran.outcome.unwrap().why, Why::StoppedNow);
}

#[tokio::test]
async fn a_user_who_never_yields_does_not_hold_up_the_end() {
    let release = Arc::new((Mutex::new(false), Condvar::new()));
    let blocked = Arc::clone(&release);
    let control = Control::new();
    let stopper = control.clone();
    // The first iteration blocks its thread; the other worker's user counts, and asks for the end.
    let silent = AtomicBool::new(false);
    let program = closure(move |it: Iteration| {
        if it.vu.in_instance == 1 {
            silent.store(true, Ordering::Relaxed);
            let (released, signal) = &*blocked;
            let guard = released.lock().unwrap();
            drop(signal.wait_while(guard, |released| !*released).unwrap());
        } else if it.in_vu >= 1_000 && silent.load(Ordering::Relaxed) {
            stopper.stop_now();
        }
        async { tokio::task::yield_now().await }
    });
    let mut settings = settings(2);
    settings.patience = ms(500);
    let (schema, mut kept) = (Arc::clone(&settings.schema), Kept::default());
    let plan = Plan::of(scenario(Executor::ConstantVus(ConstantVus { vus: 2, duration: ms(600_000) }), 0));
    let outcome = run(plan, program, settings, control, &mut kept).await;
    let (released, signal) = &*release;
    *released.lock().unwrap() = true;
    signal.notify_all();
    let ran = Finished { outcome, kept, schema };
    assert!(ran.count("iterations") >= 1_000);
    let unresponsive = ran.outcome.unwrap().unresponsive;
    assert_eq!(unresponsive.len(), 1);
    assert_eq!((unresponsive[0].worker, &unresponsive[0].user), (0, &Some(("s".to_owned(), 1))));
}

#[tokio::test]
async fn what_a_silent_worker_was_to_do_is_dropped_for_it() {
    let rate = ConstantArrivalRate {
        rate: 1_000,
        time_unit: ms(1_000),
        duration: ms(600_000),
        pre_allocated_vus: 2,
        max_vus: 2,
    };
    for executor in [
        Executor::SharedIterations(SharedIterations {
            vus: 2,
            iterations: 1_000_000,
            max_duration: ms(600_000),
        }),
        Executor::PerVuIterations(PerVuIterations {
            vus: 2,
            iterations: 1_000_000,
            max_duration: ms(600_000),
        }),
        Executor::ConstantArrivalRate(rate),
    ] {
        let release = Arc::new((Mutex::new(false), Condvar::new()));
        let blocked = Arc::clone(&release);
        let control = Control::new();
        let stopper = control.clone();
        let silent = AtomicBool::new(false);
        let program = closure(move |it: Iteration| {
            if it.vu.in_instance == 1 {
                silent.store(true, Ordering::Relaxed);
                let (released, signal) = &*blocked;
                let guard = released.lock().unwrap();
                drop(signal.wait_while(guard, |released| !*released).unwrap());
            } else if it.in_vu >= 50 && silent.load(Ordering::Relaxed) {
                stopper.stop_now();
            }
            async { tokio::task::yield_now().await }
        });
        let mut settings = settings(2);
        settings.patience = ms(300);
        let (schema, mut kept) = (Arc::clone(&settings.schema), Kept::default());
        let outcome = run(Plan::of(scenario(executor, 0)), program, settings, control, &mut kept).await;
        let (released, signal) = &*release;
        *released.lock().unwrap() = true;
        signal.notify_all();
        let ran = Finished { outcome, kept, schema };
        let dropped = ran.count("dropped_iterations");
        let outcome = ran.outcome.unwrap();
        assert!(outcome.unresponsive.iter().any(|stuck| stuck.worker == 0));
        let state = &outcome.scenarios[0];
        // The one who blocks has started, and does not end.
        assert!(state.started > state.completed + state.interrupted);
        // Of the open model only what was due was to be done; what the silent one dropped itself is missing in its
        // window.
        if state.executor.contains("arrival") {
            assert!(0 < dropped && dropped <= state.dropped);
        } else {
            assert_eq!(state.dropped, dropped);
            assert_eq!(Some(state.started + state.dropped), state.total);
        }
    }
}

#[tokio::test]
async fn a_panic_names_its_worker_and_keeps_what_the_others_measured() {
    let arrived = Arc::new(AtomicU64::new(0));
    let program = closure(move |it: Iteration| {
        let arrived = Arc::clone(&arrived);
        async move {
            if it.vu.in_instance == 1 {
                arrived.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            } else if arrived.load(Ordering::Relaxed) >= 100 {
                panic!("out of luck");
            } else {
                tokio::task::yield_now().await;
            }
        }
    });
    let plan = Plan::of(scenario(Executor::ConstantVus(ConstantVus { vus: 2, duration: ms(600_000) }), 0));
    let ran = threads(plan, program, 2, Control::new()).await;
    match ran.outcome.as_ref().unwrap_err() {
        EngineError::Panic { worker: 1, message } => assert_eq!(message, "out of luck"),
        other => panic!("{other}"),
    }
    assert!(ran.count("iterations") >= 99);
}

#[tokio::test]
async fn aborting_reaches_all_workers() {
    let program = closure(|it: Iteration| async move {
        tokio::task::yield_now().await;
        if it.in_test == 1_000 { IterationEnd::Abort("done here".to_owned()) } else { IterationEnd::Complete }
    });
    let ran = threads(shared(8, 1_000_000_000), program, 3, Control::new()).await;
    assert_eq!(ran.outcome.unwrap().why, Why::Aborted("done here".to_owned()));
}

/// Tells when it is dropped.
struct Last(std::sync::mpsc::Sender<()>);

impl Drop for Last {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tokio::test]
async fn dropping_the_run_ends_its_threads() {
    let (sender, gone) = std::sync::mpsc::channel();
    let (begun, mut has_begun) = tokio::sync::mpsc::channel(1);
    let last = Last(sender);
    let program = closure(move |_| {
        let _ = (&last, begun.try_send(()));
        async { tokio::task::yield_now().await }
    });
    let plan =
        Plan::of(scenario(Executor::ConstantVus(ConstantVus { vus: 4, duration: ms(600_000) }), 30_000));
    let mut kept = Kept::default();
    tokio::select! {
        _ = run(plan, program, settings(2), Control::new(), &mut kept) => panic!("it runs for ten minutes"),
        begun = has_begun.recv() => assert_eq!(begun, Some(())),
    }
    // The program is dropped when the last worker has let it go.
    assert_eq!(gone.recv(), Ok(()));
}

#[tokio::test]
async fn raw_samples_reach_the_stream() {
    let (sender, samples) = std::sync::mpsc::sync_channel(1_000);
    let mut settings = settings(2);
    settings.samples = Some(sender);
    let iterations = settings.schema.define("iterations", MetricKind::Counter, Unit::Plain).unwrap();
    let plan = shared(4, 500);
    let outcome =
        run(plan, closure(|_| async {}), settings, Control::new(), &mut Kept::default()).await.unwrap();
    assert_eq!(outcome.lost_samples, 0);
    let count = samples.try_iter().flatten().filter(|sample| sample.metric == iterations).count();
    assert_eq!(count, 500);
}

#[tokio::test]
async fn who_does_not_yield_is_named_while_the_others_go_on() {
    let release = Arc::new((Mutex::new(false), Condvar::new()));
    let blocked = Arc::clone(&release);
    let program = closure(move |it: Iteration| {
        if it.vu.in_instance == 1 {
            let (released, signal) = &*blocked;
            let guard = released.lock().unwrap();
            drop(signal.wait_while(guard, |released| !*released).unwrap());
        }
        async { tokio::time::sleep(ms(1)).await }
    });
    let control = Control::new();
    let mut kept = Kept { release: Some((Arc::clone(&release), control.clone())), ..Kept::default() };
    let settings = settings(2);
    let schema = Arc::clone(&settings.schema);
    let plan = Plan::of(scenario(Executor::ConstantVus(ConstantVus { vus: 2, duration: ms(600_000) }), 0));
    // Told of it, the observer lets the user go, and asks for the end.
    let outcome = run(plan, program, settings, control, &mut kept).await.unwrap();
    let stuck = kept.stuck.clone();
    assert_eq!(stuck.len(), 1, "{stuck:?}");
    assert_eq!((stuck[0].worker, &stuck[0].user), (0, &Some(("s".to_owned(), 1))));
    assert!(stuck[0].silent >= ms(2_000));
    assert_eq!(outcome.unresponsive, []);
    let lag = outcome.saturation.clone().unwrap().to_string();
    assert!(lag.starts_with("not trustworthy: generator saturated: its event loops were "), "{lag}");
    let ran = Finished { outcome: Ok(outcome), kept, schema };
    assert!(ran.count("iterations") > 100);
    assert!(ran.total("generator_cpu").is_some() && ran.total("generator_loop_lag_max").is_some());
}

/// A worker that looks at something when its users are done, which takes a moment.
#[derive(Clone, Default)]
struct Looks {
    started: Arc<Mutex<Option<Instant>>>,
    ended: Arc<Mutex<Option<Instant>>>,
}

impl Program for Looks {
    type Worker = Self;

    fn worker(&self, _: WorkerContext) -> Self {
        self.clone()
    }
}

impl Worker for Looks {
    type Vu = Self;

    async fn vu(&mut self, _: VuId) -> Result<Self, ProgramError> {
        Ok(self.clone())
    }

    fn end(&mut self) {
        let called = Instant::now();
        self.ended.lock().unwrap().get_or_insert(called);
        while called.elapsed() < ms(50) {
            std::hint::spin_loop();
        }
    }
}

impl Vu for Looks {
    async fn iterate(&mut self, iteration: &Iteration) -> IterationEnd {
        *self.started.lock().unwrap() = iteration.scenario.started_at();
        IterationEnd::Complete
    }
}

#[tokio::test]
async fn what_is_looked_at_afterwards_is_no_part_of_the_run() {
    let program = Looks::default();
    let ran = threads(shared(1, 1), Arc::new(program.clone()), 1, Control::new()).await;
    let users = program.ended.lock().unwrap().unwrap() - program.started.lock().unwrap().unwrap();
    assert!(ran.outcome.unwrap().duration <= users);
}

#[tokio::test]
async fn who_aborts_begins_nothing_more() {
    let program = closure(|it: Iteration| async move {
        if it.in_test == 2 { IterationEnd::Abort("enough".to_owned()) } else { IterationEnd::Complete }
    });
    let ran = threads(shared(1, 50), program, 1, Control::new()).await;
    assert_eq!(ran.ends(), (3, 0, 47));
    assert_eq!(ran.outcome.unwrap().why, Why::Aborted("enough".to_owned()));
}
