//! An endpoint's account.

use std::collections::BTreeMap;

use loadline_measure::{ALL_REQUESTS, Ledger, Run, TagSet, response_time};
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

/// What makes a percentile longer than the median.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// The percentile, from 0 to 1.
    pub quantile: f64,
    /// Its response time, in milliseconds.
    pub slow_ms: f64,
    /// The median's.
    pub median_ms: f64,
    /// By how much more each thing took in the requests around the percentile than in those around the median, in
    /// milliseconds on average, the most first. They come to the difference of the two groups, which is that of the
    /// percentile and the median as far as each group is like its middle.
    pub made_of: Vec<Item>,
}

impl Gap {
    /// The difference of the two groups: the sum of what it is made of.
    pub fn made_of_ms(&self) -> f64 {
        self.made_of.iter().map(|item| item.mean_ms).sum()
    }
}

impl Reading {
    /// Of a ledger, with its median and its percentile in milliseconds.
    fn of(name: &str, ledger: &Ledger, run: &Run, percentiles: Option<(f64, f64)>) -> Option<Self> {
        let account = |ranks| Account::of(ledger, run.schema(), ranks);
        let requests = ledger.count();
        let enough = requests >= LEAST_REQUESTS;
        let of_some = |ranks| enough.then(|| account(ranks)).flatten();
        let gap = percentiles.filter(|_| enough).and_then(|(median_ms, slow_ms)| {
            let (slow, typical) = (account(Ranks::around(SLOW))?, account(Ranks::around(0.5))?);
            Some(Gap { quantile: SLOW, slow_ms, median_ms, made_of: difference(&slow, &typical) })
        });
        Some(Self {
            name: name.to_owned(),
            requests,
            whole: account(Ranks::ALL)?,
            typical: of_some(Ranks::TYPICAL),
            slow: of_some(Ranks::slowest(SLOW)),
            gap,
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

/// The account of the requests whose tags are wanted, under a name; `None` where there are none.
pub(crate) fn reading_of(name: &str, run: &Run, wanted: &dyn Fn(&TagSet) -> bool) -> Option<Reading> {
    let ledger = run.ledger_where(wanted)?;
    let percentiles = response_time(run.schema())
        .and_then(|metric| run.select_where(metric, wanted))
        .and_then(|times| Some((times.as_trend()?.quantile(0.5)?, times.as_trend()?.quantile(SLOW)?)));
    Reading::of(name, &ledger, run, percentiles)
}

/// The accounts of a run: of all requests, and of each endpoint that was asked, in the order in which the project names
/// them. Where it names none, of each request by its own name, if those are few, the one that took most of all time
/// first.
pub fn readings(run: &Run, endpoints: &Endpoints) -> Vec<Reading> {
    let reading = |name: &str, wanted: &dyn Fn(&TagSet) -> bool| reading_of(name, run, wanted);
    let mut all: Vec<Reading> = reading(ALL_REQUESTS, &|_| true).into_iter().collect();
    let router = Router::new(endpoints);
    let named = endpoints.iter().filter_map(|endpoint| {
        let name = endpoint.name.as_str();
        reading(name, &|tags| router.of_tags(tags).contains(&name))
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
