//! Indexes that production has not got: made on a running ghost, with the size that they would have.
//!
//! An index on an empty table is a millisecond's work for every access method, operator class, predicate and
//! expression that there is. It is made by the owner, who may do nothing else; the superuser then looks up by itself
//! what came of it and gives it its size, so nothing that a schema brings along can have it write anywhere else.

use super::body::{Body, Figures, Place};
use super::cluster::Cluster;
use super::lengths::{Head, Shape};
use super::numbers::{number, rows, text};
use crate::ghost::{Counts, PAGE_BYTES, quoted, statements};
use crate::live::connect::{Session, explain};

/// How large an index would be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Pages of its file.
    pub pages: u32,
    /// Its rows: as many as its table has, or those that its predicate leaves.
    pub tuples: f32,
    /// Levels above the leaves of a B-tree.
    pub height: u32,
    /// What a GIN index would count of itself; without it the planner supposes that nine of ten pages are of entries,
    /// a hundred to a page.
    pub counts: Option<Counts>,
}

/// An index that was made: the one that was asked for, or its part on a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub index: u32,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The schema of its table.
    pub table_schema: String,
    /// Its table.
    pub table: String,
    /// The access method.
    pub method: String,
    /// Whether it has parts and no file of its own.
    pub is_partitioned: bool,
}

/// Why there is no such index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CandidateError {
    /// It is not one statement.
    #[error("is {0} statements; make one index at a time")]
    Several(usize),
    /// It made no index.
    #[error("makes no index")]
    NoIndex,
    /// The server refuses it.
    #[error("{0}")]
    Refused(String),
}

/// What the transaction has made. Partitions' parts are behind what they are parts of.
const MADE: &str = "\
SELECT c.oid, c.relfilenode, pg_relation_filepath(c.oid), c.relkind = 'I', n.nspname, c.relname, tn.nspname, t.relname,
       m.amname, t.oid, i.indkey[0], i.indnatts > 1, i.indoption[0] & 1 = 1,
       i.indpred IS NULL AND o.opcdefault AND o.opckeytype = 0 AND i.indcollation[0] = coalesce(a.attcollation, 0),
       (SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = 'pages_per_range')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_am m ON m.oid = c.relam JOIN pg_opclass o ON o.oid = i.indclass[0]
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] AND a.attnum > 0
WHERE c.oid > NEWEST AND c.relkind IN ('i', 'I') AND c.xmin = 'TRANSACTION'::xid
ORDER BY c.relispartition, c.oid";

/// Makes an index and says in which transaction.
pub(super) async fn make(session: &Session, definition: &str) -> Result<u32, CandidateError> {
    let all = statements(definition);
    let [definition] = all[..] else { return Err(CandidateError::Several(all.len())) };
    // A comment may be its end.
    let text = format!("{definition}\n; SELECT pg_catalog.pg_current_xact_id()");
    let found = rows(session, &text).await.map_err(CandidateError::Refused)?;
    let transaction: u64 = found.last().map_or(0, |row| number(row, 0));
    // Rows know its lower half.
    Ok(transaction as u32)
}

impl Body {
    /// Gives what a transaction has made the size that is said of each part.
    pub(super) async fn add(
        &mut self,
        cluster: &Cluster,
        session: &Session,
        transaction: u32,
        mut size: impl FnMut(&Part) -> Size,
    ) -> Result<Vec<Part>, CandidateError> {
        let query = MADE.replace("TRANSACTION", &transaction.to_string());
        let query = query.replace("NEWEST", &self.newest().to_string());
        let made = rows(session, &query).await.map_err(CandidateError::Refused)?;
        let mut parts = Vec::new();
        let mut changed = Vec::new();
        for row in &made {
            let part = Part {
                index: number(row, 0),
                schema: text(row, 4),
                name: text(row, 5),
                table_schema: text(row, 6),
                table: text(row, 7),
                method: text(row, 8),
                is_partitioned: text(row, 3) == "t",
            };
            if !part.is_partitioned {
                let Size { pages, tuples, height, counts } = size(&part);
                let head = match part.method.as_str() {
                    "btree" => Head::Tree(height, self.entries(row)),
                    "brin" => Head::Ranges(number(row, 14), self.pages(number(row, 9))),
                    "gin" => counts.map_or(Head::Nothing, Head::Counts),
                    _ => Head::Nothing,
                };
                let shape = Shape { bytes: u64::from(pages) * PAGE_BYTES as u64, head, is_seen: false };
                let pages = i32::try_from(pages).unwrap_or(i32::MAX);
                let figures = Figures { pages, tuples, ..Figures::default() };
                changed.push((Place::of(row), shape, figures));
            }
            self.has_made(part.index);
            parts.push(part);
        }
        if parts.is_empty() {
            return Err(CandidateError::NoIndex);
        }
        if let Err(why) = self.change(cluster, session, changed).await {
            let _ = session.batch_execute(&dropping(&parts[0])).await;
            return Err(CandidateError::Refused(why));
        }
        Ok(parts)
    }

    /// What a new B-tree begins and ends with, if that is known of its first column.
    fn entries(&self, row: &[Option<String>]) -> Vec<Vec<u8>> {
        let edge = self.edge(number(row, 9), number(row, 10)).filter(|_| text(row, 13) == "t");
        edge.and_then(|edge| edge.entries(text(row, 12) == "t", text(row, 11) == "t")).unwrap_or_default()
    }
}

/// The statement that takes an index away.
fn dropping(part: &Part) -> String {
    format!("DROP INDEX {}.{}", quoted(&part.schema), quoted(&part.name))
}

/// Columns of `pg_statistic` behind the number of different values.
const SLOTS: &str = "stakind1, stakind2, stakind3, stakind4, stakind5, staop1, staop2, staop3, staop4, staop5, \
     stacoll1, stacoll2, stacoll3, stacoll4, stacoll5, stanumbers1, stanumbers2, stanumbers3, stanumbers4, stanumbers5, \
     stavalues1, stavalues2, stavalues3, stavalues4, stavalues5";

/// Says of a key of indexes what is known of the only key of another one.
pub(super) async fn describe(
    session: &Session,
    indexes: &[u32],
    key: i16,
    from: u32,
    distinct: f32,
) -> Result<(), String> {
    let list: Vec<String> = indexes.iter().map(u32::to_string).collect();
    let text = format!(
        "INSERT INTO pg_statistic (starelid, staattnum, stainherit, stanullfrac, stawidth, stadistinct, {SLOTS}) \
         SELECT w.index, {key}, false, s.stanullfrac, s.stawidth, '{distinct}'::float4, {SLOTS} \
         FROM unnest('{{{}}}'::oid[]) AS w(index), pg_statistic s \
         WHERE s.starelid = {from} AND s.staattnum = 1 AND NOT s.stainherit AND w.index >= 16384 \
         AND NOT EXISTS (SELECT FROM pg_statistic o WHERE o.starelid = w.index AND o.staattnum = {key})",
        list.join(",")
    );
    session.batch_execute(&text).await.map_err(|error| explain(&error))
}

/// Lets the planner see these indexes, or not, with all their parts.
pub(super) async fn show(session: &Session, indexes: &[u32], visible: bool) -> Result<(), String> {
    if indexes.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = indexes.iter().map(u32::to_string).collect();
    // Touching a table's row tells every session to forget what it knows of the table.
    let text = format!(
        "WITH wanted AS (SELECT DISTINCT coalesce(t.relid::oid, w.index) AS index FROM unnest('{{{}}}'::oid[]) AS w(index) \
             LEFT JOIN LATERAL pg_partition_tree(w.index) AS t ON true WHERE w.index >= 16384), \
         shown AS (UPDATE pg_index i SET indisvalid = {visible} FROM wanted w WHERE i.indexrelid = w.index \
             RETURNING i.indrelid) \
         UPDATE pg_class c SET relpages = c.relpages WHERE c.oid IN (SELECT indrelid FROM shown)",
        list.join(",")
    );
    session.batch_execute(&text).await.map_err(|error| explain(&error))
}
