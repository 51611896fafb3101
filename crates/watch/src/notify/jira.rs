//! Jira Service Management's operations, where Opsgenie's alerts have moved: the same alerts under another address.
//!
//! Source: "Integration events" of
//! <https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events/>, by which an
//! alert is closed by its alias. How long texts may be is said of the same alerts in
//! <https://docs.opsgenie.com/docs/alerts-and-alert-fields>.

use serde_json::json;
use url::form_urlencoded::byte_serialize;

use super::cut::{cut, key};
use super::notice::Notice;
use super::post::Post;
use super::webhook::once;
use crate::burn::Severity;

const ALERTS: &str = "/jsm/ops/integration/v2/alerts";

pub(super) fn post(notice: &Notice) -> Post {
    let alias = key(&format!("loadline {}", notice.key), 512);
    if notice.is_on() {
        let body = json!({
            "message": cut(&notice.title(), 130),
            "alias": alias,
            "description": cut(&notice.lines().join("\n"), 15_000),
            "entity": cut(&notice.endpoint, 512),
            "source": "loadline",
            "tags": ["loadline", notice.severity.name()],
            "details": { "budget": cut(&notice.condition, 2_000), "more": cut(&notice.more, 2_000) },
            "priority": match notice.severity { Severity::Page => "P1", Severity::Ticket => "P3" },
        });
        return Post { path: ALERTS.to_owned(), body, once: once(notice) };
    }
    // Of a path, not of a form: a space is `%20`.
    let alias: String = byte_serialize(alias.as_bytes()).collect::<String>().replace('+', "%20");
    let path = format!("{ALERTS}/{alias}/close?identifierType=alias");
    Post {
        path,
        body: json!({ "source": "loadline", "note": cut(&notice.title(), 25_000) }),
        once: once(notice),
    }
}

#[cfg(test)]
mod tests {
    use super::super::notice::example;
    use super::*;
    use crate::alert::Change;

    #[test]
    fn it_is_closed_by_its_alias() {
        let on = post(&example(Change::Firing));
        assert_eq!(on.body["alias"], "loadline search.findPrograms p95<=500ms page");
        assert_eq!(
            post(&example(Change::Resolved)).path,
            "/jsm/ops/integration/v2/alerts/loadline%20search.findPrograms%20p95%3C%3D500ms%20page/close?identifierType=alias"
        );
    }
}
