//! How a search for the load line ends before it is over, and goes on; and two of them in turns.

use rustix::process::Signal;
use serde_json::Value;

use crate::capacity::limited;
use crate::support::{Folder, Talking, nginx};

/// A search that is stopped after its first step that says something, and gone on with.
fn stopped_and_gone_on_with(signal: Signal) {
    let (url, folder) = (limited(60.0), Folder::new());
    let words = format!("capacity --no-history --no-burst --start 20 --at-most 25s --budget p95=5s {url}");
    let words: Vec<&str> = words.split(' ').collect();
    let mut search = Talking::start(&mut folder.loadline(&words));
    search.until("the line is above");
    search.signal(signal);
    let ended = search.end();
    if signal == Signal::INT {
        let ended = ended.expect(105);
        assert!(ended.err.contains("`--resume` goes on from here"), "{}", ended.err);
        assert!(ended.out.contains("carries at least"), "{}", ended.out);
    } else {
        assert_eq!(ended.code, None);
    }
    let kept: Value = serde_json::from_str(&folder.read(".loadline/capacity.json")).unwrap();
    let loads = |steps: &Value| -> Vec<f64> {
        steps.as_array().unwrap().iter().map(|step| step["load"].as_f64().unwrap()).collect()
    };
    let whole = |steps: &Value| {
        Value::Array(
            steps.as_array().unwrap().iter().filter(|step| step["stopped"].is_null()).cloned().collect(),
        )
    };
    let before = loads(&whole(&kept["known"]["steps"]));
    assert!(before.len() >= 2, "{kept:#}");

    let resumed = folder.run(words.iter().chain(&["--resume", "--json", "-q"])).expect(0);
    let resumed: Value = serde_json::from_str(&resumed.out).unwrap();
    let steps = &resumed["steps"];
    assert_eq!(loads(steps)[..before.len()], before, "{steps:#}");
    assert!(loads(steps).len() > before.len(), "{steps:#}");
    let warm_ups = steps.as_array().unwrap().iter().filter(|step| step["purpose"] == "warm_up");
    assert_eq!(warm_ups.count(), 1, "{steps:#}");
    // It is over now, so there is nothing to go on with.
    folder.run(words.iter().chain(&["--resume"])).expect(2);
}

#[test]
fn an_interrupted_search_goes_on_without_repeating_a_step() {
    stopped_and_gone_on_with(Signal::INT);
}

#[test]
fn a_search_that_was_killed_goes_on_as_well() {
    stopped_and_gone_on_with(Signal::KILL);
}

#[test]
fn what_cannot_be_kept_is_said_once_and_the_search_goes_on() {
    let (url, folder) = (limited(60.0), Folder::new());
    // A folder stands where the file would be written.
    std::fs::create_dir_all(folder.path(".loadline/capacity.json.new")).unwrap();
    let words = format!("capacity --no-history --no-burst --start 20 --at-most 15s --budget p95=5s {url}");
    let ended = folder.run(words.split(' '));
    assert_eq!(ended.err.matches("cannot be written").count(), 1, "{}", ended.err);
    assert!(ended.err.contains("`--resume` cannot go on from here"), "{}", ended.err);
    assert!(ended.out.contains("carries"), "{}", ended.out);
}

#[test]
fn a_target_that_dies_in_the_middle_ends_the_search_and_is_no_capacity() {
    let (mut nginx, folder) = (nginx(), Folder::new());
    let words = "capacity --no-history --start 10 --max 40 --at-most 40s --budget p95=10s";
    let mut search = Talking::start(&mut folder.loadline(words.split(' ').chain([nginx.url.as_str()])));
    search.until("the line is above");
    nginx.kill();
    let ended = search.end().expect(3);
    assert!(ended.err.contains("the target is gone: "), "{}", ended.err);
    assert!(folder.path(".loadline/capacity.json").exists());
}

#[test]
fn a_target_that_is_replaced_in_the_middle_is_said_to_be() {
    let (nginx, folder) = (nginx(), Folder::new());
    let words = "capacity --no-history --no-burst --start 10 --max 80 --at-most 40s --budget p95=10s --budget errors<90%";
    let mut search = Talking::start(&mut folder.loadline(words.split(' ').chain([nginx.url.as_str()])));
    search.until("the line is above");
    let replaced = nginx.replace();
    search.until(&format!("another process answers at the target's port now (nginx {})", replaced.id()));
    let ended = search.end();
    assert!(ended.out.contains("another process took the target's place meanwhile"), "{}", ended.out);
}

#[test]
fn a_search_is_drawn() {
    let (nginx, folder) = (nginx(), Folder::new());
    let words = "capacity -q --no-history --start 10 --max 20 --at-most 60s --budget p95=10s --svg line.svg";
    folder.run(words.split(' ').chain([nginx.url.as_str()])).expect(0);
    let drawn = folder.read("line.svg");
    assert!(drawn.starts_with("<svg") && drawn.contains("carries at least 20 requests/s"), "{drawn}");
    assert!(drawn.contains("<circle") && drawn.len() < 30_000, "{drawn}");
    folder.write("notes.svg", "mine");
    let refused = folder.run(["capacity", "--svg", "notes.svg", &nginx.url]).expect(4);
    assert!(refused.err.contains("notes.svg"), "{}", refused.err);
}

#[test]
fn a_build_that_carries_less_is_found_in_turns() {
    let (base, head, folder) = (limited(240.0), limited(120.0), Folder::new());
    let words = ["compare", "--capacity", "--json", "-q", "--a", &base, "--b", &head, "--"];
    let how = "--start 80 --at-most 100s --budget p95=5s";
    let ended = folder.run(words.into_iter().chain(how.split(' '))).expect(1);
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    let figure = &json["comparisons"][0];
    assert_eq!((&figure["quantity"], &figure["outcome"]), (&"capacity".into(), &"fail".into()), "{json:#}");
    let change = figure["change"].as_f64().unwrap();
    assert!((0.35..0.7).contains(&change), "{json:#}");
    let kept = std::fs::read_dir(folder.path(".loadline/runs")).unwrap().count();
    assert_eq!(kept, 2, "both searches are kept");
}

#[test]
fn what_two_searches_cannot_do_is_told_before_any_load() {
    let folder = Folder::new();
    let refused = |words: &str, part: &str| {
        let ended = folder.run(words.split(' ')).expect(2);
        assert!(ended.err.contains(part), "{words}: {}", ended.err);
    };
    let builds = "compare --capacity --a http://127.0.0.1:9 --b http://127.0.0.1:9";
    refused("compare --capacity base.run head.run", "--a");
    refused(&format!("{builds} -- --expect 5/s"), "of one search");
    refused(&format!("{builds} -- --vus 5"), "`loadline capacity` does not take");
    refused(&format!("{builds} --rounds 5"), "--rounds");
    refused(builds, "there is none");
}
