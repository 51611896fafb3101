//! Building one index: statement by statement, and where one fails nothing invalid stays.

use std::time::Duration;

use loadline_pg::ghost::literal;
use loadline_pg::live::explain;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use super::look::{Look, Obstacle, Site};
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
    if let Some(Obstacle::Invalid(_)) = look.obstacle {
        drop_invalid(site, look).await?;
    }
    for statement in look.statements() {
        // One at a time: what is concurrent can be in no transaction.
        if let Err(error) = site.session.execute(&statement, &[]).await {
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
            drop_invalid(site, look).await?;
            return Ok(Err(why));
        }
    }
    if look.definition.rest.matches('(').count() > 1 {
        // An expression has no statistics before the next ANALYZE.
        let statement = format!("ANALYZE {}", look.definition.table);
        site.session
            .batch_execute(&statement)
            .await
            .map_err(refused("the index is there, and ANALYZE fails"))?;
    }
    let name = literal(&look.names().pop().unwrap_or_default());
    let row = site
        .session
        .query_one(
            &format!(
                "SELECT coalesce(sum(pg_relation_size(relid)), 0)::int8 FROM (SELECT {name}::regclass AS relid UNION \
                 SELECT relid FROM pg_partition_tree({name})) AS tree"
            ),
            &[],
        )
        .await
        .map_err(refused("cannot look at an index that was built"))?;
    let bytes = u64::try_from(row.get::<_, i64>(0)).unwrap_or(0);
    Ok(Ok(Built { bytes, took: began.elapsed() }))
}

/// Drops what is of this index and invalid.
pub(super) async fn drop_invalid(site: &Site, look: &Look) -> Result<Vec<String>, ApplyError> {
    let mut dropped = Vec::new();
    let mut names = look.names();
    // The one above its parts first: they cannot go without it once they are its own.
    names.reverse();
    for name in names {
        let query = format!(
            "SELECT c.relkind::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
             WHERE i.indexrelid = to_regclass({}) AND NOT i.indisvalid",
            literal(&name)
        );
        let rows =
            site.session.query(&query, &[]).await.map_err(refused("cannot look for what is invalid"))?;
        let Some(kind) = rows.first().map(|row| row.get::<_, String>(0)) else { continue };
        let beside = if kind == "I" { "" } else { "CONCURRENTLY " };
        let statement = format!("DROP INDEX {beside}IF EXISTS {name}");
        site.session.execute(&statement, &[]).await.map_err(refused("cannot drop what is invalid"))?;
        dropped.push(name);
    }
    Ok(dropped)
}
