//! Pages of several runs: what `loadline report` writes of them.

use std::sync::Mutex;

use loadline_dashboard::Several;
use loadline_page::{ComparedDocument, TrendsDocument};
use loadline_runner::{Ending, Failure};
use loadline_verdict::{Gate, Incomplete};

use crate::common::{EndsByHistory as _, HistoryPlace, ProjectFile};
use crate::compare::{Two, compare_two, documents};
use crate::history::FilterArguments;
use crate::report::trends;

/// The history and the project that a page is made by.
pub(super) struct OfHistory {
    pub(super) store: Option<String>,
    pub(super) found: Mutex<ProjectFile>,
}

impl OfHistory {
    fn place(&self) -> HistoryPlace {
        HistoryPlace { store: self.store.clone() }
    }
}

impl Several for OfHistory {
    fn compared(&self, base: i64, head: i64) -> Result<ComparedDocument, String> {
        let found = self.found.lock().map_err(|_| "a page before this one broke down".to_owned())?;
        let (base, head, place) = (base.to_string(), head.to_string(), self.place());
        let two = Two { base: &base, head: &head, place: &place, force: false, found: &found };
        let delta = found.project.compare.delta.unwrap_or(Gate::default().delta);
        let mut document = None;
        let compared = compare_two(&two, &Gate { delta, ..Gate::default() }, |report, runs| {
            document = Some(ComparedDocument::of(report, Some(documents(runs, Incomplete::Fails)?)));
            Ok(Ending::Passed)
        });
        compared.map_err(|failure| without_hints(&failure.text()))?;
        document.ok_or_else(|| "there is nothing to compare".to_owned())
    }

    fn trends(&self, name: Option<&str>) -> Result<TrendsDocument, String> {
        let found = self.found.lock().map_err(|_| "a page before this one broke down".to_owned())?;
        let chosen = FilterArguments { name: name.map(str::to_owned), ..FilterArguments::default() };
        let told = trends(&self.place(), &chosen, &found).ends_reading();
        told.map(|(document, _)| document).map_err(|failure: Failure| without_hints(&failure.text()))
    }
}

/// What went wrong, without what to type on a command line: a page has no such place.
fn without_hints(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("hint:")).collect::<Vec<_>>().join("\n")
}
