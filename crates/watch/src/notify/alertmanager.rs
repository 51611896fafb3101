//! Alertmanager's API v2: alerts are told by their labels, and are over when their end has come.
//!
//! Source: `postableAlerts` of <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>.

use serde_json::{Value, json};

use super::notice::{Notice, time};
use super::post::Post;
use super::webhook::once;

pub(super) fn post(notices: &[Notice], lasts_s: u64) -> Post {
    let alerts: Vec<Value> = notices.iter().map(|notice| alert(notice, lasts_s)).collect();
    let once = notices.iter().map(once).collect::<Vec<_>>().join(", ");
    Post { path: "/api/v2/alerts".to_owned(), body: Value::Array(alerts), once }
}

fn alert(notice: &Notice, lasts_s: u64) -> Value {
    let ends_s =
        if notice.is_on() { notice.at_s + lasts_s as i64 } else { notice.over_s.unwrap_or(notice.at_s) };
    json!({
        // What it is told by: nothing that changes from one time to the next.
        "labels": {
            "alertname": "LoadlineBudget",
            "endpoint": notice.endpoint,
            "budget": notice.condition,
            "severity": notice.severity.name(),
        },
        "annotations": {
            "summary": notice.title(),
            "description": notice.lines().join("\n"),
        },
        "startsAt": time(notice.since_s),
        "endsAt": time(ends_s),
    })
}

#[cfg(test)]
mod tests {
    use super::super::notice::example;
    use super::*;
    use crate::alert::Change;

    #[test]
    fn it_ends_unless_it_is_told_again() {
        let firing = post(&[example(Change::Firing)], 300).body;
        assert_eq!(firing[0]["endsAt"], "2026-07-04T09:05:00Z");
        let over = post(&[example(Change::Resolved)], 300).body;
        assert_eq!(over[0]["endsAt"], "2026-07-04T10:00:00Z");
        assert_eq!(firing[0]["labels"], over[0]["labels"]);
        let texts = |value: &Value| value.as_object().unwrap().values().all(Value::is_string);
        assert!(texts(&over[0]["labels"]) && texts(&over[0]["annotations"]));
    }
}
