//! What a project file says.

use loadline_secrets::masked_source;
use loadline_tables::{Source, Table, Wrong, inside, line_starts};
use loadline_verdict::{Endpoints, Problems};
use loadline_watch::Settings as WatchSettings;
use toml::de::{DeTable, DeValue};

use crate::budgets::{self, ScopedBudget};
use crate::calls::CallsBudget;
use crate::database::{self, DatabaseSection};
use crate::edge::{self, EdgeSection};
use crate::sections;
use crate::settings::{CompareSettings, HistorySettings, JudgeSettings, Target};
use crate::watch;

/// A project: the meaning of a `loadline.toml`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Project {
    /// The system under test.
    pub target: Target,
    /// Names of its routes.
    pub endpoints: Endpoints,
    /// What they may take.
    pub budgets: Vec<ScopedBudget>,
    /// How many statements their requests may execute.
    pub calls: Vec<CallsBudget>,
    /// The database that is followed during runs.
    pub database: DatabaseSection,
    /// The caches in front of it.
    pub edge: EdgeSection,
    /// How production is watched.
    pub watch: WatchSettings,
    /// Where runs are kept.
    pub history: HistorySettings,
    /// How builds are compared.
    pub compare: CompareSettings,
    /// How runs are judged.
    pub judge: JudgeSettings,
    /// Names of variables, query parameters and headers whose values nobody may see, or such values.
    pub secrets: Vec<String>,
}

const SECTIONS: [&str; 10] =
    ["target", "endpoints", "budget", "judge", "history", "compare", "database", "edge", "watch", "secrets"];

impl Project {
    /// Reads a project file; `path` is what messages call it.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its line.
    pub fn parse(path: &str, text: &str) -> Result<Self, Problems> {
        let lines = line_starts(text);
        // What is quoted of the file shows no secret.
        let shown = masked_source(text);
        let source = Source::new(path, &shown, &lines);
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut wrong = Wrong::default();
        for error in &errors {
            wrong.add(|| {
                source.problem(error.span().unwrap_or(0..0), format!("not TOML: {}", error.message()))
            });
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let whole = Table { source, name: "the project file", entries: document.get_ref() };
        whole.only(&SECTIONS, &mut wrong);
        let mut project = Self::default();
        if let Some(table) = section(&whole, "target", "[target]", &mut wrong) {
            project.target = sections::target(&table, &mut wrong);
        }
        if let Some(table) = section(&whole, "endpoints", "[endpoints]", &mut wrong) {
            project.endpoints = sections::endpoints(&table, &mut wrong);
        }
        if let Some(table) = section(&whole, "history", "[history]", &mut wrong) {
            project.history = sections::history(&table, &mut wrong);
        }
        if let Some(table) = section(&whole, "compare", "[compare]", &mut wrong) {
            project.compare = sections::compare(&table, &mut wrong);
        }
        if let Some(table) = section(&whole, "judge", "[judge]", &mut wrong) {
            project.judge = sections::judge(&table, &mut wrong);
        }
        if let Some(table) = section(&whole, "database", "[database]", &mut wrong) {
            project.database = database::read(&table, &mut wrong);
        }
        if let Some(table) = section(&whole, "edge", "[edge]", &mut wrong) {
            project.edge = edge::read(&table, &mut wrong);
        }
        if let Some(table) = section(&whole, "watch", "[watch]", &mut wrong) {
            project.watch = watch::read(&table, &project.endpoints, &mut wrong);
        }
        project.secrets = whole.texts("secrets", &mut wrong);
        if let Some(value) = whole.entries.get("budget") {
            (project.budgets, project.calls) = budgets::read(source, value, &project.endpoints, &mut wrong);
        }
        if wrong.is_empty() { Ok(project) } else { Err(wrong) }
    }
}

fn section<'a>(whole: &Table<'a>, key: &str, name: &'a str, wrong: &mut Wrong) -> Option<Table<'a>> {
    let value = whole.entries.get(key)?;
    if let DeValue::Table(entries) = value.get_ref() {
        return Some(Table { source: whole.source, name, entries });
    }
    let message = format!("`{key}` is a section: write `[{key}]` on a line of its own");
    wrong.add(|| whole.source.problem(inside(value), message));
    None
}
