//! What a history of a thousand runs costs: to open and list, to read one figure over all of them, and what a run costs
//! while it goes on and when it ends.
//!
//! `cargo bench -p loadline-history`. In a file of SQLite's and in a private PostgreSQL. A run is a minute of 20
//! endpoints; each has 190 figures, which is 20 endpoints with 8 quantities and 30 metrics of the generator.
//!
//! With `TREND=FILE` it makes a history there instead, 10,000 runs of 40 figures, for `history trend` to look at.

#![expect(clippy::disallowed_types, reason = "measures real time, outside any test or engine")]
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program that prints figures")]

use std::sync::Arc;
use std::time::Instant;

use holiday::store::postgres::Throwaway;
use loadline_history::{Filter, History, Location};
use loadline_measure::{
    Builtin, Conclusion, Figure, FigureScale, Judgement, Origin, Producer, Recorder, Run, RunMeta, RunWriter,
    Schema, TagSetId, WorkloadId,
};

const RUNS: i64 = 1_000;

fn main() {
    if let Some(path) = std::env::var_os("TREND") {
        return make_history(&Location::File(path.into()), 10_000);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.sqlite");
    measure("SQLite", &Location::File(file.clone()));
    let size = std::fs::metadata(&file).unwrap().len();
    println!(
        "  file                     {:>9.1} MB, {:.0} KB a run",
        size as f64 / 1e6,
        size as f64 / 1e3 / RUNS as f64
    );
    let server = Throwaway::start().unwrap();
    let url = format!("postgres://holiday@/postgres?host={}", server.folder().display());
    measure("PostgreSQL on this machine", &url.parse().unwrap());
}

fn measure(name: &str, location: &Location) {
    println!("{name}, {RUNS} runs of 190 figures");
    let mut run = minute();
    let mut history = History::open(location).unwrap();
    let flushed = {
        let entry = history.begin(&run.meta).unwrap();
        let mut writer = RunWriter::new(entry.writer(), &run.meta, Arc::clone(run.schema())).unwrap();
        let seconds: Vec<_> = run.seconds().collect();
        let start = Instant::now();
        for (second, window) in &seconds {
            writer.write_second(*second, window).unwrap();
        }
        let flushed = start.elapsed() / seconds.len() as u32;
        let start = Instant::now();
        entry.finish(&run, &conclusion(0)).unwrap();
        println!("  finishing a run          {:>9.2} ms", start.elapsed().as_secs_f64() * 1e3);
        flushed
    };
    println!("  keeping a second         {:>9.2} ms", flushed.as_secs_f64() * 1e3);
    for number in 1..RUNS {
        run.meta.started_unix_ms += 3_600_000;
        run.meta.origin.commit = format!("{number:040x}");
        history.add(&run, &conclusion(number)).unwrap();
    }
    drop(history);

    let total = Instant::now();
    let mut history = timed("opening", || History::open(location).unwrap());
    assert_eq!(timed("listing", || history.list(&Filter::default()).unwrap()).len(), RUNS as usize);
    let series =
        timed("one figure of all runs", || history.series(&Filter::default(), "endpoint-7", "p95").unwrap());
    assert_eq!(series.len(), RUNS as usize);
    println!("  these together           {:>9.2} ms", total.elapsed().as_secs_f64() * 1e3);
    assert_eq!(timed("subjects of all runs", || history.subjects(&Filter::default()).unwrap()).len(), 190);
    timed("figures of a run", || history.figures(500).unwrap());
    timed("loading a run", || history.load(500).unwrap());
}

/// So many runs of 40 figures: 10 endpoints with 4 quantities that wander by 2 %, a tenth higher from the middle on.
fn make_history(location: &Location, runs: i64) {
    let mut run = minute();
    let mut history = History::open(location).unwrap();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for number in 0..runs {
        run.meta.started_unix_ms += 3_600_000;
        run.meta.origin.commit = format!("{number:040x}");
        let mut figures = conclusion(number).figures;
        figures.retain(|figure| {
            figure.subject.len() == "endpoint-0".len()
                && ["p50", "p95", "avg", "rate"].contains(&&*figure.quantity)
        });
        assert_eq!(figures.len(), 40);
        for figure in &mut figures {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let noise = (state % 10_000) as f64 / 10_000.0 - 0.5;
            figure.value = 100.0 * (1.0 + 0.07 * noise) * if number < runs / 2 { 1.0 } else { 1.1 };
        }
        history.add(&run, &Conclusion { figures, ..conclusion(number) }).unwrap();
    }
    println!("{runs} runs of 40 figures are kept");
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    println!("  {what:<24} {:>9.2} ms", start.elapsed().as_secs_f64() * 1e3);
    done
}

fn conclusion(number: i64) -> Conclusion {
    let figure = |subject: String, quantity: &str| Figure {
        value: number as f64 + quantity.len() as f64,
        values: 600,
        scale: FigureScale::LATENCY,
        quantity: quantity.to_owned(),
        subject,
    };
    let quantities = ["p50", "p90", "p95", "p99", "max", "avg", "rate", "errors"];
    let endpoints = (0..20)
        .flat_map(|endpoint| quantities.map(|quantity| figure(format!("endpoint-{endpoint}"), quantity)));
    let metrics = (0..30).map(|metric| figure(format!("generator_{metric}"), "avg"));
    Conclusion {
        outcome: Judgement::Passed,
        words: String::new(),
        figures: endpoints.chain(metrics).collect(),
    }
}

fn minute() -> Run {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let tags: Vec<TagSetId> = (0..20)
        .map(|endpoint| recorder.tags(TagSetId::EMPTY, &[("name", &format!("endpoint-{endpoint}"))]))
        .collect();
    let origin = Origin {
        workload: WorkloadId::new(Producer::Script, "0".repeat(64)),
        plan: "constant-vus".to_owned(),
        ..Origin::default()
    };
    let meta = RunMeta {
        name: "shop.ts".to_owned(),
        started_unix_ms: 1_800_000_000_000,
        origin,
        ..RunMeta::default()
    };
    let mut run = Run::new(meta, schema);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for second in 0..60 {
        for request in 0..200 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let waiting = (5_000_000 + state % 40_000_000) as f64 / 1e6;
            for (metric, value) in [
                (builtin.http_req_duration, waiting + 0.06),
                (builtin.http_req_waiting, waiting),
                (builtin.http_req_blocked, 0.0),
                (builtin.http_reqs, 1.0),
                (builtin.http_req_failed, 0.0),
            ] {
                recorder.record(metric, value, tags[request % tags.len()]);
            }
        }
        run.push(second, recorder.take_window());
    }
    run
}
