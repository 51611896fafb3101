//! The tables, and how older ones become newer ones.
//!
//! What a list or a trend needs lies apart from what only loading a run needs: `runs` and `figures` are small whatever
//! the runs hold. `figures` is ordered by name and then by run, which is the order it is read in. Nothing is ever null:
//! what is not known is empty or zero.

use crate::census::{Accepted, renew};
use crate::database::{Database, Dialect, Fault, row, transaction};
use crate::sealed::{ACCEPTING, SEALED};
use crate::sealing::seal_all;

/// The version of the tables, counted in steps.
pub(crate) const VERSION: i64 = STEPS.len() as i64;

/// The table whose presence makes a database a history.
const MARK: &str = "loadline_history";

/// The oldest version that there is.
pub(crate) const OLDEST: i64 = 1;

/// What makes each version from the one before. Steps that were released are never changed.
const STEPS: [&str; 5] = [
    "
    CREATE TABLE loadline_runs (
        id {counting},
        hash TEXT NOT NULL,
        state TEXT NOT NULL,
        started_unix_ms BIGINT NOT NULL,
        duration_ms BIGINT NOT NULL,
        name TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        plan TEXT NOT NULL,
        commit_id TEXT NOT NULL,
        branch TEXT NOT NULL,
        target TEXT NOT NULL,
        target_version TEXT NOT NULL,
        host TEXT NOT NULL,
        outcome TEXT NOT NULL,
        words TEXT NOT NULL,
        saturated BIGINT NOT NULL,
        annotations TEXT NOT NULL,
        loadline TEXT NOT NULL
    );
    CREATE UNIQUE INDEX loadline_runs_hash ON loadline_runs (hash) WHERE hash <> '';
    CREATE INDEX loadline_runs_started ON loadline_runs (started_unix_ms, id);
    CREATE TABLE loadline_contents (
        run BIGINT PRIMARY KEY REFERENCES loadline_runs (id) ON DELETE CASCADE,
        file {bytes} NOT NULL
    );
    CREATE TABLE loadline_pieces (
        run BIGINT NOT NULL REFERENCES loadline_runs (id) ON DELETE CASCADE,
        number BIGINT NOT NULL,
        bytes {bytes} NOT NULL,
        PRIMARY KEY (run, number)
    );
    CREATE TABLE loadline_names (
        id {counting},
        subject TEXT NOT NULL,
        quantity TEXT NOT NULL,
        unit TEXT NOT NULL,
        UNIQUE (subject, quantity, unit)
    );
    CREATE TABLE loadline_figures (
        name BIGINT NOT NULL REFERENCES loadline_names (id),
        run BIGINT NOT NULL REFERENCES loadline_runs (id) ON DELETE CASCADE,
        value {real} NOT NULL,
        amount BIGINT NOT NULL,
        PRIMARY KEY (name, run)
    ){clustered};
    CREATE INDEX loadline_figures_run ON loadline_figures (run);
    CREATE TABLE loadline_baselines (
        name TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        saved_unix_ms BIGINT NOT NULL
    );
    CREATE TABLE loadline_baseline_runs (
        baseline TEXT NOT NULL REFERENCES loadline_baselines (name) ON DELETE CASCADE,
        run BIGINT NOT NULL REFERENCES loadline_runs (id),
        PRIMARY KEY (baseline, run)
    );
    CREATE INDEX loadline_baseline_runs_run ON loadline_baseline_runs (run);
",
    // What makes a run this one, also of a piece of it; and an unfinished run says how much of it is there.
    "
    ALTER TABLE loadline_runs ADD COLUMN identity TEXT NOT NULL DEFAULT '';
    CREATE UNIQUE INDEX loadline_runs_identity ON loadline_runs (identity) WHERE identity <> '';
    UPDATE loadline_runs SET duration_ms = 1000 * coalesce(
        (SELECT max(p.number) FROM loadline_pieces p WHERE p.run = loadline_runs.id), 0)
        WHERE state IN ('unfinished', 'crashed') AND duration_ms = 0;
",
    // Every row gets a seal (see `sealed`), and a row that counts it. The pieces get another name, so that an older
    // Loadline that records a run just now fails to, and says so, instead of leaving rows without seals.
    "
    ALTER TABLE loadline_runs ADD COLUMN pieces BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE loadline_runs ADD COLUMN figures TEXT NOT NULL DEFAULT '';
    ALTER TABLE loadline_runs ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE loadline_contents ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE loadline_pieces RENAME TO loadline_parts;
    ALTER TABLE loadline_parts ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE loadline_names ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE loadline_figures ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE loadline_baselines ADD COLUMN runs TEXT NOT NULL DEFAULT '';
    ALTER TABLE loadline_baselines ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
    CREATE TABLE loadline_census (
        name TEXT PRIMARY KEY,
        keys TEXT NOT NULL,
        seal BIGINT NOT NULL
    );
",
    // How much figures differ between two builds that are the same, by what was measured and where.
    "
    CREATE TABLE loadline_noise (
        set_up TEXT PRIMARY KEY,
        measured_unix_ms BIGINT NOT NULL,
        figures TEXT NOT NULL,
        seal BIGINT NOT NULL
    );
",
    // Changes that somebody accepted. What the run was is kept here, too: it may be pruned.
    "
    CREATE TABLE loadline_acceptances (
        id BIGINT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        run BIGINT NOT NULL,
        run_started_unix_ms BIGINT NOT NULL,
        subject TEXT NOT NULL,
        quantity TEXT NOT NULL,
        why TEXT NOT NULL,
        who TEXT NOT NULL,
        commit_id TEXT NOT NULL,
        accepted_unix_ms BIGINT NOT NULL,
        seal BIGINT NOT NULL
    );
",
];

/// What is at a place.
pub(crate) enum SchemaState {
    /// No tables at all.
    Nothing,
    /// Tables, but none of ours.
    Foreign,
    /// A history of this version.
    Version(i64),
}

/// Looks without changing anything.
pub(crate) fn find(database: &mut dyn Database) -> Result<SchemaState, Fault> {
    let dialect = database.dialect();
    if number(database, dialect.count_tables, &[MARK.into()])? > 0 {
        return Ok(SchemaState::Version(number(database, "SELECT version FROM loadline_history", &[])?));
    }
    let foreign = number(database, dialect.count_foreign_tables, &[])? > 0;
    Ok(if foreign { SchemaState::Foreign } else { SchemaState::Nothing })
}

/// Takes the tables to [`VERSION`], from nothing or from any older one.
pub(crate) fn migrate(database: &mut dyn Database) -> Result<(), Fault> {
    transaction(database, |database| {
        let dialect = database.dialect();
        database.batch(dialect.migrating)?;
        // Somebody else may have done it meanwhile.
        let from = match find(database)? {
            SchemaState::Version(version) => version,
            SchemaState::Nothing | SchemaState::Foreign => {
                database.batch(&format!(
                    "CREATE TABLE {MARK} (version BIGINT NOT NULL); INSERT INTO {MARK} VALUES (0)"
                ))?;
                0
            }
        };
        for (version, step) in (1..).zip(STEPS).skip(usize::try_from(from).unwrap_or_default()) {
            database.batch(&spelled(step, dialect))?;
            if version == SEALED {
                seal_all(database)?;
            }
            if version == ACCEPTING {
                renew(database, &Accepted::default())?;
            }
        }
        database.execute("UPDATE loadline_history SET version = $1 WHERE version < $1", &[VERSION.into()])?;
        Ok(())
    })
}

fn spelled(step: &str, dialect: &Dialect) -> String {
    step.replace("{counting}", dialect.counting)
        .replace("{real}", dialect.real)
        .replace("{bytes}", dialect.bytes)
        .replace("{clustered}", dialect.clustered)
}

fn number(
    database: &mut dyn Database,
    sql: &str,
    parameters: &[crate::database::Value],
) -> Result<i64, Fault> {
    let [number] = row(database.query(sql, parameters)?.pop().unwrap_or_default())?;
    number.int()
}
