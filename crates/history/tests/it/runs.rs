//! Runs that the tests keep.

use std::sync::Arc;
use std::time::Duration;

use loadline_history::{History, RunEntry};
use loadline_measure::{
    Builtin, Conclusion, Figure, FigureScale, Host, Judgement, Origin, Producer, Recorder, Run, RunMeta,
    RunWriter, Schema, TagSetId, WorkloadId,
};

pub(crate) const SECOND_MS: i64 = 1000;

/// A run that starts at this second of 1970, of a few seconds; its values depend on the second it starts.
pub(crate) fn run(started_s: i64) -> Run {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let tags = recorder.tags(TagSetId::EMPTY, &[("name", "/search"), ("odd", "ü\0'\"%_")]);
    let mut run = Run::new(meta(started_s), schema);
    for second in 0..5 {
        for value in 0..400u32 {
            recorder.set_time(i64::from(value) + second as i64 * 1_000_000_000);
            recorder.record(builtin.response_time, f64::from(value) * 0.73 + started_s as f64, tags);
            recorder.record(builtin.http_req_duration, f64::from(value) * 0.73 + started_s as f64, tags);
            recorder.record(builtin.http_reqs, 1.0, tags);
        }
        recorder.record(builtin.vus, second as f64, TagSetId::EMPTY);
        run.push(second, recorder.take_window());
    }
    run.duration = Duration::from_millis(4_750);
    run
}

pub(crate) fn meta(started_s: i64) -> RunMeta {
    RunMeta {
        name: format!("loads/checkout-{started_s}.ts"),
        started_unix_ms: started_s * SECOND_MS,
        host: Host { name: "loader".to_owned(), cores: 2, ..Host::default() },
        origin: Origin {
            workload: WorkloadId::new(Producer::Script, "abc"),
            plan: "constant-vus 5, 5s".to_owned(),
            target_version: "1.4.0".to_owned(),
            commit: format!("{started_s:07}aaaaaaaaaa"),
            branch: if started_s % 2 == 0 { "main" } else { "feature" }.to_owned(),
            ..Origin::default()
        },
        annotations: [("note".to_owned(), "ü\0'\"".to_owned())].into(),
        ..RunMeta::default()
    }
}

pub(crate) fn conclusion(value: f64) -> Conclusion {
    let figure = |subject: &str, quantity: &str, value, unit: &str| Figure {
        subject: subject.to_owned(),
        quantity: quantity.to_owned(),
        value,
        scale: FigureScale::of(unit),
        values: 2_000,
    };
    Conclusion {
        outcome: Judgement::Passed,
        words: "2 of 2 passed".to_owned(),
        figures: vec![
            figure("/search", "p95", value, "ms"),
            figure("/search", "rate", 400.0, "/s"),
            figure("no data", "p95", f64::NAN, "ms"),
        ],
    }
}

/// Keeps a run as it is kept while it goes on, up to its last second but not to its end.
pub(crate) fn begun(history: &History, run: &Run) -> (RunEntry, RunWriter<Box<dyn std::io::Write + Send>>) {
    let entry = history.begin(&run.meta).unwrap();
    let writer: Box<dyn std::io::Write + Send> = Box::new(entry.writer());
    let mut writer = RunWriter::new(writer, &run.meta, Arc::clone(run.schema())).unwrap();
    for (second, window) in run.seconds() {
        entry.reached(Duration::from_secs(second + 1));
        writer.write_second(second, &window).unwrap();
    }
    (entry, writer)
}

/// Keeps a run that finished.
pub(crate) fn keep(history: &mut History, started_s: i64, value: f64) -> i64 {
    let run = run(started_s);
    let (entry, writer) = begun(history, &run);
    writer.finish(&run.meta, run.duration).unwrap();
    entry.finish(&run, &conclusion(value)).unwrap()
}

pub(crate) fn assert_same(read: &Run, run: &Run) {
    assert_eq!((&read.meta, read.duration), (&run.meta, run.duration));
    assert_eq!(read.seconds().count(), run.seconds().count());
    assert!(
        read.series()
            .map(|(_, tags, sink)| (tags, sink))
            .eq(run.series().map(|(_, tags, sink)| (tags, sink)))
    );
}
