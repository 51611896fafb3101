//! A set of indexes for a workload, searched on an empty copy: for whoever has to prove it.

use std::path::PathBuf;

use loadline_advise::advice::{Advice, Piece};
use loadline_advise::live::Spirit;
use loadline_advise::oracle::Without;
use loadline_advise::search::{Goal, advise};
use loadline_advise::verify::Definition;
use loadline_advise::workload::Workload;
use loadline_pg::live::Haunt;
use loadline_pg::portrait::Portrait;
use loadline_runner::Failure;

use super::aside::aside;

/// What is searched.
pub(crate) struct Search {
    /// Of which database.
    pub(crate) portrait: Portrait,
    /// What runs there.
    pub(crate) workload: Workload,
    /// What is least.
    pub(crate) goal: Goal,
    /// What is not to be advised: it was measured and withdrawn.
    pub(crate) without: Vec<Definition>,
    /// Settings that the application's sessions have, by name.
    pub(crate) settings: Vec<(String, String)>,
    /// The folder of PostgreSQL's programs.
    pub(crate) programs: Option<PathBuf>,
}

/// Searches, on a thread of its own.
pub(crate) async fn searched(search: Search) -> Result<Advice, Failure> {
    aside(move |stopped| {
        let Search { portrait, workload, goal, without, settings, programs } = search;
        let oracle = Spirit::raise_until(&portrait, &Haunt { programs }, &settings, stopped)?;
        let mut oracle = Without { oracle, indexes: without };
        advise(&portrait, &workload, goal, &mut oracle).map_err(|error| error.to_string())
    })
    .await
}

/// An index that is advised, as it would be built.
pub(crate) struct Found {
    pub(crate) definition: Definition,
    /// Its bytes, predicted.
    pub(crate) bytes: f64,
}

/// What is advised, what saves most first.
pub(crate) fn found(advice: &Advice) -> Vec<Found> {
    let of = |piece: &Piece| {
        let definition = Definition::parse(&piece.index.create(false)).ok()?;
        Some(Found { definition, bytes: piece.bytes })
    };
    advice.pieces.iter().filter_map(of).collect()
}
