//! What was planned was made, or the run says what was not and why.

use std::collections::BTreeMap;

use crate::support::{Ended, Folder};

/// The sum of a counter, from the file of `--summary-export`.
fn count(folder: &Folder, metric: &str) -> u64 {
    let summary: serde_json::Value = serde_json::from_str(&folder.read("s.json")).unwrap();
    summary["metrics"][metric]["count"].as_u64().unwrap_or(0)
}

fn run(folder: &Folder, more: &[&str]) -> Ended {
    folder.run([&["run", "--summary-export", "s.json"], more, &["script.js"]].concat())
}

#[test]
fn a_smoke_beside_a_load_makes_all_its_iterations() {
    let folder = Folder::with(&[(
        "script.js",
        "import { sleep } from 'k6';\n\
         export const options = { scenarios: {\n\
           smoke: { executor: 'shared-iterations', vus: 1, iterations: 10 },\n\
           load: { executor: 'constant-vus', vus: 8, duration: '500ms', exec: 'load' },\n\
         }, thresholds: { 'iterations{scenario:smoke}': ['count==10'], dropped_iterations: ['count==0'] } };\n\
         export default () => { sleep(0.01); };\n\
         export function load() { sleep(0.01); }",
    )]);
    let ended = run(&folder, &[]).expect(0);
    assert!(!ended.out.contains("cause") && !ended.err.contains("dropped"), "{}{}", ended.out, ended.err);
}

#[test]
fn parts_of_other_sizes_are_the_whole_together() {
    let folder = Folder::with(&[(
        "script.js",
        "import exec from 'k6/execution';\n\
         export const options = { scenarios: {\n\
           shared: { executor: 'shared-iterations', vus: 4, iterations: 10 },\n\
           each: { executor: 'per-vu-iterations', vus: 7, iterations: 3 },\n\
           open: { executor: 'constant-arrival-rate', rate: 40, duration: '500ms', preAllocatedVUs: 12 },\n\
         } };\n\
         export default () => { console.log('number', exec.scenario.name, exec.scenario.iterationInTest); };",
    )]);
    // k6 makes these of the two closed scenarios with the sequence.
    let own = |ended: &Ended| {
        let mut own: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for line in ended.err.lines().filter_map(|line| line.strip_prefix("number ")) {
            let (name, number) = line.split_once(' ').unwrap();
            own.entry(name.to_owned()).or_default().push(number.parse().unwrap());
        }
        own
    };
    for sequence in [&["--execution-segment-sequence", "0,1/4,1"][..], &[]] {
        let small = run(&folder, &[&["--execution-segment", "0:1/4"], sequence].concat()).expect(0);
        assert!(!small.err.contains("equal parts"), "{}", small.err);
        let large = run(&folder, &[&["--execution-segment", "1/4:1"], sequence].concat()).expect(0);
        assert_eq!(
            large.err.contains("not one of several equal parts"),
            sequence.is_empty(),
            "{}",
            large.err
        );
        let (small, large) = (own(&small), own(&large));
        let counts = |of: &BTreeMap<String, Vec<u64>>, name: &str| of[name].len();
        assert_eq!((counts(&small, "shared"), counts(&large, "shared")), (3, 7));
        assert_eq!((counts(&small, "each"), counts(&large, "each")), (6, 15));
        assert_eq!((counts(&small, "open"), counts(&large, "open")), (5, 15));
        for (name, all) in [("shared", 10), ("each", 21), ("open", 20)] {
            let mut numbers: Vec<_> = small[name].iter().chain(&large[name]).copied().collect();
            numbers.sort_unstable();
            // Users of `per-vu-iterations` count on as long as they have work, so theirs are unique and have gaps.
            if name == "each" {
                numbers.dedup();
                assert_eq!(numbers.len(), all);
            } else {
                assert_eq!(numbers, (0..all as u64).collect::<Vec<_>>(), "{name}");
            }
        }
    }
}

#[test]
fn a_part_without_work_is_told() {
    let folder = Folder::with(&[(
        "script.js",
        "export const options = { vus: 2, iterations: 7 };\nexport default () => {};",
    )]);
    let mut made = 0;
    for (segment, idle) in [("0:1/3", false), ("1/3:2/3", false), ("2/3:1", true)] {
        let ended = run(&folder, &["--execution-segment", segment]).expect(0);
        assert_eq!(ended.err.contains("scenario `default` is left out"), idle, "{}", ended.err);
        made += count(&folder, "iterations");
    }
    assert_eq!(made, 7);
}

#[test]
fn segments_that_do_not_fit_are_refused() {
    let folder = Folder::with(&[("script.js", "export default () => {};")]);
    let refused = |more: &[&str], words: &str| {
        let ended = run(&folder, more).expect(104);
        assert!(ended.err.contains(words) && ended.err.contains("command line"), "{}", ended.err);
    };
    refused(&["--execution-segment", "1/4:1/4"], "a part of the run");
    refused(&["--execution-segment-sequence", "0,1/2"], "without an `executionSegment`");
    refused(
        &["--execution-segment", "0:1/3", "--execution-segment-sequence", "0,1/4,1"],
        "not a part of the sequence `0,1/4,1`",
    );
}

#[test]
fn a_closed_model_cut_by_its_limit_says_so() {
    for executor in ["shared-iterations", "per-vu-iterations"] {
        let script = format!(
            "import {{ sleep }} from 'k6';\n\
             export const options = {{ scenarios: {{ cut: {{ executor: '{executor}', vus: 1, iterations: 1000,\n\
               maxDuration: '300ms' }} }}, thresholds: {{ 'dropped_iterations{{cause:maxDuration}}': ['count>0'] }} }};\n\
             export default () => {{ sleep(0.02); }};"
        );
        let folder = Folder::with(&[("script.js", &script)]);
        let ended = run(&folder, &[]).expect(0);
        let (made, dropped) = (count(&folder, "iterations"), count(&folder, "dropped_iterations"));
        assert_eq!(made + dropped, 1000, "{executor}");
        let words = format!("scenario `cut`: {dropped} of 1000 iterations were dropped (maxDuration)");
        assert!(ended.err.contains(&words), "{}", ended.err);
        assert!(ended.out.contains("{ cause:maxDuration }"), "{}", ended.out);
    }
}

#[test]
fn an_aborted_run_says_what_it_did_not_make() {
    let folder = Folder::with(&[(
        "script.js",
        "import exec from 'k6/execution';\n\
         export const options = { scenarios: {\n\
           now: { executor: 'shared-iterations', vus: 2, iterations: 50 },\n\
           later: { executor: 'per-vu-iterations', vus: 2, iterations: 4, startTime: '60s' },\n\
         } };\n\
         export default () => { if (exec.scenario.iterationInTest === 20) { exec.test.abort('enough'); } };",
    )]);
    let ended = run(&folder, &[]).expect(108);
    assert!(
        ended.err.contains("scenario `later`: 8 of 8 iterations were dropped (aborted)"),
        "{}",
        ended.err
    );
    assert!(ended.out.contains("{ cause:aborted }"), "{}", ended.out);
}
