//! What is posted, against what each vendor says that it takes: names that nobody would choose, and everything that a
//! notice can be, within the limits of a table. Where each limit is from is said beside it.

use proptest::prelude::*;
use serde_json::Value;

use super::kind::Kind;
use super::notice::{Notice, example};
use super::posts::posts;
use crate::alert::Change;
use crate::burn::Severity;

/// <https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/02-Trigger-Events.md>, and of the whole
/// 01-Overview.md beside it.
const PAGERDUTY: [(&str, usize); 2] = [("/dedup_key", 255), ("/payload/summary", 1_024)];
const PAGERDUTY_BYTES: usize = 512_000;
const PAGERDUTY_SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];

/// <https://docs.opsgenie.com/docs/alerts-and-alert-fields>; the names of fields are those of
/// <https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events/> and of
/// <https://github.com/opsgenie/opsgenie-python-sdk/blob/master/docs/CreateAlertPayload.md>.
const JIRA: [(&str, usize); 6] = [
    ("/message", 130),
    ("/alias", 512),
    ("/description", 15_000),
    ("/entity", 512),
    ("/source", 100),
    ("/note", 25_000),
];
const JIRA_FIELDS: [&str; 13] = [
    "message",
    "alias",
    "description",
    "responders",
    "visibleTo",
    "actions",
    "tags",
    "details",
    "entity",
    "source",
    "priority",
    "user",
    "note",
];
const JIRA_DETAILS: usize = 8_000;
const JIRA_TAGS: (usize, usize) = (20, 50);

/// <https://docs.slack.dev/reference/block-kit/blocks/section-block/>, of how many blocks
/// <https://docs.slack.dev/reference/block-kit/blocks/>, of all their texts
/// <https://github.com/slackapi/bolt-js/issues/2509>.
const SLACK_TEXT: usize = 3_000;
const SLACK_BLOCKS: usize = 50;
const SLACK_TEXTS: usize = 13_000;

/// `postableAlert` of <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>.
const ALERT: [&str; 5] = ["labels", "annotations", "startsAt", "endsAt", "generatorURL"];

fn length(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.chars().count())
}

fn within(body: &Value, limits: &[(&str, usize)]) {
    for (pointer, most) in limits {
        if let Some(value) = body.pointer(pointer) {
            assert!(value.is_string() && length(value) <= *most, "{pointer}: {} characters", length(value));
        }
    }
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
}

fn pagerduty(body: &Value) {
    within(body, &PAGERDUTY);
    assert!(body.to_string().len() <= PAGERDUTY_BYTES);
    assert!(body["routing_key"].is_string() && body["dedup_key"].is_string());
    match body["event_action"].as_str() {
        Some("trigger") => {
            let payload = &body["payload"];
            assert!(length(&payload["summary"]) > 0 && length(&payload["source"]) > 0, "{payload}");
            assert!(PAGERDUTY_SEVERITIES.contains(&payload["severity"].as_str().unwrap()), "{payload}");
            assert!(is_time(&payload["timestamp"]) && payload["custom_details"].is_object(), "{payload}");
        }
        Some("resolve") => assert!(body.get("payload").is_none(), "{body}"),
        other => panic!("{other:?} is no action"),
    }
}

fn jira(path: &str, body: &Value) {
    within(body, &JIRA);
    let fields = body.as_object().unwrap();
    assert!(fields.keys().all(|name| JIRA_FIELDS.contains(&name.as_str())), "{body}");
    if path == "/jsm/ops/integration/v2/alerts" {
        assert!(length(&body["message"]) > 0 && length(&body["alias"]) > 0, "{body}");
        assert!(["P1", "P2", "P3", "P4", "P5"].contains(&body["priority"].as_str().unwrap()), "{body}");
        let tags = body["tags"].as_array().unwrap();
        assert!(tags.len() <= JIRA_TAGS.0 && tags.iter().all(|tag| length(tag) <= JIRA_TAGS.1), "{body}");
        let details = body["details"].as_object().unwrap();
        assert!(details.values().all(Value::is_string), "{body}");
        let all: usize = details.iter().map(|(name, value)| name.chars().count() + length(value)).sum();
        assert!(all <= JIRA_DETAILS, "{all} characters of details");
    } else {
        let alias = path.strip_prefix("/jsm/ops/integration/v2/alerts/").unwrap();
        let alias = alias.strip_suffix("/close?identifierType=alias").unwrap();
        assert!(alias.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%-_.*".contains(&byte)), "{path}");
    }
}

fn slack(body: &Value) {
    let blocks = body["blocks"].as_array().unwrap();
    assert!(!blocks.is_empty() && blocks.len() <= SLACK_BLOCKS && length(&body["text"]) > 0, "{body}");
    let mut all = 0;
    for block in blocks {
        let text = &block["text"];
        assert_eq!((block["type"].as_str(), text["type"].as_str()), (Some("section"), Some("mrkdwn")));
        assert!((1..=SLACK_TEXT).contains(&length(text.get("text").unwrap())), "{}", length(&text["text"]));
        all += length(&text["text"]);
        // Nothing but what is written out: `<` begins a link or a mention.
        let said = text["text"].as_str().unwrap();
        let rest = ["&amp;", "&lt;", "&gt;"].iter().fold(said.to_owned(), |rest, one| rest.replace(one, ""));
        assert!(!rest.contains(['<', '>', '&']), "{said}");
    }
    assert!(all <= SLACK_TEXTS, "{all} characters");
}

fn alertmanager(body: &Value) {
    for alert in body.as_array().unwrap() {
        let fields = alert.as_object().unwrap();
        assert!(fields.keys().all(|name| ALERT.contains(&name.as_str())), "{alert}");
        for set in ["labels", "annotations"] {
            let names = alert[set].as_object().unwrap();
            // A label that is empty is none.
            assert!(names.values().all(|value| length(value) > 0), "{alert}");
        }
        assert!(is_time(&alert["startsAt"]) && is_time(&alert["endsAt"]), "{alert}");
    }
}

fn taken(notices: &[Notice]) {
    for kind in Kind::ALL {
        for post in posts(kind, notices, Some("0123456789abcdef0123456789abcdef"), 300) {
            match kind {
                Kind::PagerDuty => pagerduty(&post.body),
                Kind::Jira => jira(&post.path, &post.body),
                Kind::Slack => slack(&post.body),
                Kind::Alertmanager => alertmanager(&post.body),
                Kind::Webhook | Kind::Email => {}
            }
        }
    }
}

#[test]
fn the_longest_names_are_taken() {
    for change in [Change::Firing, Change::StillFiring, Change::Resolved] {
        let name = "🚢 <@all> & \"x\"\n".repeat(2_000);
        let notice = Notice {
            key: format!("{name} p95<=500ms page"),
            endpoint: name.clone(),
            facts: vec![name.clone()],
            around: vec![name],
            ..example(change)
        };
        taken(&vec![notice; 60]);
    }
}

fn notices() -> impl Strategy<Value = Vec<Notice>> {
    let change = prop_oneof![Just(Change::Firing), Just(Change::StillFiring), Just(Change::Resolved)];
    let text = || "\\PC{0,40}|[<>&\"\\\\\n]{0,4000}|🚢{0,900}";
    let name = "\\PC{1,40}|[<>&]{1,900}|é{1,900}";
    let one = (
        change,
        name,
        prop::collection::vec(text(), 0..4),
        prop::collection::vec(text(), 0..4),
        any::<bool>(),
    );
    let one = one.prop_map(|(change, endpoint, facts, around, is_page)| Notice {
        key: format!("{endpoint} p95<=500ms page"),
        severity: if is_page { Severity::Page } else { Severity::Ticket },
        endpoint,
        facts,
        around,
        ..example(change)
    });
    prop::collection::vec(one, 1..12)
}

proptest! {
    #[test]
    fn whatever_is_told_is_taken(notices in notices()) {
        taken(&notices);
    }
}
