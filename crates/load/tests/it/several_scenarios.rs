//! Several scenarios in one run: shared users, start times, tags, progress.

use loadline_load::{ConstantVus, Executor, Plan, RampingVus, Scenario};
use loadline_measure::ScenarioState;

use crate::kit::{ms, scenario, sleepers, stages};

fn constant(name: &str, start_ms: u64, vus: u64, duration_ms: u64) -> Scenario {
    let executor = Executor::ConstantVus(ConstantVus { vus, duration: ms(duration_ms) });
    Scenario { name: name.to_owned(), start_time: ms(start_ms), ..scenario(executor, 0) }
}

#[tokio::test(start_paused = true)]
async fn scenarios_one_after_the_other_share_their_users() {
    let plan = Plan { scenarios: vec![constant("first", 0, 4, 1_000), constant("second", 1_000, 3, 1_000)] };
    assert_eq!(plan.prepared_vus(), 4);
    let (ran, log) = sleepers(plan, 100, 2).await;
    assert_eq!(ran.kept.initialised.last(), Some(&(4, 4)));
    let users_of = |name: &str| {
        let mut vus: Vec<_> =
            log.starts().iter().filter(|start| start.scenario == name).map(|start| start.vu).collect();
        vus.sort_unstable();
        vus.dedup();
        vus
    };
    assert_eq!(users_of("first"), [1, 2, 3, 4]);
    assert_eq!(users_of("second").len(), 3);
    assert!(users_of("second").iter().all(|vu| *vu <= 4));
    assert_eq!(ran.ends(), (70, 0, 0));
    // A user goes on counting its iterations.
    assert!(log.starts().iter().any(|start| start.scenario == "second" && start.in_vu == 10));
}

#[tokio::test(start_paused = true)]
async fn scenarios_at_once_have_users_of_their_own() {
    let plan = Plan { scenarios: vec![constant("a", 0, 2, 1_000), constant("b", 500, 2, 1_000)] };
    let (ran, log) = sleepers(plan, 100, 2).await;
    let mut vus: Vec<_> = log.starts().iter().map(|start| (start.vu, start.scenario.clone())).collect();
    vus.sort();
    vus.dedup();
    assert_eq!(vus.len(), 4);
    assert_eq!(ran.duration_ms(), 1_500);
}

#[tokio::test(start_paused = true)]
async fn what_iterations_measure_carries_the_scenario_and_its_tags() {
    let mut tagged = constant("tagged", 0, 1, 100);
    tagged.tags = vec![("team".to_owned(), "search".to_owned())];
    let (ran, _) = sleepers(Plan::of(tagged), 100, 1).await;
    let iterations = ran.schema.find("iterations").unwrap();
    let tags: Vec<_> = ran
        .kept
        .seconds
        .iter()
        .flat_map(|(_, window, _)| window.iter())
        .filter(|(series, _)| series.metric == iterations)
        .map(|(series, _)| ran.schema.tag_set(series.tags))
        .collect();
    let pairs: Vec<_> = tags[0].iter().collect();
    assert_eq!(pairs, [("group", ""), ("scenario", "tagged"), ("team", "search")]);
}

#[tokio::test(start_paused = true)]
async fn progress_tells_where_each_scenario_stands() {
    let ramping = RampingVus { start_vus: 2, stages: stages(&[(1_500, 2)]), graceful_ramp_down: ms(0) };
    let mut first = scenario(Executor::RampingVus(ramping), 5_000);
    first.name = "first".to_owned();
    let plan = Plan { scenarios: vec![first, constant("later", 2_500, 1, 1_000)] };
    let (ran, _) = sleepers(plan, 1_400, 1).await;
    let states: Vec<_> = ran
        .kept
        .seconds
        .iter()
        .map(|(_, _, progress)| (progress[0].state, progress[0].vus, progress[1].state, progress[1].vus))
        .collect();
    let (done, running) = (ScenarioState::Done, ScenarioState::Running);
    let (stopping, waiting) = (ScenarioState::Stopping, ScenarioState::Waiting);
    assert_eq!(states, [(running, 2, waiting, 0), (stopping, 2, waiting, 0), (done, 0, running, 1)]);
    assert!(ran.outcome.as_ref().unwrap().scenarios.iter().all(|scenario| scenario.state == done));
    assert_eq!(ran.kept.seconds[0].2[0].executor, "ramping-vus: up to 2 VUs for 1s500ms over 1 stages");
    let vus = ran.total("vus").unwrap();
    assert_eq!(vus.as_gauge().map(|gauge| (gauge.min, gauge.max)), Some((1.0, 2.0)));
}
