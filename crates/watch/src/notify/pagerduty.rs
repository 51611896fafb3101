//! `PagerDuty`'s Events API v2.
//!
//! Source: <https://developer.pagerduty.com/docs/events-api-v2-overview> and
//! <https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/02-Trigger-Events.md>: a summary has 1,024
//! characters at the most, a key 255, an event 512 KB.

use serde_json::json;

use super::cut::{cut, key};
use super::notice::{Notice, time};
use super::post::Post;
use super::webhook::once;
use crate::burn::Severity;

/// No name that somebody reads is longer.
const LONGEST_NAME: usize = 1_024;

pub(super) fn post(notice: &Notice, routing_key: &str) -> Post {
    let dedup_key = key(&format!("loadline {}", notice.key), 255);
    let source = cut(&notice.endpoint, LONGEST_NAME);
    let body = if notice.is_on() {
        json!({
            "routing_key": routing_key,
            "event_action": "trigger",
            "dedup_key": dedup_key,
            "payload": {
                "summary": cut(&notice.title(), 1_024),
                "source": source,
                "severity": match notice.severity { Severity::Page => "critical", Severity::Ticket => "warning" },
                "timestamp": time(notice.since_s),
                "component": source,
                "class": "performance budget",
                "custom_details": {
                    "budget": notice.condition,
                    "facts": notice.facts,
                    "around": notice.around,
                    "more": notice.more,
                },
            },
        })
    } else {
        json!({ "routing_key": routing_key, "event_action": "resolve", "dedup_key": dedup_key })
    };
    Post { path: "/v2/enqueue".to_owned(), body, once: once(notice) }
}

#[cfg(test)]
mod tests {
    use super::super::notice::example;
    use super::*;
    use crate::alert::Change;

    #[test]
    fn what_is_triggered_is_resolved_by_the_same_key() {
        let (on, over) =
            (post(&example(Change::Firing), "R").body, post(&example(Change::Resolved), "R").body);
        assert_eq!(
            (on["event_action"].as_str(), over["event_action"].as_str()),
            (Some("trigger"), Some("resolve"))
        );
        assert_eq!(on["dedup_key"], over["dedup_key"]);
        for required in ["summary", "source", "severity"] {
            assert!(on["payload"][required].is_string(), "{required}");
        }
        let long = Notice { key: "k".repeat(999), ..example(Change::Firing) };
        assert_eq!(post(&long, "R").body["dedup_key"].as_str().unwrap().len(), 255);
    }
}
