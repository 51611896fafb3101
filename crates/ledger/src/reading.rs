//! An endpoint's account.

use std::collections::{BTreeMap, HashMap};

use loadline_measure::{ALL_REQUESTS, Ledger, Run, TagSet};
use loadline_verdict::{Endpoints, Router};
use serde::Serialize;

use crate::account::Account;
use crate::item::{Item, What};
use crate::ranks::{LEAST_REQUESTS, Ranks};

/// The percentile whose requests are looked at.
const SLOW: f64 = 0.95;
/// So many requests are shown that no endpoint names, each by its own name.
const MOST_UNNAMED: usize = 12;

/// Where an endpoint's time went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// The endpoint, or [`ALL_REQUESTS`].
    pub name: String,
    /// How many requests.
    pub requests: u64,
    /// All of them.
    pub whole: Account,
    /// The half around the median; `None` where there are too few to tell.
    pub typical: Option<Account>,
    /// The slowest twentieth; `None` where there are too few to tell.
    pub slow: Option<Account>,
    /// What makes the difference; `None` where there are too few to tell.
    pub gap: Option<Gap>,
}

/// What makes the requests around a percentile slower than those around the median.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// The percentile, from 0 to 1.
    pub quantile: f64,
    /// The response time of the requests around it, in milliseconds on average: that of the percentile, as far as the
    /// group is like its middle.
    pub slow_ms: f64,
    /// … of those around the median.
    pub median_ms: f64,
    /// By how much more each thing took in the former, in milliseconds on average, the most first. They come to the
    /// difference of the two.
    pub made_of: Vec<Item>,
}

impl Gap {
    /// What makes the requests around a percentile of a ledger slow; `None` where there are too few to tell.
    fn of(ledger: &Ledger, run: &Run, quantile: f64) -> Option<Self> {
        if ledger.count() < LEAST_REQUESTS {
            return None;
        }
        let slow = Account::of(ledger, run.schema(), Ranks::around(quantile))?;
        let typical = Account::of(ledger, run.schema(), Ranks::around(0.5))?;
        let made_of = difference(&slow, &typical);
        Some(Self { quantile, slow_ms: slow.total_ms, median_ms: typical.total_ms, made_of })
    }
}

impl Reading {
    /// Of a ledger, with what makes the requests around this percentile slow.
    pub(crate) fn of(name: &str, ledger: &Ledger, run: &Run, quantile: f64) -> Option<Self> {
        let account = |ranks| Account::of(ledger, run.schema(), ranks);
        let requests = ledger.count();
        let of_some = |ranks| (requests >= LEAST_REQUESTS).then(|| account(ranks)).flatten();
        Some(Self {
            name: name.to_owned(),
            requests,
            whole: account(Ranks::ALL)?,
            typical: of_some(Ranks::TYPICAL),
            slow: of_some(Ranks::slowest(SLOW)),
            gap: Gap::of(ledger, run, quantile),
        })
    }
}

/// By how much more each thing took in one account than in another, the most first.
pub(crate) fn difference(one: &Account, other: &Account) -> Vec<Item> {
    let mut sums: BTreeMap<&What, f64> = BTreeMap::new();
    for item in &one.items {
        *sums.entry(&item.what).or_default() += item.mean_ms;
    }
    for item in &other.items {
        *sums.entry(&item.what).or_default() -= item.mean_ms;
    }
    let mut items: Vec<Item> =
        sums.into_iter().map(|(what, mean_ms)| Item { what: what.clone(), mean_ms }).collect();
    items.sort_by(|a, b| b.mean_ms.total_cmp(&a.mean_ms));
    items
}

/// The account of the requests whose tags are wanted, under a name, with what makes those around a percentile slow;
/// `None` where there are none.
pub(crate) fn reading_of(
    name: &str,
    run: &Run,
    quantile: f64,
    wanted: &dyn Fn(&TagSet) -> bool,
) -> Option<Reading> {
    Reading::of(name, &run.ledger_where(wanted)?, run, quantile)
}

/// The ledger of each endpoint that was asked, in one pass: a project may name twenty thousand, and a run has as many
/// tag sets.
pub(crate) fn by_endpoint<'e>(run: &Run, endpoints: &'e Endpoints) -> HashMap<&'e str, Ledger> {
    let router = Router::new(endpoints);
    let mut found: HashMap<&str, Ledger> = HashMap::new();
    for (tags, ledger) in run.ledgers() {
        for name in router.of_tags(tags) {
            found.entry(name).or_default().merge(ledger);
        }
    }
    found
}

/// The accounts of a run: of all requests, and of each endpoint that was asked, in the order in which the project names
/// them. Where it names none, of each request by its own name, if those are few, the one that took most of all time
/// first.
pub fn readings(run: &Run, endpoints: &Endpoints) -> Vec<Reading> {
    let reading = |name: &str, wanted: &dyn Fn(&TagSet) -> bool| reading_of(name, run, SLOW, wanted);
    let mut all: Vec<Reading> = reading(ALL_REQUESTS, &|_| true).into_iter().collect();
    let ledgers = by_endpoint(run, endpoints);
    let named = endpoints.iter().filter_map(|endpoint| {
        let name = endpoint.name.as_str();
        Reading::of(name, ledgers.get(name)?, run, SLOW)
    });
    all.extend(named);
    if all.len() == 1 {
        all.extend(by_own_name(run, &reading));
    }
    all
}

/// The account of what is wanted, under a name.
type ReadingOf<'a> = dyn Fn(&str, &dyn Fn(&TagSet) -> bool) -> Option<Reading> + 'a;

/// Of each request by its own name; none where they are many, or only one.
fn by_own_name(run: &Run, reading: &ReadingOf<'_>) -> Vec<Reading> {
    let mut names: Vec<&str> = run.ledgers().filter_map(|(tags, _)| tags.get("name")).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < 2 || names.len() > MOST_UNNAMED {
        return Vec::new();
    }
    let of_name = |name: &&str| reading(name, &|tags| tags.get("name") == Some(name));
    let mut found: Vec<Reading> = names.iter().filter_map(of_name).collect();
    let all_ms = |reading: &Reading| reading.whole.total_ms * reading.whole.requests;
    found.sort_by(|a, b| all_ms(b).total_cmp(&all_ms(a)));
    found
}
