//! A mix from an access log: each line is a request of the endpoints that its route belongs to.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, Error, Read as _};

use loadline_units::count;
use loadline_verdict::{Endpoints, Router};

use crate::line::LogLine;
use crate::mix::{Mix, MixError};

/// A line is not longer: what is beyond is another file.
const LONGEST_LINE: u64 = 1 << 20;
/// After so many lines without a request it is no access log.
const MOST_UNREADABLE: u64 = 10_000;

/// A log that is read.
#[derive(Debug)]
pub struct LogMix<'e> {
    router: Router<'e>,
    numbers: HashMap<&'e str, usize>,
    /// Of each endpoint its requests, by the minute since 1970.
    minutes: BTreeMap<i64, Vec<u64>>,
    requests: u64,
    unmatched: u64,
    unreadable: u64,
    first_unmatched: Option<String>,
}

impl<'e> LogMix<'e> {
    /// Without any line yet.
    pub fn new(endpoints: &'e Endpoints) -> Self {
        let numbers = endpoints.iter().enumerate();
        Self {
            router: Router::new(endpoints),
            numbers: numbers.map(|(number, endpoint)| (endpoint.name.as_str(), number)).collect(),
            minutes: BTreeMap::new(),
            requests: 0,
            unmatched: 0,
            unreadable: 0,
            first_unmatched: None,
        }
    }

    /// Reads a log to its end, or until it is clear that it is none.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(&mut self, mut from: impl BufRead) -> Result<(), Error> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            self.add(&line);
            if self.unreadable > MOST_UNREADABLE && self.requests == 0 {
                return Ok(());
            }
        }
    }

    /// Adds a line.
    pub fn add(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let Some(LogLine { second, request: Some((method, path)) }) = LogLine::read(line) else {
            self.unreadable += 1;
            return;
        };
        self.requests += 1;
        let endpoints = self.router.of_request(&method, &path);
        if endpoints.is_empty() {
            self.unmatched += 1;
            let bare = path.split(['?', '#']).next().unwrap_or_default();
            self.first_unmatched.get_or_insert_with(|| format!("{method} {bare}"));
        }
        let counts = self.minutes.entry(second.div_euclid(60)).or_insert_with(|| vec![0; self.numbers.len()]);
        for number in endpoints.iter().filter_map(|name| self.numbers.get(name)) {
            counts[*number] += 1;
        }
    }

    /// What came, from the first line's minute to the last one's.
    ///
    /// # Errors
    /// Where most lines are no requests, none is of an endpoint, or it is longer than can be written.
    pub fn mix(self) -> Result<Mix, MixError> {
        if self.unreadable > self.requests {
            return Err(MixError::NoLog { number: self.unreadable });
        }
        let (Some((first, _)), Some((last, _))) =
            (self.minutes.first_key_value(), self.minutes.last_key_value())
        else {
            return Err(MixError::Nothing);
        };
        let minutes = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
        if minutes > Mix::MOST_MINUTES {
            return Err(MixError::TooLong);
        }
        let mut all = vec![vec![0.0; minutes]; self.numbers.len()];
        for (minute, counts) in &self.minutes {
            for (endpoint, number) in all.iter_mut().zip(counts) {
                endpoint[(minute - first) as usize] = *number as f64;
            }
        }
        let mut mix = Mix::new(first * 60, all)?;
        if self.unmatched > 0 {
            mix.remarks.push(format!(
                "{} of {} requests are of no endpoint of the project and left out, `{}` first",
                count(self.unmatched),
                count(self.requests),
                self.first_unmatched.unwrap_or_default()
            ));
        }
        if self.unreadable > 0 {
            mix.remarks
                .push(format!("{} lines of the log are of no request and left out", count(self.unreadable)));
        }
        Ok(mix)
    }
}
