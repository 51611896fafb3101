//! Building the set: beside everybody's work where that is possible, and each index alone, so that one that fails costs
//! only itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use loadline_pg::ghost::{literal, quoted};
use loadline_pg::live::{Session, explain};
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use super::ends::{VerifyError, refused};
use super::leftovers::Mark;
use super::task::Task;
use crate::tree::tree;
use crate::verify::{Definition, Steps};

/// An index that was built.
#[derive(Debug)]
pub(super) struct Built {
    /// Its name with its schema, in quotes.
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) took: Duration,
    /// Its own name and those of its parts in partitions, as plans have them.
    pub(super) names: BTreeSet<String>,
    /// Its table and the partitions, as `schema.name`.
    pub(super) tables: BTreeSet<String>,
    /// Tables whose rows foreign keys look for by it.
    pub(super) referred: BTreeSet<String>,
}

/// Builds each index of the task; where one cannot be, says why.
pub(super) async fn build(
    session: &Session,
    task: &Task,
    mark: &Mark,
    tell: &mut dyn FnMut(String),
) -> Result<BTreeMap<usize, Result<Built, String>>, VerifyError> {
    // An index takes as long as its table has rows.
    session.batch_execute("SET statement_timeout = 0").await.map_err(refused("cannot begin to build"))?;
    let mut all = BTreeMap::new();
    for (place, definition) in task.indexes.iter().enumerate() {
        tell(format!("building {} of {}: {definition}", place + 1, task.indexes.len()));
        all.insert(place, one(session, task, mark, place).await?);
    }
    session
        .batch_execute(&format!("SET statement_timeout = {}", task.longest.as_millis()))
        .await
        .map_err(refused("cannot end building"))?;
    Ok(all)
}

async fn one(
    session: &Session,
    task: &Task,
    mark: &Mark,
    place: usize,
) -> Result<Result<Built, String>, VerifyError> {
    let definition = &task.indexes[place];
    let tree = match tree(session, &definition.table).await {
        Ok(tree) => tree,
        Err(error) => return words(session, &error),
    };
    let Some(schema) = tree.0.first().map(|top| top.schema.clone()) else {
        return Ok(Err(format!("there is no table `{}` here", definition.table)));
    };
    if let Err(error) = try_lock(session, definition).await {
        return words(session, &error);
    }
    let name = mark.index(place);
    let began = Instant::now();
    let steps = if !tree.is_partitioned() {
        Steps { beside: vec![definition.create(&name, true)], ..Steps::default() }
    } else if tree.foreign().is_some() {
        // Beside others' work it would never be whole.
        Steps { beside: vec![definition.create(&name, false)], ..Steps::default() }
    } else {
        tree.steps(definition, &name)
    };
    if let Err(error) = run(session, &steps).await {
        let said = words(session, &error)?;
        // What is left of an index that was built beside others' work is invalid, and takes room.
        for name in tree.names(&name) {
            let _ = session.batch_execute(&format!("DROP INDEX IF EXISTS {name}")).await;
        }
        return Ok(said);
    }
    let took = began.elapsed();
    let built = described(session, &schema, &name, took).await?;
    if definition.rest.matches('(').count() > 1 {
        // An expression has no statistics before the next ANALYZE.
        let analyze = format!("ANALYZE {}", definition.table);
        if let Err(error) = session.batch_execute(&analyze).await {
            return words(session, &error);
        }
    }
    Ok(Ok(built))
}

async fn run(session: &Session, steps: &Steps) -> Result<(), tokio_postgres::Error> {
    for statement in &steps.beside {
        // No other statement can stand in this one: it is sent by the protocol that takes one alone.
        session.execute(statement, &[]).await?;
    }
    if steps.together.is_empty() {
        return Ok(());
    }
    session.batch_execute("BEGIN").await?;
    for statement in &steps.together {
        if let Err(error) = session.execute(statement, &[]).await {
            let _ = session.batch_execute("ROLLBACK").await;
            return Err(error);
        }
    }
    session.batch_execute("COMMIT").await
}

/// Whoever sets an index aside needs its table for himself. If that cannot be had, this is the time to know: an index
/// whose building was broken off could not be dropped either.
async fn try_lock(session: &Session, definition: &Definition) -> Result<(), tokio_postgres::Error> {
    let text = format!("BEGIN; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", definition.table);
    let locked = session.batch_execute(&text).await;
    session.batch_execute("ROLLBACK").await?;
    locked
}

/// Why an index was not built; an error where the server is gone.
fn words<T>(session: &Session, error: &tokio_postgres::Error) -> Result<Result<T, String>, VerifyError> {
    if session.is_closed() || error.as_db_error().is_none() {
        return Err(VerifyError::Refused { what: "the server went away", why: explain(error) });
    }
    let said = explain(error);
    let code = error.code();
    Ok(Err(if code == Some(&SqlState::LOCK_NOT_AVAILABLE) {
        format!("a lock on its table was not given in time ({said})")
    } else if code == Some(&SqlState::DISK_FULL) {
        format!("the disk is full ({said})")
    } else {
        said
    }))
}

async fn described(
    session: &Session,
    schema: &str,
    name: &str,
    took: Duration,
) -> Result<Built, VerifyError> {
    let said = refused("cannot look at an index that was built");
    let index = format!("{}.{}", quoted(schema), quoted(name));
    let oid = format!("{}::regclass", literal(&index));
    let parts = session
        .query(
            &format!(
                "SELECT /* loadline */ c.relname, n.nspname || '.' || t.relname, pg_relation_size(c.oid) \
                 FROM (SELECT {oid} AS relid UNION SELECT relid FROM pg_partition_tree({oid})) AS tree \
                 JOIN pg_class c ON c.oid = tree.relid JOIN pg_index i ON i.indexrelid = c.oid \
                 JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
            ),
            &[],
        )
        .await
        .map_err(&said)?;
    let referred = session
        .query(
            &format!(
                "SELECT /* loadline */ DISTINCT n.nspname || '.' || t.relname FROM pg_index i JOIN pg_constraint k \
                 ON k.conrelid = i.indrelid AND k.contype = 'f' AND i.indkey[0] = ANY (k.conkey) AND i.indpred IS NULL \
                 JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam \
                 AND m.amname IN ('btree', 'hash') JOIN pg_class t ON t.oid = k.confrelid \
                 JOIN pg_namespace n ON n.oid = t.relnamespace WHERE i.indexrelid = {oid}"
            ),
            &[],
        )
        .await
        .map_err(&said)?;
    Ok(Built {
        name: index,
        bytes: parts.iter().map(|row| u64::try_from(row.get::<_, i64>(2)).unwrap_or(0)).sum(),
        took,
        names: parts.iter().map(|row| row.get(0)).collect(),
        tables: parts.iter().map(|row| row.get(1)).collect(),
        referred: referred.iter().map(|row| row.get(0)).collect(),
    })
}
