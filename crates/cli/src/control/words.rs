//! What a run answered, in words.

use std::time::Duration;

use loadline_units::{count, time_of};
use loadline_verdict::escape;
use serde_json::Value;

/// How a run stands.
pub(super) fn status(answer: &Value, scenarios: &Value) -> String {
    let (status, meta) = (&answer["data"]["attributes"], &answer["meta"]);
    let elapsed = time_of(Duration::from_millis(meta["elapsed-ms"].as_u64().unwrap_or(0)));
    let paused_ms = meta["paused-ms"].as_u64().unwrap_or(0);
    let stands = match meta["standing"].as_str().unwrap_or_default() {
        "preparing" if status["paused"] == true => {
            "is being prepared, and will wait before its start".to_owned()
        }
        "preparing" => "is being prepared".to_owned(),
        "held" => {
            "waits before its start, with everything ready: `loadline control resume` starts it".to_owned()
        }
        "over" => "is over".to_owned(),
        _ if status["stopped"] == true => format!("is stopping, {elapsed} after its start"),
        _ if status["paused"] == true => format!("is paused, {elapsed} after its start"),
        _ => format!("runs since {elapsed}"),
    };
    let mut text =
        format!("the run {stands}: {} of {} VUs\n", number(&status["vus"]), number(&status["vus-max"]));
    if paused_ms > 0 {
        text += &format!("  paused for {} in all\n", time_of(Duration::from_millis(paused_ms)));
    }
    if status["tainted"] == true {
        text += "  a threshold has failed so far\n";
    }
    for scenario in scenarios["data"].as_array().into_iter().flatten() {
        text += &one(scenario);
    }
    text
}

/// A scenario, in a line.
pub(super) fn one(scenario: &Value) -> String {
    let attributes = &scenario["attributes"];
    let text = |name: &str| escape(attributes[name].as_str().unwrap_or_default()).into_owned();
    let mut has = vec![format!("{} VUs at work", number(&attributes["vus-active"]))];
    if let Some(vus) = attributes["vus"].as_u64() {
        has.push(format!("set to {}", count(vus)));
    }
    if let Some(most) = attributes["vus-max"].as_u64() {
        has.push(format!("at most {}", count(most)));
    }
    if let Some(rate) = attributes["rate"].as_u64() {
        has.push(format!("{} per {}", count(rate), text("time-unit")));
    }
    let by_hand = if attributes["steered"] == true { ", by hand" } else { "" };
    let settable = attributes["settable"].as_array();
    let nothing = if settable.is_some_and(Vec::is_empty) { "; nothing of it can be set" } else { "" };
    format!(
        "  {}: {}, {}: {}{by_hand}{nothing}\n",
        escape(scenario["id"].as_str().unwrap_or_default()),
        text("executor"),
        text("state"),
        has.join(", "),
    )
}

/// What was measured, a metric in a line.
pub(super) fn metrics(answer: &Value) -> String {
    let mut text = String::new();
    for metric in answer["data"].as_array().into_iter().flatten() {
        let sample = metric["attributes"]["sample"].as_object();
        let figures: Vec<String> = sample
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{}={}", escape(name), figure(value)))
            .collect();
        let tainted = if metric["attributes"]["tainted"] == true { "  (a threshold fails)" } else { "" };
        text += &format!(
            "{}: {}{tainted}\n",
            escape(metric["id"].as_str().unwrap_or_default()),
            figures.join(" ")
        );
    }
    if text.is_empty() { "nothing was measured yet\n".to_owned() } else { text }
}

fn number(value: &Value) -> String {
    value.as_u64().map_or_else(|| "?".to_owned(), count)
}

fn figure(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 => format!("{number:.0}"),
        Some(number) => format!("{number:.3}"),
        None => escape(&value.to_string()).into_owned(),
    }
}
