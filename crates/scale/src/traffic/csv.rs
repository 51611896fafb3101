//! Traffic from a table: a time and requests per second on each line.
//!
//! Times are RFC 3339, a time of day, or seconds. Between two points the rate is on the straight line between them; the
//! last one holds as long as the one before it. A line that begins with `#`, and a first one without numbers, is no
//! point.

use jiff::Timestamp;

use super::error::TrafficError;
use super::points::{Point, profile};
use super::profile::Profile;

/// Reads a table.
///
/// `bridge_gaps`: whether a straight line may be drawn where lines are missing.
///
/// # Errors
/// Where it does not read, time runs backwards, a rate is negative, or lines are missing.
pub fn read_csv(text: &str, bridge_gaps: bool) -> Result<Profile, TrafficError> {
    let (points, started_unix_ms) = points(text)?;
    profile(started_unix_ms, &points, bridge_gaps, |point| format!("line {}", point.place))
}

fn points(text: &str) -> Result<(Vec<Point>, i64), TrafficError> {
    let mut points: Vec<Point> = Vec::new();
    let mut origin: Option<(f64, i64)> = None;
    for (index, line) in text.lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut fields = line.split([',', ';', '\t']).map(|field| field.trim().trim_matches('"'));
        let (time, rate) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let unreadable =
            |text: &str, what| TrafficError::Unreadable { line: number, text: text.to_owned(), what };
        let (at_s, dated) = match (read_time(time), rate.parse::<f64>()) {
            (None, Err(_)) if points.is_empty() && origin.is_none() => continue,
            (None, _) => {
                return Err(unreadable(time, "time, such as `09:00`, `2026-07-04T09:00:00Z` or seconds"));
            }
            (_, Err(_)) => return Err(unreadable(rate, "number of requests per second")),
            (Some(time), Ok(_)) => time,
        };
        let per_s = rate.parse::<f64>().unwrap_or(f64::NAN);
        if !per_s.is_finite() || per_s < 0.0 {
            return Err(TrafficError::Negative { at: format!("line {number}"), rate: rate.to_owned() });
        }
        let (first_s, _) = *origin.get_or_insert((at_s, if dated { (at_s * 1000.0) as i64 } else { 0 }));
        points.push(Point { at_s: at_s - first_s, per_s, place: number });
    }
    if points.is_empty() {
        return Err(TrafficError::Empty);
    }
    Ok((points, origin.map_or(0, |(_, unix_ms)| unix_ms)))
}

/// Seconds, and whether they are a time of day or since 1970: then the traffic begins then.
fn read_time(text: &str) -> Option<(f64, bool)> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some((timestamp.as_millisecond() as f64 / 1000.0, true));
    }
    if let Ok(seconds) = text.parse::<f64>() {
        // What is past 2001 in seconds is meant as a date.
        return seconds.is_finite().then_some((seconds, seconds > 1e9));
    }
    let parts: Vec<&str> = text.split(':').collect();
    let numbers: Option<Vec<f64>> =
        parts.iter().map(|part| part.parse::<u32>().ok().map(f64::from)).collect();
    match numbers?.as_slice() {
        [hours, minutes] if *minutes < 60.0 => Some((hours * 3600.0 + minutes * 60.0, true)),
        [hours, minutes, seconds] if *minutes < 60.0 && *seconds < 60.0 => {
            Some((hours * 3600.0 + minutes * 60.0 + seconds, true))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_becomes_rates_on_straight_lines() {
        let profile = read_csv("time,rate\n00:00,0\n00:01,60\n# a note\n00:02:00,60\n", false).unwrap();
        assert_eq!((profile.seconds(), profile.at(0), profile.at(59)), (180, 0.5, 59.5));
        assert_eq!((profile.at(60), profile.at(179), profile.at(180)), (60.0, 60.0, 0.0));
        let dated = read_csv("2026-07-04T09:00:00Z;5\n2026-07-04T09:00:10Z;5", false).unwrap();
        assert_eq!((dated.started_unix_ms, dated.seconds()), (1_783_155_600_000, 20));
        assert_eq!(read_csv("7,3", false).unwrap().seconds(), 60);
    }

    #[test]
    fn what_cannot_be_is_said_with_its_line() {
        let check = |text: &str, wanted: &str| {
            let said = read_csv(text, false).unwrap_err().to_string();
            assert!(said.contains(wanted), "{said}");
        };
        check("", "no rates");
        check("time,rate\n", "no rates");
        check("00:00,5\n00:01,-1", "line 2: -1 requests per second cannot be");
        check("00:00,5\nlater,5", "line 2: `later` has no time");
        check("00:00,5\n00:01,many", "line 2: `many` has no number");
        check("00:01,5\n00:00,5", "line 2: the time is not after");
        check(
            "00:00,1\n00:01,1\n00:02,1\n00:30,1",
            "line 4: 27m are missing before it, where others are 1m apart",
        );
        check("00:00,1\n00:01,1\n00:30,1", "line 3: 28m are missing before it");
        check("0,1\n1e9,1", "longer than a year");
    }

    #[test]
    fn gaps_are_bridged_where_that_is_wanted_and_said() {
        let bridged = read_csv("00:00,0\n00:01,0\n00:02,0\n00:12,60", true).unwrap();
        assert_eq!(bridged.notes.len(), 1);
        assert!((bridged.at(420) - 30.0).abs() < 0.1);
    }
}
