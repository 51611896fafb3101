//! Statements put together: the same text once, and of the same shape no more than a few.

use std::collections::BTreeMap;

use loadline_pg::diff::is_of_catalogs;
use loadline_pg::portrait::Portrait;
use loadline_pg::shape::{Class, Shape};

use super::omission::Omission;
use crate::verify::Lesson;

/// Texts of one shape that are looked at: values differ, and with them plans.
const PER_SHAPE: usize = 3;
/// Statements that are looked at: the heaviest.
pub(super) const MOST: usize = 1_000;
/// Endpoints that are kept of a statement.
const ENDPOINTS: usize = 8;

/// A statement and how much of it there is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Its text, with values or with `$1` for them.
    pub text: String,
    /// Executions.
    pub calls: f64,
    /// Milliseconds that they took, all together.
    pub ms: Option<f64>,
    /// Rows of one execution, on average.
    pub rows: Option<f64>,
    /// Milliseconds that reading, planning and binding took before, all together, where a log tells.
    pub preparation_ms: Option<f64>,
    /// Endpoints of the system that make it, each with the executions that are its own, most first.
    pub endpoints: Vec<(String, f64)>,
}

/// Where statements come from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Origin {
    /// Somebody chose them: what they do not do says nothing of the database.
    #[default]
    Chosen,
    /// The server counted them: all that it ran in so many seconds, where that is known.
    Server(Option<f64>),
    /// A load test counted them in so many seconds.
    Run(f64),
}

/// Statements with weights, always in the same order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workload {
    /// The statements.
    pub statements: Vec<Asked>,
    /// What is left out, how many of each.
    pub omitted: BTreeMap<Omission, u64>,
    /// Where they come from.
    pub origin: Origin,
    /// What is known of plans that were measured.
    pub lessons: Vec<Lesson>,
}

impl Workload {
    /// Puts statements together. In which order they come makes no difference.
    pub fn of(asked: impl IntoIterator<Item = Asked>) -> Self {
        let mut omitted = BTreeMap::new();
        let mut by_text: BTreeMap<String, Asked> = BTreeMap::new();
        for one in asked {
            if !matches!(Class::of(&one.text), Class::Reads | Class::Writes) || is_utility(&one.text) {
                *omitted.entry(Omission::NoRows).or_default() += 1;
                continue;
            }
            let known = by_text
                .entry(one.text.clone())
                .or_insert_with(|| Asked { text: one.text.clone(), ..Asked::default() });
            known.add(&one);
        }
        let mut by_shape: BTreeMap<String, Vec<Asked>> = BTreeMap::new();
        for one in by_text.into_values() {
            by_shape.entry(Shape::of(&one.text).text).or_default().push(one);
        }
        let mut statements: Vec<Asked> = by_shape.into_values().flat_map(few).collect();
        statements.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then_with(|| a.text.cmp(&b.text)));
        let too_many = statements.len().saturating_sub(MOST);
        if too_many > 0 {
            omitted.insert(Omission::TooMany, too_many as u64);
        }
        statements.truncate(MOST);
        statements.sort_by(|a, b| a.text.cmp(&b.text));
        Self { statements, omitted, origin: Origin::Chosen, lessons: Vec::new() }
    }

    /// What a portrait's server has run.
    pub fn of_portrait(portrait: &Portrait) -> Self {
        let Some(run) = &portrait.workload else { return Self::default() };
        let (of_catalogs, of_rows): (Vec<_>, Vec<_>) =
            run.statements.iter().partition(|one| is_of_catalogs(portrait, &one.text));
        let mut workload = Self::of(of_rows.into_iter().map(|one| Asked {
            text: one.text.clone(),
            calls: one.calls.max(0) as f64,
            ms: Some(one.total_ms),
            rows: (one.calls > 0).then(|| one.rows as f64 / one.calls as f64),
            ..Asked::default()
        }));
        workload.omit(Omission::Catalogs, of_catalogs.len() as u64);
        workload.omit(Omission::NotKept, u64::from(run.left_out));
        let seconds = run.since_ms.map(|since| (portrait.made_ms - since) as f64 / 1e3);
        workload.origin = Origin::Server(seconds.filter(|seconds| *seconds > 0.0));
        workload
    }

    /// Counts what is left out.
    pub fn omit(&mut self, what: Omission, count: u64) {
        if count > 0 {
            *self.omitted.entry(what).or_default() += count;
        }
    }

    /// Milliseconds of all, if they are known of each.
    pub fn ms(&self) -> Option<f64> {
        self.statements.iter().map(|one| one.ms).sum::<Option<f64>>().filter(|ms| *ms > 0.0)
    }
}

impl Asked {
    /// Adds what is known of other executions of it.
    fn add(&mut self, other: &Self) {
        self.rows = mean(self.rows, self.calls, other.rows, other.calls);
        self.calls += other.calls;
        self.ms = sum(self.ms, other.ms);
        self.preparation_ms = sum(self.preparation_ms, other.preparation_ms);
        for (endpoint, calls) in &other.endpoints {
            match self.endpoints.iter_mut().find(|(known, _)| known == endpoint) {
                Some((_, known)) => *known += calls,
                None => self.endpoints.push((endpoint.clone(), *calls)),
            }
        }
        self.endpoints.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self.endpoints.truncate(ENDPOINTS);
    }
}

fn is_utility(text: &str) -> bool {
    let first =
        text.trim_start().split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
    ["show", "fetch", "copy"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

fn weight(one: &Asked) -> f64 {
    one.ms.unwrap_or(one.calls)
}

fn sum(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)),
    }
}

fn mean(a: Option<f64>, calls_a: f64, b: Option<f64>, calls_b: f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) if calls_a + calls_b > 0.0 => {
            Some((a * calls_a + b * calls_b) / (calls_a + calls_b))
        }
        (a, b) => b.or(a),
    }
}

/// The heaviest of one shape, which stand for the rest of them.
fn few(mut same: Vec<Asked>) -> Vec<Asked> {
    let (calls, ms) = totals(&same);
    same.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then_with(|| a.text.cmp(&b.text)));
    same.truncate(PER_SHAPE);
    let (kept_calls, kept_ms) = totals(&same);
    for one in &mut same {
        if kept_calls > 0.0 {
            one.calls *= calls / kept_calls;
            one.preparation_ms = one.preparation_ms.map(|own| own * calls / kept_calls);
            one.endpoints.iter_mut().for_each(|(_, own)| *own *= calls / kept_calls);
        }
        one.ms = one.ms.map(|own| if kept_ms > 0.0 { own * ms / kept_ms } else { own });
    }
    same
}

fn totals(all: &[Asked]) -> (f64, f64) {
    all.iter().fold((0.0, 0.0), |(calls, ms), one| (calls + one.calls, ms + one.ms.unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(text: &str, calls: f64) -> Asked {
        Asked { text: text.to_owned(), calls, ..Asked::default() }
    }

    #[test]
    fn of_one_shape_a_few_stand_for_all() {
        let all = (0..10).map(|n| asked(&format!("SELECT * FROM t WHERE a = {n}"), 1.0));
        let workload = Workload::of(all.chain([asked("BEGIN", 5.0), asked("SHOW work_mem", 1.0)]));
        assert_eq!((workload.statements.len(), workload.omitted[&Omission::NoRows]), (3, 2));
        assert!((workload.statements.iter().map(|one| one.calls).sum::<f64>() - 10.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn the_order_of_statements_makes_no_difference(mut calls in proptest::collection::vec((0_u8..6, 0_u8..9), 1..20)) {
            let make = |calls: &[(u8, u8)]| {
                Workload::of(calls.iter().map(|(n, calls)| asked(&format!("SELECT {n} FROM t{}", n % 2), f64::from(*calls))))
            };
            let first = make(&calls);
            calls.reverse();
            prop_assert_eq!(first, make(&calls));
        }
    }
}
