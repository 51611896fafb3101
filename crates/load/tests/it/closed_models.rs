//! The closed executors, to the millisecond.

use loadline_load::{ConstantVus, Executor, PerVuIterations, Plan, RampingVus, SharedIterations, Why};

use crate::kit::{ms, scenario, sleepers, stages};

#[tokio::test(start_paused = true)]
async fn constant_vus_iterate_until_the_end_and_finish_what_they_began() {
    let plan = Plan::of(scenario(Executor::ConstantVus(ConstantVus { vus: 3, duration: ms(1_000) }), 30_000));
    let (ran, log) = sleepers(plan, 300, 2).await;
    assert_eq!(log.counts(), [(0, 3), (300, 3), (600, 3), (900, 3)]);
    assert_eq!(ran.ends(), (12, 0, 0));
    assert_eq!(ran.duration_ms(), 1_200);
    assert_eq!(ran.outcome.as_ref().unwrap().why, Why::Finished);
    let mut vus: Vec<_> = log.starts().iter().map(|start| start.vu).collect();
    vus.sort_unstable();
    vus.dedup();
    assert_eq!(vus, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn an_iteration_beyond_its_grace_is_interrupted() {
    let plan = Plan::of(scenario(Executor::ConstantVus(ConstantVus { vus: 2, duration: ms(1_000) }), 500));
    let (ran, log) = sleepers(plan, 900, 2).await;
    assert_eq!(log.counts(), [(0, 2), (900, 2)]);
    assert_eq!(ran.ends(), (2, 2, 0));
    assert_eq!(ran.duration_ms(), 1_500);
}

#[tokio::test(start_paused = true)]
async fn per_vu_iterations_end_when_every_user_has_done_its_share() {
    let executor = PerVuIterations { vus: 3, iterations: 4, max_duration: ms(600_000) };
    let (ran, log) = sleepers(Plan::of(scenario(Executor::PerVuIterations(executor), 0)), 100, 2).await;
    assert_eq!(log.counts(), [(0, 3), (100, 3), (200, 3), (300, 3)]);
    assert_eq!(ran.ends(), (12, 0, 0));
    assert_eq!(ran.duration_ms(), 400);
}

#[tokio::test(start_paused = true)]
async fn per_vu_iterations_beyond_the_limit_are_dropped() {
    let executor = PerVuIterations { vus: 3, iterations: 4, max_duration: ms(250) };
    let (ran, _) = sleepers(Plan::of(scenario(Executor::PerVuIterations(executor), 10)), 100, 2).await;
    assert_eq!(ran.ends(), (6, 3, 3));
    assert_eq!(ran.duration_ms(), 260);
}

#[tokio::test(start_paused = true)]
async fn shared_iterations_are_worked_off_by_all_workers_together() {
    let executor = SharedIterations { vus: 3, iterations: 10, max_duration: ms(600_000) };
    let (ran, log) = sleepers(Plan::of(scenario(Executor::SharedIterations(executor), 0)), 100, 2).await;
    assert_eq!(log.counts(), [(0, 3), (100, 3), (200, 3), (300, 1)]);
    let mut numbers: Vec<_> = log.starts().iter().map(|start| start.in_test).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    assert_eq!(ran.ends(), (10, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn shared_iterations_beyond_the_limit_are_dropped_once() {
    let executor = SharedIterations { vus: 3, iterations: 100, max_duration: ms(250) };
    let (ran, _) = sleepers(Plan::of(scenario(Executor::SharedIterations(executor), 1_000)), 100, 2).await;
    assert_eq!(ran.ends(), (9, 0, 91));
    assert_eq!(ran.duration_ms(), 300);
}

#[tokio::test(start_paused = true)]
async fn ramping_vus_come_and_go_on_the_lines() {
    let executor = RampingVus {
        start_vus: 0,
        stages: stages(&[(1_000, 4), (1_000, 4), (1_000, 0)]),
        graceful_ramp_down: ms(0),
    };
    let (ran, log) = sleepers(Plan::of(scenario(Executor::RampingVus(executor), 0)), 10_000, 2).await;
    // One long iteration each: the users come every 250 ms, and leave, without grace, every 250 ms.
    assert_eq!(log.counts(), [(250, 1), (500, 1), (750, 1), (1_000, 1)]);
    assert_eq!(ran.ends(), (0, 4, 0));
    assert_eq!(ran.duration_ms(), 3_000);
    let vus: Vec<_> = ran.kept.seconds.iter().map(|(_, _, progress)| progress[0].vus).collect();
    assert_eq!(vus, [4, 4, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_leaves_finishes_its_iteration_within_the_graceful_ramp_down() {
    let executor =
        RampingVus { start_vus: 2, stages: stages(&[(0, 1), (2_000, 1)]), graceful_ramp_down: ms(500) };
    let check = async |iteration_ms, expected: (u64, u64, u64)| {
        let plan = Plan::of(scenario(Executor::RampingVus(executor.clone()), 0));
        let (ran, _) = sleepers(plan, iteration_ms, 1).await;
        assert_eq!(ran.ends(), expected, "iterations of {iteration_ms} ms");
    };
    // The jump at the very start leaves one user; the other never comes.
    check(400, (5, 0, 0)).await;

    let executor = RampingVus {
        start_vus: 0,
        stages: stages(&[(0, 2), (100, 2), (0, 1), (1_900, 1)]),
        graceful_ramp_down: ms(500),
    };
    let check = async |iteration_ms, expected: (u64, u64, u64)| {
        let plan = Plan::of(scenario(Executor::RampingVus(executor.clone()), 0));
        let (ran, _) = sleepers(plan, iteration_ms, 2).await;
        assert_eq!(ran.ends(), expected, "iterations of {iteration_ms} ms");
    };
    check(500, (5, 0, 0)).await;
    // Interrupted: the one who left at 600 ms, and the one who stayed at the end.
    check(700, (2, 2, 0)).await;
}

#[tokio::test(start_paused = true)]
async fn a_user_wanted_again_while_it_finishes_goes_on() {
    let executor = RampingVus {
        start_vus: 1,
        stages: stages(&[(100, 1), (0, 0), (100, 0), (0, 1), (800, 1)]),
        graceful_ramp_down: ms(30_000),
    };
    let (ran, log) = sleepers(Plan::of(scenario(Executor::RampingVus(executor), 5_000)), 300, 1).await;
    assert_eq!(log.instants(), [0, 300, 600, 900]);
    assert_eq!(log.starts().last().unwrap().in_vu, 3);
    assert_eq!(ran.ends(), (4, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_shorter_grace_of_leavers_outlives_the_end_of_the_stages() {
    // Told to leave at 900 ms with 300 ms of grace: interrupted at 1,200, while the one who stayed has until 1,500.
    let executor = RampingVus {
        start_vus: 2,
        stages: stages(&[(900, 2), (0, 1), (100, 1)]),
        graceful_ramp_down: ms(300),
    };
    let (ran, _) = sleepers(Plan::of(scenario(Executor::RampingVus(executor), 500)), 1_300, 1).await;
    assert_eq!(ran.ends(), (1, 1, 0));
    assert_eq!(ran.duration_ms(), 1_300);
}

#[tokio::test(start_paused = true)]
async fn users_who_never_wait_share_their_worker() {
    // Nobody sleeps, so the clock stands still until all shared iterations are done; with a fair turn for each.
    let executor = SharedIterations { vus: 4, iterations: 40_000, max_duration: ms(600_000) };
    let log = crate::kit::Log::default();
    let noted = log.clone();
    let program = loadline_load::closure(move |it: loadline_load::Iteration| {
        noted.note(&it);
        async {}
    });
    let plan = Plan::of(scenario(Executor::SharedIterations(executor), 0));
    let ran = crate::kit::local(plan, program, 1, loadline_load::Control::new()).await;
    assert_eq!(ran.ends(), (40_000, 0, 0));
    for vu in 1..=4 {
        let laps = log.starts().iter().filter(|start| start.vu == vu).count();
        assert!((9_000..11_000).contains(&laps), "VU {vu} did {laps}");
    }
}
