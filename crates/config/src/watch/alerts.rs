//! `[watch]`: when somebody is told, who, and when nobody is.

use std::net::SocketAddr;

use jiff::Timestamp;
use loadline_tables::{Table, Wrong};
use loadline_verdict::Endpoints;
use loadline_watch::Settings;
use loadline_watch::alert::{Silence, Silences, Weekly, When};
use loadline_watch::notify::Place;
use toml::de::DeValue;

use super::receivers::receiver;
use super::texts::seconds;

/// What `[watch]` says of alerts.
pub(crate) const KEYS: [&str; 8] =
    ["resolve_after", "repeat", "state", "heartbeat", "listen", "notify", "silence", "maintenance"];

pub(crate) fn read(table: &Table<'_>, endpoints: &Endpoints, settings: &mut Settings, wrong: &mut Wrong) {
    let rules = &mut settings.rules;
    if let Some(resolve_after_s) = seconds(table, "resolve_after", wrong) {
        rules.resolve_after_s = resolve_after_s;
    }
    if let Some(repeat_s) = seconds(table, "repeat", wrong) {
        rules.repeat_s = repeat_s;
    }
    settings.state = table.text("state", wrong).map(|state| state.text);
    if let Some(text) = table.text("listen", wrong) {
        settings.metrics = text.text.parse::<SocketAddr>().ok();
        if settings.metrics.is_none() {
            let message =
                "`listen` of [watch] is an address for metrics of its own, such as `\"127.0.0.1:9465\"`";
            wrong.add(|| table.source.problem(text.span.clone(), message));
        }
    }
    settings.heartbeat = table.text("heartbeat", wrong).map(|text| Place::of(&text.text));
    for (one, span) in tables(table, "notify", wrong) {
        let inner = Table { source: table.source, name: "`notify` of [watch]", entries: one };
        if let Some(receiver) = receiver(&inner, span, &settings.receivers, wrong) {
            settings.receivers.push(receiver);
        }
    }
    let mut silences = Vec::new();
    for (one, span) in tables(table, "silence", wrong) {
        let inner = Table { source: table.source, name: "`silence` of [watch]", entries: one };
        silences.extend(silence(&inner, span, endpoints, wrong));
    }
    for (one, span) in tables(table, "maintenance", wrong) {
        let inner = Table { source: table.source, name: "`maintenance` of [watch]", entries: one };
        silences.extend(maintenance(&inner, span, endpoints, wrong));
    }
    settings.silences = Silences(silences);
}

type Entries<'a> = (&'a toml::de::DeTable<'a>, std::ops::Range<usize>);

/// A list of tables.
fn tables<'a>(table: &Table<'a>, key: &str, wrong: &mut Wrong) -> Vec<Entries<'a>> {
    let Some(value) = table.entries.get(key) else { return Vec::new() };
    let DeValue::Array(all) = value.get_ref() else {
        let message = format!("`{key}` of [watch] is a list: write `[[watch.{key}]]` above each");
        wrong.add(|| table.source.problem(value.span(), message));
        return Vec::new();
    };
    let mut found = Vec::new();
    for one in all {
        match one.get_ref() {
            DeValue::Table(entries) => found.push((entries, one.span())),
            _ => wrong.add(|| table.kind(one, key, "tables")),
        }
    }
    found
}

fn silence(
    table: &Table<'_>,
    span: std::ops::Range<usize>,
    endpoints: &Endpoints,
    wrong: &mut Wrong,
) -> Option<Silence> {
    table.only(&["endpoint", "from", "until", "why"], wrong);
    let mut moment = |key: &str| {
        let text = table.text(key, wrong)?;
        let time = text.text.parse::<Timestamp>().ok();
        if time.is_none() {
            let message = format!("`{key}` is a time such as `\"2026-07-04T18:00:00+02:00\"`");
            wrong.add(|| table.source.problem(text.span.clone(), message));
        }
        time.map(Timestamp::as_second)
    };
    let (from, until) = (moment("from"), moment("until"));
    let Some(until_s) = until else {
        wrong.add(|| table.source.problem(span, "a silence needs the time `until` which it lasts"));
        return None;
    };
    let endpoint = endpoint(table, endpoints, wrong);
    let when = When::Between { from_s: from.unwrap_or(i64::MIN), until_s };
    Some(Silence { endpoint, when, why: why(table, wrong) })
}

fn maintenance(
    table: &Table<'_>,
    span: std::ops::Range<usize>,
    endpoints: &Endpoints,
    wrong: &mut Wrong,
) -> Option<Silence> {
    table.only(&["endpoint", "days", "from", "to", "zone", "why"], wrong);
    let days = table.texts("days", wrong);
    let [from, to, zone] = ["from", "to", "zone"].map(|key| table.text(key, wrong).map(|text| text.text));
    let (Some(from), Some(to)) = (from, to) else {
        let message = "maintenance needs `from` and `to`, times of day such as `\"02:00\"`";
        wrong.add(|| table.source.problem(span, message));
        return None;
    };
    let endpoint = endpoint(table, endpoints, wrong);
    match Weekly::new(&days, &from, &to, zone.as_deref().unwrap_or("UTC")) {
        Ok(weekly) => Some(Silence { endpoint, when: When::Weekly(weekly), why: why(table, wrong) }),
        Err(error) => {
            wrong.add(|| table.source.problem(span, error.to_string()));
            None
        }
    }
}

/// A name or a pattern; what is neither is silent about nothing.
fn endpoint(table: &Table<'_>, endpoints: &Endpoints, wrong: &mut Wrong) -> String {
    let Some(text) = table.text("endpoint", wrong) else { return "*".to_owned() };
    if !text.text.contains('*') && !endpoints.contains(&text.text) {
        wrong
            .add(|| table.source.problem(text.span.clone(), format!("there is no endpoint `{}`", text.text)));
    }
    text.text
}

fn why(table: &Table<'_>, wrong: &mut Wrong) -> String {
    table.text("why", wrong).map(|why| why.text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use loadline_watch::Severity;
    use loadline_watch::notify::{Kind, Place};

    use crate::project::Project;

    #[test]
    fn everything_can_be_said() {
        let text = r#"
            [watch]
            resolve_after = "5m"
            repeat = "1h"
            state = "watch.sqlite"
            heartbeat = "env:HEARTBEAT"
            listen = "127.0.0.1:9465"
            [[watch.notify]]
            kind = "alertmanager"
            url = "http://127.0.0.1:9093"
            [[watch.notify]]
            kind = "pagerduty"
            key = "file:/run/secrets/pagerduty"
            from = "page"
            [[watch.silence]]
            endpoint = "auth.*"
            until = "2026-07-04T18:00:00Z"
            why = "a move"
            [[watch.maintenance]]
            days = ["sun"]
            from = "02:00"
            to = "04:00"
            zone = "Europe/Berlin"
        "#;
        let watch = Project::parse("loadline.toml", text).unwrap().watch;
        assert_eq!((watch.rules.resolve_after_s, watch.rules.repeat_s), (300, 3600));
        assert_eq!(watch.metrics.unwrap().port(), 9465);
        assert_eq!(watch.heartbeat, Some(Place::Environment("HEARTBEAT".to_owned())));
        assert_eq!(
            (watch.receivers[0].kind, watch.receivers[0].from),
            (Kind::Alertmanager, Severity::Ticket)
        );
        assert_eq!(watch.receivers[1].key, Some(Place::File("/run/secrets/pagerduty".to_owned())));
        assert!(watch.silences.of("auth.login", 0).is_some() && watch.silences.of("search", 0).is_none());
        let sunday_s = "2026-07-05T00:30:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
        assert!(watch.silences.of("search", sunday_s).is_some());
    }

    #[test]
    fn mistakes_have_their_line() {
        for (text, words) in [
            ("[watch]\nnotify = 3", "is a list"),
            ("[watch]\nlisten = \"9465\"", "an address for metrics"),
            ("[[watch.notify]]\nurl = \"http://x.test\"", "needs its `kind`"),
            ("[[watch.notify]]\nkind = \"smoke\"", "there are `webhook`"),
            ("[[watch.notify]]\nkind = \"webhook\"", "needs its `url`"),
            ("[[watch.notify]]\nkind = \"webhook\"\nurl = \"x\"", "is an http address"),
            ("[[watch.notify]]\nkind = \"slack\"\nurl = \"https://hooks.slack.com/x\"", "is a secret"),
            ("[[watch.notify]]\nkind = \"pagerduty\"", "needs its `key`"),
            ("[[watch.notify]]\nkind = \"pagerduty\"\nkey = \"abc\"", "does not stand in a project file"),
            ("[[watch.notify]]\nkind = \"pagerduty\"\nkey = \"env:A\"\nfrom = \"now\"", "`page` or `ticket`"),
            ("[[watch.silence]]\nwhy = \"x\"", "`until` which it lasts"),
            ("[[watch.silence]]\nuntil = \"tomorrow\"", "is a time such as"),
            ("[[watch.silence]]\nuntil = \"2026-07-04T18:00:00Z\"\nendpoint = \"x\"", "no endpoint `x`"),
            ("[[watch.maintenance]]\nfrom = \"02:00\"", "needs `from` and `to`"),
            ("[[watch.maintenance]]\nfrom = \"2am\"\nto = \"04:00\"", "no time of day"),
        ] {
            let said = Project::parse("loadline.toml", &format!("{text}\n")).unwrap_err().to_string();
            assert!(said.contains(words) && said.contains("loadline.toml:"), "{said}");
        }
        let same = "[[watch.notify]]\nkind = \"webhook\"\nurl = \"http://x.test\"\n".repeat(2);
        let said = Project::parse("loadline.toml", &same).unwrap_err().to_string();
        assert!(said.contains("two receivers are called `webhook`"), "{said}");
    }
}
