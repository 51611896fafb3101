//! JSON for whoever wants it: the form is ours and has a version.

use serde_json::{Value, json};

use super::notice::{Notice, time};
use super::post::Post;

pub(super) fn post(notices: &[Notice]) -> Post {
    let alerts: Vec<Value> = notices.iter().map(alert).collect();
    let title = notices.first().map(Notice::title).unwrap_or_default();
    let once = notices.iter().map(once).collect::<Vec<_>>().join(", ");
    Post { path: String::new(), body: json!({ "version": 1, "title": title, "alerts": alerts }), once }
}

fn alert(notice: &Notice) -> Value {
    json!({
        "change": notice.change,
        "key": notice.key,
        "endpoint": notice.endpoint,
        "budget": notice.condition,
        "severity": notice.severity.name(),
        "since": time(notice.since_s),
        "at": time(notice.at_s),
        "over": notice.over_s.map(time),
        "again": notice.again,
        "title": notice.title(),
        "facts": notice.facts,
        "around": notice.around,
        "more": notice.more,
    })
}

/// The same for the same notice.
pub(super) fn once(notice: &Notice) -> String {
    let change = if notice.is_on() { "on" } else { "over" };
    format!("{} {} {change} {}", notice.key, notice.since_s, notice.at_s)
}

#[cfg(test)]
mod tests {
    use super::super::notice::example;
    use super::*;
    use crate::alert::Change;

    #[test]
    fn everything_is_in_it() {
        let post = post(&[example(Change::Firing)]);
        let alert = &post.body["alerts"][0];
        assert_eq!((alert["change"].as_str(), alert["severity"].as_str()), (Some("firing"), Some("page")));
        assert_eq!((alert["since"].as_str(), &alert["over"]), (Some("2026-07-04T09:00:00Z"), &Value::Null));
        assert_eq!(post.once, "search.findPrograms p95<=500ms page 1783155600 on 1783155600");
    }
}
