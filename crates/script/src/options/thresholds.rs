//! Thresholds as written: a metric's selector and its conditions, short or long.
//!
//! Whether a condition makes sense is for `loadline_verdict` to say, once the script has defined its metrics.

use std::time::Duration;

use loadline_measure::ThresholdText;
use serde_json::{Map, Value, json};

use crate::options::problem::Findings;
use crate::options::setting::{Fields, Setting};

/// The `thresholds` option.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds(pub Vec<ThresholdText>);

impl Setting for Thresholds {
    const EXPECTED: &'static str = "an object of lists, such as `{ http_req_duration: ['p(95)<500'] }`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let Value::Object(entries) = value else {
            findings.wrong(path, value, Self::EXPECTED);
            return None;
        };
        let mut all = Vec::new();
        for (selector, value) in entries {
            let path = format!("{path}[{selector:?}]");
            match value {
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate() {
                        all.extend(condition(selector, item, &format!("{path}[{index}]"), findings));
                    }
                }
                Value::String(_) => all.extend(condition(selector, value, &path, findings)),
                Value::Null => {}
                other => findings.wrong(&path, other, "a list of conditions, such as `['p(95)<500']`"),
            }
        }
        Some(Self(all))
    }

    /// The JSON of the object, as in a script.
    fn read_texts(texts: &[String], path: &str, findings: &mut Findings) -> Option<Self> {
        let text = texts.last()?;
        let Ok(value) = serde_json::from_str(text) else {
            findings.wrong(path, &json!(text), "thresholds as JSON");
            return None;
        };
        Self::read(&value, path, findings)
    }

    fn write(&self) -> Value {
        let mut metrics = Map::new();
        for threshold in &self.0 {
            let list = metrics.entry(threshold.selector.clone()).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(write(threshold));
            }
        }
        Value::Object(metrics)
    }
}

fn condition(selector: &str, value: &Value, path: &str, findings: &mut Findings) -> Option<ThresholdText> {
    let text = |expression: String| ThresholdText {
        selector: selector.to_owned(),
        expression,
        ..ThresholdText::default()
    };
    match value {
        Value::String(expression) => Some(text(expression.clone())),
        Value::Object(entries) => {
            let mut fields = Fields { entries, path, findings };
            fields.only(&["threshold", "abortOnFail", "delayAbortEval", "allowNoData"]);
            let abort_on_fail = fields.get("abortOnFail").unwrap_or(false);
            let delay: Duration = fields.get("delayAbortEval").unwrap_or_default();
            let allow_no_data = fields.get("allowNoData").unwrap_or(false);
            Some(ThresholdText {
                abort_on_fail,
                delay_abort_eval_ms: delay.as_millis() as u64,
                allow_no_data,
                ..text(fields.need("threshold")?)
            })
        }
        other => {
            findings.wrong(path, other, "a condition such as `'p(95)<500'`, or `{ threshold, abortOnFail }`");
            None
        }
    }
}

fn write(threshold: &ThresholdText) -> Value {
    if !threshold.abort_on_fail && !threshold.allow_no_data && threshold.delay_abort_eval_ms == 0 {
        return json!(threshold.expression);
    }
    json!({
        "threshold": threshold.expression,
        "abortOnFail": threshold.abort_on_fail,
        "delayAbortEval": Duration::from_millis(threshold.delay_abort_eval_ms).write(),
        "allowNoData": threshold.allow_no_data,
    })
}
