//! Which plans are others on the ghosts of two portraits, and which difference of the two makes them so.
//!
//! The cause is a fact of the planner and not a guess: a ghost is raised of the first portrait with one difference of
//! the second, and either it makes the second's plan or not.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::Session;
use super::explain::{explain, ready};
use super::ghost::{Ghost, GhostError, Haunt};
use crate::diff::{
    Cause, Flip, Flips, Kind, Part, Unplanned, differing, is_of_catalogs, tables_that_differ, transplant,
};
use crate::plan::Plan;
use crate::portrait::{Loss, Portrait};
use crate::shape::Shape;

/// Ghosts that are raised to tell tables and settings apart, at most; beyond them a cause is told by its kind.
const MOST: usize = 24;

/// A statement's plan, or why there is none.
pub type Planned = Result<Plan, String>;

/// The plans of these statements, in their order, and what the ghost that made them has not got.
///
/// # Errors
/// When there is no ghost.
pub async fn plans(
    portrait: &Portrait,
    haunt: &Haunt,
    statements: &[String],
) -> Result<(Vec<Planned>, Vec<Loss>), GhostError> {
    let ghost = Ghost::raise(portrait, haunt).await?;
    let plans = plans_on(&ghost, statements).await?;
    Ok((plans, ghost.lost.clone()))
}

/// The plans of these statements on a ghost that is there.
///
/// # Errors
/// When it can't be reached.
pub async fn plans_on(ghost: &Ghost, statements: &[String]) -> Result<Vec<Planned>, GhostError> {
    let mut session = open(ghost).await?;
    let mut plans = Vec::with_capacity(statements.len());
    for statement in statements {
        plans.push(match explain(&session, statement).await {
            Ok(explained) => Plan::of_json(&serde_json::json!({ "Plan": explained.plan }))
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        });
        // A back end that died of a statement takes the others' plans with it.
        if session.is_closed() {
            session = open(ghost).await?;
        }
    }
    Ok(plans)
}

async fn open(ghost: &Ghost) -> Result<Session, GhostError> {
    let session = Session::open_with(&ghost.address(), "SELECT 1").await?;
    let refused = |why| GhostError::Refused { what: "how it is to plan", why };
    ready(&session, &[], None).await.map_err(refused)?;
    Ok(session)
}

/// The statements of both workloads, each once, without those about the system's own tables.
pub fn statements_of(before: &Portrait, after: &Portrait) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let workloads = [after, before].into_iter().filter_map(|portrait| portrait.workload.as_ref());
    let all = workloads.flat_map(|workload| &workload.statements);
    let is_load = |text: &str| !is_of_catalogs(before, text) && !is_of_catalogs(after, text);
    all.filter(|statement| is_load(&statement.text) && seen.insert(Shape::of(&statement.text).id))
        .map(|statement| statement.text.clone())
        .collect()
}

/// What is different in the plans of these statements, and why; and what the two ghosts have not got.
///
/// # Errors
/// When there is no ghost of one of them.
pub async fn flips(
    before: &Portrait,
    after: &Portrait,
    statements: &[String],
    haunt: &Haunt,
) -> Result<(Flips, Vec<Loss>), GhostError> {
    let kinds = differing(before, after);
    let (then, mut lost) = plans(before, haunt, statements).await?;
    let mut flips = Flips::default();
    let now = if kinds.is_empty() {
        then.clone()
    } else {
        let (now, more) = plans(after, haunt, statements).await?;
        lost.extend(more);
        now
    };
    lost.sort();
    lost.dedup();
    let mut flipped = Vec::new();
    for ((text, then), now) in statements.iter().zip(then).zip(now) {
        match (then, now) {
            (Ok(then), Ok(now)) => {
                flips.planned += 1;
                if then.fingerprint() != now.fingerprint() {
                    flipped.push(Flip {
                        text: text.clone(),
                        before: then,
                        after: now,
                        cause: Cause::Unknown,
                    });
                }
            }
            (then, now) => {
                flips.unplanned.push(Unplanned { text: text.clone(), before: then.err(), after: now.err() });
            }
        }
    }
    if !flipped.is_empty() {
        let search = Search { before, after, haunt, kinds, left: MOST };
        flips.flips = search.causes(flipped).await?;
    }
    Ok((flips, lost))
}

/// The search for causes.
struct Search<'a> {
    before: &'a Portrait,
    after: &'a Portrait,
    haunt: &'a Haunt,
    kinds: Vec<Kind>,
    left: usize,
}

impl Search<'_> {
    async fn causes(mut self, mut flips: Vec<Flip>) -> Result<Vec<Flip>, GhostError> {
        let all: Vec<usize> = (0..flips.len()).collect();
        let mut alone: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
        for kind in self.kinds.clone() {
            let made = transplant(self.before, self.after, kind, None);
            for place in self.that_turn(&made, &flips, &all, |flip| &flip.after).await? {
                alone.entry(place).or_default().push(Part { kind, of: None });
            }
        }
        self.narrow(&flips, &mut alone).await?;
        let unexplained: Vec<usize> = all.into_iter().filter(|place| !alone.contains_key(place)).collect();
        let mut together: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
        if !unexplained.is_empty() && self.kinds.len() > 1 {
            for kind in self.kinds.clone() {
                let without = transplant(self.after, self.before, kind, None);
                let same: BTreeSet<usize> = self
                    .that_turn(&without, &flips, &unexplained, |flip| &flip.after)
                    .await?
                    .into_iter()
                    .collect();
                for place in unexplained.iter().filter(|place| !same.contains(place)) {
                    together.entry(*place).or_default().push(Part { kind, of: None });
                }
            }
        }
        for (place, flip) in flips.iter_mut().enumerate() {
            flip.cause = match (alone.remove(&place), together.remove(&place)) {
                (Some(parts), _) => Cause::Alone(parts),
                (None, Some(parts)) => Cause::Together(parts),
                (None, None) => Cause::Unknown,
            };
        }
        Ok(flips)
    }

    /// Which of these plans a portrait makes as they are `wanted`.
    async fn that_turn(
        &self,
        made: &Portrait,
        flips: &[Flip],
        places: &[usize],
        wanted: fn(&Flip) -> &Plan,
    ) -> Result<Vec<usize>, GhostError> {
        let texts: Vec<String> = places.iter().map(|place| flips[*place].text.clone()).collect();
        // A mixture that no server can have says nothing.
        let planned = match plans(made, self.haunt, &texts).await {
            Ok((planned, _)) => planned,
            Err(GhostError::Refused { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let is_so = |place: usize, plan: &Planned| {
            plan.as_ref().is_ok_and(|plan| plan.fingerprint() == wanted(&flips[place]).fingerprint())
        };
        Ok(places
            .iter()
            .zip(&planned)
            .filter(|(place, plan)| is_so(**place, plan))
            .map(|(place, _)| *place)
            .collect())
    }

    /// From a kind to its tables and settings.
    async fn narrow(
        &mut self,
        flips: &[Flip],
        alone: &mut BTreeMap<usize, Vec<Part>>,
    ) -> Result<(), GhostError> {
        for kind in self.kinds.clone() {
            let of_kind: Vec<usize> = alone
                .iter()
                .filter(|(_, parts)| parts.iter().any(|part| part.kind == kind))
                .map(|(place, _)| *place)
                .collect();
            if of_kind.is_empty() {
                continue;
            }
            let names = self.names(kind, flips, &of_kind);
            let mut found: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
            for (name, made) in names {
                if self.left == 0 {
                    break;
                }
                self.left -= 1;
                for place in self.that_turn(&made, flips, &of_kind, |flip| &flip.after).await? {
                    found.entry(place).or_default().push(Part { kind, of: Some(name.clone()) });
                }
            }
            for (place, parts) in found {
                if let Some(all) = alone.get_mut(&place) {
                    all.retain(|part| part.kind != kind);
                    all.extend(parts);
                }
            }
        }
        Ok(())
    }

    /// What a kind can be narrowed to, each with the portrait that has this difference alone.
    fn names(&self, kind: Kind, flips: &[Flip], places: &[usize]) -> Vec<(String, Portrait)> {
        if kind == Kind::Settings {
            let differs =
                self.after.settings.iter().filter(|setting| !self.before.settings.contains(setting));
            return differs
                .map(|setting| {
                    let mut made = self.before.clone();
                    made.settings.retain(|other| other.name != setting.name);
                    made.settings.push(setting.clone());
                    (setting.name.clone(), made)
                })
                .collect();
        }
        if !kind.is_of_tables() {
            return Vec::new();
        }
        let named: BTreeSet<&str> = places
            .iter()
            .flat_map(|place| [&flips[*place].before, &flips[*place].after])
            .flat_map(Plan::nodes)
            .map(|node| node.relation.as_str())
            .collect();
        let tables = tables_that_differ(self.before, self.after, kind);
        tables
            .into_iter()
            .filter(|(_, table)| named.contains(table.as_str()))
            .map(|table| {
                let name = format!("{}.{}", table.0, table.1);
                (name, transplant(self.before, self.after, kind, Some(&BTreeSet::from([table]))))
            })
            .collect()
    }
}
