//! `[database]`: the database that is followed during runs.

use loadline_tables::{Table, Text, Wrong};
use loadline_verdict::Problem;

/// `[database]`: the database whose statements, sessions and pools a run follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseSection {
    /// A `postgres://` URL of the server itself.
    pub url: Option<String>,
    /// One of the administration of a pgbouncer before it.
    pub pgbouncer: Option<String>,
    /// How many statements have names of their own in a Run.
    pub top: Option<u64>,
    /// Whether plans are looked at; they are, unless told otherwise.
    pub plans: Option<bool>,
}

/// More names than this are a table that nobody reads, and tags that a Run has no room for.
const MOST: u64 = 200;

pub(crate) fn read(table: &Table<'_>, wrong: &mut Wrong) -> DatabaseSection {
    table.only(&["url", "pgbouncer", "top", "plans"], wrong);
    let url = table.text("url", wrong);
    let pgbouncer = table.text("pgbouncer", wrong);
    for (key, text) in [("url", &url), ("pgbouncer", &pgbouncer)] {
        let is_one =
            |text: &Text| text.text.starts_with("postgres://") || text.text.starts_with("postgresql://");
        if let Some(text) = text.as_ref().filter(|text| !is_one(text)) {
            wrong.add(|| Problem {
                hint: Some("write it like `postgres://db.test/shop?user=monitor`".to_owned()),
                ..table
                    .source
                    .problem(text.span.clone(), format!("the database's `{key}` is no PostgreSQL URL"))
            });
        }
    }
    let top = table.count("top", 1, wrong);
    if let Some(value) = table.entries.get("top")
        && top.is_some_and(|top| top > MOST)
    {
        wrong.add(|| table.source.problem(value.span(), format!("`top` of [database] is at most {MOST}")));
    }
    let plans = table.entries.get("plans").map(|_| table.switch("plans", wrong));
    DatabaseSection { url: url.map(|text| text.text), pgbouncer: pgbouncer.map(|text| text.text), top, plans }
}
