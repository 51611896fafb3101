//! Which metrics stand in which section, and each metric's figures as text.

use std::time::Duration;

use loadline_measure::{Builtin, MISSING, MetricKind, Sink, Unit};
use loadline_units as units;

use super::grid::{Figures, Row};
use super::options::{SummaryMode, SummaryOptions};
use crate::data::{Measured, TrendStat, per_second, trend_figure};
use crate::figure::figure;

/// A titled part of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Custom,
    Http,
    WebSocket,
    Grpc,
    Browser,
    Execution,
    Network,
    Resources,
    Generator,
}

impl Section {
    pub(super) const ALL: [Section; 9] = [
        Section::Custom,
        Section::Http,
        Section::WebSocket,
        Section::Grpc,
        Section::Browser,
        Section::Execution,
        Section::Network,
        Section::Resources,
        Section::Generator,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Section::Custom => "CUSTOM",
            Section::Http => "HTTP",
            Section::WebSocket => "WEBSOCKET",
            Section::Grpc => "GRPC",
            Section::Browser => "BROWSER",
            Section::Execution => "EXECUTION",
            Section::Network => "NETWORK",
            Section::Resources => "RESOURCES",
            Section::Generator => "GENERATOR",
        }
    }

    /// The section of a metric; nothing for `checks`, which have their own block.
    pub(super) fn of(metric: &Measured<'_>) -> Option<Section> {
        let name = metric.name.as_str();
        if name == "checks" {
            return None;
        }
        if metric.resource {
            return Some(Section::Resources);
        }
        if !Builtin::is_name(name) {
            return Some(if name.starts_with("browser_") { Section::Browser } else { Section::Custom });
        }
        Some(match name.split('_').next().unwrap_or_default() {
            "http" | "response" | "server" => Section::Http,
            "ws" => Section::WebSocket,
            "grpc" => Section::Grpc,
            "data" => Section::Network,
            "generator" => Section::Generator,
            "machine" | "process" | "scrape" => Section::Resources,
            _ => Section::Execution,
        })
    }
}

/// Whether a metric is one of the generator's own, or of processors, that no threshold is on: it shows only when the
/// generator matters.
pub(super) fn hides_generator(metric: &Measured<'_>) -> bool {
    let of_processors = matches!(metric.name.as_str(), "machine_cpu" | "process_cpu");
    (of_processors || Section::of(metric) == Some(Section::Generator)) && !is_judged(metric)
}

pub(super) fn is_judged(metric: &Measured<'_>) -> bool {
    !metric.verdicts.is_empty() || metric.submetrics.iter().any(|sub| !sub.verdicts.is_empty())
}

/// Whether a mode shows a metric. What a threshold is on always shows; the compact mode leaves out
/// the phases of a request, and the generator's own figures unless `generator` says that they matter.
pub(super) fn is_shown(metric: &Measured<'_>, mode: SummaryMode, generator: bool) -> bool {
    let judged = is_judged(metric);
    let phase = metric.name.starts_with("http_req_")
        && !matches!(metric.name.as_str(), "http_req_duration" | "http_req_failed");
    // As in k6, what was not dropped is worth no line; only a threshold may want to know.
    let nothing_dropped = matches!(metric.name.as_str(), "dropped_iterations" | "scrape_failures")
        && matches!(&metric.sink, Some(Sink::Counter(counter)) if counter.sum == 0.0);
    // It says of other metrics what judges have to know; as a number it says nothing.
    let missing = metric.name == MISSING;
    judged
        || !(nothing_dropped
            || missing
            || (hides_generator(metric) && !generator)
            || (phase && mode == SummaryMode::Compact))
}

/// The rows of a metric and its sub-metrics.
pub(super) fn rows(
    metric: &Measured<'_>,
    duration: Duration,
    options: &SummaryOptions,
    indent: usize,
) -> Vec<Row> {
    let row = |shown: &Measured<'_>, indent: usize, name: String| Row {
        indent,
        mark: None,
        name,
        figures: figures(shown, duration, options),
    };
    if metric.resource {
        // Each series by itself: the memory of two processes is no third one's.
        let name = |submetric: &Measured<'_>| format!("{} {{ {} }}", metric.name, submetric.suffix);
        return metric.submetrics.iter().map(|submetric| row(submetric, indent, name(submetric))).collect();
    }
    let mut rows = vec![row(metric, indent, metric.name.clone())];
    for submetric in &metric.submetrics {
        rows.push(row(submetric, indent + 2, format!("{{ {} }}", submetric.suffix)));
    }
    rows.extend(left_out(metric, indent + 2));
    rows
}

/// The row that counts the parts of a metric that are not shown.
pub(super) fn left_out(metric: &Measured<'_>, indent: usize) -> Option<Row> {
    (metric.left_out > 0).then(|| Row {
        indent,
        mark: None,
        name: "{ … }".to_owned(),
        figures: Figures::Single {
            main: format!("and {} more", units::count(metric.left_out as u64)),
            rest: Vec::new(),
        },
    })
}

fn figures(shown: &Measured<'_>, duration: Duration, options: &SummaryOptions) -> Figures {
    let (kind, unit) = (shown.metric.kind, shown.metric.unit);
    let value = |value: f64| figure(value, kind, unit, options.time_unit);
    match &shown.sink {
        None => Figures::Missing,
        Some(Sink::Counter(counter)) => {
            let rate = per_second(counter.sum, duration);
            let rate =
                if unit == Unit::Plain { units::per_second(rate) } else { format!("{}/s", value(rate)) };
            Figures::Single { main: value(counter.sum), rest: vec![rate] }
        }
        Some(Sink::Gauge(gauge)) => Figures::Single {
            main: value(gauge.last),
            rest: vec![format!("min={}", value(gauge.min)), format!("max={}", value(gauge.max))],
        },
        Some(Sink::Rate(rate)) => Figures::Single {
            main: units::percent(rate.share().unwrap_or(0.0)),
            rest: vec![format!("{} out of {}", units::count(rate.passes), units::count(rate.total))],
        },
        Some(Sink::Trend(trend)) => {
            debug_assert_eq!(kind, MetricKind::Trend);
            let stats = options.trend_stats.iter().filter_map(|&stat| {
                let figure = trend_figure(trend, stat)?;
                let text = if stat == TrendStat::Count { units::plain(figure) } else { value(figure) };
                Some((stat.to_string(), text))
            });
            Figures::Trend(stats.collect())
        }
    }
}
