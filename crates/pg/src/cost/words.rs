//! What a load cost the database, in words.

use loadline_units as units;

use super::activity::Wait;
use super::apportion::Told;
use super::finished::{DatabaseCost, EndpointCost, StatementCost};

/// Endpoints and statements that are told one by one.
const TOLD: usize = 8;
/// Statements that are told whatever they cost …
const ALWAYS: usize = 3;
/// … and the share of the time from which on others are.
const WORTH_A_LINE: f64 = 0.01;
/// A share of time that is worth a word when it is nobody's.
const WORTH_A_WORD: f64 = 0.03;
/// A share of time from which a wait is worth a word.
const WORTH: f64 = 0.1;
/// What sessions were seen at work for before their waits are told: a look or two are chance.
const SEEN_MS: f64 = 2_000.0;

impl DatabaseCost {
    /// The summary, a line each: the whole, each endpoint, the most expensive statements, and what stood in the way.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.whole()];
        let costing = self.endpoints.iter().filter(|one| one.told != Told::No && is_costly(one));
        lines.extend(costing.take(TOLD).map(EndpointCost::line));
        lines.extend(self.untold());
        let is_any = |how: Told| self.endpoints.iter().any(|one| one.told == how && is_costly(one));
        if is_any(Told::ByComments) {
            lines.push(format!(
                "whose statements they are is told by comments in them, of which {} were heard; \
                 a number without a range is the only one that adds up",
                units::count(self.heard)
            ));
        }
        if is_any(Told::Inferred) {
            lines.push(
                "what requests make is inferred: from which requests and which statements rise and fall together; \
                 a number without a range is the only one that adds up"
                    .to_owned(),
            );
        }
        lines.extend(self.nobodys());
        let costing = self.statements.iter().enumerate();
        let costing = costing.filter(|(at, statement)| *at < ALWAYS || statement.share >= WORTH_A_LINE);
        lines.extend(costing.take(TOLD).map(|(_, statement)| statement.line(self.block_bytes)));
        for (words, looks) in &self.blocked {
            lines.push(format!("{words} ({} looks found it so)", units::count(*looks)));
        }
        for (name, words) in &self.flipped {
            lines.push(format!("the plan of `{}` changed: {words}", name.as_str()));
        }
        if let Some(most) = self.pool_queue {
            lines.push(match most {
                0 => "nobody was seen waiting in the pool".to_owned(),
                most => format!("up to {} clients waited in the pool at once", units::count(most)),
            });
        }
        lines
    }

    fn whole(&self) -> String {
        if self.calls == 0 {
            return "the database executed no statement that it tells of".to_owned();
        }
        format!(
            "the database executed {} {} in {}",
            units::count(self.calls),
            if self.calls == 1 { "statement" } else { "statements" },
            units::time(self.time_ms)
        )
    }

    /// What is left when each endpoint that is told has its share.
    fn nobodys(&self) -> Option<String> {
        let told: Vec<f64> =
            self.endpoints.iter().filter(|one| one.told != Told::No).map(|one| one.share).collect();
        let left = 1.0 - told.iter().sum::<f64>();
        (self.calls > 0 && !told.is_empty() && left >= WORTH_A_WORD).then(|| {
            let share = units::whole_percent(left.min(1.0));
            format!("which endpoints took the other {share} of the database's time is not known")
        })
    }

    fn untold(&self) -> Option<String> {
        let untold: Vec<&str> = self
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.told == Told::No)
            .map(|endpoint| endpoint.name.as_str())
            .collect();
        if untold.is_empty() || self.notes.evictions > 0 || self.notes.lost > 0 {
            return None;
        }
        let names = match untold.as_slice() {
            [one] => format!("`{one}` makes"),
            [first @ .., last] if first.len() < TOLD => format!("`{}` and `{last}` make", first.join("`, `")),
            all => format!("{} endpoints make", all.len()),
        };
        let hint = if self.heard == 0 { "; comments in statements (sqlcommenter) would tell" } else { "" };
        Some(format!(
            "which statements {names} is not known: too few requests, or others that rise and fall with them{hint}"
        ))
    }
}

impl EndpointCost {
    /// Whether anything is said of it.
    pub fn is_told(&self) -> bool {
        self.told != Told::No
    }

    /// `search.findPrograms: 1 statement per request, 71% of the database's time, 0.8ms of its 3.8ms`.
    pub fn line(&self) -> String {
        let calls = per(self.calls);
        let statements = if calls == "1" { "statement" } else { "statements" };
        let range = match (per((self.calls - self.error).max(0.0)), per(self.calls + self.error)) {
            (least, most) if least != calls || most != calls => format!(" ({least} to {most})"),
            _ => String::new(),
        };
        let own = match self.response_ms {
            Some(response) => format!("{} of its {}", units::time(self.time_ms), units::time(response)),
            None => units::time(self.time_ms),
        };
        format!(
            "{}: {calls} {statements} per request{range}, {} of the database's time, {own}",
            self.name,
            units::whole_percent(self.share)
        )
    }
}

impl StatementCost {
    fn line(&self, block_bytes: u64) -> String {
        let Self { spent, .. } = self;
        let at_least = if self.lost { "at least " } else { "" };
        let calls = if spent.calls == 1 { "call" } else { "calls" };
        let mut line = format!(
            "{} `{}`: {at_least}{} {calls} of {} ± {}, {} each",
            units::whole_percent(self.share),
            self.name,
            units::count(spent.calls),
            units::time(spent.mean_ms()),
            units::time(spent.deviation_ms()),
            rows(spent.rows as f64 / spent.calls.max(1) as f64),
        );
        let blocks = spent.blocks_hit + spent.blocks_read;
        if spent.blocks_read > 0 {
            line += &format!(", {} from its cache", units::percent_of(spent.blocks_hit, blocks));
        }
        if spent.temp_blocks_written > 0 {
            let bytes = spent.temp_blocks_written * block_bytes;
            line += &format!(", {} of temporary files", units::bytes(bytes as f64));
        }
        let all: f64 = self.waits.iter().map(|(_, ms)| ms).sum();
        let waits: Vec<String> = self
            .waits
            .iter()
            .filter(|(wait, ms)| *wait != Wait::Cpu && all >= SEEN_MS && *ms >= WORTH * all)
            .map(|(wait, ms)| format!("{} of it waiting for {}", units::whole_percent(ms / all), word(wait)))
            .collect();
        if !waits.is_empty() {
            line += &format!(", {}", waits.join(", "));
        }
        line
    }
}

/// Whether it makes any statements worth a word.
fn is_costly(endpoint: &EndpointCost) -> bool {
    endpoint.calls >= 0.005
}

fn rows(each: f64) -> String {
    let number = per(each);
    if number == "1" { "1 row".to_owned() } else { format!("{number} rows") }
}

/// What a class of events is in words.
fn word(wait: &Wait) -> &str {
    match wait.as_str() {
        "Lock" => "a lock",
        "LWLock" => "a lock of the server's own",
        "IO" => "the disk",
        "Client" => "its client",
        "Timeout" => "a pause",
        "BufferPin" => "a pinned block",
        "IPC" => "another process of the server",
        other => other,
    }
}

/// A number per something: whole where it is nearly whole.
fn per(value: f64) -> String {
    let whole = value.round();
    if (value - whole).abs() <= 0.02 * whole.max(0.5) || value >= 100.0 {
        return units::count(whole as u64);
    }
    units::decimals(value, if value < 10.0 { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::super::difference::Spent;
    use super::*;

    fn endpoint(calls: f64, told: Told) -> EndpointCost {
        EndpointCost {
            name: "search.findPrograms".to_owned(),
            requests: 1_000.0,
            response_ms: Some(3.8),
            calls,
            error: 0.0,
            time_ms: 0.8,
            share: 0.712,
            told,
        }
    }

    #[test]
    fn an_endpoint_is_a_sentence() {
        for (calls, words) in [(1.004, "1 statement"), (2.5, "2.5 statements"), (21.02, "21 statements")] {
            assert_eq!(
                endpoint(calls, Told::Inferred).line(),
                format!(
                    "search.findPrograms: {words} per request, 71% of the database's time, 800µs of its 3.8ms"
                )
            );
        }
        let range = EndpointCost { error: 0.15, ..endpoint(1.11, Told::Inferred) };
        assert!(
            range.line().contains(": 1.11 statements per request (0.96 to 1.26), 71%"),
            "{}",
            range.line()
        );
    }

    #[test]
    fn what_may_be_a_whole_number_is_judged_as_one() {
        for (calls, error, judged) in [
            (2.007, 0.03, 2.0),
            (1.11, 0.15, 1.0),
            (2.5, 0.1, 2.5),
            (2.007, 0.0, 2.007),
            (0.04, 0.03, 0.04),
            (7.4, 0.6, 7.4),
        ] {
            let cost = EndpointCost { error, ..endpoint(calls, Told::Inferred) };
            assert!((cost.judged_calls() - judged).abs() < 1e-9, "{calls} {error}");
        }
    }

    #[test]
    fn a_statement_is_a_sentence() {
        let spent = Spent {
            calls: 1_200,
            rows: 2_400,
            time_ms: 600.0,
            squares_ms2: 300.0,
            blocks_hit: 90,
            blocks_read: 10,
            temp_blocks_written: 128,
            ..Spent::default()
        };
        let statement = StatementCost {
            name: "SELECT 1".to_owned(),
            spent,
            share: 0.5,
            waits: vec![(Wait::For("Lock".to_owned()), 6_000.0), (Wait::Cpu, 4_000.0)],
            lost: true,
        };
        let line = statement.line(8_192);
        for part in [
            "50% `SELECT 1`: at least 1,200 calls of 500µs ± ",
            "2 rows each",
            "60% of it waiting for a lock",
        ] {
            assert!(line.contains(part), "{line}");
        }
    }

    #[test]
    fn of_no_statements_nothing_is_left_over() {
        let cost = DatabaseCost { endpoints: vec![endpoint(0.0, Told::Inferred)], ..DatabaseCost::default() };
        assert_eq!(cost.lines(), ["the database executed no statement that it tells of"]);
    }

    #[test]
    fn what_comments_tell_is_said_with_how_many_were_heard() {
        let endpoints = vec![endpoint(1.0, Told::ByComments), endpoint(0.0, Told::Inferred)];
        let cost = DatabaseCost { calls: 9, heard: 1_234, endpoints, ..DatabaseCost::default() };
        let lines = cost.lines();
        assert!(lines[2].contains("told by comments in them, of which 1,234 were heard"), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.contains("is inferred")), "{lines:#?}");
    }

    #[test]
    fn what_is_not_told_is_said() {
        let cost = DatabaseCost {
            calls: 5,
            endpoints: vec![endpoint(1.0, Told::No), endpoint(1.0, Told::No)],
            ..DatabaseCost::default()
        };
        let lines = cost.lines();
        assert!(lines[1].contains("is not known") && lines.len() == 2, "{lines:#?}");
    }
}
