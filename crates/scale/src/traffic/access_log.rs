//! Traffic from an access log: each line is a request, in the second that the line says.
//!
//! Lines may be out of order, as those of several servers put together are. Where no line is, either
//! nobody came or the log is not whole; it is taken for a gap where that is all but certain.

use std::collections::BTreeMap;
use std::io::{BufRead, Error, Read};
use std::time::Duration;

use jiff::Timestamp;
use loadline_traffic::second_of;
use loadline_units::{count, duration_text};

use super::error::TrafficError;
use super::profile::{LONGEST_S, Profile};

/// A line is not longer: what is beyond is another file.
const LONGEST_LINE: u64 = 1 << 20;
/// After so many lines without a time it is no access log.
const MOST_UNREADABLE: u64 = 10_000;
/// A silence is a gap from so many seconds on, where it is so many times as long as all but 1 % of them, and so many
/// requests were to be expected in it: by chance none of them comes once in a million times.
const GAP_S: i64 = 60;
const GAP: i64 = 3;
const GAP_REQUESTS: f64 = 14.0;
/// What is to be expected is what came in ten minutes before and after.
const AROUND_S: i64 = 600;

/// What an access log says of traffic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessLog {
    /// Requests by the second since 1970 that they are of.
    seconds: BTreeMap<i64, u64>,
    last: (i64, u64),
    lines: u64,
    /// The first line without a time, and how many there are.
    unreadable: Option<u64>,
    unreadable_lines: u64,
}

impl AccessLog {
    /// Reads a log to its end.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(mut from: impl BufRead) -> Result<Self, Error> {
        let (mut log, mut line) = (Self::default(), Vec::new());
        loop {
            line.clear();
            if from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                return Ok(log);
            }
            log.add(&line);
            // Something else may never end.
            if log.unreadable_lines > MOST_UNREADABLE && !log.has_requests() {
                return Ok(log);
            }
        }
    }

    /// Adds a line.
    pub fn add(&mut self, line: &[u8]) {
        self.lines += 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        let Some(second) = second_of(line) else {
            self.unreadable_lines += 1;
            self.unreadable = self.unreadable.or(Some(self.lines));
            return;
        };
        // Most lines are of the same second as the one before.
        if self.last.0 == second {
            self.last.1 += 1;
        } else {
            self.settle();
            self.last = (second, 1);
        }
    }

    fn settle(&mut self) {
        let (second, number) = std::mem::take(&mut self.last);
        if number > 0 {
            *self.seconds.entry(second).or_default() += number;
        }
    }

    /// Whether any line is one of an access log.
    fn has_requests(&self) -> bool {
        self.last.1 > 0 || !self.seconds.is_empty()
    }

    /// Whether a line is one of an access log.
    pub fn is_line(line: &[u8]) -> bool {
        second_of(line.trim_ascii()).is_some()
    }

    /// The traffic.
    ///
    /// # Errors
    /// Where there is none, most lines are something else, it is longer than a year, or a part is missing.
    pub fn profile(mut self, bridge_gaps: bool) -> Result<Profile, TrafficError> {
        self.settle();
        let requests: u64 = self.seconds.values().sum();
        if let Some(line) = self.unreadable
            && self.unreadable_lines > requests
        {
            return Err(TrafficError::NoLog { line, number: self.unreadable_lines });
        }
        let (Some((first, _)), Some((last, _))) =
            (self.seconds.first_key_value(), self.seconds.last_key_value())
        else {
            return Err(TrafficError::NoRequests);
        };
        let (first, length) = (*first, last.abs_diff(*first) + 1);
        if length > LONGEST_S as u64 {
            return Err(TrafficError::TooLong);
        }
        let mut per_s = vec![0.0; length as usize];
        for (second, number) in &self.seconds {
            per_s[(second - first) as usize] = *number as f64;
        }
        let mut notes = Vec::new();
        for (from, to) in self.gaps() {
            let (before, after) =
                (self.around(from - AROUND_S + 1, from), self.around(to, to + AROUND_S - 1));
            let missing = duration_text(Duration::from_secs(from.abs_diff(to) - 1));
            let (at, expected) =
                (time_text(from + 1), count((before.min(after) * (to - from) as f64) as u64));
            if !bridge_gaps {
                return Err(TrafficError::Silence { at, missing, expected });
            }
            notes.push(format!("{missing} without a line from {at} on are bridged"));
            for second in from + 1..to {
                let share = (second - from) as f64 / (to - from) as f64;
                per_s[(second - first) as usize] = before + share * (after - before);
            }
        }
        if let Some(line) = self.unreadable {
            notes.push(format!(
                "{} lines of the log have no time and are left out, line {line} first",
                count(self.unreadable_lines)
            ));
        }
        let mut profile = Profile::new(first * 1000, per_s)?;
        profile.notes = notes;
        Ok(profile)
    }

    /// Requests per second between two seconds, both among them.
    fn around(&self, from: i64, to: i64) -> f64 {
        let from = from.max(self.seconds.first_key_value().map_or(from, |(second, _)| *second));
        let to = to.min(self.seconds.last_key_value().map_or(to, |(second, _)| *second));
        let number: u64 = self.seconds.range(from..=to.max(from)).map(|(_, number)| number).sum();
        number as f64 / (to - from + 1).max(1) as f64
    }

    /// Where a part is missing: the last second before it, and the first one after it.
    fn gaps(&self) -> Vec<(i64, i64)> {
        let silences = || self.seconds.keys().zip(self.seconds.keys().skip(1));
        let mut lengths: Vec<i64> = silences().map(|(from, to)| to - from).collect();
        lengths.sort_unstable();
        let usual = lengths.get((lengths.len().saturating_sub(1)) * 99 / 100).copied().unwrap_or(1);
        let is_gap = |(from, to): &(&i64, &i64)| {
            let (from, to) = (**from, **to);
            let length = to - from;
            length > GAP_S
                && length > GAP * usual
                && self.around(from - AROUND_S + 1, from).min(self.around(to, to + AROUND_S - 1))
                    * length as f64
                    >= GAP_REQUESTS
        };
        silences().filter(is_gap).map(|(from, to)| (*from, *to)).collect()
    }
}

fn time_text(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| second.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> AccessLog {
        AccessLog::read(text.as_bytes()).unwrap()
    }

    fn log(seconds: impl IntoIterator<Item = i64>) -> String {
        let line = |second| format!("{{\"ts\":{}}}", 1_783_148_400 + second);
        seconds.into_iter().map(line).chain([String::new()]).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn requests_are_counted_by_second_in_any_order() {
        let profile = read(&(log([2, 0, 0, 1, 0]) + "\nstarting\n")).profile(false).unwrap();
        assert_eq!((profile.started_unix_ms, profile.seconds()), (1_783_148_400_000, 3));
        assert_eq!((profile.at(0), profile.at(1), profile.at(2)), (3.0, 1.0, 1.0));
        assert_eq!(profile.notes, ["1 lines of the log have no time and are left out, line 7 first"]);
    }

    #[test]
    fn a_silence_is_a_gap_where_requests_were_to_be_expected() {
        let gap = log((0..600).chain(900..1500));
        let said = read(&gap).profile(false).unwrap_err().to_string();
        assert!(said.contains("2026-07-04T07:10:00Z: 5m without a line") && said.contains("301"), "{said}");
        let bridged = read(&gap).profile(true).unwrap();
        assert_eq!((bridged.at(700), bridged.notes.len()), (1.0, 1));
        // One that comes every five minutes, and one that comes seldom.
        let bursts = (0..20).flat_map(|burst| (0..30).map(move |second| burst * 300 + second));
        assert_eq!(read(&log(bursts)).profile(false).unwrap().at(100), 0.0);
        assert_eq!(read(&log((0..50).map(|n| n * n * 10))).profile(false).unwrap().notes.len(), 0);
    }

    #[test]
    fn what_is_no_log_is_said() {
        let check = |text: &str, wanted: &str| {
            let said = read(text).profile(false).unwrap_err().to_string();
            assert!(said.contains(wanted), "{said}");
        };
        check("", "no requests");
        check("one\ntwo\n", "line 1");
        check(&(log([0]) + &log([400 * 86_400])), "longer than a year");
    }
}
