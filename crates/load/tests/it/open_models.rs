//! The open executors: starts on schedule, dropped arrivals, added users, and workers that help each other.

use loadline_load::{
    ConstantArrivalRate, ConstantVus, Control, Executor, Iteration, IterationEnd, Plan, RampingArrivalRate,
    closure,
};

use crate::kit::{Log, local, ms, scenario, sleepers, stages};

fn constant(rate: u64, duration_ms: u64, pre_allocated_vus: u64, max_vus: u64) -> Executor {
    Executor::ConstantArrivalRate(ConstantArrivalRate {
        rate,
        time_unit: ms(1_000),
        duration: ms(duration_ms),
        pre_allocated_vus,
        max_vus,
    })
}

#[tokio::test(start_paused = true)]
async fn arrivals_keep_their_schedule_whatever_the_iterations_take() {
    let (ran, log) = sleepers(Plan::of(scenario(constant(10, 1_000, 8, 8), 30_000)), 700, 2).await;
    assert_eq!(log.instants(), [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
    assert_eq!(ran.ends(), (10, 0, 0));
    let lag = ran.total("iteration_lag").unwrap();
    assert_eq!(lag.count(), 10);
    assert_eq!(ran.duration_ms(), 1_600);
}

#[tokio::test(start_paused = true)]
async fn a_ramp_starts_where_the_area_crosses_whole_numbers() {
    let executor = RampingArrivalRate {
        start_rate: 0,
        time_unit: ms(1_000),
        stages: stages(&[(1_000, 10)]),
        pre_allocated_vus: 5,
        max_vus: 5,
    };
    for workers in [1, 2, 4] {
        let plan = Plan::of(scenario(Executor::RampingArrivalRate(executor.clone()), 30_000));
        let (ran, log) = sleepers(plan, 10, workers).await;
        // The paused clock turns in whole milliseconds.
        assert_eq!(log.instants(), [448, 633, 775, 895, 1_000]);
        assert_eq!(ran.ends(), (5, 0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn arrivals_without_a_free_user_are_dropped_and_counted() {
    for workers in [1, 2] {
        let (ran, log) = sleepers(Plan::of(scenario(constant(10, 1_000, 2, 2), 30_000)), 450, workers).await;
        assert_eq!(log.instants(), [0, 100, 500, 600], "{workers} workers");
        assert_eq!(ran.ends(), (4, 0, 6));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_dropped_is_a_measurement() {
    let plan = Plan::of(scenario(constant(10, 1_000, 8, 8), 30_000));
    let (ran, _) = sleepers(plan, 10, 2).await;
    assert_eq!(ran.total("dropped_iterations").unwrap().as_counter().unwrap().sum, 0.0);
    // Who only has a duration owes no iterations.
    let users = Executor::ConstantVus(ConstantVus { vus: 1, duration: ms(500) });
    let (ran, _) = sleepers(Plan::of(scenario(users, 0)), 10, 1).await;
    assert!(ran.total("dropped_iterations").is_none());
}

#[tokio::test(start_paused = true)]
async fn one_user_on_two_workers_gets_every_arrival() {
    let (ran, log) = sleepers(Plan::of(scenario(constant(10, 1_000, 1, 1), 30_000)), 50, 2).await;
    assert_eq!(log.instants().len(), 10);
    assert_eq!(ran.ends(), (10, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_worker_without_a_free_user_asks_its_siblings() {
    // Every second arrival takes long, so that all the users of one worker are soon busy: the others take over.
    let log = Log::default();
    let noted = log.clone();
    let program = closure(move |it: Iteration| {
        noted.note(&it);
        let long = it.in_test.is_multiple_of(2);
        async move { tokio::time::sleep(ms(if long { 2_000 } else { 10 })).await }
    });
    let ran = local(Plan::of(scenario(constant(10, 1_000, 6, 6), 30_000)), program, 2, Control::new()).await;
    assert_eq!(log.instants(), [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
    assert_eq!(ran.ends(), (10, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn users_are_added_up_to_the_maximum() {
    let (ran, log) = sleepers(Plan::of(scenario(constant(10, 2_000, 1, 4), 30_000)), 10_000, 1).await;
    // The first arrival has a user; one is made for each of the next three.
    assert_eq!(log.instants(), [0, 100, 200, 300]);
    assert_eq!(ran.ends(), (4, 0, 16));
    assert_eq!(log.starts().iter().map(|start| start.vu).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(ran.kept.seconds[0].2[0].vus_max, 4);
}

#[tokio::test(start_paused = true)]
async fn iterations_that_outlive_the_grace_are_interrupted() {
    let (ran, _) = sleepers(Plan::of(scenario(constant(2, 1_000, 2, 2), 300)), 900, 2).await;
    // Begun at 0 and 500 ms; the second would have ended at 1,400.
    assert_eq!(ran.ends(), (1, 1, 0));
    assert_eq!(ran.duration_ms(), 1_300);
}

#[tokio::test(start_paused = true)]
async fn one_per_three_seconds() {
    let executor = ConstantArrivalRate {
        rate: 1,
        time_unit: ms(3_000),
        duration: ms(10_000),
        pre_allocated_vus: 1,
        max_vus: 1,
    };
    let (ran, log) = sleepers(Plan::of(scenario(Executor::ConstantArrivalRate(executor), 0)), 10, 2).await;
    assert_eq!(log.instants(), [0, 3_000, 6_000, 9_000]);
    assert_eq!(
        ran.kept.seconds.iter().map(|(second, ..)| *second).collect::<Vec<_>>(),
        (0..10).collect::<Vec<_>>()
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_scheduled_is_forgotten_when_the_run_is_aborted() {
    let program = closure(move |it: Iteration| async move {
        tokio::time::sleep(ms(250)).await;
        if it.in_test == 4 { IterationEnd::Abort("seen enough".to_owned()) } else { IterationEnd::Complete }
    });
    let ran =
        local(Plan::of(scenario(constant(10, 60_000, 20, 20), 30_000)), program, 2, Control::new()).await;
    let (completed, interrupted, dropped) = ran.ends();
    // Aborted at 650 ms: the arrivals at 0 … 600 ms were due.
    assert_eq!((completed, completed + interrupted + dropped), (5, 7));
    assert_eq!(ran.duration_ms(), 650);
}
