//! What is limited, and how much is allowed: `p95` and `500ms`, `errors` and `1%`, `slope` and `20MB/h`.
//!
//! A quantity has one sensible side, so a limit needs no operator: at most for latencies, errors, counts, slopes and
//! spills, at least for rates and hit rates. One may be written all the same; only the share of a rate metric, which
//! may be good or bad, must have one. Units are required wherever there is one: `500` may be seconds to its writer.

use std::cmp::Ordering;
use std::fmt;

use loadline_measure::MetricKind;
use loadline_units::{self as units, UnitError};

use crate::parse;
use crate::problem::{Fault, closest};
use crate::threshold::Operator;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// A percentile of the latency, or of a trend, between 0 and 100.
    Percentile(f64),
    /// The largest value.
    Max,
    /// The mean.
    Mean,
    /// The share of requests that fail.
    Errors,
    /// The share of a rate metric's values that are not zero.
    Share,
    /// The share of answers that came from a cache.
    HitRate,
    /// How many per second.
    Rate,
    /// How many in all.
    Count,
    /// How fast a gauge rises.
    Slope,
    /// Bytes of temporary files in all.
    Spill,
}

/// How much of a quantity is allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowed {
    /// What is limited.
    pub quantity: Quantity,
    /// On which side of the limit it has to be.
    pub operator: Operator,
    /// The limit: in milliseconds for times, from 0 to 1 for shares, in bytes for data, per second for rates, and for a
    /// slope in the metric's unit per hour.
    pub limit: f64,
    /// As it was written, without its operator.
    pub text: String,
}

/// The names a quantity may be written by, percentiles aside.
const NAMES: [(&str, Quantity); 11] = [
    ("max", Quantity::Max),
    ("mean", Quantity::Mean),
    ("avg", Quantity::Mean),
    ("errors", Quantity::Errors),
    ("share", Quantity::Share),
    ("hit_rate", Quantity::HitRate),
    ("rate", Quantity::Rate),
    ("count", Quantity::Count),
    ("slope", Quantity::Slope),
    ("spill", Quantity::Spill),
    ("median", Quantity::Percentile(50.0)),
];

impl Quantity {
    /// Reads a name: `p95`, `p99.9`, `errors`.
    pub(crate) fn read(name: &str) -> Result<Self, Fault> {
        if let Some((_, quantity)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(*quantity);
        }
        let all = 0..name.len();
        let number = name.strip_prefix('p').and_then(|number| number.parse::<f64>().ok());
        match number {
            Some(percent) if percent > 0.0 && percent < 100.0 => Ok(Self::Percentile(percent)),
            Some(_) => Err(Fault::new(
                format!("there is no percentile `{name}`: percentiles are between 0 and 100"),
                all,
            )
            .hint("the largest value is `max`")),
            None => {
                let fault = Fault::new(format!("`{name}` is nothing a budget can limit"), all);
                let names =
                    ["p50", "p95", "p99", "p99.9"].into_iter().chain(NAMES.iter().map(|(name, _)| *name));
                Err(match closest(name, names) {
                    Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
                    None => fault.hint(
                        "use a percentile such as `p95`, or `max`, `mean`, `errors`, `share`, `hit_rate`, `rate`, `count`, `slope` or `spill`",
                    ),
                })
            }
        }
    }

    /// Whether more of it is better.
    fn is_floor(self) -> bool {
        matches!(self, Self::HitRate | Self::Rate)
    }

    /// The share of values that may lie beyond a percentile's limit.
    pub(crate) fn quantile(self) -> Option<f64> {
        match self {
            Self::Percentile(percent) => Some(percent / 100.0),
            _ => None,
        }
    }

    /// Whether a metric of this kind has it.
    pub(crate) fn fits(self, kind: MetricKind) -> bool {
        match self {
            Self::Percentile(_) | Self::Max | Self::Mean => kind == MetricKind::Trend,
            Self::Errors | Self::Share | Self::HitRate => kind == MetricKind::Rate,
            Self::Rate | Self::Count | Self::Spill => kind == MetricKind::Counter,
            Self::Slope => kind == MetricKind::Gauge,
        }
    }

    /// Whether it is of times when its metric is.
    pub(crate) fn is_of_values(self) -> bool {
        matches!(self, Self::Percentile(_) | Self::Max | Self::Mean)
    }
}

impl Allowed {
    /// Reads a quantity and its limit.
    pub(crate) fn read(name: &str, text: &str) -> Result<Self, Fault> {
        let quantity = Quantity::read(name)?;
        let rest = text.trim_start();
        let sign = rest.len() - rest.trim_start_matches(['<', '>', '=', '!']).len();
        let start = text.len() - rest.len();
        let (written, limit) = (&rest[..sign], rest[sign..].trim());
        let at = start + sign + (rest[sign..].len() - rest[sign..].trim_start().len());
        let span = at..at + limit.len();
        let operator = operator(quantity, name, written, start..start + sign)?;
        let value = match quantity {
            Quantity::Percentile(_) | Quantity::Max | Quantity::Mean => said(units::parse_time(limit)),
            Quantity::Errors | Quantity::Share | Quantity::HitRate => said(units::parse_share(limit)),
            Quantity::Rate => said(units::parse_per_second(limit)),
            Quantity::Count => {
                number(limit).ok_or_else(|| wanted("a number of times, such as `0` or `100`", limit))
            }
            Quantity::Spill => said(units::parse_bytes(limit)),
            Quantity::Slope => slope(limit),
        };
        let limit_value = value.map_err(|why| Fault::new(format!("the limit of `{name}` {why}"), span))?;
        Ok(Self { quantity, operator, limit: limit_value, text: limit.to_owned() })
    }

    /// Whether a figure keeps the limit.
    pub(crate) fn holds(&self, figure: f64) -> bool {
        self.operator.holds(figure.partial_cmp(&self.limit).unwrap_or(Ordering::Greater))
    }

    /// Whether more is better.
    pub(crate) fn is_floor(&self) -> bool {
        matches!(self.operator, Operator::Greater | Operator::GreaterOrEqual)
    }

    /// Why nothing can ever fail it, or nothing can ever pass it, if so.
    pub(crate) fn vacuous(&self) -> Option<&'static str> {
        let floor = self.is_floor();
        let share = matches!(self.quantity, Quantity::Errors | Quantity::Share | Quantity::HitRate);
        match self.quantity {
            _ if share && floor && self.limit <= 0.0 && self.operator == Operator::GreaterOrEqual => {
                Some("no share is below 0%, so it can never fail")
            }
            _ if share && !floor && self.limit >= 1.0 && self.operator == Operator::LessOrEqual => {
                Some("no share is above 100%, so it can never fail")
            }
            _ if share
                && (floor && self.limit >= 1.0 && self.operator == Operator::Greater
                    || !floor && self.limit <= 0.0 && self.operator == Operator::Less) =>
            {
                Some("no share is beyond that, so it can never pass")
            }
            Quantity::Rate | Quantity::Count
                if floor && self.limit <= 0.0 && self.operator == Operator::GreaterOrEqual =>
            {
                Some("nothing is less than 0, so it can never fail")
            }
            Quantity::Percentile(_) | Quantity::Max | Quantity::Mean if !floor && self.limit <= 0.0 => {
                Some("nothing takes no time at all, so it can never pass")
            }
            _ => None,
        }
    }
}

fn operator(
    quantity: Quantity,
    name: &str,
    written: &str,
    span: std::ops::Range<usize>,
) -> Result<Operator, Fault> {
    let operator = match written {
        "" if quantity == Quantity::Share => {
            return Err(Fault::new("`share` needs a side: is it good or bad to have more?", span)
                .hint("write `share = \">= 99.5%\"` or `share = \"<= 1%\"`"));
        }
        "" | "=" if quantity.is_floor() => Operator::GreaterOrEqual,
        "" | "=" | "<=" => Operator::LessOrEqual,
        "<" => Operator::Less,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        other => {
            return Err(Fault::new(format!("`{other}` is not a side of a limit"), span)
                .hint("use `<`, `<=`, `>` or `>=`"));
        }
    };
    let upper = matches!(operator, Operator::Less | Operator::LessOrEqual);
    let wrong = match quantity {
        Quantity::Share | Quantity::Rate | Quantity::Count | Quantity::Slope => false,
        _ if quantity.is_floor() => upper,
        _ => !upper,
    };
    if wrong {
        let (side, signs) = if upper { ("lower", "`>` or `>=`") } else { ("upper", "`<` or `<=`") };
        return Err(Fault::new(
            format!("`{name}` has an {side} limit: use {signs}, not `{written}`")
                .replace("an lower", "a lower"),
            span,
        ));
    }
    Ok(operator)
}

/// What is wrong with a limit, going on from its name.
type Why = String;

fn said(read: Result<f64, UnitError>) -> Result<f64, Why> {
    read.map_err(|error| error.to_string())
}

fn wanted(wanted: &str, text: &str) -> Why {
    format!("must be {wanted}, not `{text}`")
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn slope(text: &str) -> Result<f64, Why> {
    let threshold = parse::threshold(&format!("slope<={text}"))
        .map_err(|_| wanted("an amount per time, such as `20MB/h` or `5/min`", text))?;
    Ok(threshold.limit.value())
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Percentile(percent) => return write!(formatter, "p{percent}"),
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Errors => "errors",
            Self::Share => "share",
            Self::HitRate => "hit_rate",
            Self::Rate => "rate",
            Self::Count => "count",
            Self::Slope => "slope",
            Self::Spill => "spill",
        };
        formatter.write_str(name)
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}{}", self.quantity, self.operator.text(), self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, shown: &str, limit: f64) {
        let allowed = Allowed::read(name, text).unwrap();
        assert_eq!(allowed.to_string(), shown);
        assert!((allowed.limit - limit).abs() < 1e-9 * limit.max(1.0), "{}", allowed.limit);
    }

    #[test]
    fn limits_are_read_with_their_units() {
        check("p95", "500ms", "p95<=500ms", 500.0);
        check("p99.9", "< 1.5s", "p99.9<1.5s", 1500.0);
        check("p95", "500 ms", "p95<=500 ms", 500.0);
        check("p95", "1m30s", "p95<=1m30s", 90_000.0);
        check("max", "2m", "max<=2m", 120_000.0);
        check("errors", "1%", "errors<=1%", 0.01);
        check("share", ">= 99.5%", "share>=99.5%", 0.995);
        check("hit_rate", "90%", "hit_rate>=90%", 0.9);
        check("rate", "6000/min", "rate>=6000/min", 100.0);
        check("count", "0", "count<=0", 0.0);
        check("slope", "20MB/h", "slope<=20MB/h", 20e6);
        check("spill", "64MiB", "spill<=64MiB", 67_108_864.0);
    }

    #[track_caller]
    fn refused(name: &str, text: &str, words: &str) {
        let fault = Allowed::read(name, text).unwrap_err();
        let all = format!("{} {}", fault.message, fault.hint.unwrap_or_default());
        assert!(all.contains(words), "{name} = {text}: {all}");
    }

    #[test]
    fn mistakes_are_named() {
        refused("p95", "500", "has no unit: write `500s` or `500ms`");
        refused("p95", "0", "has no unit");
        refused("p95", "soon", "a duration");
        refused("p101", "500ms", "between 0 and 100");
        refused("p0", "500ms", "between 0 and 100");
        refused("p95", ">500ms", "an upper limit");
        refused("eror", "1%", "`errors`");
        refused("latency", "1s", "use a percentile");
        refused("errors", "0.01", "a share in percent");
        refused("errors", "101%", "a share in percent");
        refused("share", "99%", "needs a side");
        refused("hit_rate", "<90%", "a lower limit");
        refused("rate", "100", "per time");
        refused("count", "many", "a number of times");
        refused("spill", "64", "an amount of data");
        refused("slope", "20MB", "an amount per time");
        refused("p95", "!=5ms", "not a side");
    }

    #[test]
    fn what_cannot_fail_or_pass_is_noticed() {
        for (name, text, vacuous) in [
            ("errors", "100%", true),
            ("hit_rate", "0%", true),
            ("share", "> 100%", true),
            ("rate", "0/s", true),
            ("p95", "0ms", true),
            ("errors", "0%", false),
            ("share", ">= 100%", false),
            ("count", "0", false),
        ] {
            assert_eq!(Allowed::read(name, text).unwrap().vacuous().is_some(), vacuous, "{name} {text}");
        }
    }
}
