//! When a request was, by its line of an access log.
//!
//! Lines in nginx's and Apache's usual forms have `[04/Jul/2026:09:00:00 +0200]`; lines of JSON a time under one of its
//! usual names.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::Value;

/// Names of times in logs of JSON: nginx's variables first, then what others write.
const TIMES: [&str; 9] =
    ["msec", "time_iso8601", "time_local", "@timestamp", "timestamp", "time", "ts", "StartUTC", "start_time"];

/// The second since 1970 UTC that a line of an access log says that it is of.
pub fn second_of(line: &[u8]) -> Option<i64> {
    if line.starts_with(b"{") {
        return of_fields(&serde_json::from_slice(line).ok()?);
    }
    let begins = line.iter().position(|byte| *byte == b'[')?;
    let rest = &line[begins + 1..];
    let ends = rest.iter().take(64).position(|byte| *byte == b']')?;
    of_text(std::str::from_utf8(&rest[..ends]).ok()?)
}

/// The second that a line of JSON says.
pub(crate) fn of_fields(fields: &BTreeMap<String, Value>) -> Option<i64> {
    TIMES.iter().filter_map(|name| fields.get(*name)).find_map(|value| match value {
        Value::Number(number) => of_number(number.as_f64()?),
        Value::String(text) => of_text(text),
        _ => None,
    })
}

/// Seconds since 1970, or thousandths of them.
fn of_number(number: f64) -> Option<i64> {
    let seconds = if number > 1e11 { number / 1000.0 } else { number };
    (1e8..1e11).contains(&seconds).then_some(seconds as i64)
}

fn of_text(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return of_number(number);
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.as_second());
    }
    local(text)
}

/// `04/Jul/2026:09:00:00 +0200`
fn local(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (clock, zone) = text.split_once(' ')?;
    let mut parts = clock.split(['/', ':']);
    let mut number = || parts.next();
    let (day, month, year) = (number()?, number()?, number()?);
    let (hour, minute, second) = (number()?, number()?, number()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let time = DateTime::new(
        year.parse().ok()?,
        month as i8,
        day.parse().ok()?,
        hour.parse().ok()?,
        minute.parse().ok()?,
        second.parse().ok()?,
        0,
    );
    let (sign, zone) = (if zone.starts_with('-') { -1 } else { 1 }, zone.get(1..5)?);
    let (hours, minutes): (i32, i32) = (zone.get(..2)?.parse().ok()?, zone.get(2..)?.parse().ok()?);
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    Some(offset.to_timestamp(time.ok()?).ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_usual_forms_have_their_second() {
        let nine = Some(1_783_148_400);
        for line in [
            r#"203.0.113.9 - - [04/Jul/2026:09:00:00 +0200] "GET /?q=[x] HTTP/1.1" 200 512 "-" "curl/8""#,
            r#"{"time_local":"04/Jul/2026:03:00:00 -0400","status":200}"#,
            r#"{"msec":"1783148400.250","time_iso8601":"2026-07-04T09:00:00+02:00"}"#,
            r#"{"time_iso8601":"2026-07-04T09:00:00+02:00","request_uri":"/"}"#,
            r#"{"level":"info","ts":1783148400.9,"status":200}"#,
            r#"{"@timestamp":"2026-07-04T07:00:00.123Z"}"#,
            r#"{"time":1783148400123}"#,
        ] {
            assert_eq!(second_of(line.as_bytes()), nine, "{line}");
        }
        for line in ["", "a line", "[x] y", "{", "{}", r#"{"ts":true}"#, "[04/Jul/2026:09:61:00 +0200]"] {
            assert_eq!(second_of(line.as_bytes()), None, "{line}");
        }
    }
}
