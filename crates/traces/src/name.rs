//! What the time of a span is called, by OpenTelemetry's semantic conventions, those of before included.
//!
//! Sources: <https://opentelemetry.io/docs/specs/semconv/database/database-spans/>,
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>. Of a query's text the first word alone is looked at:
//! the rest may have values in it.

use loadline_secrets::masked;
use url::Url;

use crate::kind::SpanKind;

/// Characters of a part's name.
pub(crate) const LONGEST: usize = 80;
/// Bytes of a text that are looked at.
const LOOKED_AT: usize = 1_024;

/// The attributes that say something, each with its place.
const KEYS: [&str; 20] = [
    "db.query.summary",
    "db.operation.name",
    "db.operation",
    "db.collection.name",
    "db.sql.table",
    "db.mongodb.collection",
    "db.cassandra.table",
    "db.query.text",
    "db.statement",
    "db.system.name",
    "db.system",
    "server.address",
    "net.peer.name",
    "url.full",
    "http.url",
    "peer.service",
    "rpc.service",
    "messaging.destination.name",
    "server.port",
    "net.peer.port",
];

/// The attributes of a span that its name is made of.
#[derive(Debug, Default)]
pub(crate) struct Attributes([Option<Box<str>>; KEYS.len()]);

impl Attributes {
    /// Whether an attribute of this key is of interest.
    pub(crate) fn wants(key: &str) -> bool {
        KEYS.contains(&key)
    }

    /// Takes note of an attribute; of one that is there twice, the first counts.
    pub(crate) fn put(&mut self, key: &str, value: &str) {
        if let Some(place) = KEYS.iter().position(|known| *known == key) {
            self.0[place].get_or_insert_with(|| start(value).into());
        }
    }

    /// The first of these that is there and not empty.
    fn first(&self, keys: &[&str]) -> Option<&str> {
        let value = |key: &&str| self.0[KEYS.iter().position(|known| known == key)?].as_deref();
        keys.iter().filter_map(value).find(|value| !value.trim().is_empty())
    }
}

/// The name of a span's own time.
pub(crate) fn part_name(kind: SpanKind, name: &str, attributes: &Attributes) -> Box<str> {
    let asks = matches!(kind, SpanKind::Client | SpanKind::Producer);
    let known = query(name, attributes).or_else(|| asks.then(|| outgoing(name, attributes)));
    clean(known.as_deref().unwrap_or(name))
}

/// `db.select users`.
fn query(name: &str, attributes: &Attributes) -> Option<String> {
    if let Some(summary) = attributes.first(&["db.query.summary"]) {
        return Some(format!("db.{}", first_word_lower(summary)));
    }
    let operation = attributes.first(&["db.operation.name", "db.operation"]).map(str::to_lowercase);
    let tables = ["db.collection.name", "db.sql.table", "db.mongodb.collection", "db.cassandra.table"];
    let what = match (operation, attributes.first(&tables)) {
        (Some(operation), Some(table)) => format!("{operation} {table}"),
        (Some(operation), None) => operation,
        (None, Some(table)) => table.to_owned(),
        (None, None) => {
            if let Some(text) = attributes.first(&["db.query.text", "db.statement"]) {
                verb(text).unwrap_or_else(|| "query".to_owned())
            } else {
                attributes.first(&["db.system.name", "db.system"])?;
                first_word_lower(name)
            }
        }
    };
    Some(format!("db.{what}"))
}

/// `out.payments:8080`: who is asked, or what for where nobody says.
fn outgoing(name: &str, attributes: &Attributes) -> String {
    let of_url = || {
        let url = Url::parse(attributes.first(&["url.full", "http.url"])?).ok()?;
        let host = url.host_str()?;
        Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    };
    let address = attributes.first(&["server.address", "net.peer.name"]).map(|host| {
        match attributes.first(&["server.port", "net.peer.port"]) {
            Some(port) if !matches!(port, "80" | "443") && !host.contains(':') => format!("{host}:{port}"),
            _ => host.to_owned(),
        }
    });
    let named = || {
        attributes.first(&["peer.service", "rpc.service", "messaging.destination.name"]).map(str::to_owned)
    };
    format!("out.{}", address.or_else(of_url).or_else(named).unwrap_or_else(|| name.to_owned()))
}

/// What a statement does: its first word, if that is one.
fn verb(statement: &str) -> Option<String> {
    let word = statement.split_whitespace().next()?;
    let is_word = word.len() <= 16 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_word.then(|| word.to_ascii_lowercase())
}

fn first_word_lower(text: &str) -> String {
    let text = text.trim_start();
    match text.split_once(' ') {
        Some((first, rest)) => format!("{} {rest}", first.to_lowercase()),
        None => text.to_lowercase(),
    }
}

/// On one line, without secrets, of bounded length, and never empty.
pub(crate) fn clean(text: &str) -> Box<str> {
    let shown = masked(start(text));
    let mut clean = String::new();
    let (mut characters, mut gap) = (0, false);
    for character in shown.chars() {
        if character.is_control() || character.is_whitespace() {
            gap = !clean.is_empty();
            continue;
        }
        if characters + usize::from(gap) >= LONGEST {
            break;
        }
        if gap {
            clean.push(' ');
            characters += 1;
            gap = false;
        }
        clean.push(character);
        characters += 1;
    }
    if clean.is_empty() { "unnamed".into() } else { clean.into() }
}

/// As much of a text as is looked at.
fn start(text: &str) -> &str {
    &text[..text.floor_char_boundary(LOOKED_AT)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: SpanKind, name: &str, attributes: &[(&str, &str)], expected: &str) {
        let mut known = Attributes::default();
        for (key, value) in attributes {
            known.put(key, value);
        }
        assert_eq!(&*part_name(kind, name, &known), expected);
    }

    #[test]
    fn queries_by_what_they_do_to_what() {
        let client = SpanKind::Client;
        check(client, "x", &[("db.query.summary", "SELECT wuser_table")], "db.select wuser_table");
        check(
            client,
            "x",
            &[("db.operation.name", "SELECT"), ("db.collection.name", "Users")],
            "db.select Users",
        );
        check(
            client,
            "x",
            &[("db.operation", "findAndModify"), ("db.mongodb.collection", "c")],
            "db.findandmodify c",
        );
        check(client, "x", &[("db.system", "redis"), ("db.operation.name", "HGET")], "db.hget");
        check(client, "x", &[("db.statement", "INSERT INTO t VALUES ('secret')")], "db.insert");
        check(client, "x", &[("db.query.text", "'secret'")], "db.query");
        check(client, "GET", &[("db.system", "redis"), ("server.address", "cache")], "db.get");
        check(SpanKind::Internal, "x", &[("db.operation.name", "scan")], "db.scan");
    }

    #[test]
    fn others_by_who_they_are() {
        let client = SpanKind::Client;
        check(client, "GET", &[("server.address", "shop.test"), ("server.port", "443")], "out.shop.test");
        check(client, "GET", &[("server.address", "pay"), ("server.port", "8080")], "out.pay:8080");
        check(client, "GET", &[("http.url", "http://me:secret@pay:81/x?token=secret")], "out.pay:81");
        check(client, "GET", &[("net.peer.name", "old.test")], "out.old.test");
        check(client, "Charge", &[("rpc.service", "pay.Charges")], "out.pay.Charges");
        check(SpanKind::Producer, "send", &[("messaging.destination.name", "orders")], "out.orders");
        check(client, "somewhere", &[], "out.somewhere");
        check(SpanKind::Internal, "render", &[("server.address", "shop.test")], "render");
    }

    #[test]
    fn names_are_short_lines() {
        check(SpanKind::Internal, " a\n\u{1b}[31mb\t\tc ", &[], "a [31mb c");
        check(SpanKind::Internal, "", &[], "unnamed");
        check(SpanKind::Internal, "\n", &[], "unnamed");
        let long = "é".repeat(5_000);
        check(SpanKind::Internal, &long, &[], &"é".repeat(LONGEST));
        check(SpanKind::Internal, "GET http://me:hidden@host/x", &[], "GET http://****:****@host/x");
    }
}
