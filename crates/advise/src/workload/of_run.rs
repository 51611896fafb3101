//! The statements of a load test, each with the endpoints that make it.
//!
//! A Run calls statements by their shapes, and long ones by a shortened name. Texts come from whoever has them: the
//! portrait of its database, or files.

use std::collections::BTreeMap;

use loadline_measure::Run;
use loadline_pg::cost::{OTHER, StatementName, statements_of};
use loadline_pg::diff::is_of_catalogs;
use loadline_pg::portrait::Portrait;

use super::merge::{Asked, Origin, Workload};
use super::omission::Omission;

impl Workload {
    /// What a Run's load made the database do; nothing if no database was followed. `texts` are statements that may be
    /// among them.
    pub fn of_run<'t>(
        run: &Run,
        portrait: &'t Portrait,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Option<Self> {
        let counted = statements_of(run);
        if counted.is_empty() {
            return None;
        }
        let of_portrait =
            portrait.workload.iter().flat_map(|run| &run.statements).map(|one| one.text.as_str());
        let mut by_name: BTreeMap<String, &str> = BTreeMap::new();
        for text in of_portrait.chain(texts) {
            by_name.entry(StatementName::of(text, 0).as_str().to_owned()).or_insert(text);
        }
        let (mut asked, mut omitted) = (Vec::new(), BTreeMap::<Omission, u64>::new());
        for one in counted {
            let is_short = one.name.ends_with('…');
            let text = match by_name.get(&one.name) {
                Some(text) => *text,
                None if one.name == OTHER => {
                    *omitted.entry(Omission::Together).or_default() += one.calls as u64;
                    continue;
                }
                None if is_short || one.name.starts_with("statement ") => {
                    *omitted.entry(Omission::NoText).or_default() += 1;
                    continue;
                }
                None => one.name.as_str(),
            };
            if is_of_catalogs(portrait, text) {
                *omitted.entry(Omission::Catalogs).or_default() += 1;
                continue;
            }
            asked.push(Asked {
                text: text.to_owned(),
                calls: one.calls,
                ms: Some(one.time_ms),
                rows: (one.calls > 0.0).then(|| one.rows / one.calls),
                endpoints: one.endpoints,
                ..Asked::default()
            });
        }
        let mut workload = Self::of(asked);
        for (what, count) in omitted {
            workload.omit(what, count);
        }
        workload.origin = Origin::Run(run.duration.as_secs_f64());
        Some(workload)
    }
}
