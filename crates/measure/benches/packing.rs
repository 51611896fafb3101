//! What an hour of a run takes on disk, written while it goes on and packed afterwards, and how long that takes.
//!
//! `cargo bench -p loadline-measure --bench packing [RUN FILE…]`. The hour is made up but shaped like a k6 script's: 20
//! endpoints with seven trends, a counter and a rate each, checks, and the gauges of a generator; 100 to 300 requests
//! a second; latencies log-normal, in nanoseconds as a clock gives them; connections reused, so that three of the
//! trends are mostly zeros. Real Run files can be named instead.

#![expect(clippy::disallowed_types, reason = "measures real time, outside any test or engine")]
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program that prints figures")]

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use loadline_measure::{
    Builtin, MetricKind, Recorder, Run, RunMeta, Schema, TagSetId, Unit, read_run, write_packed, write_run,
};

const SECONDS: u64 = 3600;
const ENDPOINTS: usize = 20;

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if files.is_empty() {
        report("an hour, made up", &hour());
    }
    for file in files {
        let (run, _) = read_run(File::open(&file).unwrap()).unwrap();
        report(&file, &run);
    }
}

fn report(name: &str, run: &Run) {
    let requests = run.schema().find("http_reqs").and_then(|id| run.select::<&str, &str>(id, &[]));
    println!(
        "{name}: {} series, {} seconds, {} requests",
        run.series().count(),
        run.seconds().count(),
        requests.map_or(0, |sink| sink.count())
    );
    let plain = timed("written second by second", run, |run| write_run(run, Vec::new()).unwrap());
    let packed = timed("packed", run, |run| write_packed(run, Vec::new()).unwrap());
    println!("  packed to {:.1} %", packed.len() as f64 / plain.len() as f64 * 100.0);
    let (from_plain, from_packed) =
        (read_run(plain.as_slice()).unwrap().0, read_run(packed.as_slice()).unwrap().0);
    assert!(from_plain.seconds().eq(from_packed.seconds()), "both hold the same seconds");
    assert!(from_plain.series().map(|(_, _, sink)| sink).eq(from_packed.series().map(|(_, _, sink)| sink)));
}

fn timed(what: &str, run: &Run, write: impl Fn(&Run) -> Vec<u8>) -> Vec<u8> {
    let start = Instant::now();
    let bytes = write(run);
    let written = start.elapsed();
    let start = Instant::now();
    drop(read_run(bytes.as_slice()).unwrap());
    println!(
        "  {what:<26} {:>10} bytes, encoded in {:.2} s, read in {:.2} s",
        bytes.len(),
        written.as_secs_f64(),
        start.elapsed().as_secs_f64()
    );
    bytes
}

struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Log-normal around a median; the sum of twelve uniform numbers is close to normal.
    fn latency(&mut self, median_ms: f64, sigma: f64) -> Duration {
        let normal = (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0;
        Duration::from_nanos((median_ms * 1e6 * (sigma * normal).exp()) as u64)
    }
}

fn hour() -> Run {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    schema.add_limit(builtin.http_req_duration, 500.0);
    let checks = schema.define("answers", MetricKind::Rate, Unit::Plain).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let base = schema.intern(TagSetId::EMPTY, &[("scenario", "shop"), ("group", "")]);
    let tags: Vec<TagSetId> = (0..ENDPOINTS)
        .map(|endpoint| {
            let url = format!("https://shop.test/api/{endpoint}");
            let pairs = [("method", "GET"), ("status", "200"), ("name", url.as_str()), ("url", url.as_str())];
            recorder.tags(base, &pairs)
        })
        .collect();
    let random = &mut Random(0x2545_f491_4f6c_dd1d);
    let mut run = Run::new(RunMeta { name: "shop.ts".to_owned(), ..RunMeta::default() }, Arc::clone(&schema));
    for second in 0..SECONDS {
        recorder.set_time(
            1_800_000_000_000_000_000 + second as i64 * 1_000_000_000 + (random.uniform() * 1e6) as i64,
        );
        let rate = 200.0 - 100.0 * (second as f64 / SECONDS as f64 * std::f64::consts::TAU).cos();
        let requests = (rate + 10.0 * (random.uniform() - 0.5)) as usize;
        for _ in 0..requests {
            // Some endpoints are asked ten times as often as others.
            let endpoint = (random.uniform().powi(2) * ENDPOINTS as f64) as usize;
            let waiting = random.latency(4.0 * (1 + endpoint) as f64, 0.5);
            let (sending, receiving) = (random.latency(0.02, 0.3), random.latency(0.04, 0.4));
            let connecting = if random.uniform() < 0.001 { random.latency(0.2, 0.3) } else { Duration::ZERO };
            let tags = tags[endpoint];
            for (metric, duration) in [
                (builtin.http_req_duration, sending + waiting + receiving),
                (builtin.http_req_waiting, waiting),
                (builtin.http_req_sending, sending),
                (builtin.http_req_receiving, receiving),
                (builtin.http_req_blocked, connecting),
                (builtin.http_req_connecting, connecting),
                (builtin.http_req_tls_handshaking, Duration::ZERO),
            ] {
                recorder.record(metric, duration.as_secs_f64() * 1000.0, tags);
            }
            recorder.record(builtin.http_reqs, 1.0, tags);
            recorder.record(builtin.http_req_failed, 0.0, tags);
            recorder.record(builtin.data_sent, 250.0, base);
            recorder.record(builtin.data_received, 900.0 + (random.uniform() * 2000.0).floor(), base);
            recorder.record(builtin.checks, 1.0, base);
            recorder.record(checks, 1.0, tags);
            if endpoint == 0 {
                recorder.record(builtin.iterations, 1.0, base);
                recorder.record(
                    builtin.iteration_duration,
                    random.latency(2000.0, 0.3).as_secs_f64() * 1000.0,
                    base,
                );
            }
        }
        for (metric, value) in [
            (builtin.vus, (rate / 2.0).floor()),
            (builtin.vus_max, 500.0),
            (builtin.generator_cpu, random.uniform() * 0.2),
            (builtin.generator_loop_lag, random.latency(0.05, 0.3).as_secs_f64() * 1000.0),
            (builtin.generator_loop_lag_max, random.latency(1.0, 0.3).as_secs_f64() * 1000.0),
            (builtin.generator_open_files, (rate / 2.0).floor() + 20.0),
            (builtin.process_memory, 80e6 + 4096.0 * (random.uniform() * 100.0).floor()),
        ] {
            recorder.record(metric, value, TagSetId::EMPTY);
        }
        run.push(second, recorder.take_window());
    }
    run
}
