//! Alertmanager's configuration: read by amtool, and leading where it should.

use crate::projects::{NASTY, TOLD};
use crate::support::{Written, holiday};

const FILE: &str = "alertmanager/alertmanager.yaml";

#[test]
fn amtool_takes_it() {
    for project in [holiday().as_str(), NASTY, TOLD] {
        let written = Written::of(project);
        written.takes("amtool", &["check-config", FILE]);
    }
}

#[test]
fn alerts_go_to_who_wants_them() {
    let written = Written::of(TOLD);
    let to = |labels: &[&str]| {
        let words = [&["config", "routes", "test", "--config.file", FILE][..], labels].concat();
        first(&written.takes("amtool", &words))
    };
    let burns = "alertname=BudgetBurns";
    assert_eq!(to(&[burns, "severity=page", "endpoint=search"]), "webhook,slack,pagerduty,jira,email");
    assert_eq!(to(&[burns, "severity=ticket", "endpoint=search"]), "webhook,slack,jira");
    assert_eq!(to(&[burns, "severity=page", "endpoint=auth.login"]), "webhook,slack,pagerduty,jira,email");
    let text = written.read(FILE);
    for wanted in [
        "routing_key_file: /run/secrets/pagerduty",
        "api_url: \"https://api.atlassian.com/jsm/ops/integration/\"",
        "api_url_file: /etc/alertmanager/secrets/SLACK_WEBHOOK",
        "credentials_file: /etc/alertmanager/secrets/HOOK_KEY",
        "location: Europe/Berlin",
        "smarthost: \"mail.test:465\"",
        "to: \"owner@shop.test\"",
        "auth_password_file: /etc/alertmanager/secrets/SMTP_PASSWORD",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    // Over midnight: Saturday's last hour and Sunday's first.
    assert!(text.contains("end_time: \"24:00\"") && text.contains("start_time: \"00:00\""), "{text}");
    let nobody = Written::of(&holiday());
    let words = ["config", "routes", "test", "--config.file", FILE, "severity=page"];
    assert_eq!(first(&nobody.takes("amtool", &words)), "nobody");
}

/// Its answer; behind it there is a word about its own configuration.
fn first(said: &str) -> String {
    said.lines().next().unwrap_or_default().to_owned()
}
