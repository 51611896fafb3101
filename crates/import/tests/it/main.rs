//! Results of other tools, as they write them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod jmeter_oha;

use std::sync::Arc;

use base64::Engine as _;
use hdrhistogram::serialization::interval_log::IntervalLogWriterBuilder;
use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};
use loadline_import::{Format, ImportError, Imported, import};
use loadline_measure::{
    Builtin, Completeness, Recorder, Run, RunMeta, Sample, Schema, Sink, TagSetId, read_run, write_packed,
};
use loadline_report::{Event, Output};
use proptest::prelude::*;

const VEGETA: &str = r#"{"attack":"","seq":0,"code":200,"timestamp":"2026-11-26T10:00:00.1Z","latency":10000000,"bytes_out":5,"bytes_in":100,"error":"","body":null,"method":"GET","url":"http://shop.test/","headers":null}
{"attack":"","seq":1,"code":503,"timestamp":"2026-11-26T10:00:01.2Z","latency":20000000,"bytes_out":5,"bytes_in":10,"error":"503 Service Unavailable","method":"GET","url":"http://shop.test/"}
{"attack":"","seq":2,"code":0,"timestamp":"2026-11-26T10:00:02.3Z","latency":30000000,"bytes_out":0,"bytes_in":0,"error":"connection refused","method":"GET","url":"http://shop.test/"}
"#;

const K6: &str = r#"{"type":"Metric","data":{"name":"http_req_duration","type":"trend","contains":"time","thresholds":[],"submetrics":null},"metric":"http_req_duration"}
{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-26T10:00:00.123456789+01:00","value":12.5,"tags":{"method":"GET","status":"200"}}}
{"type":"Metric","data":{"name":"http_reqs","type":"counter","contains":"default","thresholds":[],"submetrics":null},"metric":"http_reqs"}
{"metric":"http_reqs","type":"Point","data":{"time":"2026-11-26T10:00:01.5+01:00","value":1,"tags":null}}
"#;

const WRK: &str = "Running 10s test @ http://127.0.0.1:8080/\n  2 threads and 50 connections\n  Thread Stats   Avg      Stdev     Max   +/- Stdev\n    Latency   635.91us    0.89ms  12.92ms   93.69%\n    Req/Sec    56.20k     8.07k   62.00k    86.54%\n  Latency Distribution\n     50%  250.00us\n     75%  491.00us\n     90%  700.00us\n     99%    5.80ms\n  22464657 requests in 30.00s, 17.76GB read\n  Non-2xx or 3xx responses: 22\nRequests/sec: 748868.53\nTransfer/sec:    606.33MB\n";

fn sink(run: &Run, metric: &str, tags: &[(&str, &str)]) -> Sink {
    run.select(run.schema().find(metric).unwrap(), tags).unwrap()
}

fn take(text: &str) -> Imported {
    import(Format::detect(text.as_bytes()).unwrap(), text.as_bytes(), "results").unwrap()
}

#[test]
fn vegeta_requests_have_their_seconds_tags_and_failures() {
    let Imported { run, notes, .. } = take(VEGETA);
    assert!(notes.is_empty());
    assert_eq!(run.seconds().count(), 3);
    let duration = sink(&run, "http_req_duration", &[]);
    assert_eq!(duration.as_trend().unwrap().raw().unwrap(), [10.0, 20.0, 30.0]);
    let failed = sink(&run, "http_req_failed", &[]);
    assert_eq!((failed.as_rate().unwrap().passes, failed.count()), (2, 3));
    assert_eq!(sink(&run, "http_reqs", &[("status", "503")]).count(), 1);
    assert_eq!(run.meta.started_unix_ms, 1_795_687_200_100);
    // From the first request to the last answer, and not in whole seconds.
    assert_eq!(run.duration, std::time::Duration::from_millis(2_230));
}

#[test]
fn k6_points_keep_their_tags_and_kinds() {
    let Imported { run, .. } = take(K6);
    assert_eq!(sink(&run, "http_req_duration", &[("status", "200")]).as_trend().unwrap().max(), Some(12.5));
    assert_eq!(sink(&run, "http_reqs", &[]).as_counter().unwrap().sum, 1.0);
    assert_eq!(run.seconds().count(), 2);
}

#[test]
fn summaries_give_figures_and_say_what_they_cannot() {
    let summary = r#"{"metrics":{"http_req_duration":{"avg":3,"min":1,"med":2.5,"max":9,"p(90)":6,"p(95)":7},"http_reqs":{"count":100,"rate":10.5},"http_req_failed":{"passes":1,"fails":99,"value":0.01}},"root_group":{}}"#;
    let Imported { figures, notes, run } = take(summary);
    let figures: Vec<(&str, f64)> = figures.iter().map(|figure| (figure.quantity, figure.value)).collect();
    assert_eq!(figures, [("p50", 2.5), ("p95", 7.0), ("rate", 10.5), ("errors", 0.01)]);
    assert!(notes[0].contains("no distribution") && notes[1].contains("no p99"), "{notes:?}");
    assert_eq!(run.series().count(), 0, "nothing is invented");

    let Imported { figures, .. } = take(WRK);
    let figures: Vec<(&str, f64)> = figures.iter().map(|figure| (figure.quantity, figure.value)).collect();
    assert_eq!(&figures[..3], [("p50", 0.25), ("p99", 5.8), ("rate", 748_868.53)]);
    assert!((figures[3].1 - 22.0 / 22_464_657.0).abs() < 1e-12);
}

#[test]
fn a_run_is_the_same_however_often_and_under_whatever_name_it_is_taken_in() {
    let ids = |text: &str, name: &str| {
        import(Format::detect(text.as_bytes()).unwrap(), text.as_bytes(), name).unwrap().run.meta.id
    };
    for text in [VEGETA, K6, WRK] {
        assert!(ids(text, "a").starts_with("sha256:"));
        assert_eq!(ids(text, "a"), ids(text, "b"));
    }
    assert_ne!(ids(WRK, "a"), ids(VEGETA, "a"));
}

#[test]
fn summaries_of_the_same_script_are_alike() {
    let summary = |p95: u64, check: &str| {
        let text = format!(
            r#"{{"metrics":{{"http_req_duration":{{"p(95)":{p95}}},"http_reqs":{{"count":1000,"rate":10}}}},"root_group":{{"path":"","groups":{{}},"checks":{{"{check}":{{"path":"::{check}"}}}}}}}}"#
        );
        take(&text)
    };
    let one = summary(17, "status is 200");
    assert_eq!((one.figures[0].values, one.run.duration.as_secs()), (1000, 100));
    assert!(!one.run.meta.fingerprint().is_empty());
    assert_eq!(summary(18, "status is 200").run.meta.fingerprint(), one.run.meta.fingerprint());
    assert_ne!(summary(17, "it pays").run.meta.fingerprint(), one.run.meta.fingerprint());
    assert_eq!(take(WRK).figures[0].values, 22_464_657);
    assert_eq!(take(WRK).run.duration.as_secs(), 30);
}

#[test]
fn what_cannot_be_of_a_load_test_is_refused_with_its_line() {
    let vegeta = |from: &str, to: &str| {
        let text = VEGETA.replace(from, to);
        import(Format::Vegeta, text.as_bytes(), "x").unwrap_err().to_string()
    };
    let k6 = |from: &str, to: &str| {
        let text = K6.replace(from, to);
        import(Format::K6Lines, text.as_bytes(), "x").unwrap_err().to_string()
    };
    for (said, expected) in [
        (
            vegeta("20000000", "-20000000"),
            "line 2 of `x` is not as vegeta writes it: it has a latency of -20000000",
        ),
        (vegeta("20000000", "1e300"), "line 2"),
        (
            vegeta("2026-11-26T10:00:02.3Z", "2518-11-26T10:00:02.3Z"),
            "line 3 of `x` is not as vegeta writes it: its time",
        ),
        (k6("12.5", "-1e308"), "line 2 of `x` is not as k6 writes it: `response_time` has a value of -1e308"),
    ] {
        assert!(said.contains(expected), "{said}");
    }
    let summary = r#"{"metrics":{"http_req_duration":{"p(95)":-7}},"root_group":{}}"#;
    let said = import(Format::K6Summary, summary.as_bytes(), "x").unwrap_err().to_string();
    assert!(said.contains("has a p95 of -7"), "{said}");
    // What never ends is not read for ever.
    for format in [Format::K6Summary, Format::K6Lines, Format::HdrLog] {
        let said = import(format, std::io::repeat(b'0'), "x").unwrap_err().to_string();
        assert!(said.contains("it goes on beyond 64 MiB"), "{said}");
    }
}

#[test]
fn an_hdr_log_becomes_seconds() {
    let mut histogram = hdrhistogram::Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3).unwrap();
    for latency in [1_000_000, 2_000_000, 2_000_000] {
        histogram.record(latency).unwrap();
    }
    let mut log = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let mut writer = IntervalLogWriterBuilder::new()
        .with_start_time(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000))
        .begin_log_with(&mut log, &mut serializer)
        .unwrap();
    for second in [0, 1] {
        writer
            .write_histogram(
                &histogram,
                std::time::Duration::from_secs(second),
                std::time::Duration::from_secs(1),
                None,
            )
            .unwrap();
    }
    let imported = import(Format::HdrLog, log.as_slice(), "log").unwrap();
    let duration = sink(&imported.run, "http_req_duration", &[]);
    let trend = duration.as_trend().unwrap();
    assert_eq!(trend.count(), 6);
    assert!((trend.max().unwrap() - 2.0).abs() < 0.002, "{trend:?}");
    assert_eq!(imported.run.seconds().count(), 2);
    assert!(imported.notes[0].contains("nothing of errors"));
}

#[test]
fn mistakes_have_their_line() {
    let broken = format!("{VEGETA}{{\"code\": \"x\"}}\n");
    let error = import(Format::Vegeta, broken.as_bytes(), "broken.json").unwrap_err();
    assert!(
        matches!(error, ImportError::Line { line: 4, .. }) && error.to_string().contains("`broken.json`"),
        "{error}"
    );
    // A line that was cut off at the end is no reason to lose the others.
    let cut = &VEGETA[..VEGETA.len() - 40];
    let imported = import(Format::Vegeta, cut.as_bytes(), "cut.json").unwrap();
    assert_eq!(imported.notes, ["line 3, the last, was cut off and is left out"]);
    let unknown =
        r#"{"metric":"x","type":"Point","data":{"time":"2026-11-26T10:00:00Z","value":1}}"#.to_owned() + "\n";
    let error = import(Format::K6Lines, unknown.as_bytes(), "k6.json").unwrap_err();
    assert!(error.to_string().contains("no line before defines"), "{error}");
    for format in [Format::Vegeta, Format::K6Lines, Format::Wrk, Format::HdrLog] {
        assert!(
            matches!(import(format, &b""[..], "empty").unwrap_err(), ImportError::Empty { .. }),
            "{format:?}"
        );
    }
    assert_eq!(Format::detect(b"PNG"), None);
    assert!("k7".parse::<Format>().unwrap_err().to_string().contains("k6-json"));
}

/// What our own JSON output writes reads as what was recorded.
#[test]
fn our_own_lines_come_back() {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let (sender, samples) = std::sync::mpsc::sync_channel::<Vec<Sample>>(16);
    recorder.stream(sender);
    let tags = recorder.tags(TagSetId::EMPTY, &[("scenario", "search")]);
    for value in 0..500 {
        recorder.set_time(1_700_000_000_000_000_000 + i64::from(value) * 20_000_000);
        recorder.record(builtin.http_req_duration, f64::from(value) / 7.0, tags);
    }
    let mut run = Run::new(RunMeta::default(), Arc::clone(&schema));
    run.push(0, recorder.take_window());
    drop(recorder);
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut output = loadline_report::JsonOutput::new(
        loadline_report::Destination::create(file.path(), loadline_report::Content::Csv).unwrap(),
        Arc::clone(&schema),
        loadline_report::MetricNotes::of(&loadline_verdict::Budgets::default()),
    );
    for batch in samples {
        output.event(&Event::Samples(&batch)).unwrap();
    }
    output.finish(&run, &[]).unwrap();
    let imported = import(Format::K6Lines, std::fs::File::open(file.path()).unwrap(), "own").unwrap();
    let (ours, theirs) = (
        sink(&run, "http_req_duration", &[]),
        sink(&imported.run, "http_req_duration", &[("scenario", "search")]),
    );
    assert_eq!(ours.as_trend().unwrap().raw(), theirs.as_trend().unwrap().raw());
    assert_eq!(imported.run.seconds().count(), 10);
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), which in 0_usize..8) {
        let formats = [Format::K6Lines, Format::K6Summary, Format::Vegeta, Format::Wrk, Format::HdrLog, Format::JtlCsv, Format::JtlXml, Format::Oha];
        let _ = Format::detect(&bytes);
        let _ = import(formats[which], bytes.as_slice(), "any");
    }
}

/// A log with one histogram that has counts in many cells.
fn hdr_log(counts: impl IntoIterator<Item = (u64, u64)>) -> Vec<u8> {
    let mut histogram = hdrhistogram::Histogram::<u64>::new_with_bounds(1, u64::MAX / 4, 3).unwrap();
    for (value, count) in counts {
        histogram.record_n(value, count).unwrap();
    }
    let mut packed = Vec::new();
    V2DeflateSerializer::new().serialize(&histogram, &mut packed).unwrap();
    let encoded = base64::engine::general_purpose::STANDARD.encode(packed);
    format!("#[StartTime: 1441812279.474 (seconds since epoch)]\n0.127,1.007,2.769,{encoded}\n").into_bytes()
}

#[test]
fn a_log_takes_the_memory_of_what_it_counts_in_and_not_of_what_it_counts() {
    let log = hdr_log([(5_000_000, 3_000_000_000), (700_000_000, 1)]);
    let run = import(Format::HdrLog, log.as_slice(), "large.hlog").unwrap().run;
    assert_eq!(run.seconds().count(), 1);
    let trend = sink(&run, "response_time", &[]).as_trend().unwrap().clone();
    assert_eq!(trend.count(), 3_000_000_001);
    let error = import(Format::HdrLog, hdr_log([(7, u64::MAX >> 2)]).as_slice(), "lie.hlog").unwrap_err();
    assert!(error.to_string().contains("values in 1 cells"), "{error}");
}

#[test]
fn half_a_number_is_no_number() {
    let rate = WRK.find("868.53").unwrap();
    let imported = take(&WRK[..rate]);
    assert!(imported.figures.iter().all(|figure| figure.quantity != "rate"), "{:?}", imported.figures);
    assert!(imported.notes.iter().any(|note| note.contains("ends before its end")), "{:?}", imported.notes);
    assert!(take(WRK).notes.iter().all(|note| !note.contains("ends before its end")));
}

#[test]
fn a_file_in_another_order_is_the_same_run() {
    let line = |at: u64| {
        format!(
            r#"{{"code":200,"timestamp":"2026-11-26T10:{:02}:{:02}.25Z","latency":{}000000,"bytes_in":9,"bytes_out":0,"error":"","method":"GET","url":"http://a/"}}"#,
            at / 60,
            at % 60,
            at % 17 + 1,
        ) + "\n"
    };
    let right = take(&(0..200).map(line).collect::<String>()).run;
    assert_eq!(right.duration.as_secs(), 199);
    let orders: [Vec<u64>; 3] = [
        (0..200).rev().collect(),
        (0..200).map(|at| at * 77 % 200).collect(),
        (0..200).map(|at| (at + 100) % 200).collect(),
    ];
    for order in orders {
        let run = take(&order.iter().copied().map(line).collect::<String>()).run;
        assert_eq!(run.meta.started_unix_ms, right.meta.started_unix_ms);
        assert_eq!(run.duration, right.duration);
        let seconds = |run: &Run| -> Vec<u64> { run.seconds().map(|(second, _)| second).collect() };
        assert_eq!(seconds(&run), seconds(&right));
        assert_eq!(sink(&run, "response_time", &[]), sink(&right, "response_time", &[]));
    }
}

/// What a mutation puts in place of something.
const ODD: [&str; 16] = [
    "0",
    "-1",
    "9",
    "1e308",
    "-1e308",
    "NaN",
    "18446744073709551615",
    "-9223372036854775808",
    "null",
    "\"",
    "\n",
    ",",
    "<",
    ">",
    "9999-12-31T23:59:59Z",
    "\u{0}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// What is taken is a run that can be kept: it reads as it was written, and its times are of a load test.
    #[test]
    fn broken_results_are_taken_or_refused(
        which in 0_usize..7,
        mutations in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, 0..ODD.len(), 0..40_usize), 1..5),
    ) {
        let summary = r#"{"metrics":{"http_req_duration":{"p(95)":7.5,"med":3,"p(99)":9},"http_reqs":{"count":100,"rate":10},"http_req_failed":{"value":0.01}},"root_group":{"name":"","path":"","groups":{},"checks":{}}}"#;
        let log = String::from_utf8(hdr_log([(5_000_000, 30), (700_000_000, 1)])).unwrap();
        let (format, text) = [
            (Format::Vegeta, VEGETA),
            (Format::K6Lines, K6),
            (Format::K6Summary, summary),
            (Format::Wrk, WRK),
            (Format::HdrLog, &log),
            (Format::JtlCsv, include_str!("../fixtures/jmeter-2.13.csv.jtl")),
            (Format::Oha, include_str!("../fixtures/oha-1.16.json")),
        ][which];
        let mut bytes = text.as_bytes().to_vec();
        for (at, kind, odd, length) in mutations {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            let end = (at + length).min(bytes.len());
            match kind {
                0 => _ = bytes.splice(at..end, ODD[odd].bytes()),
                1 => _ = bytes.drain(at..end),
                2 => {
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
                _ => if let Some(byte) = bytes.get_mut(at) { *byte ^= 1 << (length % 8) },
            }
        }
        let _ = Format::detect(&bytes);
        let Ok(Imported { run, figures, .. }) = import(format, bytes.as_slice(), "any") else { return Ok(()) };
        prop_assert!(figures.iter().all(|figure| figure.value >= 0.0 && figure.value < 1e18), "{figures:?}");
        prop_assert!(run.seconds().count() == 0 || run.duration.as_secs() <= 32 * 86_400, "{:?}", run.duration);
        let packed = write_packed(&run, Vec::new()).unwrap();
        let (again, completeness) = read_run(packed.as_slice()).unwrap();
        prop_assert_eq!(completeness, Completeness::Complete);
        prop_assert_eq!(again.duration, run.duration);
    }
}
