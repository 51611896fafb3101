//! A line of an access log: which request it was, and when.
//!
//! Lines in nginx's and Apache's usual forms have `"GET /path HTTP/1.1"` after the time; lines of JSON have that under
//! `request`, or method and path under names of their own, as Caddy, Traefik, Envoy and OpenTelemetry's collectors
//! write them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::time::{of_fields, second_of};

/// Names of methods in logs of JSON.
const METHODS: [&str; 5] = ["method", "request_method", "RequestMethod", "http.request.method", "verb"];
/// Names of paths.
const PATHS: [&str; 8] =
    ["path", "request_uri", "uri", "url", "RequestPath", "url.path", "x_envoy_original_path", "target"];

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The second since 1970 UTC.
    pub second: i64,
    /// Method and path, the query with it; nothing where the line does not say.
    pub request: Option<(String, String)>,
}

impl LogLine {
    /// Reads a line; nothing where it is of no request.
    pub fn read(line: &[u8]) -> Option<Self> {
        let line = line.trim_ascii();
        if line.starts_with(b"{") {
            let fields: BTreeMap<String, Value> = serde_json::from_slice(line).ok()?;
            return Some(Self { second: of_fields(&fields)?, request: of_json(&fields) });
        }
        Some(Self { second: second_of(line)?, request: of_text(line) })
    }
}

/// What stands in the first quotes after the time.
fn of_text(line: &[u8]) -> Option<(String, String)> {
    let time = line.iter().position(|byte| *byte == b']')?;
    let rest = &line[time + 1..];
    let begins = rest.iter().position(|byte| *byte == b'"')? + 1;
    let rest = &rest[begins..];
    let ends = rest.iter().position(|byte| *byte == b'"')?;
    of_request(&String::from_utf8_lossy(&rest[..ends]))
}

/// `GET /path HTTP/1.1`
fn of_request(text: &str) -> Option<(String, String)> {
    let mut words = text.split_ascii_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    pair(method, path)
}

fn pair(method: &str, path: &str) -> Option<(String, String)> {
    let is_method =
        !method.is_empty() && method.len() <= 20 && method.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_path = path.starts_with('/') || path.contains("://");
    (is_method && is_path).then(|| (method.to_ascii_uppercase(), path.to_owned()))
}

fn of_json(fields: &BTreeMap<String, Value>) -> Option<(String, String)> {
    match fields.get("request") {
        Some(Value::String(text)) => return of_request(text),
        // Caddy has them within.
        Some(Value::Object(within)) => {
            let text = |name: &str| within.get(name).and_then(Value::as_str);
            return pair(text("method")?, text("uri").or_else(|| text("path"))?);
        }
        _ => {}
    }
    let first = |names: &[&str]| -> Option<Cow<'_, str>> {
        names.iter().find_map(|name| fields.get(*name)?.as_str().map(Cow::Borrowed))
    };
    pair(&first(&METHODS)?, &first(&PATHS)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_usual_forms_have_their_request() {
        for line in [
            r#"203.0.113.9 - - [04/Jul/2026:09:00:00 +0200] "GET /a?q=[x] HTTP/1.1" 200 512 "-" "curl/8""#,
            r#"{"time_local":"04/Jul/2026:03:00:00 -0400","request":"GET /a?q=[x] HTTP/2.0","status":200}"#,
            r#"{"msec":"1783148400.250","request_method":"GET","request_uri":"/a?q=[x]"}"#,
            r#"{"level":"info","ts":1783148400.9,"request":{"method":"GET","uri":"/a?q=[x]","host":"h"}}"#,
            r#"{"StartUTC":"2026-07-04T07:00:00.123Z","RequestMethod":"get","RequestPath":"/a?q=[x]"}"#,
        ] {
            let read = LogLine::read(line.as_bytes()).unwrap();
            assert_eq!(read.second, 1_783_148_400, "{line}");
            assert_eq!(read.request, Some(("GET".to_owned(), "/a?q=[x]".to_owned())), "{line}");
        }
    }

    #[test]
    fn what_is_no_request_has_none() {
        for line in [
            r#"::1 - - [04/Jul/2026:09:00:00 +0200] "-" 408 0"#,
            r#"::1 - - [04/Jul/2026:09:00:00 +0200] "\x16\x03\x01 /" 400 0"#,
            r#"::1 - - [04/Jul/2026:09:00:00 +0200] "GET"#,
            r#"{"ts":1783148400,"request":7}"#,
            r#"{"ts":1783148400,"method":"GET"}"#,
        ] {
            assert_eq!(LogLine::read(line.as_bytes()).unwrap().request, None, "{line}");
        }
        assert_eq!(LogLine::read(b"starting"), None);
    }
}
