//! What it all came to, when the load is over.

use std::collections::BTreeMap;

use loadline_measure::{Schema, Window};

use super::activity::Wait;
use super::apportion::{Apportioned, Told};
use super::difference::Spent;
use super::ledger::{Ledger, Requests};
use super::metrics::CostMetrics;
use super::name::{OTHER, StatementName};
use super::record::Filling;
use super::told::Notes;

/// What comments tell of an endpoint is told if it is wrong by no more than this share, or by so many statements.
const UNCERTAIN: f64 = 0.25;
const UNCERTAIN_CALLS: f64 = 0.05;
/// Executions per request below which a part is not worth a series.
const WORTH_KEEPING: f64 = 0.01;
/// Parts of an endpoint that are kept.
const MOST_PARTS: usize = 20;
/// The most expensive statements, for which whole numbers are looked for; the others have an estimate.
const MOST_EXACT: usize = 200;
/// Who waits for whom: so many pairs are told.
const MOST_BLOCKED: usize = 3;

/// What a load cost the database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatabaseCost {
    /// Time in statements, all of them, in milliseconds.
    pub time_ms: f64,
    /// Executions of all statements.
    pub calls: u64,
    /// Statements, the most expensive first.
    pub statements: Vec<StatementCost>,
    /// Endpoints, the most expensive first, those that are not told last.
    pub endpoints: Vec<EndpointCost>,
    /// Executions that named their endpoints when they were heard.
    pub heard: u64,
    /// Who waited for whom, and for how long by the looks that saw it: words, milliseconds.
    pub blocked: Vec<(String, u64)>,
    /// Statements whose plan is another one than before.
    pub flipped: Vec<(StatementName, String)>,
    /// Clients that waited in the pool at once, at the most; nothing without a pool.
    pub pool_queue: Option<u64>,
    /// Bytes in a block.
    pub block_bytes: u64,
    /// What is missing.
    pub notes: Notes,
}

/// What a statement cost.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementCost {
    /// Its name.
    pub name: String,
    /// All of it.
    pub spent: Spent,
    /// The share of the time of all statements.
    pub share: f64,
    /// What it waited for and for how long, in milliseconds, by the looks that saw it.
    pub waits: Vec<(Wait, f64)>,
    /// Whether some of it is not known.
    pub lost: bool,
}

/// What requests of an endpoint cost.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointCost {
    /// Its name.
    pub name: String,
    /// How many there were.
    pub requests: f64,
    /// Their mean response time in milliseconds, where any was answered.
    pub response_ms: Option<f64>,
    /// Statements per request.
    pub calls: f64,
    /// By how much that may be wrong, either way, as far as it is known.
    pub error: f64,
    /// Time in the database per request, in milliseconds.
    pub time_ms: f64,
    /// The share of the time of all statements.
    pub share: f64,
    /// How sure that is.
    pub told: Told,
}

impl EndpointCost {
    /// Statements per request as they are judged: code makes whole numbers of them, so that a budget of two does not
    /// break on 2.01 that may be two as well.
    pub fn judged_calls(&self) -> f64 {
        let whole = self.calls.round().max(1.0);
        if self.error < 0.5 && (self.calls - whole).abs() <= self.error { whole } else { self.calls }
    }
}

impl Ledger {
    /// Says what it all came to, and puts what is known of endpoints into the Run's last window.
    pub fn finish(
        &mut self,
        window: &mut Window,
        (schema, metrics): (&Schema, &CostMetrics),
        unix_ns: i64,
    ) -> DatabaseCost {
        self.hold_against_requests(true);
        self.record(window, (schema, metrics), unix_ns, true);
        let mut cost = DatabaseCost {
            block_bytes: self.block_bytes,
            flipped: self.flipped.clone(),
            pool_queue: self.pool_seen.then_some(self.pool_queue),
            heard: self.heard.all(),
            ..DatabaseCost::default()
        };
        for account in self.accounts.values() {
            cost.time_ms += account.total.time_ms;
            cost.calls += account.total.calls;
        }
        self.statements(&mut cost);
        self.apportion(&mut cost, &mut Filling { window, schema, metrics, unix_ns });
        self.blocked(&mut cost);
        cost.notes = self.notes.clone();
        cost
    }

    fn name_of(&self, query: Option<i64>) -> &str {
        query.and_then(|query| self.names.get(&query)).map_or(OTHER, StatementName::as_str)
    }

    fn statements(&mut self, cost: &mut DatabaseCost) {
        let mut by_name: BTreeMap<String, (Spent, bool)> = BTreeMap::new();
        let ranked = self.ranked();
        let late = ranked.iter().take(self.top).filter(|(_, account)| !account.named).count() as u64;
        for (key, account) in ranked {
            let (spent, lost) = by_name.entry(self.name_of(Some(key.query)).to_owned()).or_default();
            spent.add(&account.total);
            *lost |= account.lost;
        }
        self.notes.late = late;
        let mut waits: BTreeMap<&str, BTreeMap<Wait, f64>> = BTreeMap::new();
        for ((query, wait), ms) in &self.watched.active_ms {
            *waits.entry(self.name_of(*query)).or_default().entry(wait.clone()).or_default() += ms;
        }
        cost.statements = by_name
            .into_iter()
            .map(|(name, (spent, lost))| {
                let mut waits: Vec<(Wait, f64)> = waits
                    .get(name.as_str())
                    .into_iter()
                    .flatten()
                    .map(|(wait, ms)| (wait.clone(), *ms))
                    .collect();
                waits.sort_by(|left, right| right.1.total_cmp(&left.1));
                StatementCost { share: share(spent.time_ms, cost.time_ms), name, spent, waits, lost }
            })
            .collect();
        cost.statements.sort_by(|left, right| right.spent.time_ms.total_cmp(&left.spent.time_ms));
    }

    fn apportion(&self, cost: &mut DatabaseCost, filling: &mut Filling<'_>) {
        // What was evicted between two snapshots is in no sum.
        let sound = self.notes.evictions == 0;
        let mut parts: BTreeMap<&str, Vec<(i64, Apportioned, f64)>> = BTreeMap::new();
        let course = self.apportioning.course(&|name| {
            let response_ms = self.endpoints.get(name).and_then(Requests::response_ms);
            response_ms.unwrap_or_default() / 1_000.0
        });
        for (at, (key, account)) in self.ranked().into_iter().enumerate() {
            if account.lost {
                continue;
            }
            let mean = account.total.mean_ms();
            let course = (at < MOST_EXACT).then_some(&course);
            let known = |name: &str| self.endpoints.contains_key(name);
            let heard = self.heard.of(key.query, &known);
            let solved = heard
                .and_then(|heard| self.apportioning.solve_heard(&account.part, &heard, course))
                .unwrap_or_else(|| self.apportioning.solve(&account.part, course));
            for part in solved {
                if let Some((name, _)) = self.endpoints.get_key_value(&part.endpoint) {
                    parts.entry(name).or_default().push((key.query, part, mean));
                }
            }
        }
        let lost = self.notes.lost > 0;
        for (name, requests) in &self.endpoints {
            let mine = parts.remove(name.as_str()).unwrap_or_default();
            let observed = self.apportioning.requests(name);
            let tells = self.apportioning.tells_of(name);
            let endpoint = endpoint(name, (requests, observed), &mine, tells, cost.time_ms);
            let endpoint = match endpoint {
                Some(endpoint) if sound && !lost => endpoint,
                Some(endpoint) => EndpointCost { told: Told::No, ..endpoint },
                None => continue,
            };
            if endpoint.told != Told::No {
                let number = requests.requests.round().max(0.0) as u64;
                filling.endpoint(name, number, endpoint.judged_calls(), endpoint.time_ms);
                self.keep_parts(name, number, &mine, filling);
            }
            cost.endpoints.push(endpoint);
        }
        cost.endpoints.sort_by(|left, right| {
            (left.told == Told::No).cmp(&(right.told == Told::No)).then(right.share.total_cmp(&left.share))
        });
    }

    fn keep_parts(
        &self,
        endpoint: &str,
        requests: u64,
        parts: &[(i64, Apportioned, f64)],
        filling: &mut Filling<'_>,
    ) {
        let mut by_name: BTreeMap<&str, f64> = BTreeMap::new();
        for (query, part, _) in parts.iter().filter(|(_, part, _)| part.told != Told::No) {
            *by_name.entry(self.name_of(Some(*query))).or_default() += part.per_request;
        }
        let mut kept: Vec<_> = by_name.into_iter().filter(|(_, per)| *per >= WORTH_KEEPING).collect();
        kept.sort_by(|left, right| right.1.total_cmp(&left.1));
        for (name, per_request) in kept.into_iter().take(MOST_PARTS) {
            filling.part(endpoint, name, requests, per_request);
        }
    }

    fn blocked(&self, cost: &mut DatabaseCost) {
        let mut pairs: Vec<(String, u64)> = self
            .watched
            .blocked
            .iter()
            .map(|(blocked, looks)| {
                let waiting = self.name_of(blocked.waiting);
                let blocking = self.name_of(blocked.blocking);
                let words = if blocked.blocker_idle {
                    format!("`{waiting}` waited for a transaction that did nothing after `{blocking}`")
                } else {
                    format!("`{waiting}` waited for `{blocking}`")
                };
                (words, *looks)
            })
            .collect();
        pairs.sort_by_key(|(_, looks)| std::cmp::Reverse(*looks));
        pairs.truncate(MOST_BLOCKED);
        cost.blocked = pairs;
    }
}

fn endpoint(
    name: &str,
    (requests, observed): (&Requests, f64),
    parts: &[(i64, Apportioned, f64)],
    tells: bool,
    all_ms: f64,
) -> Option<EndpointCost> {
    if requests.requests <= 0.0 {
        return None;
    }
    let sum = |of: &dyn Fn(&(i64, Apportioned, f64)) -> f64| parts.iter().map(of).sum::<f64>();
    let sure = |part: &Apportioned| f64::from(u8::from(part.told != Told::No));
    let calls = sum(&|(_, part, _)| part.per_request * sure(part));
    let time_ms = sum(&|(_, part, mean)| part.per_request * mean * sure(part));
    // What might as well be another's is all in doubt …
    let unsure_calls = sum(&|(_, part, _)| part.per_request) - calls;
    let unsure_ms = sum(&|(_, part, mean)| part.per_request * mean) - time_ms;
    let error = unsure_calls + sum(&|(_, part, _)| if part.told == Told::No { 0.0 } else { part.error });
    let by_comments = parts.iter().filter(|(_, part, _)| part.told == Told::ByComments);
    let uncertain: f64 = by_comments.clone().map(|(_, part, _)| part.error).sum();
    let told = if uncertain > (UNCERTAIN * calls).max(UNCERTAIN_CALLS) {
        Told::No
    } else if !parts.is_empty() && by_comments.count() == parts.len() {
        Told::ByComments
    } else if tells && unsure_calls <= 0.1 * calls && unsure_ms <= 0.1 * time_ms {
        // … which is no tenth of what is told, neither of the statements nor of their time.
        Told::Inferred
    } else {
        Told::No
    };
    Some(EndpointCost {
        name: name.to_owned(),
        requests: requests.requests,
        response_ms: requests.response_ms(),
        calls,
        error,
        time_ms,
        share: share(time_ms * observed, all_ms),
        told,
    })
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 }
}
