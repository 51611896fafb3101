//! The live view of one target: where the run stands, and the latencies so far as a histogram.

use loadline_measure::{Schema, Sink, Trend, Window};
use loadline_units as units;

use super::histogram::latency_histogram;
use crate::live::{Moment, live_lines};
use crate::text::{Line, Role};

/// Rows of the histogram.
const ROWS: usize = 12;

/// What a live view keeps to draw latencies.
#[derive(Debug)]
pub(crate) struct LatencyView {
    metric: String,
    latency: Trend,
}

impl LatencyView {
    pub(crate) fn new(metric: &str) -> LatencyView {
        LatencyView { metric: metric.to_owned(), latency: Trend::default() }
    }

    /// Takes in a second that is over.
    pub(crate) fn second(&mut self, schema: &Schema, window: &Window) {
        let Some(metric) = schema.find(&self.metric) else { return };
        for (_, sink) in window.iter().filter(|(series, _)| series.metric == metric) {
            if let Sink::Trend(trend) = sink {
                self.latency.merge(trend);
            }
        }
    }

    /// The lines of the view.
    pub(crate) fn lines(&self, moment: &Moment<'_>, width: usize) -> Vec<Line> {
        let mut lines = live_lines(moment, width);
        if self.latency.count() == 0 {
            return lines;
        }
        let mut line = Line::indented(2).with(Role::Dim, "latency");
        let percentile = |percent: f64| (format!("p{percent}"), self.latency.quantile(percent / 100.0));
        let figures = [50.0, 90.0, 99.0, 99.9].map(percentile);
        for (name, value) in figures.into_iter().chain([("max".to_owned(), self.latency.max())]) {
            let value = units::time(value.unwrap_or_default());
            let figure = Line::new().with(Role::Dim, &format!("  {name} ")).with(Role::Value, &value);
            // A figure that does not fit is left out whole; half a number would be a wrong number.
            if line.width() + figure.width() > width {
                break;
            }
            line.append(&figure);
        }
        lines.extend([Line::new(), line, Line::new()]);
        lines.extend(latency_histogram(&self.latency, width, ROWS));
        lines
    }
}
