//! A made-up run of an hour and 200 series, told at once and then second by second: what a page of it, and telling it,
//! costs. `bench/ui` looks at it.
//!
//! Prints the address. Each line on standard input asks for so many seconds more, one after another as they pass; then
//! it prints what the dashboard's thread took of a core meanwhile. `report FILE` writes the run so far as a report, and
//! prints its bytes.

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::error::Error;
use std::io::BufRead;
use std::sync::Arc;
use std::time::Duration;

use loadline_dashboard::{Channel, Dashboard, Feed};
use loadline_measure::{Builtin, MetricId, Recorder, Run, RunMeta, Schema, TagSetId, ThresholdText};
use loadline_page::{Document, html};
use loadline_report::{Event, Output};
use loadline_verdict::{Budgets, judge};

/// Names of requests; each has series of four metrics.
const NAMES: usize = 50;
const HOUR: u64 = 3_600;
/// Requests of each name in a second.
const REQUESTS: usize = 5;

struct Telling {
    run: Run,
    recorder: Recorder,
    metrics: [MetricId; 4],
    tags: Vec<TagSetId>,
    feed: Feed,
    next: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema)?;
    let threshold = ThresholdText {
        selector: "response_time".to_owned(),
        expression: "p(95)<200".to_owned(),
        ..ThresholdText::default()
    };
    let meta = RunMeta { name: "an hour".to_owned(), thresholds: vec![threshold], ..RunMeta::default() };
    let run = Run::new(meta, Arc::clone(&schema));
    let channel = Channel::new();
    let dashboard = Dashboard::of_run("127.0.0.1:0".parse()?, &channel, None)?;
    let feed = Feed::new(&channel, &run.meta, &schema, &Budgets::of_run(&run)?);
    let mut recorder = Recorder::new(schema);
    let names: Vec<String> = (0..NAMES).map(|at| format!("/page/{at}")).collect();
    let tags = names.iter().map(|name| recorder.tags(TagSetId::EMPTY, &[("name", name)])).collect();
    let metrics =
        [builtin.response_time, builtin.http_req_duration, builtin.http_reqs, builtin.http_req_failed];
    let mut telling = Telling { run, recorder, metrics, tags, feed, next: 0 };
    for _ in 0..HOUR {
        telling.second()?;
    }
    println!("{}", dashboard.url("localhost"));
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if let Some(file) = line.strip_prefix("report ") {
            let verdicts = judge(&telling.run, &Budgets::of_run(&telling.run)?);
            let page = html(&Document::of(&telling.run, &verdicts))?;
            std::fs::write(file, &page)?;
            println!("{}", page.len());
            continue;
        }
        let seconds: u64 = line.trim().parse()?;
        let before = ticks()?;
        for _ in 0..seconds {
            std::thread::sleep(Duration::from_secs(1));
            telling.second()?;
        }
        let used = (ticks()? - before) as f64 / 100.0 / seconds as f64;
        println!("{:.2} % of a core for {} viewers", used * 100.0, channel.viewers());
    }
    telling.feed.finish(&telling.run, &[])?;
    dashboard.close();
    Ok(())
}

impl Telling {
    fn second(&mut self) -> Result<(), Box<dyn Error>> {
        for (at, tags) in self.tags.iter().enumerate() {
            for request in 0..REQUESTS {
                let wave = (self.next as f64 / 60.0 + at as f64).sin();
                let took = 40.0 + 30.0 * wave + 7.0 * request as f64 + at as f64;
                self.recorder.record(self.metrics[0], took, *tags);
                self.recorder.record(self.metrics[1], took, *tags);
                self.recorder.record(self.metrics[2], 1.0, *tags);
                self.recorder.record(self.metrics[3], 0.0, *tags);
            }
        }
        let (second, window) = (self.next, self.recorder.take_window());
        self.run.push(second, window.clone());
        let event = Event::Second { second, window: &window, run: &self.run, progress: &[] };
        self.feed.event(&event)?;
        self.next += 1;
        // Told at once, nobody has time for it.
        while second < HOUR && second % 60 == 59 && is_busy()? {
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

/// Processor time of the dashboard's thread, in hundredths of a second.
fn ticks() -> Result<u64, Box<dyn Error>> {
    let stat = stat()?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?)
}

fn is_busy() -> Result<bool, Box<dyn Error>> {
    Ok(stat()?.rsplit(')').next().unwrap_or_default().trim().starts_with('R'))
}

fn stat() -> Result<String, Box<dyn Error>> {
    for task in std::fs::read_dir("/proc/self/task")? {
        let stat = std::fs::read_to_string(task?.path().join("stat"))?;
        if stat.contains("(dashboard)") {
            return Ok(stat);
        }
    }
    Err("there is no dashboard's thread".into())
}
