//! Which statements run once for each row of another, from the order in which sessions ran them.
//!
//! In a session a statement is followed by many executions of one other: by a run of it, or by rounds of a few
//! statements that repeat. Each is credited to what was before it. A transaction bounds what can belong together, and
//! so does a pause; but under load a pool hands a connection on at once, and a session that serves one lookup after the
//! other looks the same. So outside of transactions more is asked for: nearly every execution of the parent is followed
//! so, nearly every execution of the child is in such a run, and the runs are alike. Lengths that come of chance have a
//! standard deviation of about their mean (they are geometric); those are not believed.

use std::collections::HashMap;

use super::pair::Evidence;
use crate::shape::Class;

/// Statements of a session that are looked at together.
const LONGEST: usize = 2_048;
/// A pause between two statements that parts them, in milliseconds.
const PAUSE_MS: f64 = 200.0;
/// Rounds of more statements than this are not looked for.
const ROUND: usize = 4;
/// Sessions and pairs that are remembered.
const SESSIONS: usize = 10_000;
const PAIRS: usize = 200_000;
/// Executions after one of the parent, on average, from which on they are told.
const FEWEST: f64 = 3.0;
/// … and in all.
const ENOUGH: u64 = 10;

/// What follows what.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    sessions: HashMap<u64, Session>,
    pairs: HashMap<(u32, u32), Pair>,
}

#[derive(Debug, Default)]
struct Session {
    steps: Vec<Step>,
    in_transaction: bool,
    ended_at_ms: Option<i64>,
}

/// One or more executions of a statement in a row.
#[derive(Clone, Copy, Debug)]
struct Step {
    statement: u32,
    executions: u64,
    rows: Option<f64>,
}

#[derive(Clone, Debug, Default)]
struct Pair {
    times: u64,
    executions: u64,
    squares: f64,
    fewest: u64,
    most: u64,
    /// How often it was in a transaction.
    in_transaction: u64,
    /// How often the parent's rows are known, and how often they were as many as the executions.
    rows_known: u64,
    rows_equal: u64,
}

/// An execution of a statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Execution {
    pub(super) session: u64,
    pub(super) statement: u32,
    pub(super) class: Class,
    pub(super) ended_at_ms: Option<i64>,
    pub(super) ms: Option<f64>,
    pub(super) rows: Option<f64>,
}

/// A parent, its child, and what was seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) parent: u32,
    pub(super) child: u32,
    pub(super) times: u64,
    pub(super) executions: u64,
    pub(super) range: (u64, u64),
    pub(super) evidence: Evidence,
}

impl Sequences {
    pub(super) fn take(&mut self, execution: Execution) {
        if self.sessions.len() >= SESSIONS && !self.sessions.contains_key(&execution.session) {
            self.finish();
        }
        let session = self.sessions.entry(execution.session).or_default();
        let began = execution.ended_at_ms.map(|ended| ended as f64 - execution.ms.unwrap_or_default());
        let pauses = began
            .zip(session.ended_at_ms)
            .is_some_and(|(began, ended)| began - ended as f64 > PAUSE_MS && !session.in_transaction);
        session.ended_at_ms = execution.ended_at_ms.or(session.ended_at_ms);
        let bounds = matches!(execution.class, Class::Begins | Class::Ends);
        if pauses || bounds || session.steps.len() >= LONGEST {
            follow(&session.steps, session.in_transaction, &mut self.pairs);
            session.steps.clear();
        }
        if bounds {
            session.in_transaction = execution.class == Class::Begins;
        }
        if !execution.class.is_work() {
            return;
        }
        match session.steps.last_mut() {
            Some(last) if last.statement == execution.statement => last.executions += 1,
            _ => session.steps.push(Step {
                statement: execution.statement,
                executions: 1,
                rows: execution.rows,
            }),
        }
    }

    /// Looks at what every session has run since.
    pub(super) fn finish(&mut self) {
        for session in std::mem::take(&mut self.sessions).into_values() {
            follow(&session.steps, session.in_transaction, &mut self.pairs);
        }
    }

    /// What seems to run once for each row; `calls` are all executions of a statement.
    pub(super) fn found(&self, calls: impl Fn(u32) -> u64) -> Vec<Found> {
        let mut best: HashMap<u32, Found> = HashMap::new();
        for (&(parent, child), pair) in &self.pairs {
            let Some(evidence) = pair.evidence(calls(parent), calls(child)) else { continue };
            let found = Found {
                parent,
                child,
                times: pair.times,
                executions: pair.executions,
                range: (pair.fewest, pair.most),
                evidence,
            };
            let better = |known: &Found| (known.executions, parent) < (found.executions, known.parent);
            if best.get(&child).is_none_or(better) {
                best.insert(child, found);
            }
        }
        let mut found: Vec<Found> = best.into_values().collect();
        found.sort_by_key(|found| (std::cmp::Reverse(found.executions), found.child));
        found
    }
}

/// Credits what follows a statement to it.
fn follow(steps: &[Step], in_transaction: bool, pairs: &mut HashMap<(u32, u32), Pair>) {
    let mut credit = |parent: &Step, child: u32, executions: u64| {
        if pairs.len() >= PAIRS && !pairs.contains_key(&(parent.statement, child)) {
            return;
        }
        let rows = parent.rows.filter(|_| parent.executions == 1);
        pairs.entry((parent.statement, child)).or_default().add(executions, in_transaction, rows);
    };
    // Where rounds begin: their first statement is not what just one execution followed.
    let mut begins = Vec::new();
    let mut at = 1;
    while at < steps.len() {
        // What is in the rounds itself is not what they are for: that is a request after the other.
        let is_apart = |length: usize| {
            steps[at..at + length].iter().all(|step| step.statement != steps[at - 1].statement)
        };
        let Some((length, rounds)) = rounds(&steps[at..]).filter(|(length, _)| is_apart(*length)) else {
            at += 1;
            continue;
        };
        for step in 0..length {
            // Those that run several times in each round are the round's own.
            if (0..rounds).all(|round| steps[at + round * length + step].executions == 1) {
                credit(&steps[at - 1], steps[at + step].statement, rounds as u64);
            }
        }
        begins.push(at);
        at += length * rounds;
    }
    for (before, pair) in steps.windows(2).enumerate() {
        if pair[1].executions > 1 || !begins.contains(&(before + 1)) {
            credit(&pair[0], pair[1].statement, pair[1].executions);
        }
    }
}

/// How long a round is that repeats from here, and how often it does.
fn rounds(steps: &[Step]) -> Option<(usize, usize)> {
    (2..=ROUND).find_map(|length| {
        let round = steps.get(..length)?;
        let differ = round
            .iter()
            .enumerate()
            .all(|(at, step)| round[..at].iter().all(|other| other.statement != step.statement));
        let same = |other: &[Step]| other.iter().zip(round).all(|(a, b)| a.statement == b.statement);
        let rounds = steps.chunks_exact(length).take_while(|other| same(other)).count();
        (differ && rounds as f64 >= FEWEST).then_some((length, rounds))
    })
}

impl Pair {
    fn add(&mut self, executions: u64, in_transaction: bool, rows: Option<f64>) {
        self.fewest = if self.times == 0 { executions } else { self.fewest.min(executions) };
        self.most = self.most.max(executions);
        self.times += 1;
        self.executions += executions;
        self.squares += (executions * executions) as f64;
        self.in_transaction += u64::from(in_transaction);
        if let Some(rows) = rows {
            self.rows_known += 1;
            self.rows_equal += u64::from((rows - executions as f64).abs() < 0.5);
        }
    }

    fn evidence(&self, of_parent: u64, of_child: u64) -> Option<Evidence> {
        let times = self.times as f64;
        let mean = self.executions as f64 / times;
        if mean < FEWEST || self.executions < ENOUGH {
            return None;
        }
        let followed = times / of_parent.max(1) as f64;
        let covered = self.executions as f64 / of_child.max(1) as f64;
        if self.rows_known > 0 && self.rows_equal as f64 >= 0.8 * self.rows_known as f64 && covered >= 0.3 {
            return Some(Evidence::Rows);
        }
        if self.in_transaction as f64 >= 0.9 * times && covered >= 0.3 && followed >= 0.3 {
            return Some(Evidence::Transaction);
        }
        let deviation = (self.squares / times - mean * mean).max(0.0).sqrt();
        let alike = deviation < 0.7 * mean;
        (self.times >= 3 && alike && covered >= 0.8 && followed >= 0.8).then_some(Evidence::Sequence)
    }
}
