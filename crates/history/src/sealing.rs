//! Sealing what an older Loadline wrote: once, when its tables become those of a newer one.

use crate::census::{Names, renew};
use crate::database::{Database, Fault, Value, row};
use crate::numbers::Numbers;
use crate::tables::{BASELINES, CONTENTS, FIGURES, NAMES, PARTS, RUNS};

/// Seals all rows, and begins the census.
pub(crate) fn seal_all(database: &mut dyn Database) -> Result<(), Fault> {
    let runs = numbers(database, "SELECT id FROM loadline_runs", &[])?;
    for run in &runs.0 {
        let of_run: &[Value] = &[(*run).into()];
        let figures = numbers(database, "SELECT name FROM loadline_figures WHERE run = $1", of_run)?;
        let count = "UPDATE loadline_runs SET figures = $2, \
                     pieces = (SELECT count(*) FROM loadline_parts p WHERE p.run = $1) WHERE id = $1";
        database.execute(count, &[(*run).into(), figures.to_string().into()])?;
        // One by one: a history may be larger than memory.
        CONTENTS.seal_all(database, 1, "WHERE t.run = $1", of_run)?;
        PARTS.seal_all(database, 2, "WHERE t.run = $1", of_run)?;
        FIGURES.seal_all(database, 2, "WHERE t.run = $1", of_run)?;
        RUNS.seal_all(database, 1, "WHERE t.id = $1", of_run)?;
    }
    renew(database, &runs)?;
    NAMES.seal_all(database, 1, "", &[])?;
    let mut names = Names::default();
    for cells in database.query("SELECT name FROM loadline_baselines", &[])? {
        let [name] = row(cells)?;
        let name = name.text()?;
        let of_name: &[Value] = &[name.as_str().into()];
        let runs = numbers(database, "SELECT run FROM loadline_baseline_runs WHERE baseline = $1", of_name)?;
        let told = "UPDATE loadline_baselines SET runs = $2 WHERE name = $1";
        database.execute(told, &[name.as_str().into(), runs.to_string().into()])?;
        names.0.insert(name);
    }
    BASELINES.seal_all(database, 1, "", &[])?;
    renew(database, &names)
}

fn numbers(database: &mut dyn Database, sql: &str, parameters: &[Value]) -> Result<Numbers, Fault> {
    let numbers =
        database.query(sql, parameters)?.into_iter().map(|cells| row(cells).and_then(|[n]| n.int()));
    numbers.collect()
}
