//! Two builds' accounts, side by side: what got slower, and which part of it.

use std::collections::{BTreeMap, HashMap};

use loadline_measure::Run;
use loadline_verdict::{Endpoints, Paired};
use serde::Serialize;

use crate::account::Account;
use crate::item::What;
use crate::reading::{Reading, readings};

/// How often an interval holds the true change.
const CONFIDENCE: f64 = 0.95;

/// Rounds of two builds, as their accounts go.
#[derive(Debug, Clone, Default)]
pub struct Differences {
    /// In the order in which they came up.
    endpoints: Vec<Endpoint>,
    /// By name.
    places: HashMap<String, usize>,
}

/// An endpoint: base and head of each round that had both.
#[derive(Debug, Clone, Default)]
struct Endpoint {
    name: String,
    whole: Vec<[Account; 2]>,
    slow: Vec<[Account; 2]>,
}

/// How the account of an endpoint differs between two builds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The endpoint.
    pub name: String,
    /// Of all its requests.
    pub whole: Change,
    /// Of the slowest twentieth of them; `None` where there were too few.
    pub slow: Option<Change>,
}

/// How long requests of two builds took, and where the difference comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// On how many rounds it stands; one for two single runs.
    pub rounds: usize,
    /// The base's response time, in milliseconds on average.
    pub base_ms: f64,
    /// The head's.
    pub head_ms: f64,
    /// Item by item, the largest change first; they come to the change of the response time.
    pub items: Vec<Changed>,
    /// What went before it and is no part of it, in the same way.
    pub before: Vec<Changed>,
}

/// How much longer something took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed {
    /// What.
    pub what: What,
    /// In the base, in milliseconds a request on average.
    pub base_ms: f64,
    /// In the head.
    pub head_ms: f64,
    /// By how much longer it took, on average of the rounds.
    pub change_ms: f64,
    /// Where the true change lies, in 95 of 100 cases, if rounds were like each other; `None` of a single round.
    pub interval: Option<(f64, f64)>,
}

impl Change {
    /// By how much the response time is longer, in milliseconds.
    pub fn change_ms(&self) -> f64 {
        self.head_ms - self.base_ms
    }

    fn of(rounds: &[[Account; 2]]) -> Option<Self> {
        let count = rounds.len();
        let mean =
            |which: usize| rounds.iter().map(|round| round[which].total_ms).sum::<f64>() / count as f64;
        let mut whats: BTreeMap<&What, Vec<(f64, f64)>> = BTreeMap::new();
        for account in rounds.iter().flatten() {
            for item in account.items.iter().chain(&account.before) {
                whats.entry(&item.what).or_default();
            }
        }
        for (what, values) in &mut whats {
            values.extend(rounds.iter().map(|[base, head]| (base.ms(what), head.ms(what))));
        }
        let mut all: Vec<Changed> = whats
            .into_iter()
            .map(|(what, values)| {
                let of =
                    |pick: &dyn Fn(&(f64, f64)) -> f64| values.iter().map(pick).sum::<f64>() / count as f64;
                let differences: Vec<f64> = values.iter().map(|(base, head)| head - base).collect();
                let interval = Paired::of(&differences).map(|paired| paired.interval(CONFIDENCE));
                let (base_ms, head_ms) = (of(&|(base, _)| *base), of(&|(_, head)| *head));
                Changed { what: what.clone(), base_ms, head_ms, change_ms: head_ms - base_ms, interval }
            })
            .collect();
        all.sort_by(|a, b| b.change_ms.abs().total_cmp(&a.change_ms.abs()));
        let (items, before) = all.into_iter().partition(|item| item.what.is_counted());
        (count > 0).then(|| Self { rounds: count, base_ms: mean(0), head_ms: mean(1), items, before })
    }
}

impl Changed {
    /// Whether it has changed by more than chance, as far as rounds tell; two single runs tell nothing against it.
    pub fn is_told(&self) -> bool {
        self.interval.is_none_or(|(low, high)| low > 0.0 || high < 0.0)
    }
}

impl Differences {
    /// No round yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a round: the base's run and the head's.
    pub fn add(&mut self, base: &Run, head: &Run, endpoints: &Endpoints) {
        let of_head = readings(head, endpoints);
        let of_head: HashMap<&str, &Reading> =
            of_head.iter().map(|head| (head.name.as_str(), head)).collect();
        for base in readings(base, endpoints) {
            let Some(head) = of_head.get(base.name.as_str()) else { continue };
            let at = *self.places.entry(base.name.clone()).or_insert_with(|| {
                self.endpoints.push(Endpoint { name: base.name.clone(), ..Endpoint::default() });
                self.endpoints.len() - 1
            });
            let Endpoint { whole, slow, .. } = &mut self.endpoints[at];
            whole.push([base.whole.clone(), head.whole.clone()]);
            if let (Some(base), Some(head)) = (base.slow, &head.slow) {
                slow.push([base, head.clone()]);
            }
        }
    }

    /// What has come of them, endpoint by endpoint; all requests together are the first.
    pub fn found(&self) -> Vec<Difference> {
        let found = self.endpoints.iter().filter_map(|Endpoint { name, whole, slow }| {
            Some(Difference { name: name.clone(), whole: Change::of(whole)?, slow: Change::of(slow) })
        });
        found.collect()
    }
}
