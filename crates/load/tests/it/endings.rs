//! How runs end: stopped gently, stopped at once, aborted, failed, and users who do not heed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loadline_load::{
    ConstantArrivalRate, ConstantVus, Control, EngineError, Executor, Iteration, IterationEnd, Plan, Program,
    ProgramError, RampingVus, SharedIterations, Vu, VuId, Why, Worker, WorkerContext, closure, run_local,
};

use crate::kit::{Finished, Kept, local, ms, scenario, settings, stages};

fn constant(vus: u64, duration_ms: u64, graceful_stop_ms: u64) -> Plan {
    Plan::of(scenario(
        Executor::ConstantVus(ConstantVus { vus, duration: ms(duration_ms) }),
        graceful_stop_ms,
    ))
}

/// Runs iterations of a length and stops them at an instant.
async fn stopped(plan: Plan, iteration_ms: u64, at_ms: u64, stop: fn(&Control)) -> Finished {
    let control = Control::new();
    let stopper = control.clone();
    let program = closure(move |_| async move { tokio::time::sleep(ms(iteration_ms)).await });
    let run = local(plan, program, 2, control);
    let stop = async move {
        tokio::time::sleep(ms(at_ms)).await;
        stop(&stopper);
    };
    tokio::join!(run, stop).0
}

#[tokio::test(start_paused = true)]
async fn the_first_stop_lets_iterations_finish() {
    let ran = stopped(constant(4, 60_000, 30_000), 400, 1_000, Control::stop).await;
    assert_eq!(ran.outcome.as_ref().unwrap().why, Why::Stopped);
    assert_eq!(ran.ends(), (12, 0, 0));
    assert_eq!(ran.duration_ms(), 1_200);
}

#[tokio::test(start_paused = true)]
async fn a_graceful_stop_ends_with_the_grace() {
    let ran = stopped(constant(4, 60_000, 300), 40_000, 1_000, Control::stop).await;
    assert_eq!(ran.ends(), (0, 4, 0));
    assert_eq!(ran.duration_ms(), 1_300);
}

#[tokio::test(start_paused = true)]
async fn the_second_stop_interrupts_at_once_and_loses_nothing() {
    let ran = stopped(constant(4, 60_000, 30_000), 400, 1_000, Control::stop_now).await;
    assert_eq!(ran.outcome.as_ref().unwrap().why, Why::StoppedNow);
    assert_eq!(ran.ends(), (8, 4, 0));
    assert_eq!(ran.duration_ms(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn an_open_model_that_is_stopped_has_scheduled_what_was_due() {
    let executor = ConstantArrivalRate {
        rate: 10,
        time_unit: ms(1_000),
        duration: ms(60_000),
        pre_allocated_vus: 3,
        max_vus: 3,
    };
    let plan = Plan::of(scenario(Executor::ConstantArrivalRate(executor), 30_000));
    let ran = stopped(plan, 500, 950, Control::stop).await;
    // Due at 0, 100 … 900 ms; three at a time, each for 500 ms.
    assert_eq!(ran.ends(), (6, 0, 4));
    assert_eq!(ran.duration_ms(), 1_200);
}

#[tokio::test(start_paused = true)]
async fn shared_iterations_left_at_a_stop_are_dropped() {
    let executor = SharedIterations { vus: 2, iterations: 100, max_duration: ms(60_000) };
    let ran =
        stopped(Plan::of(scenario(Executor::SharedIterations(executor), 0)), 100, 250, Control::stop_now)
            .await;
    assert_eq!(ran.ends(), (4, 2, 94));
}

#[tokio::test(start_paused = true)]
async fn a_scenario_that_has_not_started_does_not() {
    let mut plan = constant(1, 1_000, 0);
    plan.scenarios[0].start_time = ms(10_000);
    let ran = stopped(plan, 100, 500, Control::stop).await;
    assert_eq!(ran.ends(), (0, 0, 0));
    assert_eq!(ran.duration_ms(), 500);
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_the_start_is_honoured() {
    let control = Control::new();
    control.stop();
    let ran = local(constant(4, 60_000, 0), closure(|_| async {}), 2, control).await;
    assert_eq!(ran.outcome.unwrap().why, Why::Stopped);
}

#[tokio::test(start_paused = true)]
async fn the_observer_can_end_the_run() {
    let program = closure(|_| async { tokio::time::sleep(ms(300)).await });
    let mut kept = Kept { stop_at: Some(1), ..Kept::default() };
    let plan = constant(1, 60_000, 30_000);
    let outcome = run_local(plan, program, settings(1), Control::new(), &mut kept).await.unwrap();
    assert_eq!(outcome.why, Why::Observer("enough".to_owned()));
    assert!(outcome.duration < ms(2_300), "{:?}", outcome.duration);
}

#[tokio::test(start_paused = true)]
async fn an_iteration_can_abort_the_run() {
    let program = closure(|it: Iteration| async move {
        tokio::time::sleep(ms(100 * it.vu.in_instance)).await;
        if it.vu.in_instance == 2 {
            IterationEnd::Abort("no stock".to_owned())
        } else {
            IterationEnd::Complete
        }
    });
    let ran = local(constant(3, 60_000, 30_000), program, 2, Control::new()).await;
    assert_eq!(ran.outcome.as_ref().unwrap().why, Why::Aborted("no stock".to_owned()));
    assert_eq!(ran.duration_ms(), 200);
    let (completed, interrupted, dropped) = ran.ends();
    assert!(completed >= 2 && interrupted >= 1 && dropped == 0, "{completed} {interrupted}");
}

/// Ignores interrupts.
struct Stubborn;

impl Program for Stubborn {
    type Worker = Self;

    fn worker(&self, _: WorkerContext) -> Self {
        Self
    }
}

impl Worker for Stubborn {
    type Vu = Self;

    async fn vu(&mut self, _: VuId) -> Result<Self, ProgramError> {
        Ok(Self)
    }
}

impl Vu for Stubborn {
    async fn iterate(&mut self, _: &Iteration) -> IterationEnd {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn users_who_ignore_an_interrupt_are_dropped_and_counted() {
    let ran = local(constant(3, 1_000, 500), Arc::new(Stubborn), 2, Control::new()).await;
    assert_eq!(ran.ends(), (0, 3, 0));
    assert_eq!(ran.duration_ms(), 2_500);
    assert!(ran.outcome.unwrap().unresponsive.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_user_is_replaced_for_the_next_scenario() {
    let mut plan = constant(1, 1_000, 0);
    let mut second = plan.scenarios[0].clone();
    second.name = "second".to_owned();
    second.start_time = ms(3_000);
    plan.scenarios.push(second);
    let ran = local(plan, Arc::new(Stubborn), 1, Control::new()).await;
    assert_eq!(ran.ends(), (0, 2, 0));
    assert_eq!(ran.duration_ms(), 5_000);
}

#[tokio::test(start_paused = true)]
async fn a_slot_whose_user_ignores_the_ramp_down_gets_another() {
    let executor = RampingVus {
        start_vus: 1,
        stages: stages(&[(100, 1), (0, 0), (5_000, 0), (0, 1), (1_000, 1)]),
        graceful_ramp_down: ms(500),
    };
    let ran =
        local(Plan::of(scenario(Executor::RampingVus(executor), 0)), Arc::new(Stubborn), 1, Control::new())
            .await;
    assert_eq!(ran.ends(), (0, 2, 0));
}

/// Fails to make the third user.
#[derive(Clone, Default)]
struct Unprepared(Arc<AtomicU64>);

impl Program for Unprepared {
    type Worker = Self;

    fn worker(&self, _: WorkerContext) -> Self {
        self.clone()
    }
}

impl Worker for Unprepared {
    type Vu = Stubborn;

    async fn vu(&mut self, _: VuId) -> Result<Stubborn, ProgramError> {
        if self.0.fetch_add(1, Ordering::Relaxed) == 2 {
            return Err(ProgramError::new("`open` of `users.csv`: no such file"));
        }
        Ok(Stubborn)
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_that_cannot_be_made_fails_the_run() {
    let ran = local(constant(5, 1_000, 0), Arc::new(Unprepared::default()), 1, Control::new()).await;
    let error = ran.outcome.unwrap_err();
    assert_eq!(error.to_string(), "VU 3 could not be initialised: `open` of `users.csv`: no such file");
    assert!(ran.kept.seconds.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_an_error_and_everything_measured_is_kept() {
    let program = closure(|it: Iteration| async move {
        tokio::time::sleep(ms(400)).await;
        assert!(it.in_vu < 3 || it.vu.in_instance != 2, "the fourth iteration of VU 2");
    });
    let ran = local(constant(2, 60_000, 30_000), program, 2, Control::new()).await;
    match ran.outcome.as_ref().unwrap_err() {
        EngineError::Panic { worker, message } => {
            assert_eq!((*worker, message.as_str()), (1, "the fourth iteration of VU 2"));
        }
        other => panic!("{other}"),
    }
    // Three iterations of each before 1,600 ms, and perhaps the fourth of the first user.
    assert!((6..=7).contains(&ran.count("iterations")), "{}", ran.count("iterations"));
}

#[tokio::test(start_paused = true)]
async fn a_bad_plan_is_not_run() {
    let ran = local(Plan::default(), Arc::new(Stubborn), 1, Control::new()).await;
    assert!(matches!(ran.outcome, Err(EngineError::Plan(_))));
}

#[tokio::test(start_paused = true)]
async fn a_shortest_iteration_makes_users_wait() {
    let mut settings = settings(1);
    settings.min_iteration_duration = ms(400);
    let (schema, mut kept) = (Arc::clone(&settings.schema), Kept::default());
    let program = closure(|_| async {});
    let outcome = run_local(constant(1, 1_000, 0), program, settings, Control::new(), &mut kept).await;
    let ran = Finished { outcome, kept, schema };
    assert_eq!(ran.ends(), (3, 0, 0));
    assert_eq!(ran.total("iteration_duration").unwrap().as_trend().unwrap().max(), Some(0.0));
}
