//! What load tests said of an endpoint: the last one in the history, the most that passed, and the last load line.

use anyhow::Result;
use loadline_history::{Filter, History, HistoryError, Location};
use loadline_measure::{Figure, FigurePoint, Judgement, RunRecord};
use loadline_report::figure_text;
use loadline_units::per_second;

use super::lengths::at_text;

/// A rate above another by this part is above it.
const ABOVE: f64 = 1.02;

/// In words, beside what it is asked now, per second.
pub(super) fn tested(location: &Location, endpoint: &str, now_per_s: Option<f64>) -> String {
    match read(location, endpoint) {
        Ok(Some(known)) => known.words(now_per_s),
        Ok(None) => "no load test of it is in the history".to_owned(),
        Err(error) => format!("what load tests said of it is not known: {error:#}"),
    }
}

/// What there is in the history.
struct Known {
    record: RunRecord,
    rate: f64,
    figures: Vec<Figure>,
    /// The highest rate of a run that passed, and which.
    most: Option<FigurePoint>,
    /// The last load line.
    carries: Option<(String, i64)>,
}

fn read(location: &Location, endpoint: &str) -> Result<Option<Known>> {
    let mut history = match History::open_readonly(location) {
        Ok(history) => history,
        Err(HistoryError::Missing { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let every = Filter::default();
    let records = history.list(&every)?;
    let record = |run: i64| records.iter().find(|record| record.id == run && record.state.is_whole());
    let rates = history.series(&every, endpoint, "rate")?;
    let rates: Vec<FigurePoint> = rates.into_iter().filter(|rate| record(rate.run).is_some()).collect();
    let Some(last) = rates.last().copied() else { return Ok(None) };
    let passed = |rate: &&FigurePoint| {
        record(rate.run).is_some_and(|record| record.outcome == Judgement::Passed && !record.saturated)
    };
    let most = rates.iter().filter(passed).max_by(|left, right| left.value.total_cmp(&right.value));
    let carries = carries(&mut history)?;
    let Some(record) = record(last.run).cloned() else { return Ok(None) };
    let mut figures = history.figures(last.run)?;
    figures.retain(|figure| figure.subject == endpoint);
    Ok(Some(Known { record, rate: last.value, figures, most: most.copied(), carries }))
}

/// What the last search of a load line found, in words.
fn carries(history: &mut History) -> Result<Option<(String, i64)>> {
    const QUANTITY: &str = "capacity";
    let every = Filter::default();
    let names = history.subjects(&every)?;
    let Some(name) = names.iter().find(|name| name.quantity == QUANTITY) else { return Ok(None) };
    let series = history.series(&every, &name.subject, QUANTITY)?;
    let found = series.last().map(|point| (figure_text(point.value, &name.scale), point.run));
    Ok(found)
}

impl Known {
    fn words(&self, now_per_s: Option<f64>) -> String {
        let figure = |quantity: &str| {
            let found = self.figures.iter().find(|figure| figure.quantity == quantity)?;
            Some(figure_text(found.value, &found.scale))
        };
        let mut with: Vec<String> = Vec::new();
        with.extend(figure("p95").map(|p95| format!("a p95 of {p95}")));
        with.extend(figure("errors").map(|errors| format!("{errors} errors")));
        let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(" and ")) };
        let day = at_text(self.record.started_unix_ms.div_euclid(1000));
        let day = day.split('T').next().unwrap_or_default();
        let outcome = match self.record.outcome {
            Judgement::Passed => ", which passed",
            Judgement::Failed => ", which failed",
            Judgement::Inconclusive | Judgement::Unknown => "",
        };
        let mut words = format!(
            "the last load test (run {} of {day}{outcome}) asked it {}{with}",
            self.record.id,
            rate(self.rate)
        );
        if let Some(most) = self.most.filter(|most| most.value > self.rate * ABOVE) {
            words += &format!("; at most {} passed (run {})", rate(most.value), most.run);
        }
        if let Some((load, run)) = &self.carries {
            words += &format!("; the load line is at {load} (run {run})");
        }
        if let Some(now) = now_per_s {
            let above = self.most.is_some_and(|most| now > most.value * ABOVE);
            let more = if above { ", more than any that passed" } else { "" };
            words += &format!("; now it is asked {}{more}", rate(now));
        }
        words
    }
}

fn rate(per_s: f64) -> String {
    per_second(if per_s >= 10.0 { per_s.round() } else { (per_s * 100.0).round() / 100.0 })
}
