//! The whole: entered, built, replayed in rounds, withdrawn where a statement is slower, replayed again, and cleared
//! away.

use std::collections::{BTreeMap, BTreeSet};

use loadline_pg::plan::Plan;
use loadline_verdict::{Spending, round_order};

use super::build::{Built, build};
use super::copy::{copy, drop_copy};
use super::ends::{VerifyError, refused};
use super::leftovers::{Mark, drop_indexes};
use super::near::near;
use super::pass::{Asked, Reading, pass};
use super::place::{Place, check};
use super::state::{State, bind, is_same};
use super::task::{Fate, Piece, Task, Verified, Withdrawal, Writes};
use crate::verify::{
    Change, Costs, Course, Lesson, Measured, Suspicion, changes, culprit, is_settled, is_to_go, suspects,
};

/// Rounds before the first look, and between looks.
const FIRST: usize = 8;
/// A statement runs so often in a row that it takes this long, if it is short: clocks and schedulers are coarse.
const IN_A_ROW_MS: f64 = 5.0;
/// … but not oftener than this.
const MOST_IN_A_ROW: f64 = 20.0;
/// A statement that takes longer than this need not be warmed up.
const LONG_MS: f64 = 100.0;
/// Rounds that tell which of several indexes makes a statement slower.
const ROUNDS_OF_SUSPECTS: usize = 5;
/// The order within rounds is the same every time.
const SEED: u64 = 1;

/// Verifies the set; whatever was built is gone when this returns. `tell` hears how far it is.
///
/// When this is dropped before it returns, [`super::clear`] takes down what it had built, and if nobody calls that, the
/// next run does.
///
/// # Errors
/// See [`VerifyError`].
pub async fn verify(task: &Task, mark: &Mark, tell: &mut dyn FnMut(String)) -> Result<Verified, VerifyError> {
    check(task, mark).await?;
    if task.writes != Writes::Copy {
        let place = Place::enter(task, &task.address, mark).await?;
        let verified = Trial::run(task, mark, &place, tell).await;
        let cleared = drop_indexes(&place.session, Some(mark)).await;
        return verified.and_then(|verified| cleared.map(|_| verified));
    }
    tell(format!("copying `{}`", task.address.database()));
    let copy = copy(&task.address, mark, task.lock_wait).await?;
    let verified = match Place::enter(task, &copy.address, mark).await {
        Ok(place) => Trial::run(task, mark, &place, tell).await,
        Err(error) => Err(error),
    };
    let dropped = drop_copy(&task.address, mark).await;
    let mut verified = verified?;
    dropped?;
    verified.swept.extend(copy.swept);
    Ok(verified)
}

/// What is known so far.
struct Trial<'t> {
    task: &'t Task,
    place: &'t Place,
    built: BTreeMap<usize, Built>,
    /// Indexes that are still there.
    there: BTreeSet<usize>,
    statements: Vec<State>,
    rounds: usize,
}

impl<'t> Trial<'t> {
    async fn run(
        task: &'t Task,
        mark: &Mark,
        place: &'t Place,
        tell: &mut dyn FnMut(String),
    ) -> Result<Verified, VerifyError> {
        let mut fates: BTreeMap<usize, Fate> = BTreeMap::new();
        let mut built = BTreeMap::new();
        for (index, one) in build(&place.session, task, mark, tell).await? {
            match one {
                Ok(one) => {
                    built.insert(index, one);
                }
                Err(why) => {
                    fates.insert(index, Fate::NotBuilt(why));
                }
            }
        }
        let mut statements: Vec<State> =
            task.statements.iter().map(|wanted| State::new(wanted, task.writes)).collect();
        if !built.is_empty() {
            bind(&place.session, task, &mut statements, tell).await?;
        }
        let there = built.keys().copied().collect();
        let mut trial = Self { task, place, built, there, statements, rounds: 0 };
        while !trial.there.is_empty() {
            trial.replay(tell).await?;
            let Some((statement, change)) = trial.slowest() else { break };
            tell(format!(
                "a statement became slower; looking for the index that made it so: {}",
                trial.statements[statement].text
            ));
            let index = trial.culprit(statement).await?;
            let is_used = trial.statements[statement].suspicion.uses.contains(&index);
            let lesson = trial.lesson(statement, index);
            let withdrawal = Withdrawal { statement, change: Box::new(change), is_used, lesson };
            fates.insert(index, Fate::Withdrawn(withdrawal));
            trial.withdraw(index).await?;
        }
        Ok(trial.conclude(&fates))
    }

    /// Rounds, until each statement is settled or the rounds are over.
    async fn replay(&mut self, tell: &mut dyn FnMut(String)) -> Result<(), VerifyError> {
        self.survey().await?;
        let plan = Spending::new(FIRST, self.task.rounds);
        let order = round_order(self.task.rounds.max(FIRST), SEED);
        let mut round = 0;
        for (look, until) in plan.looks().iter().enumerate() {
            let open = self.open();
            if open.is_empty() {
                break;
            }
            tell(format!(
                "replaying {} of {} statements, round {} of {until}",
                open.len(),
                self.statements.len(),
                round + 1
            ));
            let near = near(&open, |place| self.statements[place].takes_ms);
            while round < *until {
                let first = order.get(round).copied().unwrap_or(true);
                for few in &near {
                    for with in [!first, first] {
                        self.turn(few, with).await?;
                    }
                }
                round += 1;
                self.rounds += 1;
            }
            let measured: Vec<Measured> =
                open.iter().map(|place| self.statements[*place].measured.clone()).collect();
            let found = changes(&measured, &self.task.limits, &plan, look);
            for (place, change) in open.iter().zip(found) {
                self.statements[*place].change = Some(change);
            }
        }
        Ok(())
    }

    /// Statements of which more rounds would tell something.
    fn open(&self) -> Vec<usize> {
        let is_open = |state: &State| match &state.change {
            _ if state.refused.is_some() => false,
            None => true,
            // What a function does inside no plan shows, so even such a statement has the rounds of one look.
            Some(change) => !state.is_untouched && !is_settled(change),
        };
        (0..self.statements.len()).filter(|place| is_open(&self.statements[*place])).collect()
    }

    /// One pass over these statements, with the set or without it.
    async fn turn(&mut self, places: &[usize], with: bool) -> Result<(), VerifyError> {
        let away = if with { Vec::new() } else { self.names(&self.there) };
        let readings = self.pass(&away, places, None).await?;
        for (place, reading) in places.iter().zip(readings) {
            let state = &mut self.statements[*place];
            match reading {
                Ok(reading) => {
                    state.is_cut |= reading.is_cut;
                    let times = if with { &mut state.measured.with } else { &mut state.measured.without };
                    times.push(reading.ms);
                }
                Err(why) => state.refused = Some(why),
            }
        }
        Ok(())
    }

    /// A first look at statements that nothing is known of: how long they take, and which indexes they have to do with.
    async fn survey(&mut self) -> Result<(), VerifyError> {
        let new: Vec<usize> = self
            .open()
            .into_iter()
            .filter(|place| self.statements[*place].measured.with.is_empty())
            .collect();
        let with = self.pass(&[], &new, Some(1)).await?;
        let without = self.pass(&self.names(&self.there), &new, Some(1)).await?;
        for ((place, with), without) in new.into_iter().zip(with).zip(without) {
            let suspicion = with.as_ref().ok().map(|reading| self.suspicion(reading)).unwrap_or_default();
            let state = &mut self.statements[place];
            state.suspicion = suspicion;
            state.plans = with.as_ref().map(|reading| reading.plans.clone()).unwrap_or_default();
            match (with, without) {
                (Ok(with), Ok(without)) => {
                    let (least, most) = (with.ms.min(without.ms), with.ms.max(without.ms));
                    // Whoever is slow in one of the two ways is not run twenty times there.
                    let often =
                        (IN_A_ROW_MS / least).min(MOST_IN_A_ROW).min(IN_A_ROW_MS * 10.0 / most).max(1.0);
                    // Rounded down from a number that is between 1 and 20.
                    state.times = (1..=20)
                        .rev()
                        .find(|times| f64::from(*times) <= often)
                        .map_or(1, |times| times as usize);
                    state.warms = most < LONG_MS;
                    state.takes_ms = most * (state.times + usize::from(state.warms)) as f64;
                    let costs = without.cost(&state.ready).zip(with.cost(&state.ready));
                    state.costs = costs.map(|(without, with)| Costs { without, with });
                    state.is_untouched =
                        is_same(&with.plans, &without.plans) && state.suspicion == Suspicion::default();
                }
                (Err(why), _) | (_, Err(why)) => state.refused = Some(why),
            }
        }
        Ok(())
    }

    async fn pass(
        &self,
        away: &[&str],
        places: &[usize],
        times: Option<usize>,
    ) -> Result<Vec<Result<Reading, String>>, VerifyError> {
        let asked: Vec<Asked<'_>> = places
            .iter()
            .map(|place| {
                let state = &self.statements[*place];
                Asked { ready: &state.ready, times: times.unwrap_or(state.times), warms: state.warms }
            })
            .collect();
        pass(&self.place.session, away, &asked, self.task.longest.as_secs_f64() * 1000.0).await
    }

    fn names(&self, of: &BTreeSet<usize>) -> Vec<&str> {
        of.iter().filter_map(|index| self.built.get(index)).map(|built| built.name.as_str()).collect()
    }

    /// What a plan has to do with the indexes that are there.
    fn suspicion(&self, reading: &Reading) -> Suspicion {
        let mut suspicion = Suspicion::default();
        for node in reading.plans.iter().flat_map(Plan::nodes) {
            let written = (node.kind == "ModifyTable").then(|| format!("{}.{}", node.schema, node.relation));
            for (index, built) in self.built.iter().filter(|(index, _)| self.there.contains(index)) {
                if built.names.contains(&node.index) {
                    suspicion.uses.insert(*index);
                }
                if let Some(table) = &written {
                    if built.tables.contains(table) {
                        suspicion.keeps_up.insert(*index);
                    }
                    if built.referred.contains(table) {
                        suspicion.uses.insert(*index);
                    }
                }
            }
        }
        suspicion
    }

    /// What is known by an index that makes a statement slower.
    fn lesson(&self, statement: usize, index: usize) -> Option<Lesson> {
        let (state, built) = (&self.statements[statement], self.built.get(&index)?);
        Lesson::of(&state.text, &state.plans, |name| built.names.contains(name))
    }

    /// The statement that is slower beyond its limit by most.
    fn slowest(&self) -> Option<(usize, Change)> {
        let slower = self.statements.iter().enumerate().filter_map(|(place, state)| {
            let change = state.change.clone().filter(|change| self.is_to_go(state, change))?;
            Some((place, change))
        });
        slower.max_by(|(_, a), (_, b)| a.comparison.change.total_cmp(&b.comparison.change))
    }

    fn is_to_go(&self, state: &State, change: &Change) -> bool {
        // Of what nothing of the set has to do with, only what is certain is believed.
        let concerns = change.course == Course::Slower || state.suspicion != Suspicion::default();
        concerns && is_to_go(change, state.measured.writes, &self.task.limits)
    }

    /// The index that makes it slower: without it alone the statement is fastest.
    async fn culprit(&self, statement: usize) -> Result<usize, VerifyError> {
        let suspects = suspects(&self.statements[statement].suspicion, &self.there);
        let last = self.there.iter().next_back().copied().unwrap_or_default();
        if let [one] = suspects[..] {
            return Ok(one);
        }
        let mut away: Vec<(usize, Vec<f64>)> = suspects.iter().map(|index| (*index, Vec::new())).collect();
        for _ in 0..ROUNDS_OF_SUSPECTS {
            for (index, times) in &mut away {
                let names = self.names(&BTreeSet::from([*index]));
                for reading in self.pass(&names, &[statement], None).await?.into_iter().flatten() {
                    times.push(reading.ms);
                }
            }
        }
        Ok(culprit(&away).unwrap_or(last))
    }

    /// Takes an index away for good; statements that it touches are measured anew.
    async fn withdraw(&mut self, index: usize) -> Result<(), VerifyError> {
        self.there.remove(&index);
        if let Some(built) = self.built.get(&index) {
            let statement = format!("DROP INDEX {}", built.name);
            self.place
                .session
                .batch_execute(&statement)
                .await
                .map_err(refused("cannot drop a withdrawn index"))?;
        }
        let to_go: Vec<bool> = self
            .statements
            .iter()
            .map(|state| state.change.as_ref().is_some_and(|change| self.is_to_go(state, change)))
            .collect();
        for (state, is_to_go) in self.statements.iter_mut().zip(to_go) {
            if state.suspicion.touches(index) || is_to_go {
                state.change = None;
                state.measured.with.clear();
                state.measured.without.clear();
                state.is_cut = false;
            }
        }
        Ok(())
    }

    fn conclude(mut self, fates: &BTreeMap<usize, Fate>) -> Verified {
        let faster = |index: usize| -> Vec<usize> {
            let is = |state: &State| {
                state.suspicion.uses.contains(&index)
                    && state.change.as_ref().is_some_and(|change| change.course == Course::Faster)
            };
            (0..self.statements.len()).filter(|place| is(&self.statements[*place])).collect()
        };
        let fate = |index: usize| {
            fates.get(&index).cloned().unwrap_or_else(|| match faster(index) {
                served if served.is_empty() => Fate::Idle,
                served => Fate::Confirmed(served),
            })
        };
        let pieces = self.task.indexes.iter().enumerate().map(|(index, definition)| {
            let built = self.built.get(&index);
            Piece {
                definition: definition.clone(),
                bytes: built.map_or(0, |built| built.bytes),
                built: built.map_or_else(Default::default, |built| built.took),
                fate: fate(index),
            }
        });
        let pieces = pieces.collect();
        let statements = self.statements.drain(..).map(State::conclude).collect();
        Verified {
            pieces,
            statements,
            invalid: self.place.invalid.clone(),
            swept: self.place.swept.clone(),
            rounds: self.rounds,
        }
    }
}
