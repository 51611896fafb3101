//! What judging costs: a run of 1,000 series and an hour, by 200 budgets over all of it and its steady part.
//!
//! `cargo run --release -p loadline-verdict --example judging [SECONDS]`

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use loadline_measure::{BudgetText, Builtin, Recorder, Run, RunMeta, Schema, TagSetId};
use loadline_verdict::{Budgets, Endpoints, ProjectBudget, judge};

const ENDPOINTS: usize = 100;

fn main() -> ExitCode {
    let seconds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(3600);
    let (run, budgets) = made_up(seconds);
    let series = run.series().count();
    let began = SystemTime::now();
    let verdicts = judge(&run, &budgets);
    let took = began.elapsed().unwrap_or_default();
    println!(
        "{} verdicts on a run of {series} series and {seconds} s: {:.2} s (wanted: below 1 s)",
        verdicts.len(),
        took.as_secs_f64()
    );
    let history: Vec<f64> = (0..1000)
        .map(|run| f64::from((run * 7919) % 101) + if run > 600 { 5.0 } else { 0.0 } * 4.0)
        .collect();
    let began = SystemTime::now();
    let points = loadline_verdict::change_points(&history).len();
    println!(
        "{points} change points in a history of 1,000 runs: {:.3} s",
        began.elapsed().unwrap_or_default().as_secs_f64()
    );
    if took.as_secs_f64() < 1.0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A hundred endpoints of ten metrics each, a request per second on each.
fn made_up(seconds: u64) -> (Run, Budgets) {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).expect("the schema is new");
    let mut endpoints = Vec::new();
    let mut texts = Vec::new();
    for number in 0..ENDPOINTS {
        let name = format!("endpoint.{number}");
        endpoints.push((name.clone(), format!("GET /e/{number}")));
        for (quantity, limit, over) in [("p95", "500ms", "steady"), ("errors", "1%", "whole")] {
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
    let urls: Vec<String> = (0..ENDPOINTS).map(|number| format!("http://shop.test/e/{number}")).collect();
    let tags: Vec<TagSetId> = urls
        .iter()
        .map(|url| recorder.tags(TagSetId::EMPTY, &[("method", "GET"), ("url", url), ("status", "200")]))
        .collect();
    let trends = [
        builtin.http_req_duration,
        builtin.http_req_blocked,
        builtin.http_req_connecting,
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
