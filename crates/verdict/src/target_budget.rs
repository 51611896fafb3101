//! Budgets of one target: the thresholds people mean, in the words they use.
//!
//! ```text
//! budget   = latency upper time | "errors" upper share | "rate" lower number ["/s" | "/min" | "/h"]
//! latency  = "p" number | "avg" | "med" | "min" | "max"
//! upper    = "=" | "<" | "<="
//! lower    = "=" | ">" | ">="
//! time     = a duration with its unit
//! share    = number "%"
//! ```
//!
//! A rate is of answers: a request that nobody answered is no throughput.
//!
//! A budget has one sensible side, so `=` is enough: at most for latency and errors, at least for the rate. The other
//! side is refused rather than judged: nobody wants a p99 above 50 ms.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use loadline_measure::{RESPONSE_TIME, ThresholdText};
use loadline_units::{self as units, UnitError};

const HINT: &str = "write one such as `p99=50ms`, `avg=10ms`, `errors=1%` or `rate=1000`";

/// A budget as typed, and the threshold that it stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TargetBudget {
    /// As typed.
    pub text: String,
    /// The metric that it limits.
    pub selector: &'static str,
    /// The threshold's condition.
    pub expression: String,
}

impl TargetBudget {
    /// The threshold that it stands for.
    pub fn threshold(&self) -> ThresholdText {
        ThresholdText {
            selector: self.selector.to_owned(),
            expression: self.expression.clone(),
            ..ThresholdText::default()
        }
    }

    /// What it requires, in words.
    pub fn words(&self) -> String {
        let name = self.text.split(['=', '<', '>']).next().unwrap_or_default().trim();
        match (self.selector, name.strip_prefix('p')) {
            (RESPONSE_TIME, Some(percent)) => format!("latency of {percent}% of requests"),
            (RESPONSE_TIME, None) => match name {
                "avg" => "mean latency".to_owned(),
                "med" => "median latency".to_owned(),
                "min" => "lowest latency".to_owned(),
                "rate" => "answers per second".to_owned(),
                _ => "highest latency".to_owned(),
            },
            _ => "requests that fail".to_owned(),
        }
    }
}

/// A text that is no budget of a target: why, and how to write one. It follows on the text itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TargetBudgetError(String);

impl fmt::Display for TargetBudgetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for TargetBudgetError {}

/// Which side of a limit is good.
#[derive(Clone, Copy)]
enum Side {
    Below,
    Above,
}

impl FromStr for TargetBudget {
    type Err = TargetBudgetError;

    fn from_str(text: &str) -> Result<Self, TargetBudgetError> {
        read(text).map_err(TargetBudgetError)
    }
}

fn read(text: &str) -> Result<TargetBudget, String> {
    let Some(at) = text.find(['=', '<', '>', '!']) else {
        return Err(format!("has no limit\nhint: {HINT}"));
    };
    let name = text[..at].trim();
    let rest = &text[at..];
    let length = rest.find(|sign| !['=', '<', '>', '!'].contains(&sign)).unwrap_or(rest.len());
    let (sign, limit) = (&rest[..length], rest[length..].trim());
    if limit.is_empty() {
        return Err(format!("has no limit after `{sign}`\nhint: {HINT}"));
    }
    let (selector, aggregate, side, limit) = match name {
        "errors" => ("http_req_failed", "rate".to_owned(), Side::Below, share(limit)?),
        "rate" => (RESPONSE_TIME, "rate".to_owned(), Side::Above, per_second(limit)?),
        _ => (RESPONSE_TIME, aggregate(name)?, Side::Below, time(limit)?),
    };
    let operator = operator(name, sign, side)?;
    Ok(TargetBudget { text: text.to_owned(), selector, expression: format!("{aggregate}{operator}{limit}") })
}

fn operator(name: &str, sign: &str, side: Side) -> Result<&'static str, String> {
    Ok(match (side, sign) {
        (Side::Below, "=" | "<=") => "<=",
        (Side::Below, "<") => "<",
        (Side::Above, "=" | ">=") => ">=",
        (Side::Above, ">") => ">",
        (Side::Below, _) => {
            return Err(format!("`{name}` has an upper limit: use `=`, `<` or `<=`, not `{sign}`"));
        }
        (Side::Above, _) => {
            return Err(format!("`{name}` has a lower limit: use `=`, `>` or `>=`, not `{sign}`"));
        }
    })
}

fn aggregate(name: &str) -> Result<String, String> {
    if ["avg", "med", "min", "max"].contains(&name) {
        return Ok(name.to_owned());
    }
    let percent = name.strip_prefix('p').map(|percent| percent.trim_matches(['(', ')']));
    let unknown = || format!("limits `{name}`, which is not measured\nhint: {HINT}");
    let percent = percent.filter(|percent| percent.starts_with(|first: char| first.is_ascii_digit()));
    let number: f64 = percent.and_then(|percent| percent.parse().ok()).ok_or_else(unknown)?;
    if number > 0.0 && number < 100.0 {
        Ok(format!("p({number})"))
    } else {
        Err(format!(
            "has the percentile `{number}`, which is not between 0 and 100; the highest latency is `max`"
        ))
    }
}

fn time(limit: &str) -> Result<String, String> {
    units::parse_time(limit).map(|ms| format!("{ms}ms")).map_err(of_limit)
}

fn share(limit: &str) -> Result<String, String> {
    units::parse_share(limit).map(|share| share.to_string()).map_err(of_limit)
}

/// A number without a time is per second.
fn per_second(limit: &str) -> Result<String, String> {
    let rate = if limit.contains('/') { limit.to_owned() } else { format!("{limit}/s") };
    units::parse_per_second(&rate).map(|rate| rate.to_string()).map_err(of_limit)
}

fn of_limit(error: UnitError) -> String {
    match error {
        UnitError::NoUnit(number) => format!("has a limit without a unit: write `{number}ms` or `{number}s`"),
        form @ UnitError::Form { .. } => format!("has a limit that {form}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::threshold::Threshold;

    #[track_caller]
    fn check(text: &str, selector: &str, expression: &str) {
        let budget: TargetBudget = text.parse().unwrap();
        assert_eq!((budget.selector, budget.expression.as_str()), (selector, expression), "{text}");
        Threshold::parse(&budget.expression).unwrap();
    }

    #[test]
    fn budgets_become_thresholds() {
        check("p99=50ms", RESPONSE_TIME, "p(99)<=50ms");
        check("p99.9 < 1.5s", RESPONSE_TIME, "p(99.9)<1500ms");
        check("p(95)<=0.2ms", RESPONSE_TIME, "p(95)<=0.2ms");
        check("avg=10ms", RESPONSE_TIME, "avg<=10ms");
        check("max<1000ms", RESPONSE_TIME, "max<1000ms");
        check("errors<1%", "http_req_failed", "rate<0.01");
        check("errors=0%", "http_req_failed", "rate<=0");
        check("rate>1000", RESPONSE_TIME, "rate>1000");
        check("rate=1000/s", RESPONSE_TIME, "rate>=1000");
        check("rate=60/min", RESPONSE_TIME, "rate>=1");
        check("p95=1m30s", RESPONSE_TIME, "p(95)<=90000ms");
    }

    #[track_caller]
    fn refused(text: &str, fragment: &str) {
        let error = text.parse::<TargetBudget>().unwrap_err().to_string();
        assert!(error.contains(fragment), "{text}: {error}");
    }

    #[test]
    fn mistakes_are_named() {
        refused("", "has no limit");
        refused("p99", "has no limit");
        refused("p99=", "has no limit after `=`");
        refused("p99=50", "write `50ms` or `50s`");
        refused("p99=fast", "has a limit that must be a duration");
        refused("p99=-5ms", "must be a duration");
        refused("p99>50ms", "upper limit");
        refused("p100=5ms", "`max`");
        refused("pinf=5ms", "not measured");
        refused("speed=5ms", "`speed`, which is not measured");
        refused("errors=0.01", "must be a share in percent");
        refused("errors=101%", "must be a share");
        refused("errors!=1%", "upper limit");
        refused("rate<1000", "lower limit");
        refused("rate=many", "must be a number per time");
    }

    #[test]
    fn words_say_what_is_required() {
        let words = |text: &str| text.parse::<TargetBudget>().unwrap().words();
        assert_eq!(words("p99=50ms"), "latency of 99% of requests");
        assert_eq!(words("max=50ms"), "highest latency");
        assert_eq!(words("errors=1%"), "requests that fail");
        assert_eq!(words("rate=5"), "answers per second");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(p|errors|rate|avg|)[0-9.]{0,4}[=<>!]{0,2}[0-9.eµ%ms/]{0,6}|.{0,12}") {
            if let Ok(budget) = text.parse::<TargetBudget>() {
                prop_assert!(Threshold::parse(&budget.expression).is_ok(), "{} became {}", text, budget.expression);
            }
        }
    }
}
