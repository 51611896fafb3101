//! `calls_per_request` of a budget: how many statements of the database a request of an endpoint may execute.
//!
//! It is a number of something and not a time or a share, so it is judged as the threshold that a script would write
//! on the same metric: `avg<=2` on `db_calls_per_request{endpoint:…}`.

use loadline_measure::ThresholdText;
use loadline_tables::Source;
use loadline_verdict::{Budget, Problem, Selector, Threshold};
use toml::Spanned;
use toml::de::DeValue;

/// The key.
pub(crate) const KEY: &str = "calls_per_request";
/// The metric.
const METRIC: &str = "db_calls_per_request";

/// A limit on the statements of an endpoint's requests, and the scripts whose runs it judges.
#[derive(Debug, Clone, PartialEq)]
pub struct CallsBudget {
    /// The endpoint.
    pub endpoint: String,
    /// The threshold.
    pub budget: Budget,
    /// As [`ScopedBudget::scripts`](crate::ScopedBudget::scripts).
    pub scripts: Vec<String>,
}

/// Reads the limit: `2`, `1.5`, `"<= 2"`.
pub(crate) fn read(
    source: Source<'_>,
    value: &Spanned<DeValue<'_>>,
    endpoint: &str,
    scripts: &[String],
    allow_no_data: bool,
) -> Result<CallsBudget, Box<Problem>> {
    let text = match value.get_ref() {
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::String(text) => text.clone().into_owned(),
        _ => String::new(),
    };
    let (operator, number) =
        match text.trim().split_at(text.trim().find(|sign| !"<=".contains(sign)).unwrap_or(0)) {
            ("" | "=" | "<=", number) => ("<=", number.trim()),
            ("<", number) => ("<", number.trim()),
            _ => ("", ""),
        };
    let is_number = number.parse::<f64>().is_ok_and(|number| number.is_finite() && number >= 0.0);
    let read = is_number.then(|| {
        let expression = format!("avg{operator}{number}");
        let selector =
            Selector { metric: METRIC.to_owned(), tags: vec![("endpoint".to_owned(), endpoint.to_owned())] };
        let text = ThresholdText {
            selector: selector.to_string(),
            expression,
            allow_no_data,
            ..ThresholdText::default()
        };
        let threshold = Threshold::parse(&text.expression).ok()?;
        Some(Budget { selector, threshold, text })
    });
    match read.flatten() {
        Some(budget) => Ok(CallsBudget { endpoint: endpoint.to_owned(), budget, scripts: scripts.to_vec() }),
        None => Err(Box::new(Problem {
            hint: Some(format!("write how many a request may execute at the most: `{KEY} = 2`")),
            ..source.problem(value.span(), format!("the limit of `{KEY}` must be a number of statements"))
        })),
    }
}
