//! Building one index: statement by statement, and where one fails nothing invalid stays.

use std::time::Duration;

use loadline_pg::ghost::literal;
use loadline_pg::live::explain;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use super::look::{Look, Site};
use super::{ApplyError, refused};

/// An index that was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    /// Its bytes, those of its parts too.
    pub bytes: u64,
    /// How long it took.
    pub took: Duration,
}

/// Builds it; where that fails, says why, and what of it was there is gone.
///
/// # Errors
/// See [`ApplyError`].
pub async fn build(site: &Site, look: &Look) -> Result<Result<Built, String>, ApplyError> {
    let began = Instant::now();
    drop_rest(site, look, Rest::Invalid).await?;
    if let Err(error) = run(site, look).await {
        if site.session.is_closed() || error.as_db_error().is_none() {
            return Err(ApplyError::Refused { what: "the server went away", why: explain(&error) });
        }
        let said = explain(&error);
        let why = match error.code() {
            Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => {
                format!("a lock was not given in time ({said})")
            }
            Some(code) if *code == SqlState::DISK_FULL => format!("the disk is full ({said})"),
            _ => said,
        };
        drop_rest(site, look, Rest::All).await?;
        return Ok(Err(why));
    }
    if look.definition.rest.matches('(').count() > 1 {
        // An expression has no statistics before the next ANALYZE.
        let statement = format!("ANALYZE {}", look.definition.table);
        site.session
            .batch_execute(&statement)
            .await
            .map_err(refused("the index is there, and ANALYZE fails"))?;
    }
    let name = literal(look.names().first().map_or("", String::as_str));
    let row = site
        .session
        .query_one(
            &format!(
                "SELECT /* loadline */ coalesce(sum(pg_relation_size(relid)), 0)::int8 FROM (SELECT {name}::regclass AS relid UNION \
                 SELECT relid FROM pg_partition_tree({name})) AS tree"
            ),
            &[],
        )
        .await
        .map_err(refused("cannot look at an index that was built"))?;
    let bytes = u64::try_from(row.get::<_, i64>(0)).unwrap_or(0);
    Ok(Ok(Built { bytes, took: began.elapsed() }))
}

/// How often the parts that are built are attached, each time waiting for locks: building them took longer.
const TRIES: usize = 3;

async fn run(site: &Site, look: &Look) -> Result<(), tokio_postgres::Error> {
    let steps = look.steps();
    for statement in &steps.beside {
        // One at a time: what is concurrent can be in no transaction.
        site.session.execute(statement, &[]).await?;
    }
    let mut tries = 1;
    while let Err(error) = together(site, &steps.together).await {
        if error.code() != Some(&SqlState::LOCK_NOT_AVAILABLE) || tries == TRIES {
            return Err(error);
        }
        tries += 1;
    }
    Ok(())
}

async fn together(site: &Site, statements: &[String]) -> Result<(), tokio_postgres::Error> {
    if statements.is_empty() {
        return Ok(());
    }
    site.session.batch_execute("BEGIN").await?;
    for statement in statements {
        if let Err(error) = site.session.execute(statement, &[]).await {
            let _ = site.session.batch_execute("ROLLBACK").await;
            return Err(error);
        }
    }
    site.session.batch_execute("COMMIT").await
}

/// What is dropped of an index that is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// What is invalid: it takes room, and no query uses it.
    Invalid,
    /// That, and parts that are valid and were not there before, if they are not attached.
    All,
}

/// Drops what is of this index and not whole, and names it.
pub(super) async fn drop_rest(site: &Site, look: &Look, rest: Rest) -> Result<Vec<String>, ApplyError> {
    let mut dropped = Vec::new();
    let names = look.names();
    // The one above its parts first: they cannot go without it once they are its own.
    for (place, name) in names.iter().enumerate() {
        let query = format!(
            "SELECT /* loadline */ c.relkind::text, i.indisvalid, c.relispartition FROM pg_index i JOIN pg_class c \
             ON c.oid = i.indexrelid WHERE i.indexrelid = to_regclass({})",
            literal(name)
        );
        let rows =
            site.session.query(&query, &[]).await.map_err(refused("cannot look for what is not whole"))?;
        let Some(row) = rows.first() else { continue };
        let (kind, is_valid, is_attached): (String, bool, bool) = (row.get(0), row.get(1), row.get(2));
        let is_part = place > 0 && rest == Rest::All && !look.there.contains(name);
        if is_attached || (is_valid && !is_part) {
            continue;
        }
        let beside = if kind == "I" { "" } else { "CONCURRENTLY " };
        let statement = format!("DROP INDEX {beside}IF EXISTS {name}");
        site.session.execute(&statement, &[]).await.map_err(refused("cannot drop what is not whole"))?;
        dropped.push(name.clone());
    }
    Ok(dropped)
}
