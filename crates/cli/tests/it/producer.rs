//! A producer that nobody has heard of: its runs are judged, kept, held against their past and compared, because they
//! say themselves what they are of and which of their figures are worth comparing.

use std::fs::File;
use std::sync::Arc;

use loadline_measure::{
    Better, ComparedFigures, FigureSpec, Host, MetricKind, Origin, Producer, Quantity, Recorder, Run,
    RunMeta, Schema, Subject, TagSetId, ThresholdText, Unit, WorkloadId, write_run,
};

use crate::support::Folder;

/// Half a minute of a cache's outcomes, `hits` in a hundred.
fn cache_run(number: i64, hits: u64) -> Run {
    let schema = Schema::new();
    let outcome = schema.define("cache_hits", MetricKind::Rate, Unit::Plain).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let by_route =
        FigureSpec::new(Subject::Tag("route".to_owned()), "cache_hits", Quantity::Share, Better::Higher);
    let mut run = Run::new(
        RunMeta {
            name: "edge".to_owned(),
            started_unix_ms: 1_795_000_000_000 + number * 60_000,
            measured_on: Host { name: "edge-1".to_owned(), cores: 4, ..Host::default() },
            origin: Origin {
                workload: WorkloadId::new(Producer::Other("cache".to_owned()), "rules 7"),
                ..Origin::default()
            },
            figures: ComparedFigures(vec![by_route.called("hits")]),
            thresholds: vec![threshold("cache_hits{route:/search}", "rate>0.7")],
            ..RunMeta::default()
        },
        schema,
    );
    let search = recorder.tags(TagSetId::EMPTY, &[("route", "/search")]);
    for second in 0..30 {
        for request in 0..100 {
            recorder.record(outcome, f64::from(u8::from(request < hits + second % 3)), search);
        }
        run.push(second, recorder.take_window());
    }
    run
}

fn threshold(selector: &str, expression: &str) -> ThresholdText {
    ThresholdText {
        selector: selector.to_owned(),
        expression: expression.to_owned(),
        ..ThresholdText::default()
    }
}

#[test]
fn its_runs_are_judged_kept_and_compared_like_all_others() {
    let folder = Folder::with(&[]);
    let files: Vec<String> = (0..13).map(|number| format!("{number}.run")).collect();
    for (number, file) in files.iter().enumerate() {
        let hits = if number == 12 { 60 } else { 80 + number as u64 % 3 };
        write_run(&cache_run(number as i64, hits), File::create(folder.path(file)).unwrap()).unwrap();
    }
    let taken =
        folder.run(["history", "import"].into_iter().chain(files.iter().map(String::as_str))).expect(0);
    assert!(taken.out.contains("12.run is run 13"), "{}", taken.out);

    let judged = folder.run(["budget", "check", "latest"]).expect(1);
    assert!(
        judged.out.contains("cache_hits{route:/search}") && judged.out.contains("61.00%"),
        "{}",
        judged.out
    );
    folder.run(["budget", "check", "12"]).expect(0);

    let shown = folder.run(["history", "show", "latest", "--json"]).expect(0);
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(
        (&shown["figures"][0]["quantity"], &shown["figures"][0]["unit"]),
        (&"hits".into(), &"share".into())
    );
    assert_eq!(shown["fingerprint"], "cache rules 7 |  | measured on edge-1  4 cores");
    assert_eq!((&shown["host"], &shown["outcome"]), (&"edge-1".into(), &"failed".into()));

    let trend = folder.run(["history", "trend", "/search", "hits"]).expect(0);
    assert!(
        trend.out.contains("/search hits, 13 runs") && trend.out.contains("last: 61.00%"),
        "{}",
        trend.out
    );

    // Fewer hits are worse, though of errors fewer are better.
    let beyond = folder.run(["baseline", "check", "latest"]).expect(1);
    assert!(beyond.out.contains("/search hits") && beyond.out.contains("beyond its past"), "{}", beyond.out);
    folder.run(["baseline", "check", "12"]).expect(0);
    let worse = folder.run(["compare", "11.run", "12.run"]).expect(1);
    assert!(worse.out.contains("/search hits") && worse.out.contains("✗ fail"), "{}", worse.out);
    folder.run(["compare", "12.run", "11.run"]).expect(0);
}

#[test]
fn what_got_worse_fails_until_it_is_accepted() {
    let folder = Folder::with(&[]);
    let files: Vec<String> = (0..24).map(|number| format!("{number}.run")).collect();
    for (number, file) in files.iter().enumerate() {
        let hits = if number < 14 { 90 } else { 75 } + number as u64 % 3;
        write_run(&cache_run(number as i64, hits), File::create(folder.path(file)).unwrap()).unwrap();
    }
    folder.run(["history", "import"].into_iter().chain(files.iter().map(String::as_str))).expect(0);
    folder.run(["baseline", "check", "14"]).expect(0);
    for run in ["15", "16", "17", "20", "24"] {
        folder.run(["baseline", "check", run]).expect(1);
    }
    let worse = folder.run(["baseline", "check"]).expect(1);
    assert!(worse.out.contains("worse since run 15: /search hits"), "{}", worse.out);
    assert!(worse.out.contains("`loadline baseline accept --why TEXT`"), "{}", worse.out);
    let trend = folder.run(["history", "trend", "/search", "hits"]).expect(0);
    assert!(trend.out.contains("^ worse by -14.8") && trend.out.contains("since run 15"), "{}", trend.out);

    folder.run(["baseline", "accept", "--why", " "]).expect(2);
    folder.run(["baseline", "accept"]).expect(2);
    folder.run(["baseline", "accept", "--why", "x", "--subject", "/nowhere"]).expect(3);
    let accepted = folder.run(["baseline", "accept", "--why", "fewer copies"]).expect(0);
    assert!(accepted.out.contains("all figures from run 15 on"), "{}", accepted.out);
    let open = folder.run(["baseline", "check"]).expect(0);
    assert!(open.out.contains("1 more comparable run is wanted (10 in all)"), "{}", open.out);
    let trend = folder.run(["history", "trend", "/search", "hits", "--json"]).expect(0);
    let trend: serde_json::Value = serde_json::from_str(&trend.out).unwrap();
    assert_eq!(
        (&trend["accepted"][0]["run"], &trend["accepted"][0]["why"]),
        (&15.into(), &"fewer copies".into())
    );
    let again = folder.run(["baseline", "accept", "--why", "again"]).expect(3);
    assert!(again.err.contains("nothing to accept"), "{}", again.err);
}
