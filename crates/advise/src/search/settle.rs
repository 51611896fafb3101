//! The fewest and simplest indexes that do about what a set does.
//!
//! What was added one by one was added for one statement after the other. Here an index is dropped where the others do
//! its work, and one takes the place of several where all statements are still served about as well: held against what
//! each cost when the set had grown, so that many small losses cannot add up, and against the cost of the whole
//! workload with its writes.

use std::collections::BTreeSet;

use super::advise::Search;
use super::combine::{combined, does_work_of};
use super::costs::Set;
use super::worth::{NOTHING, as_good, price, prices};
use crate::oracle::{Oracle, OracleError};

/// The share of what was saved that may be given back for fewer and smaller indexes.
const GIVEN_BACK: f64 = 0.01;

/// What each statement costs, and what all of it may.
struct Account {
    before: Vec<f64>,
    /// With the set that had grown.
    reference: Vec<f64>,
    /// The cost of all with its writes that must not be passed.
    limit: f64,
}

impl<O: Oracle> Search<'_, O> {
    /// A set that does about the same with less.
    pub(super) fn settle(&mut self, mut set: Set) -> Result<Set, OracleError> {
        let account = self.account(&set)?;
        set = self.without_idle(set, &account)?;
        let tables: BTreeSet<usize> = set.iter().map(|at| self.costs.made[*at].candidate.table).collect();
        for table in tables {
            while let Some(less) = self.fewer(&set, table, &account)? {
                set = less;
            }
        }
        set = self.better(set, &account)?;
        set = self.without_doubles(&set);
        self.without_useless(set)
    }

    fn account(&mut self, set: &Set) -> Result<Account, OracleError> {
        let mut account = Account { before: Vec::new(), reference: Vec::new(), limit: 0.0 };
        let mut saved = 0.0;
        for statement in 0..self.costs.queries.len() {
            let (mut before, mut cost) = (0.0, 0.0);
            if self.costs.queries[statement].is_some() {
                before = self.costs.of(statement, &Set::new())?.cost;
                cost = self.costs.of(statement, set)?.cost;
            }
            saved += self.costs.calls(statement) * (before - cost);
            account.before.push(before);
            account.reference.push(cost);
        }
        account.limit = self.total(set)? + GIVEN_BACK * saved.max(0.0);
        Ok(account)
    }

    /// The cost of the workload with its writes.
    pub(super) fn total(&mut self, set: &Set) -> Result<f64, OracleError> {
        let mut total = self.goal.write_weight() * self.costs.writes(set);
        for statement in 0..self.costs.queries.len() {
            if self.costs.queries[statement].is_some() {
                total += self.costs.calls(statement) * self.costs.of(statement, set)?.cost;
            }
        }
        Ok(total)
    }

    /// The cost of the workload with a set, if that serves all statements about as well as the one that had grown;
    /// `from`: another set, and what the workload costs with it.
    fn does(&mut self, set: &Set, from: (&Set, f64), account: &Account) -> Result<Option<f64>, OracleError> {
        let (other, mut total) = from;
        let changed: Set = set.symmetric_difference(other).copied().collect();
        total += self.goal.write_weight() * (self.costs.writes(set) - self.costs.writes(other));
        for statement in self.costs.served(&changed) {
            let cost = self.costs.of(statement, set)?.cost;
            if !as_good(cost, account.reference[statement], account.before[statement]) {
                return Ok(None);
            }
            total += self.costs.calls(statement) * (cost - self.costs.of(statement, other)?.cost);
        }
        Ok((total <= account.limit).then_some(total))
    }

    fn dearest(&self, set: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut all: Vec<usize> = set.into_iter().collect();
        let price = |at: usize| price(&self.costs, &self.catalogue, at);
        all.sort_by(|a, b| {
            let index = |at: usize| &self.costs.made[at].candidate.index;
            price(*b).total_cmp(&price(*a)).then_with(|| index(*a).cmp(index(*b)))
        });
        all
    }

    fn without_idle(&mut self, mut set: Set, account: &Account) -> Result<Set, OracleError> {
        let mut total = self.total(&set)?;
        for at in self.dearest(set.clone()) {
            let mut less = set.clone();
            less.remove(&at);
            if let Some(cost) = self.does(&less, (&set, total), account)? {
                (set, total) = (less, cost);
            }
        }
        Ok(set)
    }

    /// The set with one more of a table's and without those whose work that does, where that is less; the one that
    /// makes it least.
    fn fewer(&mut self, set: &Set, table: usize, account: &Account) -> Result<Option<Set>, OracleError> {
        let own: Set =
            set.iter().copied().filter(|at| self.costs.made[*at].candidate.table == table).collect();
        let mut pool: Set = self
            .tried
            .iter()
            .flatten()
            .copied()
            .filter(|at| self.costs.made[*at].candidate.table == table && !set.contains(at))
            .collect();
        pool.extend(self.combinations(&own)?.into_iter().filter(|at| !set.contains(at)));
        let users = self.users(set, &own)?;
        let total = self.total(set)?;
        let mut best: Option<(f64, Set)> = None;
        for at in pool {
            let replaced = users.iter().filter(|(_, users)| {
                users.iter().all(|statement| self.costs.relevant[*statement].contains(&at))
            });
            let replaced = self.dearest(replaced.map(|(at, _)| *at));
            let room = prices(&self.costs, &self.catalogue, &replaced.iter().copied().collect());
            let own_price = price(&self.costs, &self.catalogue, at);
            let least = best.as_ref().map_or(0.0, |(saved, _)| *saved);
            if room - own_price <= least {
                continue;
            }
            let mut trial = set.clone();
            trial.insert(at);
            let mut saved = -own_price;
            for other in replaced {
                let mut less = trial.clone();
                less.remove(&other);
                if self.does(&less, (set, total), account)?.is_some() {
                    trial = less;
                    saved += price(&self.costs, &self.catalogue, other);
                }
            }
            if saved > least && self.fits(&trial, &Set::new()) {
                best = Some((saved, trial));
            }
        }
        Ok(best.map(|(_, set)| set))
    }

    /// The set with another index of the same keys in the place of one, of another class, method or direction, where
    /// that is no dearer and the workload costs less.
    fn better(&mut self, mut set: Set, account: &Account) -> Result<Set, OracleError> {
        let pool: Set = self.tried.iter().flatten().copied().collect();
        for at in self.dearest(set.clone()) {
            let total = self.total(&set)?;
            let mut best: Option<(f64, Set)> = None;
            let like = |other: &usize| !set.contains(other) && self.is_like(*other, at);
            for other in pool.iter().copied().filter(like).collect::<Vec<_>>() {
                let mut trial = set.clone();
                trial.remove(&at);
                trial.insert(other);
                if let Some(cost) = self.does(&trial, (&set, total), account)?
                    && total - cost > NOTHING
                    && best.as_ref().is_none_or(|(least, _)| cost < *least)
                    && self.fits(&trial, &Set::new())
                {
                    best = Some((cost, trial));
                }
            }
            if let Some((_, trial)) = best {
                set = trial;
            }
        }
        Ok(set)
    }

    /// Whether an index has the same columns in the same order as another one and is no dearer.
    fn is_like(&self, at: usize, other: usize) -> bool {
        let index = |at: usize| &self.costs.made[at].candidate.index;
        let texts = |at: usize| index(at).keys.iter().map(|key| key.text.as_str()).collect::<Vec<_>>();
        self.costs.made[at].candidate.table == self.costs.made[other].candidate.table
            && texts(at) == texts(other)
            && index(at).predicate == index(other).predicate
            && price(&self.costs, &self.catalogue, at) <= price(&self.costs, &self.catalogue, other)
    }

    /// Which statements' plans have each of these.
    fn users(&mut self, set: &Set, own: &Set) -> Result<Vec<(usize, Vec<usize>)>, OracleError> {
        let mut users: Vec<(usize, Vec<usize>)> = own.iter().map(|at| (*at, Vec::new())).collect();
        for statement in self.costs.served(own) {
            let used = self.costs.of(statement, set)?.used;
            for (at, of) in &mut users {
                if used.contains(at) {
                    of.push(statement);
                }
            }
        }
        Ok(users)
    }

    /// Makes what could do the work of two of these.
    fn combinations(&mut self, own: &Set) -> Result<Set, OracleError> {
        let mut wanted = BTreeSet::new();
        for (a, b) in own.iter().flat_map(|a| own.range(..*a).map(move |b| (*a, *b))) {
            let index = |at: usize| &self.costs.made[at].candidate.index;
            wanted.extend(combined(index(a), index(b)).into_iter().map(|index| (index, a, b)));
        }
        let mut found = Set::new();
        for (index, a, b) in wanted {
            found.extend(self.make(index, a, b)?);
        }
        Ok(found)
    }

    /// Without those whose work another one does by its keys alone, whatever is thought of its size.
    pub(super) fn without_doubles(&self, set: &Set) -> Set {
        let index = |at: &usize| &self.costs.made[*at].candidate.index;
        set.iter()
            .filter(|at| !set.iter().any(|other| other != *at && does_work_of(index(other), index(at))))
            .copied()
            .collect()
    }

    /// Without what pays nothing beside the others, the least useful first.
    pub(super) fn without_useless(&mut self, mut set: Set) -> Result<Set, OracleError> {
        loop {
            let mut least: Option<(f64, usize)> = None;
            for at in self.dearest(set.clone()) {
                let mut less = set.clone();
                less.remove(&at);
                let gain = self.gain(&less, &Set::from([at]))?;
                if gain <= 0.0 && least.is_none_or(|(least, _)| gain < least) {
                    least = Some((gain, at));
                }
            }
            match least {
                Some((_, at)) => set.remove(&at),
                None => return Ok(set),
            };
        }
    }
}
