//! Pages of runs that are not as runs usually are, in a browser: half a second, gaps, values that are no numbers,
//! nothing at all, ten thousand series, thousands of metrics.

use std::fs::File;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{
    Builtin, MetricKind, Recorder, Run, RunMeta, Schema, TagSetId, ThresholdText, Unit, write_run,
};

use super::support::{Folder, repository};

/// A run of requests with these names, one of each in each of these seconds.
fn requests(names: usize, seconds: &[u64]) -> Run {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let threshold = ThresholdText {
        selector: "response_time".to_owned(),
        expression: "p(95)<200".to_owned(),
        ..ThresholdText::default()
    };
    let meta = RunMeta { name: "odd".to_owned(), thresholds: vec![threshold], ..RunMeta::default() };
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run = Run::new(meta, schema);
    for second in seconds {
        for at in 0..names {
            let name = format!("/programs/{at}");
            let tags = recorder.tags(TagSetId::EMPTY, &[("name", &name), ("status", "200")]);
            recorder.record(builtin.response_time, 5.0 + at as f64 % 90.0, tags);
            recorder.record(builtin.http_req_duration, 5.0 + at as f64 % 90.0, tags);
            recorder.record(builtin.http_reqs, 1.0, tags);
            recorder.record(builtin.http_req_failed, f64::from(at % 7 == 0), tags);
        }
        run.push(*second, recorder.take_window());
    }
    run
}

/// A run with many metrics, which have these values.
fn metrics(count: usize, values: &[f64]) -> Run {
    let schema = Schema::new();
    let kinds = [MetricKind::Trend, MetricKind::Gauge, MetricKind::Counter, MetricKind::Rate];
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut run = Run::new(RunMeta::default(), Arc::clone(&schema));
    for (second, value) in values.iter().enumerate() {
        for at in 0..count {
            let metric = schema.define(&format!("odd_{at}"), kinds[at % kinds.len()], Unit::Plain).unwrap();
            recorder.record(metric, *value, TagSetId::EMPTY);
        }
        run.push(second as u64, recorder.take_window());
    }
    run
}

#[test]
fn odd_runs_are_pages_that_can_be_read() {
    let folder = Folder::with(&[]);
    let mut half = requests(2, &[0]);
    half.duration = Duration::from_millis(500);
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 0.0, -3.0];
    let runs = [
        ("half", half),
        ("gaps", requests(1, &[0, 40, 41, 99])),
        ("numbers", metrics(4, &odd)),
        ("empty", Run::new(RunMeta::default(), Schema::new())),
        ("series", requests(2_500, &[0, 1, 2])),
        ("metrics", metrics(1_200, &[1.0, 2.0])),
    ];
    let mut pages = Vec::new();
    for (name, run) in runs {
        let file = format!("{name}.run");
        write_run(&run, File::create(folder.path(&file)).unwrap()).unwrap();
        let page = format!("{name}.html");
        let written = folder.run(["report", &file, "-o", &page]);
        assert!(folder.path(&page).exists(), "{name}: {}", written.err);
        pages.push(folder.path(&page));
    }
    // What is too much is left out, and that is said.
    let series = folder.read("series.html");
    assert!(series.len() < 1_000_000 && series.contains("\"left_out\":2"), "{}", series.len());
    let checked = Command::new(repository("scripts/check-access")).args(pages).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(checked.status.success(), "{out}{err}");
    // Where nothing could be looked at, that is said.
    assert!(out.contains("can be read") || err.contains("are not looked at"), "{out}{err}");
}
