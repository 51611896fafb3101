//! What judging costs: a run of 1,000 series and an hour, by 200 budgets over all of it and its steady part, and in
//! sliding windows; ten seconds of 10,000 endpoints, by 20,000 budgets and as many thresholds; and what the check of
//! each second costs then.
//!
//! `cargo run --release -p loadline-verdict --example judging [SECONDS]`

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use loadline_measure::{BudgetText, Builtin, Recorder, Run, RunMeta, Schema, TagSetId, ThresholdText};
use loadline_verdict::{Budgets, Endpoints, ProjectBudget, judge, stops};

/// Endpoints of an ordinary project, and of one that is not.
const FEW: usize = 100;
const MANY: usize = 10_000;

fn main() -> ExitCode {
    let seconds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(3600);
    let mut good = true;
    let (run, budgets) = made_up(seconds, FEW, "steady");
    good &= judged("whole and steady", &run, &budgets);
    let (run, budgets) = made_up(seconds, FEW, "5m");
    good &= judged("in sliding windows", &run, &budgets);
    let (run, mut budgets) = made_up(10, MANY, "whole");
    good &= judged("of many endpoints", &run, &budgets);
    let texts: Vec<ThresholdText> = (0..2 * MANY)
        .map(|number| ThresholdText {
            selector: format!("http_req_duration{{url:http://shop.test/e/{}}}", number / 2),
            expression: format!("p({})<500", 90 + number % 2),
            abort_on_fail: true,
            ..ThresholdText::default()
        })
        .collect();
    let thresholds = Budgets::parse("judging", &texts, run.schema()).expect("they are good thresholds");
    budgets = Budgets { project: Vec::new(), ..thresholds };
    good &= judged("of as many thresholds", &run, &budgets);
    let began = SystemTime::now();
    let stop = stops(&run, &budgets);
    println!("the check of each second, of them: {:.2} s", began.elapsed().unwrap_or_default().as_secs_f64());
    good &= stop.is_none();
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Judges and says how long it took; whether that was below what is wanted.
fn judged(what: &str, run: &Run, budgets: &Budgets) -> bool {
    let (began, began_busy) = (SystemTime::now(), busy_s());
    let verdicts = judge(run, budgets);
    let took = began.elapsed().unwrap_or_default().as_secs_f64();
    // On a shared machine others take their time too, which says nothing of the judge.
    let busy = busy_s().zip(began_busy).map_or(took, |(now, then)| now - then);
    println!(
        "{} verdicts {what} on a run of {} series and {} s: {busy:.2} s of a processor (wanted: below 1 s), {took:.2} s by the clock",
        verdicts.len(),
        run.series().count(),
        run.duration.as_secs()
    );
    busy < 1.0
}

/// How long this thread has had a processor, in seconds, where the system says so.
fn busy_s() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(stat.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

/// Endpoints of ten metrics each, a request per second on each; a percentile of each over a part, and its errors over
/// all.
fn made_up(seconds: u64, number: usize, part: &str) -> (Run, Budgets) {
    let schema = Schema::with_tag_set_limit(number + 1);
    let builtin = Builtin::define(&schema).expect("the schema is new");
    let mut endpoints = Vec::new();
    let mut texts = Vec::new();
    for number in 0..number {
        let name = format!("endpoint.{number}");
        endpoints.push((name.clone(), format!("GET /e/{number}")));
        for (quantity, limit, over) in [("p95", "145ms", part), ("errors", "1%", "whole")] {
            texts.push(BudgetText {
                endpoint: name.clone(),
                quantity: quantity.to_owned(),
                limit: limit.to_owned(),
                over: over.to_owned(),
                ..BudgetText::default()
            });
        }
    }
    let endpoints = Endpoints::of_texts(&endpoints);
    let project = texts
        .iter()
        .map(|text| ProjectBudget::parse(text, &endpoints).expect("it is a good budget"))
        .collect();
    let budgets = Budgets { endpoints, project, ..Budgets::default() };
    budgets.register(&schema);

    let mut recorder = Recorder::new(Arc::clone(&schema));
    let urls: Vec<String> = (0..number).map(|number| format!("http://shop.test/e/{number}")).collect();
    let tags: Vec<TagSetId> = urls
        .iter()
        .map(|url| recorder.tags(TagSetId::EMPTY, &[("method", "GET"), ("url", url), ("status", "200")]))
        .collect();
    let trends = [
        builtin.http_req_duration,
        builtin.http_req_blocked,
        builtin.response_time,
        builtin.http_req_tls_handshaking,
        builtin.http_req_sending,
        builtin.http_req_waiting,
        builtin.http_req_receiving,
    ];
    let mut run = Run::new(RunMeta::default(), schema);
    for second in 0..seconds {
        for (number, tags) in tags.iter().enumerate() {
            let latency = 50.0 + ((second * 31 + number as u64 * 17) % 97) as f64;
            for metric in trends {
                recorder.record(metric, latency, *tags);
            }
            recorder.record(builtin.http_reqs, 1.0, *tags);
            recorder.record(builtin.http_req_failed, 0.0, *tags);
            recorder.record(builtin.data_received, 1234.0, *tags);
        }
        run.push(second, recorder.take_window());
    }
    (run, budgets)
}
