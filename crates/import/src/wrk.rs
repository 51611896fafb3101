//! What wrk and wrk2 print, with `--latency`: percentiles, requests per second, errors.

use std::io::BufRead;

use loadline_units as units;

use crate::error::{BadLine, ImportError};
use crate::format::{Imported, ImportedFigure, empty, lines};

pub(crate) fn read(reader: impl BufRead, name: &str) -> Result<Imported, ImportError> {
    let mut figures: Vec<ImportedFigure> = Vec::new();
    let (mut requests, mut errors) = (None, 0.0);
    let mut notes = Vec::new();
    lines(reader, name, "wrk", &mut notes, |line| {
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
                figures.extend(quantity.map(|quantity| ImportedFigure { quantity, value, unit: "ms" }));
            }
            ["Requests/sec:", rate] => {
                let value = rate.parse().map_err(|_| BadLine::value(rate, "rate"))?;
                figures.push(ImportedFigure { quantity: "rate", value, unit: "/s" });
            }
            [count, "requests", "in", ..] => {
                requests = Some(count.parse::<f64>().map_err(|_| BadLine::value(count, "number"))?);
            }
            ["Non-2xx", "or", "3xx", "responses:", count] => {
                errors += count.parse::<f64>().map_err(|_| BadLine::value(count, "number"))?;
            }
            _ => {}
        }
        Ok(())
    })?;
    if figures.is_empty() {
        return Err(ImportError::Empty { name: name.to_owned() });
    }
    if let Some(requests) = requests.filter(|requests| *requests > 0.0) {
        figures.push(ImportedFigure { quantity: "errors", value: errors / requests, unit: "share" });
    }
    if !figures.iter().any(|figure| figure.quantity == "p99") {
        notes.push("it has no percentiles; run wrk with `--latency`".to_owned());
    }
    notes.push(
        "text of wrk has no times and no distribution: its figures are kept, but it cannot be judged again"
            .to_owned(),
    );
    Ok(Imported { run: empty(name, "wrk"), figures, notes })
}
