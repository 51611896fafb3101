//! What wrk and wrk2 print, with `--latency`: percentiles, requests per second, errors.

use std::io::BufRead;
use std::time::Duration;

use loadline_units as units;

use crate::error::{BadLine, ImportError};
use crate::imported::{Imported, ImportedFigure, empty};
use crate::lines::lines;

/// What no figure of a test comes to.
const LARGEST: f64 = 1e15;

pub(crate) fn read(reader: impl BufRead, name: &str) -> Result<Imported, ImportError> {
    let mut figures: Vec<ImportedFigure> = Vec::new();
    let (mut requests, mut errors) = (None, 0.0);
    let (mut alike, mut lasted) = (String::new(), None);
    let mut notes = Vec::new();
    // Where the figures of the last line begin; and whether there was one with which it all ends.
    let (mut before_last, mut ended) = (0, false);
    lines(reader, name, "wrk", &mut notes, |line| {
        before_last = figures.len();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [percent, time] if percent.ends_with('%') && !percent.starts_with('+') => {
                let number = percent.trim_end_matches('%').parse::<f64>();
                let quantity = match number {
                    Ok(50.0) => Some("p50"),
                    Ok(95.0) => Some("p95"),
                    Ok(99.0) => Some("p99"),
                    _ => None,
                };
                let value = units::parse_time(time).map_err(|_| BadLine::value(time, "time"))?;
                figures.extend(quantity.map(|quantity| ImportedFigure {
                    quantity,
                    value,
                    unit: "ms",
                    values: 0,
                }));
            }
            ["Requests/sec:", rate] => {
                let value = rate.parse().map_err(|_| BadLine::value(rate, "rate"))?;
                figures.push(ImportedFigure { quantity: "rate", value, unit: "/s", values: 0 });
            }
            ["Transfer/sec:", ..] => ended = true,
            ["Running", ..] | [_, "threads", ..] => alike += line,
            [count, "requests", "in", time, ..] => {
                lasted = units::parse_time(time.trim_end_matches(',')).ok();
                requests = Some(count.parse::<f64>().map_err(|_| BadLine::value(count, "number"))?);
            }
            ["Non-2xx", "or", "3xx", "responses:", count] => {
                errors += count.parse::<f64>().map_err(|_| BadLine::value(count, "number"))?;
            }
            _ => {}
        }
        Ok(())
    })?;
    if !ended {
        // Half of a number is a number.
        figures.truncate(before_last);
        notes.push("it ends before its end (`Transfer/sec`): its last line is left out".to_owned());
    }
    if figures.is_empty() {
        return Err(ImportError::Empty { name: name.to_owned() });
    }
    for figure in &figures {
        if !(0.0..=LARGEST).contains(&figure.value) {
            let why = BadLine::Form(format!("it has a {} of {}", figure.quantity, figure.value));
            return Err(ImportError::Line { name: name.to_owned(), line: 1, tool: "wrk", why });
        }
    }
    if let Some(requests) = requests.filter(|requests| *requests > 0.0) {
        figures.push(ImportedFigure {
            quantity: "errors",
            value: errors / requests,
            unit: "share",
            values: 0,
        });
    }
    if !figures.iter().any(|figure| figure.quantity == "p99") {
        notes.push("it has no percentiles; run wrk with `--latency`".to_owned());
    }
    notes.push(
        "text of wrk has no times and no distribution: its figures are kept, but it cannot be judged again"
            .to_owned(),
    );
    for figure in &mut figures {
        figure.values = requests.unwrap_or(0.0) as u64;
    }
    let mut run = empty(name, "wrk", &alike);
    if let Some(lasted) = lasted.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok()) {
        run.duration = lasted;
    }
    Ok(Imported { run, figures, notes })
}
