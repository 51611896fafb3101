//! Files as k6's tools read them, and errors that name the file.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use loadline_measure::{
    Completeness, MetricId, MetricKind, Run, RunMeta, Sample, Schema, TagSet, TagSetId, ThresholdText, Unit,
    Window,
};
use loadline_verdict::Budgets;
use proptest::prelude::*;

use super::*;

/// 2026-08-01T00:00:00.123456789Z
const TIME: i64 = 1_785_542_400_123_456_789;

struct Measured {
    schema: Arc<Schema>,
    duration: MetricId,
    requests: MetricId,
    tags: TagSetId,
}

fn measured() -> Measured {
    let schema = Schema::new();
    let duration = schema.define("http_req_duration", MetricKind::Trend, Unit::Milliseconds).unwrap();
    let requests = schema.define("http_reqs", MetricKind::Counter, Unit::Plain).unwrap();
    let tags = schema.intern(
        TagSetId::EMPTY,
        &[
            ("url", "http://localhost/?q=\"a,b\"&c=\nd"),
            ("status", "200"),
            ("group", ""),
            ("build", "7"),
            ("zone", "a=b"),
        ],
    );
    Measured { schema, duration, requests, tags }
}

impl Measured {
    fn samples(&self) -> Vec<Sample> {
        let sample = |metric, value, tags| Sample { time_unix_ns: TIME, metric, tags, whole: None, value };
        vec![
            sample(self.requests, 1.0, self.tags),
            sample(self.duration, 3.67, self.tags),
            sample(self.requests, 1.0, TagSetId::EMPTY),
        ]
    }

    fn run(&self) -> Run {
        Run::new(RunMeta::default(), Arc::clone(&self.schema))
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn json(measured: &Measured, destination: Destination, notes: MetricNotes) -> JsonOutput {
    JsonOutput::new(destination, Arc::clone(&measured.schema), notes)
}

fn write_all(output: &mut dyn Output, measured: &Measured) {
    output.event(&Event::Samples(&measured.samples())).unwrap();
    output.finish(&measured.run(), &[]).unwrap();
}

#[test]
fn json_lines_have_k6s_shape() {
    let folder = folder();
    let path = folder.path().join("out.json");
    let measured = measured();
    let text = |selector: &str, expression: &str| ThresholdText {
        selector: selector.to_owned(),
        expression: expression.to_owned(),
        ..ThresholdText::default()
    };
    let search = "http_req_duration{scenario:search}";
    let texts = [text("http_reqs", "count>1"), text(search, "p(95)<500"), text(search, "max<900")];
    let notes = MetricNotes::of(&Budgets::parse("script.js", &texts, &measured.schema).unwrap());
    write_all(&mut json(&measured, Destination::create(&path, Content::Json).unwrap(), notes), &measured);
    let tags =
        r#"{"build":"7","group":"","status":"200","url":"http://localhost/?q=\"a,b\"&c=\nd","zone":"a=b"}"#;
    let expected = [
        r#"{"type":"Metric","data":{"name":"http_reqs","type":"counter","contains":"default","thresholds":["count>1"],"submetrics":null},"metric":"http_reqs"}"#.to_owned(),
        format!(r#"{{"metric":"http_reqs","type":"Point","data":{{"time":"2026-08-01T00:00:00.123456789Z","value":1,"tags":{tags}}}}}"#),
        r#"{"type":"Metric","data":{"name":"http_req_duration","type":"trend","contains":"time","thresholds":[],"submetrics":[{"name":"http_req_duration{scenario:search}","suffix":"scenario:search","tags":{"scenario":"search"}}]},"metric":"http_req_duration"}"#.to_owned(),
        format!(r#"{{"metric":"http_req_duration","type":"Point","data":{{"time":"2026-08-01T00:00:00.123456789Z","value":3.67,"tags":{tags}}}}}"#),
        r#"{"metric":"http_reqs","type":"Point","data":{"time":"2026-08-01T00:00:00.123456789Z","value":1,"tags":{}}}"#.to_owned(),
    ];
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written.lines().collect::<Vec<_>>(), expected);
    for line in written.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn a_name_that_ends_in_gz_is_compressed() {
    let folder = folder();
    let (plain, zipped) = (folder.path().join("out.json"), folder.path().join("out.json.gz"));
    let measured = measured();
    for path in [&plain, &zipped] {
        write_all(
            &mut json(&measured, Destination::create(path, Content::Json).unwrap(), MetricNotes::default()),
            &measured,
        );
    }
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(zipped).unwrap()).read_to_string(&mut text).unwrap();
    assert_eq!(text, std::fs::read_to_string(plain).unwrap());
}

#[test]
fn csv_is_read_back_as_it_was() {
    let folder = folder();
    let path = folder.path().join("out.csv");
    let measured = measured();
    let mut output = CsvOutput::new(
        Destination::create(&path, Content::Csv).unwrap(),
        Arc::clone(&measured.schema),
        &SYSTEM_TAGS,
    );
    write_all(&mut output, &measured);

    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        text.lines().next(),
        Some(
            "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,\
             scenario,service,status,subproto,tls_version,url,extra_tags,metadata"
        )
    );
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 3);
    let cell = |row: usize, name: &str| rows[row][name].as_str();
    assert_eq!(cell(1, "metric_name"), "http_req_duration");
    assert_eq!(cell(1, "timestamp"), "1785542400");
    assert_eq!(cell(1, "metric_value"), "3.67");
    assert_eq!(cell(1, "status"), "200");
    assert_eq!(cell(1, "url"), "http://localhost/?q=\"a,b\"&c=\nd");
    assert_eq!(cell(1, "extra_tags"), "build=7&zone=a=b");
    assert_eq!(cell(1, "metadata"), "");
    assert_eq!(cell(2, "extra_tags"), "");
}

#[test]
fn a_run_without_samples_leaves_a_header() {
    let folder = folder();
    let path = folder.path().join("out.csv");
    let measured = measured();
    let mut output = CsvOutput::new(
        Destination::create(&path, Content::Csv).unwrap(),
        Arc::clone(&measured.schema),
        &["status"],
    );
    output.finish(&measured.run(), &[]).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text, "metric_name,timestamp,metric_value,status,extra_tags,metadata\n");
}

#[test]
fn every_second_reaches_the_file() {
    let folder = folder();
    let path = folder.path().join("out.json");
    let measured = measured();
    let mut output =
        json(&measured, Destination::create(&path, Content::Json).unwrap(), MetricNotes::default());
    output.event(&Event::Samples(&measured.samples())).unwrap();
    let (run, window) = (measured.run(), Window::default());
    output.event(&Event::Second { second: 0, window: &window, run: &run, progress: &[] }).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), 5);
}

#[test]
fn a_path_that_cannot_be_written_is_named() {
    let path = PathBuf::from("/no/such/folder/out.json");
    let error = Destination::create(&path, Content::Json).err().unwrap().to_string();
    assert_eq!(
        error,
        "cannot create `/no/such/folder/out.json`: No such file or directory (os error 2); \
         check that its folder exists and that you may write there"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_whenever_it_shows() {
    let measured = measured();
    for name in ["full.json", "full.json.gz"] {
        let full = || {
            let device = std::fs::File::options().write(true).open("/dev/full").unwrap();
            json(&measured, Destination::new(name, Box::new(device)), MetricNotes::default())
        };
        let (run, window) = (measured.run(), Window::default());
        let mut output = full();
        output.event(&Event::Samples(&measured.samples())).unwrap();
        let error = output.event(&Event::Second { second: 0, window: &window, run: &run, progress: &[] });
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot write to `{name}`: No space left on device")), "{error}");

        let mut output = full();
        output.event(&Event::Samples(&measured.samples())).unwrap();
        assert!(output.finish(&run, &[]).is_err());
    }
}

#[test]
fn lost_samples_are_told_at_the_end() {
    let folder = folder();
    let path = folder.path().join("out.json");
    let measured = measured();
    let mut output =
        json(&measured, Destination::create(&path, Content::Json).unwrap(), MetricNotes::default());
    output.event(&Event::Lost(7)).unwrap();
    output.event(&Event::Lost(5)).unwrap();
    let error = output.finish(&measured.run(), &[]).unwrap_err().to_string();
    assert!(error.starts_with("12 samples are missing from"), "{error}");
}

#[test]
fn a_killed_run_can_be_read_and_a_finished_one_is_whole() {
    let folder = folder();
    let path = folder.path().join("test.run");
    let mut run = crate::made_up::run_of_seconds(0);
    let schema = Arc::clone(run.schema());
    let mut output = RunOutput::create(&path, &run.meta, Arc::clone(&schema)).unwrap();
    for second in 0..2 {
        let window = crate::made_up::window(&schema);
        run.push(second, window.clone());
        output.event(&Event::Second { second, window: &window, run: &run, progress: &[] }).unwrap();
    }
    let requests = |run: &Run| {
        let metric = run.schema().find("http_reqs").unwrap();
        run.select::<&str, &str>(metric, &[]).unwrap().as_counter().unwrap().count
    };
    let read = || loadline_measure::read_run(std::fs::File::open(&path).unwrap()).unwrap();
    let (killed, completeness) = read();
    assert_eq!(requests(&killed), requests(&run));
    assert_ne!(completeness, Completeness::Complete);

    run.meta.annotations.insert("note".to_owned(), "saturated".to_owned());
    output.finish(&run, &[]).unwrap();
    output.finish(&run, &[]).unwrap();
    let (finished, completeness) = read();
    assert_eq!((requests(&finished), finished.meta), (requests(&run), run.meta));
    assert_eq!(completeness, Completeness::Complete);
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_on_a_full_disk_is_an_error_at_once() {
    let device = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let measured = measured();
    let error =
        RunOutput::new("full.run", Box::new(device), &RunMeta::default(), Arc::clone(&measured.schema));
    let error = error.err().unwrap().to_string();
    assert!(error.starts_with("cannot write to `full.run`: No space left on device"), "{error}");
}

#[test]
fn samples_of_folded_tags_are_written_with_those_they_were_given() {
    let folder = folder();
    let measured = measured();
    let whole = TagSet::new([("name", "checkout"), ("order", "17")]);
    let tags = measured.schema.intern(TagSetId::EMPTY, &[("name", "checkout"), ("order", "(other)")]);
    let sample =
        Sample { time_unix_ns: TIME, metric: measured.requests, tags, whole: Some(whole), value: 1.0 };
    let (csv_path, json_path) = (folder.path().join("out.csv"), folder.path().join("out.json"));
    let mut outputs: [Box<dyn Output>; 2] = [
        Box::new(CsvOutput::new(
            Destination::create(&csv_path, Content::Csv).unwrap(),
            Arc::clone(&measured.schema),
            &SYSTEM_TAGS,
        )),
        Box::new(json(
            &measured,
            Destination::create(&json_path, Content::Json).unwrap(),
            MetricNotes::default(),
        )),
    ];
    for output in &mut outputs {
        output.event(&Event::Samples(std::slice::from_ref(&sample))).unwrap();
        output.finish(&measured.run(), &[]).unwrap();
    }
    assert!(std::fs::read_to_string(csv_path).unwrap().contains("order=17"));
    assert!(
        std::fs::read_to_string(json_path).unwrap().contains(r#""tags":{"name":"checkout","order":"17"}"#)
    );
}

proptest! {
    #[test]
    fn whatever_tags_and_values_hold_is_read_back(name in ".*", extra in ".*", value in proptest::num::f64::NORMAL) {
        let folder = folder();
        let measured = measured();
        let tags = measured.schema.intern(TagSetId::EMPTY, &[("name", &name), ("extra", &extra)]);
        let sample = Sample { time_unix_ns: TIME, metric: measured.duration, tags, whole: None, value };
        let (csv_path, json_path) = (folder.path().join("out.csv"), folder.path().join("out.json"));
        let csv = Destination::create(&csv_path, Content::Csv).unwrap();
        let mut outputs: Vec<Box<dyn Output>> = vec![
            Box::new(CsvOutput::new(csv, Arc::clone(&measured.schema), &SYSTEM_TAGS)),
            Box::new(json(&measured, Destination::create(&json_path, Content::Json).unwrap(), MetricNotes::default())),
        ];
        for output in &mut outputs {
            output.event(&Event::Samples(std::slice::from_ref(&sample))).unwrap();
            output.finish(&measured.run(), &[]).unwrap();
        }

        let mut reader = ::csv::Reader::from_path(csv_path).unwrap();
        let row: BTreeMap<String, String> = reader.deserialize().next().unwrap().unwrap();
        prop_assert_eq!(&row["name"], &name);
        prop_assert_eq!(&row["extra_tags"], &format!("extra={extra}"));
        prop_assert_eq!(row["metric_value"].parse::<f64>().unwrap(), value);

        let text = std::fs::read_to_string(json_path).unwrap();
        let point: serde_json::Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
        prop_assert_eq!(point["data"]["tags"]["name"].as_str(), Some(name.as_str()));
        prop_assert_eq!(point["data"]["value"].as_f64(), Some(value));
    }
}
