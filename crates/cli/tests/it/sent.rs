//! `--out prometheus`: what a real Prometheus has of a real run is what the Run says, series by series, whatever became
//! of the Prometheus meanwhile.

use std::collections::BTreeMap;

use loadline_measure::{RELATIVE_ERROR, Run, Sink, Unit, read_run};
use rustix::process::Signal;
use serde_json::Value;

use crate::prometheus::Prometheus;
use crate::support::{Folder, Talking, holiday, nginx};

const NATIVE: [&str; 1] = ["--enable-feature=native-histograms"];

/// A hit on the catalogue of holiday, sent to a Prometheus.
fn hit<'a>(url: &'a str, out: &'a str) -> Vec<&'a str> {
    vec![
        "hit",
        url,
        "--rate",
        "40",
        "--out",
        out,
        "--out",
        "run=today.run",
        "--project",
        "none",
        "--no-history",
        "-q",
    ]
}

fn run_in(folder: &Folder) -> Run {
    read_run(std::fs::File::open(folder.path("today.run")).unwrap()).unwrap().0
}

/// The newest value of everything of k6's name, by its labels.
fn all(prometheus: &Prometheus) -> BTreeMap<BTreeMap<String, String>, Value> {
    let rows = prometheus.rows("{__name__=~\"k6_.+\"}");
    rows.into_iter().map(|row| (serde_json::from_value(row["metric"].clone()).unwrap(), row)).collect()
}

/// Holds every series of the Run against what has arrived; how many there are.
fn compare(run: &Run, prometheus: &Prometheus, native: bool) -> usize {
    let arrived = all(prometheus);
    let mut expected = 0;
    for (series, tags, sink) in run.series() {
        let metric = run.schema().metric(series.metric);
        let mut labels: BTreeMap<String, String> = tags
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let mut row = |suffix: &str| {
            labels.insert("__name__".to_owned(), format!("k6_{}{suffix}", metric.name));
            expected += 1;
            arrived.get(&labels).unwrap_or_else(|| panic!("{labels:?} never arrived: {:#?}", arrived.keys()))
        };
        let number = |row: &Value| row["value"][1].as_str().unwrap().parse::<f64>().unwrap();
        let near = |left: f64, right: f64| (left - right).abs() <= 1e-9 * right.abs();
        match sink {
            Sink::Counter(counter) => assert!(near(number(row("_total")), counter.sum), "{}", metric.name),
            Sink::Gauge(gauge) => assert!(near(number(row("")), gauge.last), "{}", metric.name),
            Sink::Rate(rate) => assert!(near(number(row("_rate")), rate.share().unwrap()), "{}", metric.name),
            Sink::Trend(trend) => {
                let (suffix, factor) = match metric.unit {
                    Unit::Milliseconds => ("_seconds", 1000.0),
                    Unit::Bytes => ("_bytes", 1.0),
                    Unit::Plain => ("", 1.0),
                };
                assert!(near(number(row("_p99")) * factor, trend.quantile(0.99).unwrap()), "{}", metric.name);
                if !native {
                    continue;
                }
                let histogram = &row(suffix)["histogram"][1];
                let text = |name: &str| histogram[name].as_str().unwrap().to_owned();
                assert_eq!(text("count"), trend.count().to_string(), "{}", metric.name);
                assert!(near(text("sum").parse::<f64>().unwrap() * factor, trend.sum()), "{}", metric.name);
            }
        }
    }
    assert_eq!(arrived.len(), expected, "nothing else arrived");
    expected
}

/// Holds a quantile as Prometheus reads it against those of the ranks around it.
fn compare_quantile(run: &Run, prometheus: &Prometheus, q: f64) {
    let duration = run.schema().find("http_req_duration").unwrap();
    let all = run.select::<&str, &str>(duration, &[]).unwrap();
    let trend = all.as_trend().unwrap();
    let query = format!("histogram_quantile({q}, sum(k6_http_req_duration_seconds))");
    let read: f64 = prometheus.rows(&query)[0]["value"][1].as_str().unwrap().parse().unwrap();
    let one = 1.0 / trend.count() as f64;
    let bound = 3.0 * RELATIVE_ERROR;
    let (low, high) = (trend.quantile(q - one).unwrap(), trend.quantile(q + one).unwrap());
    let read_ms = read * 1000.0;
    assert!(low * (1.0 - bound) <= read_ms && read_ms <= high * (1.0 + bound), "{low} {read_ms} {high}");
}

#[test]
fn what_prometheus_has_is_the_run_though_it_was_killed_meanwhile() {
    let holiday = holiday(&[]);
    let folder = Folder::new();
    let mut prometheus = Prometheus::receiving(&folder, &NATIVE);
    let url = format!("{}/api/trpc/public.getPrograms?input=%7B%22json%22%3A%7B%7D%7D", holiday.url);
    let out = format!("prometheus={}", prometheus.url);
    let mut command = folder.loadline(hit(&url, &out));
    command.args(["-d", "10m"]).env("K6_PROMETHEUS_RW_PUSH_INTERVAL", "1s");
    let run = Talking::start(&mut command);
    let before = prometheus.awaited("sum(k6_http_reqs_total)");
    prometheus.restart(&folder, &NATIVE);
    // What came while it was down arrives, too.
    prometheus.awaited(&format!("sum(k6_http_reqs_total) > {}", before + 100.0));
    run.signal(Signal::INT);
    run.end().expect(105);
    let run = run_in(&folder);
    assert!(compare(&run, &prometheus, true) > 20);
    for q in [0.5, 0.9, 0.95, 0.99] {
        compare_quantile(&run, &prometheus, q);
    }
    // A series was zero before its first value, so that all of it is an increase.
    let samples = prometheus.rows("k6_http_reqs_total[1h]");
    assert!(
        samples.iter().all(|row| row["values"][0][1] == "0" && row["values"][1][1] != "0"),
        "{samples:?}"
    );
}

#[test]
fn one_that_takes_no_native_histograms_is_sent_figures_and_that_is_said() {
    let nginx = nginx();
    let folder = Folder::new();
    let prometheus = Prometheus::receiving(&folder, &[]);
    let out = format!("experimental-prometheus-rw={}", prometheus.url);
    let url = format!("{}/", nginx.url);
    let mut arguments = hit(&url, &out);
    arguments.retain(|argument| *argument != "-q");
    let ended = folder.run(arguments.into_iter().chain(["-d", "1s"])).expect(0);
    assert!(ended.err.contains("takes no native histograms"), "{}", ended.err);
    assert!(compare(&run_in(&folder), &prometheus, false) > 15);
}

#[test]
fn a_receiver_that_takes_nothing_is_an_output_that_is_not_written() {
    let nginx = nginx();
    let folder = Folder::new();
    let out = format!("prometheus={}/missing", nginx.url);
    let url = format!("{}/", nginx.url);
    let mut command = folder.loadline(hit(&url, &out));
    command.args(["-d", "1s"]).env("K6_PROMETHEUS_RW_BEARER_TOKEN", "very-secret-token");
    let ended = crate::support::ended(&mut command).expect(4);
    assert!(
        ended.err.contains("values did not reach") && ended.err.contains("404 Not Found"),
        "{}",
        ended.err
    );
    assert!(!ended.err.contains("very-secret") && !ended.out.contains("very-secret"));
    let kept = std::fs::read(folder.path("today.run")).unwrap();
    assert!(!kept.windows(11).any(|bytes| bytes == b"very-secret"));
}

#[test]
fn what_is_wrong_with_a_receiver_is_said_before_any_load() {
    let folder = Folder::new();
    let run = |out: &str, variable: (&str, &str)| {
        let mut command = folder.loadline(["hit", "http://127.0.0.1:1/", "--out", out, "-d", "1s"]);
        crate::support::ended(command.env(variable.0, variable.1)).expect(2).err
    };
    let none = ("K6_X", "");
    assert!(run("prometheus=ftp://host", none).contains("https://host/path"));
    let interval = run("prometheus", ("K6_PROMETHEUS_RW_PUSH_INTERVAL", "soon"));
    assert!(interval.contains("K6_PROMETHEUS_RW_PUSH_INTERVAL"), "{interval}");
    let search = ["capacity", "http://127.0.0.1:1/", "--budget", "p95=1s", "--out", "prometheus"];
    let search = folder.run(search).expect(2).err;
    assert!(search.contains("sent to no receiver"), "{search}");
    let unknown = run("prometheus", ("K6_PROMETHEUS_RW_SIGV4_REGION", "eu-west-1"));
    assert!(unknown.contains("K6_PROMETHEUS_RW_SIGV4_REGION") && unknown.contains("not known"), "{unknown}");
}

/// What the two dashboards for k6 that Grafana's catalogue has for Prometheus (19665 and 18030) ask, with their
/// variables filled in: metrics, tags and functions as those who made dashboards after them use them.
fn asked_by_dashboards() -> Vec<String> {
    let of = "testid=~\"night\"";
    let mut asked = vec![
        format!("sum(k6_vus{{{of}}})"),
        format!("avg(k6_dropped_iterations_total{{{of}}})"),
        format!("avg(round(k6_checks_rate{{{of}}}, 0.1)*100)"),
        format!("avg(round(k6_http_req_failed_rate{{{of}}}, 0.1)*100)"),
        format!("round(k6_checks_rate{{{of}}}, 0.1)"),
        format!("avg(irate(k6_data_sent_total{{{of}}}[1m]))"),
        format!("avg(irate(k6_data_received_total{{{of}}}[1m]))"),
    ];
    for expected in ["", ", expected_response=\"true\"", ", expected_response=\"false\""] {
        asked.push(format!("sum(k6_http_reqs_total{{{of}{expected}}})"));
        asked.push(format!("sum(irate(k6_http_reqs_total{{{of}{expected}}}[1m]))"));
        asked.push(format!("avg(k6_http_req_duration_p95{{{of}{expected}}})"));
        asked.push(format!(
            "histogram_quantile(0.95, sum by(le) (rate(k6_http_req_waiting_seconds{{{of}{expected}}}[1m])))"
        ));
    }
    for stat in ["min", "max", "p95", "p99"] {
        asked.push(format!("avg by(name, method, status) (k6_http_req_duration_{stat}{{{of}}})"));
    }
    for quantile in ["0", "0.95", "0.99", "1"] {
        asked.push(format!(
            "histogram_quantile({quantile}, sum by(le, name, method, status) (rate(k6_http_req_duration_seconds{{{of}}}[1m])))"
        ));
    }
    for trend in [
        "http_req_blocked",
        "http_req_receiving",
        "http_req_sending",
        "http_req_tls_handshaking",
        "iteration_duration",
    ] {
        asked.push(format!("avg(k6_{trend}_p95{{{of}}})"));
        asked.push(format!("histogram_quantile(0.95, sum by(le) (rate(k6_{trend}_seconds{{{of}}}[1m])))"));
    }
    asked
}

const SCRIPT: &str = r"
import http from 'k6/http';
import { check } from 'k6';
export const options = {
  scenarios: { steady: { executor: 'constant-arrival-rate', rate: 20, duration: '3s', preAllocatedVUs: 5 } },
};
export default function () {
  check(http.get(`${__ENV.BASE_URL}/`), { ok: (r) => r.status === 200 });
  http.get(`${__ENV.BASE_URL}/missing`);
}
";

#[test]
fn dashboards_made_for_k6_fill() {
    let nginx = nginx();
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    let prometheus = Prometheus::receiving(&folder, &NATIVE);
    let (out, target) = (format!("prometheus={}", prometheus.url), format!("BASE_URL={}", nginx.url));
    let words = ["run", "-e", &target, "--out", &out, "--tag", "testid=night", "--no-history", "script.js"];
    let mut command = folder.loadline(words);
    command
        .env("K6_PROMETHEUS_RW_PUSH_INTERVAL", "1s")
        .env("K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM", "true")
        .env("K6_PROMETHEUS_RW_TREND_STATS", "p(95),p(99),min,max");
    crate::support::ended(&mut command).expect(0);
    for query in asked_by_dashboards() {
        let rows = prometheus.rows(&query);
        let has_data = rows.iter().any(|row| row["value"][1].as_str().is_some_and(|value| value != "NaN"));
        assert!(has_data, "{query}: {rows:?}");
    }
}
