//! Plans as options say them, counted against what k6 2.2.0 made of them.
//!
//! `k6-counts.jsonl` has a plan in each line, whose iterations sleep 20 ms, with k6's part of it and the iterations it
//! made and dropped. Closed models agree exactly. In open models k6 begins at both ends of the schedule and sometimes
//! misses the last one, so one more or less is the same.

use std::sync::Arc;
use std::time::Duration;

use loadline_load::{Control, Directive, Observer, Settings, closure, run_local};
use loadline_measure::{ScenarioProgress, Schema, Window};
use serde_json::{Value, json};

use crate::options::{Tiers, settle};

const PLANS: &str = include_str!("k6-counts.jsonl");

/// Watches nothing.
struct Nobody;

impl Observer for Nobody {
    fn second(&mut self, _: u64, _: Window, _: &[ScenarioProgress]) -> Directive {
        Directive::Continue
    }
}

/// The iterations that were made and dropped of a plan.
async fn counts(plan: &Value, workers: usize) -> (u64, u64) {
    let mut options = json!({ "scenarios": plan["scenarios"] });
    if let Some([segment, sequence]) = plan["segment"].as_array().map(Vec::as_slice) {
        options["executionSegment"] = segment.clone();
        options["executionSegmentSequence"] = sequence.clone();
    }
    let options = options.to_string();
    let settled = settle(&Tiers { script: Some(("plan.js", &options)), ..Tiers::default() }).unwrap();
    let mut settings = Settings::new(Schema::new());
    settings.workers = workers;
    settings.segment = settled.segment;
    let program = closure(|_| async { tokio::time::sleep(Duration::from_millis(20)).await });
    let outcome =
        run_local(settled.plan, Arc::clone(&program), settings, Control::new(), &mut Nobody).await.unwrap();
    let sum = |of: fn(&ScenarioProgress) -> u64| outcome.scenarios.iter().map(of).sum();
    (sum(|scenario| scenario.completed), sum(|scenario| scenario.dropped))
}

#[tokio::test(start_paused = true)]
async fn as_many_iterations_as_k6_makes() {
    let mut count = 0;
    for line in PLANS.lines() {
        let plan: Value = serde_json::from_str(line).unwrap();
        let open = plan["scenarios"].to_string().contains("arrival-rate");
        let expected = plan["iterations"].as_u64().unwrap();
        let tolerance = u64::from(open);
        for workers in [1, 2, 3, 4, 7, 16] {
            let (made, dropped) = counts(&plan, workers).await;
            assert!(
                made.abs_diff(expected) <= tolerance,
                "{}, {workers} workers: {made} made, {expected} by k6",
                plan["name"]
            );
            assert_eq!(dropped, plan["dropped"].as_u64().unwrap(), "{}, {workers} workers", plan["name"]);
        }
        count += 1;
    }
    assert_eq!(count, 44);
}
