//! A set of indexes for a workload, searched on an empty copy: for whoever has to prove it.

use std::path::PathBuf;
use std::thread;

use loadline_advise::advice::Advice;
use loadline_advise::live::Spirit;
use loadline_advise::oracle::Without;
use loadline_advise::search::{Goal, advise};
use loadline_advise::verify::Definition;
use loadline_advise::workload::Workload;
use loadline_pg::live::Haunt;
use loadline_pg::portrait::Portrait;
use loadline_runner::{Ending, Failure};
use tokio::sync::oneshot;

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

/// Searches, on a thread of its own: it waits for each plan, and an interrupt does not wait for it.
pub(crate) async fn searched(search: Search) -> Result<Advice, Failure> {
    let (answer, answered) = oneshot::channel();
    let work = move || {
        let done = (|| {
            let Search { portrait, workload, goal, without, settings, programs } = search;
            let haunt = Haunt { programs };
            let oracle = Spirit::raise(&portrait, &haunt, &settings)?;
            let mut oracle = Without { oracle, indexes: without };
            advise(&portrait, &workload, goal, &mut oracle).map_err(|error| error.to_string())
        })();
        // Whoever asked may have gone.
        let _ = answer.send(done);
    };
    let could_not = |why: String| Failure::new(Ending::CouldNotRun, why);
    thread::Builder::new()
        .name("advise".to_owned())
        .spawn(work)
        .map_err(|error| could_not(error.to_string()))?;
    let done = answered.await.map_err(|_| could_not("the search for indexes broke off".to_owned()))?;
    done.map_err(could_not)
}

/// What is advised, as it would be built.
pub(crate) fn definitions(advice: &Advice) -> Vec<Definition> {
    advice.pieces.iter().filter_map(|piece| Definition::parse(&piece.index.create(false)).ok()).collect()
}
