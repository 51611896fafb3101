//! Options with a few possible words: the summary's time unit and statistics, the HTTP log.

use loadline_units::TimeUnit;
use serde_json::{Value, json};

use crate::modules::HttpDebug;
use crate::options::problem::Findings;
use crate::options::setting::{Setting, split};

/// How much the summary shows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SummaryMode {
    /// The whole test in one block.
    #[default]
    Compact,
    /// And a block for each group and scenario.
    Full,
    /// The layout that tools reading older summaries expect.
    Legacy,
    /// Nothing.
    Disabled,
}

/// Statistics shown of trends: `avg`, `min`, `med`, `max`, `count`, `p(95)`.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendStats(pub Vec<String>);

impl Setting for TimeUnit {
    const EXPECTED: &'static str = "`s`, `ms` or `us`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        match value.as_str().map(str::parse) {
            // An empty text means "whatever fits".
            Some(Ok(Self::Auto)) => None,
            Some(Ok(unit)) => Some(unit),
            _ => {
                findings.wrong(path, value, Self::EXPECTED);
                None
            }
        }
    }

    fn write(&self) -> Value {
        json!(self.as_str())
    }
}

const SUMMARY_MODES: [(&str, SummaryMode); 4] = [
    ("compact", SummaryMode::Compact),
    ("full", SummaryMode::Full),
    ("legacy", SummaryMode::Legacy),
    ("disabled", SummaryMode::Disabled),
];

impl Setting for SummaryMode {
    const EXPECTED: &'static str = "`compact`, `full`, `legacy` or `disabled`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let mode = SUMMARY_MODES.iter().find(|(word, _)| value.as_str() == Some(word));
        if mode.is_none() {
            findings.wrong(path, value, Self::EXPECTED);
        }
        mode.map(|(_, mode)| *mode)
    }

    fn write(&self) -> Value {
        json!(SUMMARY_MODES.iter().find(|(_, mode)| mode == self).map(|(word, _)| *word))
    }
}

impl Setting for HttpDebug {
    const EXPECTED: &'static str = "`headers` or `full`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        match value {
            Value::Bool(true) => Some(Self::Headers),
            Value::Bool(false) => None,
            Value::String(text) => match text.as_str() {
                "headers" | "true" => Some(Self::Headers),
                "full" => Some(Self::Full),
                "" | "false" => None,
                _ => {
                    findings.wrong(path, value, Self::EXPECTED);
                    None
                }
            },
            _ => {
                findings.wrong(path, value, Self::EXPECTED);
                None
            }
        }
    }

    fn write(&self) -> Value {
        json!(match self {
            Self::Headers => "headers",
            Self::Full => "full",
        })
    }
}

impl Setting for TrendStats {
    const EXPECTED: &'static str =
        "a list of `avg`, `min`, `med`, `max`, `count` and percentiles such as `p(95)`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let stats = Vec::<String>::read(value, path, findings)?;
        for (index, stat) in stats.iter().enumerate().filter(|(_, stat)| !is_statistic(stat)) {
            findings.wrong(
                &format!("{path}[{index}]"),
                &json!(stat),
                "`avg`, `min`, `med`, `max`, `count` or a percentile such as `p(95)`",
            );
        }
        Some(Self(stats))
    }

    fn read_texts(texts: &[String], path: &str, findings: &mut Findings) -> Option<Self> {
        let all: Vec<String> = texts.iter().flat_map(|text| split(text)).collect();
        Self::read(&json!(all), path, findings)
    }

    fn write(&self) -> Value {
        json!(self.0)
    }
}

fn is_statistic(text: &str) -> bool {
    let percentile = || text.strip_prefix("p(")?.strip_suffix(')')?.parse::<f64>().ok();
    matches!(text, "avg" | "min" | "med" | "max" | "count")
        || percentile().is_some_and(|percent| (0.0..=100.0).contains(&percent))
}
