//! `--out` to an `InfluxDB`, to a receiver of OTLP, and to one of `StatsD`: what they have is what the Run says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;

use loadline_measure::{Run, Sink, read_run};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use prost::Message as _;
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Folder, Talking, ended, free_port, nginx};

/// `InfluxDB` of version 1 (Debian package `influxdb`), which ends with the test.
struct Influxdb {
    process: Child,
    address: String,
}

impl Influxdb {
    fn start(folder: &Folder) -> Self {
        let started = (0..10).find_map(|_| Self::at(folder, free_port()));
        started.expect("influxd did not start ten times")
    }

    fn at(folder: &Folder, port: u16) -> Option<Self> {
        let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
        let address = format!("127.0.0.1:{port}");
        let config = format!(
            "reporting-disabled = true\nbind-address = \"127.0.0.1:{}\"\n[meta]\ndir = {:?}\n[data]\ndir = {:?}\nwal-dir = {:?}\n\
             [monitor]\nstore-enabled = false\n[http]\nbind-address = {address:?}\nlog-enabled = false\n",
            free_port(),
            path("meta"),
            path("data"),
            path("wal"),
        );
        folder.write("influxdb.conf", &config);
        let mut process = Command::new("influxd")
            .args(["run", "-config", &path("influxdb.conf")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the Debian package `influxdb` is installed");
        let ping = format!("http://{address}/ping");
        while process.try_wait().unwrap().is_none() {
            let ready = Command::new("curl").args(["-sf", "-o", "/dev/null", &ping]).status().unwrap();
            if ready.success() {
                return Some(Self { process, address });
            }
            std::thread::yield_now();
        }
        None
    }

    /// Kills it, and starts it again where it was.
    fn restart(&mut self, folder: &Folder) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let port = self.address.rsplit(':').next().unwrap().parse().unwrap();
        *self = Self::at(folder, port).expect("nobody else has taken the port");
    }

    /// The rows of an answer, each with its tags and its last columns.
    fn rows(&self, query: &str) -> Vec<(BTreeMap<String, String>, Vec<Value>)> {
        let arguments = ["-sG", "--data-urlencode", &format!("q={query}"), "-d", "db=k6", "-d", "epoch=ns"];
        let answer =
            ended(Command::new("curl").args(arguments).arg(format!("http://{}/query", self.address)));
        let answer: Value = serde_json::from_str(&answer.out).unwrap_or_default();
        let series = answer["results"][0]["series"].as_array().cloned().unwrap_or_default();
        series
            .into_iter()
            .map(|one| {
                let tags = serde_json::from_value(one["tags"].clone()).unwrap_or_default();
                (tags, one["values"][0].as_array().cloned().unwrap_or_default())
            })
            .collect()
    }

    fn number(&self, query: &str) -> f64 {
        self.rows(query).first().and_then(|(_, values)| values.get(1)?.as_f64()).unwrap_or(0.0)
    }
}

impl Drop for Influxdb {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run_in(folder: &Folder) -> Run {
    read_run(std::fs::File::open(folder.path("today.run")).unwrap()).unwrap().0
}

#[test]
fn what_an_influxdb_has_is_the_run_though_it_was_killed_meanwhile() {
    let nginx = nginx();
    let folder = Folder::new();
    let mut influxdb = Influxdb::start(&folder);
    let url = format!("{}/", nginx.url);
    let out = format!("influxdb=http://{}/k6", influxdb.address);
    let words = ["hit", &url, "--rate", "40", "-d", "10m", "--out", &out, "--out", "run=today.run", "-q"];
    let mut command = folder.loadline(words);
    command.args(["--project", "none", "--no-history"]).env("K6_INFLUXDB_TAGS_AS_FIELDS", "vu");
    let run = Talking::start(&mut command);
    let requests = "SELECT sum(\"value\") FROM \"http_reqs\"";
    let mut before = 0.0;
    while before == 0.0 {
        before = influxdb.number(requests);
    }
    influxdb.restart(&folder);
    while influxdb.number(requests) < before + 80.0 {}
    run.signal(Signal::INT);
    run.end().expect(105);
    let run = run_in(&folder);
    let mut compared = 0;
    for (series, tags, sink) in run.series() {
        let name = run.schema().metric(series.metric).name;
        let tags: BTreeMap<String, String> = tags
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        let (query, expected) = match sink {
            Sink::Counter(counter) => ("sum(\"value\"), sum(\"count\")", [counter.sum, counter.count as f64]),
            Sink::Rate(rate) => ("sum(\"passes\"), sum(\"count\")", [rate.passes as f64, rate.total as f64]),
            Sink::Trend(trend) => ("sum(\"sum\"), sum(\"count\")", [trend.sum(), trend.count() as f64]),
            Sink::Gauge(gauge) => ("last(\"value\"), last(\"value\")", [gauge.last; 2]),
        };
        let rows = influxdb.rows(&format!("SELECT {query} FROM \"{name}\" GROUP BY *"));
        let shown = |row: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            row.iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        let row = rows.iter().find(|(row, _)| shown(row) == tags);
        let (_, values) = row.unwrap_or_else(|| panic!("{name} {tags:?} never arrived: {rows:?}"));
        for (value, expected) in values[1..].iter().zip(expected) {
            let value = value.as_f64().unwrap();
            assert!((value - expected).abs() <= 1e-9 * expected.abs(), "{name} {tags:?}: {value} {expected}");
        }
        compared += 1;
    }
    assert!(compared > 15, "{compared}");
    // What the most used dashboard for k6 over InfluxDB (2587) asks: measurements, the field `value`, functions.
    for asked in ["mean(\"value\") FROM \"vus\"", "sum(\"value\") FROM \"http_reqs\""]
        .into_iter()
        .map(str::to_owned)
        .chain(
            ["mean", "max", "min", "median"]
                .map(|function| format!("{function}(\"value\") FROM \"http_req_duration\"")),
        )
        .chain(
            ["http_req_blocked", "http_req_connecting", "http_req_sending", "http_req_waiting"]
                .map(|name| format!("percentile(\"value\", 95) FROM \"{name}\"")),
        )
    {
        let query = format!("SELECT {asked} WHERE time > now() - 1h GROUP BY time(1h) fill(none)");
        assert!(!influxdb.rows(&query).is_empty(), "{query}");
    }
}

/// Takes requests and answers each with 200; their bodies.
fn collector() -> (String, std::sync::mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (came, comes) = channel();
    // It ends with the tests.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            while let Some(body) = body(&mut reader) {
                let _ = came.send(body);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    (address, comes)
}

fn body(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            return Some(body);
        }
    }
}

#[test]
fn what_a_collector_of_opentelemetry_gets_is_the_run() {
    let nginx = nginx();
    let folder = Folder::new();
    let (address, comes) = collector();
    let url = format!("{}/", nginx.url);
    let out = format!("opentelemetry=http://{address}");
    let words =
        ["hit", &url, "-n", "200", "-c", "4", "--out", &out, "--out", "run=today.run", "-q", "--no-history"];
    ended(folder.loadline(words).args(["--project", "none"]).env("K6_OTEL_METRIC_PREFIX", "k6_")).expect(0);
    let run = run_in(&folder);
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    for body in comes.try_iter() {
        let request = ExportMetricsServiceRequest::decode(&*body).unwrap();
        for metric in
            request.resource_metrics.into_iter().flat_map(|all| all.scope_metrics).flat_map(|all| all.metrics)
        {
            let mut add = |tags: String, number: f64| {
                // The newest is the total.
                counts.insert(format!("{} {tags}", metric.name), number);
            };
            match metric.data.clone().unwrap() {
                Data::Sum(sum) => sum.data_points.iter().for_each(|point| match point.value.unwrap() {
                    Number::AsDouble(number) => add(format!("{:?}", point.attributes), number),
                    Number::AsInt(number) => add(format!("{:?}", point.attributes), number as f64),
                }),
                Data::ExponentialHistogram(histogram) => {
                    histogram
                        .data_points
                        .iter()
                        .for_each(|point| add(format!("{:?}", point.attributes), point.count as f64));
                }
                _ => {}
            }
        }
    }
    for name in ["http_reqs", "http_req_duration", "http_req_failed", "data_received", "http_req_waiting"] {
        let arrived: f64 = counts
            .iter()
            .filter(|(key, _)| key.starts_with(&format!("k6_{name} ")))
            .map(|(_, count)| count)
            .sum();
        let all = run.select::<&str, &str>(run.schema().find(name).unwrap(), &[]).unwrap();
        let expected = match all {
            Sink::Counter(counter) => counter.sum,
            other => other.count() as f64,
        };
        assert_eq!(arrived, expected, "{name}");
    }
}

#[test]
fn what_a_server_of_statsd_gets_is_the_run() {
    let nginx = nginx();
    let folder = Folder::new();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let url = format!("{}/", nginx.url);
    let out = format!("statsd={}", socket.local_addr().unwrap());
    let words =
        ["hit", &url, "-n", "50", "-c", "2", "--out", &out, "--out", "run=today.run", "-q", "--no-history"];
    ended(folder.loadline(words).args(["--project", "none"]).env("K6_STATSD_ENABLE_TAGS", "true")).expect(0);
    let mut text = String::new();
    let mut datagram = vec![0; 65536];
    while let Ok(length) = socket.recv(&mut datagram) {
        text += std::str::from_utf8(&datagram[..length]).unwrap();
        text.push('\n');
    }
    let sum = |start: &str| -> f64 {
        let lines = text.lines().filter(|line| line.starts_with(start) && line.contains("status:200"));
        lines.map(|line| line[start.len()..].split('|').next().unwrap().parse::<f64>().unwrap()).sum()
    };
    assert_eq!(sum("k6.http_reqs:"), 50.0, "{text}");
    let timings = text.lines().filter(|line| line.starts_with("k6.http_req_duration:"));
    let count: f64 = timings
        .map(|line| {
            line.split("|@")
                .nth(1)
                .map_or(1.0, |rate| 1.0 / rate.split('|').next().unwrap().parse::<f64>().unwrap())
        })
        .sum();
    assert!((count - 50.0).abs() < 1e-9, "{count}");
}

/// Ports that nobody listens on, while these are held.
fn deaf() -> [TcpListener; 3] {
    [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap())
}

#[test]
fn receivers_that_say_nothing_cost_their_time_once_and_are_told_each() {
    let (nginx, folder, deaf) = (nginx(), Folder::new(), deaf());
    let [first, second, third] = deaf.each_ref().map(|one| one.local_addr().unwrap());
    let outs = [
        format!("prometheus=http://{first}"),
        format!("influxdb=http://{second}"),
        format!("opentelemetry=grpc://{third}"),
    ];
    let url = format!("{}/", nginx.url);
    let mut command =
        folder.loadline(["hit", &url, "-n", "20", "-c", "2", "-q", "--project", "none", "--no-history"]);
    let ended = ended(command.args(outs.iter().flat_map(|out| ["--out", out]))).expect(4);
    assert_eq!(ended.err.matches("did not reach").count(), 3, "{}", ended.err);
}

#[test]
fn several_receivers_and_files_at_once() {
    let nginx = nginx();
    let folder = Folder::new();
    let (address, comes) = collector();
    let (url, otlp) = (format!("{}/", nginx.url), format!("opentelemetry=http://{address}"));
    let influx = format!("influxdb=http://{address}/k6");
    let words =
        ["hit", &url, "-n", "20", "-c", "2", "--out", &otlp, "--out", &influx, "--out", "csv=all.csv", "-q"];
    ended(folder.loadline(words).args(["--project", "none", "--no-history"])).expect(0);
    let bodies: Vec<Vec<u8>> = comes.try_iter().collect();
    assert!(
        bodies.iter().any(|body| body.starts_with(b"data_received,")
            || body.windows(11).any(|part| part == b"\nhttp_reqs,"))
    );
    assert!(bodies.iter().any(|body| {
        ExportMetricsServiceRequest::decode(&**body).is_ok_and(|request| !request.resource_metrics.is_empty())
    }));
    assert!(folder.read("all.csv").lines().count() > 100);
}
