//! What recording costs: nanoseconds for a value, for an HTTP request's nine values, for a window; bytes for a run.
//!
//! `cargo bench -p loadline-measure`. Plain loops and the best of several rounds: the machine's noise only adds.

#![expect(clippy::disallowed_types, reason = "measures real time, outside any test or engine")]
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program that prints figures")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use loadline_measure::{
    Builtin, HttpOutcome, HttpRequest, LateStart, MetricId, Phases, Recorder, Run, RunMeta, Schema,
    ServerTiming, TagSetId, Tags, bucket_index, read_run, write_run,
};

/// Latencies in milliseconds around 60, log-normal by and large, without a random generator in the loop.
fn latencies() -> Vec<f64> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    // The sum of twelve uniform numbers is close to normal.
    (0..65_536).map(|_| (4.1 + 0.7 * ((0..12).map(|_| uniform()).sum::<f64>() - 6.0)).exp()).collect()
}

/// The best of nine rounds, in nanoseconds for each of `count` repetitions.
fn best(count: usize, mut round: impl FnMut()) -> f64 {
    let time = |round: &mut dyn FnMut()| {
        let start = Instant::now();
        round();
        start.elapsed().as_secs_f64() * 1e9 / count as f64
    };
    (0..9).map(|_| time(&mut round)).fold(f64::INFINITY, f64::min)
}

fn main() {
    let values = latencies();
    println!("bucket_index                          {:6.1} ns", {
        best(values.len(), || {
            let mut sum = 0i64;
            for value in &values {
                sum += i64::from(bucket_index(black_box(*value)));
            }
            black_box(sum);
        })
    });
    println!("the same by logarithm                 {:6.1} ns", {
        best(values.len(), || {
            let mut sum = 0i64;
            for value in &values {
                sum += (black_box(*value).log2() * 256.0).ceil() as i64 - 1;
            }
            black_box(sum);
        })
    });
    recording(&values);
    requests();
    size("24 minutes, 30 series, 6,000 values/s", 24 * 60, 30, 200, &values);
    size("1 hour, 1,000 series, 10,000 values/s", 3600, 1000, 10, &values);
}

/// A whole request as senders record it, without and with what its server tells, and in the ledger.
fn requests() {
    const FIELD: &[u8] = b"total;dur=41.234, queue;dur=0.512, pool;dur=3.201, db.select-users;dur=12.911, db.select-programs;dur=9.004, render;dur=2.118, hash;dur=8.420, out.stripe;dur=4.951";
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let ms = Duration::from_millis;
    let plain = HttpRequest {
        outcome: HttpOutcome::Answered { status: 200, proto: "HTTP/1.1" },
        expected: Some(true),
        phases: Phases { sending: ms(1), waiting: ms(60), receiving: ms(1), ..Phases::default() },
        ..HttpRequest::unsent("GET", "/", 0, "")
    };
    let told = HttpRequest { server_timing: ServerTiming::of([FIELD]), ..plain };
    let tags = Tags::default();
    for (name, request) in
        [("a request in ten series and the ledger", plain), ("… with eight parts of its server", told)]
    {
        let cost = best(10_000, || {
            for _ in 0..10_000 {
                black_box(&request).record(&mut recorder, &builtin, &LateStart::default(), &tags, &tags);
            }
        });
        println!("{name:<38} {cost:6.1} ns");
        recorder.take_window();
    }
}

fn recording(values: &[f64]) {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    schema.add_limit(builtin.http_req_duration, 500.0);
    schema.add_limit(builtin.http_req_duration, 1000.0);
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let base = schema.intern(TagSetId::EMPTY, &[("scenario", "search"), ("group", "")]);
    for (name, metric, count) in [
        ("record a trend, 65,536 in a window", builtin.http_req_duration, values.len()),
        ("record a trend, 1,000 in a window", builtin.http_req_waiting, 1_000),
        ("record a counter", builtin.http_reqs, values.len()),
        ("record a rate", builtin.http_req_failed, values.len()),
    ] {
        let cost = best(count, || {
            for value in &values[..count] {
                recorder.record(metric, black_box(*value), base);
            }
        });
        println!("{name:<37} {cost:6.1} ns");
        recorder.take_window();
    }
    let tags = |recorder: &mut Recorder| {
        recorder.tags(
            base,
            &[
                ("method", "POST"),
                ("status", "200"),
                ("name", "https://shop.test/api/trpc/search.findPrograms"),
                ("url", "https://shop.test/api/trpc/search.findPrograms"),
                ("proto", "HTTP/2.0"),
                ("tls_version", "tls1.3"),
                ("expected_response", "true"),
            ],
        )
    };
    let cost = best(10_000, || {
        for _ in 0..10_000 {
            black_box(tags(black_box(&mut recorder)));
        }
    });
    println!("tags of a request, known              {cost:6.1} ns");
    let trends: [MetricId; 7] = [
        builtin.http_req_duration,
        builtin.http_req_blocked,
        builtin.http_req_connecting,
        builtin.http_req_tls_handshaking,
        builtin.http_req_sending,
        builtin.http_req_waiting,
        builtin.http_req_receiving,
    ];
    let request = |recorder: &mut Recorder, value: f64, set: TagSetId| {
        recorder.record(builtin.http_reqs, 1.0, set);
        recorder.record(builtin.http_req_failed, 0.0, set);
        for metric in trends {
            recorder.record(metric, value, set);
        }
    };
    let set = tags(&mut recorder);
    for count in [500, 5_000, 50_000] {
        let mut windows = 0.0;
        let mut rounds = 0.0;
        let cost = best(count, || {
            for value in &values[..count] {
                request(&mut recorder, black_box(*value), set);
            }
        });
        for _ in 0..5 {
            recorder.take_window();
            for value in &values[..count] {
                request(&mut recorder, *value, set);
            }
            let start = Instant::now();
            black_box(recorder.take_window());
            windows += start.elapsed().as_secs_f64() * 1e6;
            rounds += 1.0;
        }
        println!(
            "nine values of a request, {count:>6}/s    {cost:6.1} ns, and {:.0} µs a second for the window",
            windows / rounds
        );
    }
}

/// Resident memory of this process in MB, where the system tells.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Processor time of this process in seconds, in steps of 10 ms, where the system tells: other work on the machine
/// does not count.
fn processor_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = status.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn size(what: &str, seconds: u64, series: usize, per_second: usize, values: &[f64]) {
    let before = resident_mb();
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    schema.add_limit(builtin.http_req_duration, 500.0);
    let trends = [builtin.http_req_duration, builtin.http_req_waiting, builtin.iteration_duration];
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let tags: Vec<TagSetId> = (0..series.div_ceil(trends.len()))
        .map(|name| schema.intern(TagSetId::EMPTY, &[("name", &name.to_string())]))
        .collect();
    let all: Vec<(MetricId, TagSetId)> =
        tags.iter().flat_map(|tags| trends.map(|metric| (metric, *tags))).take(series).collect();
    let mut run = Run::new(RunMeta::default(), Arc::clone(&schema));
    let mut next = values.iter().cycle();
    let start = processor_seconds();
    for second in 0..seconds {
        for (metric, tags) in &all {
            for value in next.by_ref().take(per_second) {
                // Whole nanoseconds, as clocks give.
                recorder.record(*metric, (value * 1e6).round() / 1e6, *tags);
            }
        }
        let window = recorder.take_window();
        run.push(second, window);
    }
    let recording = processor_seconds() - start;
    let held = resident_mb() - before;
    let start = processor_seconds();
    let file = write_run(&run, Vec::new()).unwrap();
    let writing = processor_seconds() - start;
    let start = processor_seconds();
    let (again, _) = read_run(file.as_slice()).unwrap();
    let reading = processor_seconds() - start;
    assert_eq!(again.series().count(), series);
    println!(
        "{what}: {held:.0} MB resident ({:.0} MB of seconds), {:.2} ms of processor for each second recorded; file {:.1} MB, \
         written in {writing:.1} s, read in {reading:.1} s",
        run.sealed_bytes() as f64 / 1e6,
        recording / seconds as f64 * 1e3,
        file.len() as f64 / 1e6,
    );
}
