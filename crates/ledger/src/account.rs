//! Where the time of some requests went.

use std::collections::BTreeMap;

use loadline_measure::{Ledger, PART, Phase, Schema};
use serde::Serialize;

use crate::item::{Item, What};
use crate::ranks::{Ranks, ranked, share_of};

const MS: f64 = 1e6;

/// Where the time of some requests went, on average.
///
/// The items come to the response time. What servers tell is of those requests whose server has told anything; where
/// that is not all of them, the waiting of the others is split as theirs is, which [`Account::told`] says: it is an
/// inference then.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// How many requests; a part of one where a band of the ledger was cut.
    pub requests: f64,
    /// Their response time, in milliseconds on average: the sum of the items.
    pub total_ms: f64,
    /// What it went to, in the order of a request's course; parts of the server by how long they took.
    pub items: Vec<Item>,
    /// What went before it and is no part of it: what it took to get a connection, in a closed model.
    pub before: Vec<Item>,
    /// The share of them whose server has told of itself, from 0 to 1.
    pub told: f64,
    /// The share of them whose server has said something that cannot be true or cannot be read.
    pub refused: f64,
}

impl Account {
    /// That of the requests of a ledger with these ranks; `None` where there are none. The schema is the ledger's.
    pub fn of(ledger: &Ledger, schema: &Schema, ranks: Ranks) -> Option<Self> {
        let mut sums: BTreeMap<What, f64> = BTreeMap::new();
        let (mut requests, mut told, mut refused) = (0.0, 0.0, 0.0);
        // What servers tell of these requests, and the waiting in bands of which nobody has told anything.
        let mut of_told: BTreeMap<What, f64> = BTreeMap::new();
        let mut silent = 0.0;
        for (band, meant) in ranked(ledger, ranks) {
            let part = meant / band.count as f64;
            requests += meant;
            // Late spans may tell of a request of another second; never of more than there are.
            told += part * (band.told.min(band.count)) as f64;
            refused += part * (band.refused.min(band.count)) as f64;
            for phase in Phase::ALL.into_iter().filter(|phase| *phase != Phase::Waiting) {
                let sum = share_of(band, meant, phase);
                if sum != 0.0 {
                    *sums.entry(What::Phase(phase)).or_default() += sum;
                }
            }
            let waiting = share_of(band, meant, Phase::Waiting);
            if band.told == 0 {
                silent += waiting;
                continue;
            }
            // The waiting of those that did not tell is like that of those that did.
            let mut put = |what: What, nanoseconds: i64| {
                if nanoseconds != 0 {
                    *of_told.entry(what).or_default() +=
                        waiting * nanoseconds as f64 / band.told_waiting as f64;
                }
            };
            if band.told_waiting == 0 {
                *of_told.entry(What::Untold).or_default() += waiting;
                continue;
            }
            for part in band.parts() {
                let name = schema.tag_set(part.part).get(PART).unwrap_or_default().to_owned();
                put(What::Part(name), part.nanoseconds);
            }
            put(What::Overlap, band.overlap);
            put(What::Untold, band.untold());
        }
        // So is that of bands in which nobody told: where few are sampled, most have none.
        let all_told: f64 = of_told.values().sum();
        if all_told > 0.0 {
            for (what, sum) in of_told {
                sums.insert(what, sum * (1.0 + silent / all_told));
            }
        } else if silent != 0.0 {
            sums.insert(What::Phase(Phase::Waiting), silent);
        }
        if requests <= 0.0 {
            return None;
        }
        let mean = |sum: f64| sum / requests / MS;
        let (counted, before): (Vec<_>, Vec<_>) = sums.into_iter().partition(|(what, _)| what.is_counted());
        let items = |sums: Vec<(What, f64)>| {
            let mut items: Vec<Item> =
                sums.into_iter().map(|(what, sum)| Item { what, mean_ms: mean(sum) }).collect();
            items.sort_by(|a, b| course(&a.what).cmp(&course(&b.what)).then(b.mean_ms.total_cmp(&a.mean_ms)));
            items
        };
        let items_of = items(counted);
        Some(Self {
            requests,
            total_ms: items_of.iter().map(|item| item.mean_ms).sum(),
            items: items_of,
            before: items(before),
            told: told / requests,
            refused: refused / requests,
        })
    }

    /// How long something took, in milliseconds a request on average; 0 for what did not happen.
    pub fn ms(&self, what: &What) -> f64 {
        let all = self.items.iter().chain(&self.before);
        all.filter(|item| item.what == *what).map(|item| item.mean_ms).sum()
    }
}

/// When in a request's course something comes.
fn course(what: &What) -> usize {
    match what {
        What::Phase(phase) if *phase > Phase::Waiting => 100 + *phase as usize,
        What::Phase(phase) => *phase as usize,
        What::Part(_) => 20,
        What::Overlap => 21,
        What::Untold => 22,
    }
}
