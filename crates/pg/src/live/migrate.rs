//! Migrations, run on a ghost without rows: PostgreSQL itself decides what each statement locks, rewrites and reads.
//!
//! A transaction is looked at before it is committed: the locks that it has, the files that are others, the scans that
//! were begun. Nothing has to be known of kinds of statements, and what a version does otherwise is seen otherwise.
//! Only what PostgreSQL refuses within a transaction is told from the documentation.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::{ConnectError, Session, explain};
use super::flips::plans;
use super::ghost::{Ghost, GhostError, Haunt};
use super::names::{BY_NUMBER, names, rows};
use super::portrait::{PortrayError, Sitting, portray};
use crate::migration::{
    Built, Check, Lock, Migration, Names, Seen, Step, Touched, after, as_built, resize, runs_alone,
    works_on_rows,
};
use crate::portrait::{Loss, Portrait, Relation};
use crate::shape::Class;

/// States of errors that say that something is there already.
const THERE_ALREADY: [&str; 6] = ["42P07", "42701", "42710", "42P06", "42723", "42712"];

/// What came of migrations.
#[derive(Clone, Debug)]
pub struct Migrated {
    /// The portrait that a database would have after them.
    pub after: Portrait,
    /// What each statement does.
    pub steps: Vec<Step>,
    /// What the ghost has not got.
    pub lost: Vec<Loss>,
}

/// Why migrations came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// There is no ghost.
    #[error(transparent)]
    Ghost(#[from] GhostError),
    /// It can't be reached any more.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It can't be read afterwards.
    #[error("what the migrations made cannot be read: {0}")]
    Portray(#[from] PortrayError),
    /// PostgreSQL refuses a statement.
    #[error("`{file}` fails: {why}, at `{statement}`")]
    Refused {
        /// The file.
        file: String,
        /// The statement.
        statement: String,
        /// The server's words.
        why: String,
        /// Whether what it makes is there already.
        is_there: bool,
    },
}

/// Runs migrations on a ghost of a portrait.
///
/// # Errors
/// See [`MigrateError`].
pub async fn migrate(
    portrait: &Portrait,
    haunt: &Haunt,
    migrations: &[Migration],
) -> Result<Migrated, MigrateError> {
    let ghost = Ghost::raise(&hollow(portrait), haunt).await?;
    let session = Session::open_with(
        &ghost.address(),
        "SET lock_timeout = 10000; SET statement_timeout = 120000; SET client_min_messages = error",
    )
    .await?;
    let mut work = Work { session: &session, before: Names::default(), steps: Vec::new() };
    work.before = names(&session, BY_NUMBER).await.map_err(unreadable)?;
    for migration in migrations {
        for (statement, transaction) in &migration.statements {
            work.run(&migration.name, statement, *transaction).await?;
        }
    }
    // Whatever a migration has set for its session is gone, and so is a role.
    let _ = session.batch_execute("RESET ALL; RESET ROLE").await;
    let now = names(&session, BY_NUMBER).await.map_err(unreadable)?;
    let seen = Seen { before: work.before, after: now };
    let mut steps = work.steps;
    let sitting = Sitting { without_values: true, programs: haunt.programs.clone() };
    let made = portray(&ghost.address(), &sitting).await?;
    let is_built = |relation: &Relation| {
        let mut built = steps.iter().flat_map(|step| &step.touched).flat_map(|touched| &touched.built);
        built.any(|built| built.name == relation.name)
    };
    let after = sized(after(portrait, &made, &seen), haunt, &is_built).await?;
    for touched in steps.iter_mut().flat_map(|step| &mut step.touched) {
        for built in &mut touched.built {
            // What a later migration takes away again is in no portrait, unless it was there before.
            let index = [&after, portrait].into_iter().find_map(|portrait| {
                let named = |relation: &&Relation| relation.index.is_some() && relation.name == built.name;
                as_built(portrait, portrait.relations.iter().find(named)?)
            });
            let rows = portrait.relation(&touched.table.0, &touched.table.1).map_or(0.0, Relation::rows);
            let known = index.unwrap_or_else(|| Built { rows, ..built.clone() });
            *built = Built { has_texts: built.has_texts, ..known };
        }
    }
    Ok(Migrated { after, steps, lost: ghost.lost.clone() })
}

/// The same portrait with the sizes that new indexes have which are not of all rows: how many those are the planner
/// says; one of which it does not say that stays one of all rows.
pub(super) async fn sized(
    mut portrait: Portrait,
    haunt: &Haunt,
    is_new: &impl Fn(&Relation) -> bool,
) -> Result<Portrait, MigrateError> {
    let (mut places, mut asked) = (Vec::new(), Vec::new());
    for (place, relation) in portrait.relations.iter().enumerate().filter(|(_, relation)| is_new(relation)) {
        let predicate = relation.index.as_ref().and_then(|index| index.definition.rsplit_once(" WHERE "));
        let table = relation.table.and_then(|table| portrait.relations.get(table as usize));
        if let Some(((_, predicate), table)) = predicate.zip(table) {
            places.push((place, table.rows()));
            asked.push(format!("SELECT 1 FROM {} WHERE {predicate}", table.quoted()));
        }
    }
    if asked.is_empty() {
        return Ok(portrait);
    }
    let (plans, _) = plans(&portrait, haunt, &asked).await?;
    for ((place, rows), plan) in places.into_iter().zip(plans) {
        if let Ok(plan) = plan {
            resize(&mut portrait, place, (plan.root.rows / rows.max(1.0)).clamp(0.0, 1.0));
        }
    }
    Ok(portrait)
}

pub(super) fn unreadable(why: String) -> MigrateError {
    MigrateError::Ghost(GhostError::Refused { what: "a look at its tables", why })
}

/// The same without any size: nothing that is read takes time.
pub(super) fn hollow(portrait: &Portrait) -> Portrait {
    let mut hollow = portrait.clone();
    for relation in &mut hollow.relations {
        (relation.pages, relation.all_visible, relation.all_frozen, relation.bytes) = (0, 0, 0, 0);
        if let Some(index) = &mut relation.index {
            index.height = 0;
        }
    }
    hollow.statistics.clear();
    hollow.extended.clear();
    hollow
}

/// What there is of relations that are not the system's: number, file, kind, schema, name, table, begun scans, and of
/// an index whether it has texts.
const LOOK: &str = "\
SELECT c.oid, c.relfilenode, c.relkind, n.nspname, c.relname, coalesce(i.indrelid, 0), \
       coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0), \
       EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE i.indexrelid = a.attrelid AND a.attcollation <> 0) \
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid \
WHERE c.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'm', 'i', 'I')";
const LOCKS: &str = "\
SELECT l.relation, l.mode FROM pg_catalog.pg_locks l \
WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND l.relation >= 16384";
/// Foreign keys whose rows are known to be in order: number, table, what it refers to, columns, and whether an index
/// has the columns in front.
const KEYS: &str = "\
SELECT k.oid, k.conrelid, k.confrelid, pg_catalog.array_to_json(k.conkey), EXISTS (SELECT FROM pg_catalog.pg_index i \
       WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = k.conkey[1]) \
FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.convalidated AND k.conparentid = 0";

struct Work<'a> {
    session: &'a Session,
    /// What tables and columns were called before all migrations.
    before: Names,
    steps: Vec<Step>,
}

/// A relation as it is now.
#[derive(Clone, Debug)]
struct Found {
    file: u32,
    kind: char,
    name: (String, String),
    table: u32,
    scans: u32,
    has_texts: bool,
}

type Look = BTreeMap<u32, Found>;

/// A foreign key.
struct Key {
    table: u32,
    referred: u32,
    columns: Vec<i16>,
    is_ordered: bool,
}

impl Work<'_> {
    async fn look(&self) -> Result<Look, String> {
        let number = |text: &str| text.parse().unwrap_or_default();
        let rows = rows(self.session, LOOK).await?;
        let found = rows.iter().map(|row| {
            let found = Found {
                file: number(&row[1]),
                kind: row[2].chars().next().unwrap_or_default(),
                name: (row[3].clone(), row[4].clone()),
                table: number(&row[5]),
                scans: number(&row[6]),
                has_texts: row[7] == "t",
            };
            (number(&row[0]), found)
        });
        Ok(found.collect())
    }

    async fn keys(&self) -> Result<BTreeMap<u32, Key>, String> {
        let mut keys = BTreeMap::new();
        for row in rows(self.session, KEYS).await? {
            if let (Ok(number), Ok(table), Ok(referred)) = (row[0].parse(), row[1].parse(), row[2].parse()) {
                let columns = serde_json::from_str(&row[3]).unwrap_or_default();
                keys.insert(number, Key { table, referred, columns, is_ordered: row[4] == "t" });
            }
        }
        Ok(keys)
    }

    async fn run(&mut self, file: &str, statement: &str, transaction: usize) -> Result<(), MigrateError> {
        // What ends a transaction, or is of one, is of a file and not of a statement.
        if matches!(Class::of(statement), Class::Begins | Class::Ends) {
            return Ok(());
        }
        let refused = |why: String, is_there| MigrateError::Refused {
            file: file.to_owned(),
            statement: statement.to_owned(),
            why,
            is_there,
        };
        let alone = runs_alone(statement);
        if !alone {
            self.session.batch_execute("BEGIN").await.map_err(|error| refused(explain(&error), false))?;
        }
        // Within the transaction: between two of them, a server may hand on the scans that it has counted.
        let before = self.look().await.map_err(unreadable)?;
        let keys = self.keys().await.map_err(unreadable)?;
        if let Err(error) = self.session.batch_execute(statement).await {
            let is_there =
                error.as_db_error().is_some_and(|said| THERE_ALREADY.contains(&said.code().code()));
            return Err(refused(explain(&error), is_there));
        }
        let now = self.look().await.map_err(unreadable)?;
        let mut checked = self.keys().await.map_err(unreadable)?;
        checked.retain(|number, _| !keys.contains_key(number));
        let mut locks: BTreeMap<u32, Lock> = BTreeMap::new();
        if alone {
            let is_full = statement
                .split_whitespace()
                .any(|word| word.trim_matches(['(', ')', ',']).eq_ignore_ascii_case("full"));
            let lock = if is_full { Lock::AccessExclusive } else { Lock::ShareUpdateExclusive };
            locks.extend(changed(&before, &now).into_iter().map(|table| (table, lock)));
        } else {
            for row in rows(self.session, LOCKS).await.map_err(unreadable)? {
                if let (Ok(relation), Some(lock)) = (row[0].parse(), Lock::parse(&row[1])) {
                    let strongest = locks.entry(relation).or_insert(lock);
                    *strongest = lock.max(*strongest);
                }
            }
            self.session.batch_execute("COMMIT").await.map_err(|error| refused(explain(&error), false))?;
        }
        let is_open = works_on_rows(statement);
        let checks = checked.into_values().filter_map(|key| {
            // Of a column that was not there no row has a value.
            let is_there =
                key.columns.iter().all(|column| self.before.columns.contains_key(&(key.table, *column)));
            let referred = self.before.relations.get(&key.referred)?.clone();
            is_there.then_some((key.table, Check { referred, is_ordered: key.is_ordered }))
        });
        let checks: Vec<(u32, Check)> = checks.collect();
        let mut touched = self.touched(&before, &now, &locks, &checks, alone);
        if statement.trim_start().get(..8).is_some_and(|word| word.eq_ignore_ascii_case("truncate")) {
            // Its new file is empty, and nobody reads the old one.
            for touched in &mut touched {
                (touched.rewritten, touched.scans) = (false, 0);
            }
        }
        if is_open {
            // By a plan of empty tables, which is not production's.
            for touched in &mut touched {
                touched.scans = 0;
            }
        }
        self.steps.push(Step {
            file: file.to_owned(),
            statement: statement.to_owned(),
            transaction,
            is_open,
            touched,
        });
        Ok(())
    }

    /// The tables that were there before all migrations, with what was done to them.
    fn touched(
        &self,
        before: &Look,
        now: &Look,
        locks: &BTreeMap<u32, Lock>,
        checks: &[(u32, Check)],
        alone: bool,
    ) -> Vec<Touched> {
        let tables = before.iter().filter(|(_, found)| matches!(found.kind, 'r' | 'p' | 'm'));
        let touched = tables.filter_map(|(table, then)| {
            let name = self.before.relations.get(table)?.clone();
            let lock = *locks.get(table)?;
            let is = now.get(table);
            let rewritten = is.is_some_and(|is| is.file != then.file) && then.file != 0;
            let mut scans = is.map_or(0, |is| is.scans.saturating_sub(then.scans));
            let built: Vec<Built> = now
                .iter()
                .filter(|(number, found)| {
                    found.kind == 'i'
                        && found.table == *table
                        && before.get(number).is_none_or(|old| old.file != found.file && !rewritten)
                })
                .map(|(_, found)| Built {
                    name: found.name.1.clone(),
                    has_texts: found.has_texts,
                    ..Built::default()
                })
                .collect();
            if alone && !built.is_empty() {
                // Concurrently: the table is read to build, and once more for what came meanwhile.
                scans = 2;
            }
            let checks =
                checks.iter().filter(|(of, _)| of == table).map(|(_, check)| check.clone()).collect();
            Some(Touched { table: name, lock, rewritten, scans, built, checks })
        });
        let mut all: Vec<Touched> = touched.collect();
        all.sort_by(|left, right| right.lock.cmp(&left.lock).then_with(|| left.table.cmp(&right.table)));
        all
    }
}

/// Tables whose own files or indexes are others than before.
fn changed(before: &Look, now: &Look) -> BTreeSet<u32> {
    let mut changed = BTreeSet::new();
    for (number, found) in before.iter().chain(now) {
        let is_same = match (before.get(number), now.get(number)) {
            (Some(then), Some(now)) => then.file == now.file,
            _ => false,
        };
        if !is_same {
            changed.insert(if found.table == 0 { *number } else { found.table });
        }
    }
    changed
}
