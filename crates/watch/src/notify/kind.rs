//! The kinds of receivers, and what their answers mean.

use serde_json::Value;

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whatever takes JSON.
    Webhook,
    /// Prometheus' Alertmanager.
    Alertmanager,
    /// An incoming webhook of Slack's, or of what understands the same.
    Slack,
    /// `PagerDuty`.
    PagerDuty,
    /// Jira Service Management, which took Opsgenie's place.
    Jira,
    /// People, by e-mail.
    Email,
}

impl Kind {
    /// As a project calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Alertmanager => "alertmanager",
            Self::Slack => "slack",
            Self::PagerDuty => "pagerduty",
            Self::Jira => "jira",
            Self::Email => "email",
        }
    }

    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Webhook, Self::Alertmanager, Self::Slack, Self::PagerDuty, Self::Jira, Self::Email];

    /// Where it is, if there is only one place.
    pub fn usual_url(self) -> Option<&'static str> {
        match self {
            Self::PagerDuty => Some("https://events.pagerduty.com"),
            Self::Jira => Some("https://api.atlassian.com"),
            _ => None,
        }
    }

    /// Whether it cannot do without a key.
    pub fn needs_key(self) -> bool {
        matches!(self, Self::PagerDuty | Self::Jira)
    }

    /// The header that carries the key; `PagerDuty` has it in the body, and a mail server asks for it.
    pub fn authorization(self, key: &str) -> Option<String> {
        match self {
            Self::Jira => Some(format!("GenieKey {key}")),
            Self::PagerDuty | Self::Email => None,
            Self::Webhook | Self::Alertmanager | Self::Slack => Some(key.to_owned()),
        }
    }
}

/// Whether an answer means that it was taken, or what it says instead. Some answer 200 with an error in it.
pub fn is_taken(kind: Kind, status: u16, body: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(body);
    let said = || text.chars().take(200).collect::<String>();
    if !(200..300).contains(&status) {
        return Err(format!("it answers {status}: {}", said()));
    }
    let document: Option<Value> = serde_json::from_slice(body).ok();
    let field = |name: &str| document.as_ref().and_then(|document| document.get(name));
    let word = |name: &str, words: &[&str]| {
        field(name).and_then(Value::as_str).is_some_and(|value| words.contains(&value))
    };
    let refused = if kind == Kind::Slack {
        // Slack's incoming webhooks answer `ok`, its API an object.
        text.trim() != "ok" && field("ok") != Some(&Value::Bool(true)) && !body.is_empty()
    } else {
        field("ok") == Some(&Value::Bool(false))
            || field("success") == Some(&Value::Bool(false))
            || field("error").is_some_and(|error| !error.is_null() && error != &Value::Bool(false))
            || word("status", &["error", "failed", "failure", "invalid event"])
    };
    if refused { Err(format!("it answers {status}, and in it: {}", said())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_an_answer_of_200_is_one() {
        let taken = |kind, status, body: &str| is_taken(kind, status, body.as_bytes()).is_ok();
        assert!(taken(Kind::Webhook, 200, "") && taken(Kind::Webhook, 204, "thanks"));
        assert!(taken(Kind::PagerDuty, 202, r#"{"status":"success","dedup_key":"x"}"#));
        assert!(!taken(Kind::Webhook, 200, r#"{"ok":false}"#));
        assert!(!taken(Kind::Webhook, 200, r#"{"error":"no such channel"}"#));
        assert!(taken(Kind::Webhook, 200, r#"{"error":null}"#));
        assert!(!taken(Kind::PagerDuty, 200, r#"{"status":"invalid event"}"#));
        assert!(!taken(Kind::Webhook, 302, ""));
        assert!(taken(Kind::Slack, 200, "ok") && !taken(Kind::Slack, 200, "invalid_token"));
        assert!(is_taken(Kind::Webhook, 503, b"busy").unwrap_err().contains("503: busy"));
    }
}
