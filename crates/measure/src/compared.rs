//! Which figures of a run are worth comparing: said by whoever makes the run, and kept in it.
//!
//! Trends, baselines, comparisons and reports take the figures of a run from this list and know no metric by name, so
//! a run of statements, cache outcomes or replicas is compared like one of requests. A list of a later version is
//! read as far as it is understood: what is not is left out, as it would be without the list.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::builtin::RESPONSE_TIME;
use crate::figure::{Better, FigureScale, FigureUnit};
use crate::metric::{Metric, MetricKind, Unit};

/// What all requests of a run together are called.
pub const ALL_REQUESTS: &str = "all requests";

/// The version of the list's form in a Run file.
const VERSION: u32 = 1;

/// The figures of a run that are worth comparing, in the order they are shown in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct ComparedFigures(pub Vec<FigureSpec>);

/// What a figure is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureSpec {
    /// What it is of.
    pub subject: Subject,
    /// The metric that it sums up. The [response time](crate::response_time) by its usual name, whatever it is called
    /// in the run.
    pub metric: String,
    /// Only values that carry these tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// How it sums them up.
    pub quantity: Quantity,
    /// What it is called, where that is not the quantity's own word: `errors` for a share of failures.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What a plain number is a number of: `replicas`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Which way it is better.
    pub better: Better,
}

/// What figures are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Everything together, under this name.
    All(String),
    /// Each endpoint of the project, by the requests that its route takes.
    Endpoint,
    /// Each value of a tag: each statement, each cache.
    Tag(String),
}

/// How values become one number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Quantity {
    /// A trend's percentile, above 0 and below 100.
    Percentile(f64),
    /// The mean of a trend's values, or of a gauge's over the seconds.
    Average,
    /// The smallest value of a trend or a gauge.
    Min,
    /// The largest.
    Max,
    /// A gauge's last value.
    Last,
    /// What a counter counted, or how many values a trend has.
    Count,
    /// … per second.
    Rate,
    /// The share of a rate's values that are not zero.
    Share,
}

/// A word for no [`Quantity`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a quantity\nhint: use `p95`, `avg`, `min`, `max`, `last`, `count`, `rate` or `share`")]
pub struct QuantityError(String);

/// As it stands in a file.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    version: u32,
    list: Vec<serde_json::Value>,
}

impl ComparedFigures {
    /// Those of HTTP requests, all together and for each endpoint. What every run has whose file has no list.
    pub fn http() -> Self {
        let subjects = [Subject::All(ALL_REQUESTS.to_owned()), Subject::Endpoint];
        let list = subjects.iter().flat_map(|subject| {
            let spec =
                |metric: &str, quantity, better| FigureSpec::new(subject.clone(), metric, quantity, better);
            [
                spec(RESPONSE_TIME, Quantity::Percentile(50.0), Better::Lower),
                spec(RESPONSE_TIME, Quantity::Percentile(95.0), Better::Lower),
                spec(RESPONSE_TIME, Quantity::Percentile(99.0), Better::Lower),
                // Throughput is of answers: what was asked and never answered was not put through.
                spec(RESPONSE_TIME, Quantity::Rate, Better::Higher),
                spec("http_req_failed", Quantity::Share, Better::Lower).called("errors"),
            ]
        });
        Self(list.collect())
    }

    /// Whether these are those of HTTP requests, which a file does not say.
    pub fn are_http(&self) -> bool {
        *self == Self::http()
    }
}

impl Default for ComparedFigures {
    /// Those of HTTP requests.
    fn default() -> Self {
        Self::http()
    }
}

impl FigureSpec {
    /// A figure of all values of a metric, called by its quantity.
    pub fn new(subject: Subject, metric: &str, quantity: Quantity, better: Better) -> Self {
        let (tags, name, unit) = (Vec::new(), String::new(), String::new());
        Self { subject, metric: metric.to_owned(), tags, quantity, name, unit, better }
    }

    /// The same figure under another name.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// The same figure as a number of something.
    #[must_use]
    pub fn of(self, unit: &str) -> Self {
        Self { unit: unit.to_owned(), ..self }
    }

    /// What the figure is called.
    pub fn label(&self) -> String {
        if self.name.is_empty() { self.quantity.to_string() } else { self.name.clone() }
    }

    /// In what it is counted, when it sums up this metric.
    pub fn scale(&self, metric: &Metric) -> FigureScale {
        let unit = match (self.quantity, metric.unit) {
            (Quantity::Share, _) => FigureUnit::Share,
            (Quantity::Rate, _) => FigureUnit::PerSecond,
            _ if metric.kind == MetricKind::Rate => FigureUnit::Share,
            (_, Unit::Milliseconds) => FigureUnit::Milliseconds,
            (_, Unit::Bytes) => FigureUnit::Bytes,
            (_, Unit::Plain) => FigureUnit::of(&self.unit),
        };
        FigureScale { unit, better: self.better }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percentile(percentile) => write!(formatter, "p{percentile}"),
            Self::Average => formatter.write_str("avg"),
            Self::Min => formatter.write_str("min"),
            Self::Max => formatter.write_str("max"),
            Self::Last => formatter.write_str("last"),
            Self::Count => formatter.write_str("count"),
            Self::Rate => formatter.write_str("rate"),
            Self::Share => formatter.write_str("share"),
        }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let percentile = |digits: &str| digits.parse().ok().filter(|percent| (0.0..100.0).contains(percent));
        Ok(match text {
            "avg" => Self::Average,
            "min" => Self::Min,
            "max" => Self::Max,
            "last" => Self::Last,
            "count" => Self::Count,
            "rate" => Self::Rate,
            "share" => Self::Share,
            _ => text
                .strip_prefix('p')
                .and_then(percentile)
                .map(Self::Percentile)
                .ok_or_else(|| QuantityError(text.to_owned()))?,
        })
    }
}

impl TryFrom<String> for Quantity {
    type Error = QuantityError;

    fn try_from(text: String) -> Result<Self, QuantityError> {
        text.parse()
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.to_string()
    }
}

impl From<Stored> for ComparedFigures {
    fn from(stored: Stored) -> Self {
        Self(stored.list.into_iter().filter_map(|spec| serde_json::from_value(spec).ok()).collect())
    }
}

impl From<ComparedFigures> for Stored {
    fn from(figures: ComparedFigures) -> Self {
        // Texts without anything that JSON lacks.
        let list = figures.0.iter().filter_map(|spec| serde_json::to_value(spec).ok()).collect();
        Self { version: VERSION, list }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits() -> FigureSpec {
        let caches = Subject::Tag("cache".to_owned());
        FigureSpec::new(caches, "cache_hits", Quantity::Share, Better::Higher).called("hits")
    }

    #[test]
    fn a_list_reads_back() {
        let figures = ComparedFigures(vec![
            hits(),
            FigureSpec::new(
                Subject::All("the service".to_owned()),
                "replicas",
                Quantity::Percentile(99.9),
                Better::Lower,
            )
            .of("replicas"),
        ]);
        let text = serde_json::to_string(&figures).unwrap();
        assert_eq!(serde_json::from_str::<ComparedFigures>(&text).unwrap(), figures);
        for part in [r#""version":1"#, r#""subject":{"tag":"cache"}"#, r#""quantity":"p99.9""#] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn what_a_later_version_has_is_left_out() {
        let text = r#"{"version":7,"list":[
            {"subject":"endpoint","metric":"a","quantity":"p95","better":"lower","new":1},
            {"subject":"endpoint","metric":"a","quantity":"entropy","better":"lower"},
            {"subject":{"host":"x"},"metric":"a","quantity":"p95","better":"lower"}, 3]}"#;
        let figures: ComparedFigures = serde_json::from_str(text).unwrap();
        assert_eq!(figures.0.len(), 1);
        assert_eq!(figures.0[0].label(), "p95");
    }

    #[test]
    fn words_of_quantities_read_back_and_others_are_refused() {
        for text in ["p50", "p99.9", "avg", "min", "max", "last", "count", "rate", "share"] {
            assert_eq!(text.parse::<Quantity>().unwrap().to_string(), text);
        }
        for text in ["", "p", "p100", "p-1", "pinf", "mean"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_scale_follows_from_metric_and_quantity() {
        let metric = |kind, unit| Metric { name: "m".to_owned(), kind, unit };
        let scale = |quantity, metric: &Metric| {
            FigureSpec::new(Subject::Endpoint, "m", quantity, Better::Lower).of("pods").scale(metric).unit
        };
        let trend = metric(MetricKind::Trend, Unit::Milliseconds);
        assert_eq!(scale(Quantity::Percentile(95.0), &trend), FigureUnit::Milliseconds);
        let counter = metric(MetricKind::Counter, Unit::Bytes);
        assert_eq!(scale(Quantity::Count, &counter), FigureUnit::Bytes);
        assert_eq!(scale(Quantity::Rate, &counter), FigureUnit::PerSecond);
        let gauge = metric(MetricKind::Gauge, Unit::Plain);
        assert_eq!(scale(Quantity::Last, &gauge), FigureUnit::Of("pods".to_owned()));
        let rate = metric(MetricKind::Rate, Unit::Plain);
        assert_eq!(scale(Quantity::Share, &rate), FigureUnit::Share);
    }
}
