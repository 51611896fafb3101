//! What a planner would know of an expression once an index of it was built and the table analysed.
//!
//! Nobody has gathered statistics of an expression that no index has. But the statistics of its column have values
//! that stand for all others, each as often as it occurs: the expression of those, analysed, is nearly what the
//! expression of all would be. All of it is computed by the ghost's owner, who may do nothing but that.

use loadline_pg::ghost::{literal, quoted};
use loadline_pg::shape::{Kind, Tokens};

use crate::index::{Index, Key, name};
use crate::oracle::OracleError;

/// Rows that stand for a column: the values of its histogram once each, at most so many in all.
const ROWS: f64 = 1_000.0;
const MOST_ROWS: f64 = 20_000.0;
/// An expression that has nearly as many different values as its column has as many.
const NEARLY_ALL: f64 = 0.9;

/// The statistics of an expression, as those of an index of this number, which is to be dropped with its table.
pub(super) struct Gathered {
    pub(super) index: u32,
    /// As `pg_statistic.stadistinct`.
    pub(super) distinct: f32,
}

/// Takes the temporary table away.
pub(super) const FORGET: &str = "DROP TABLE IF EXISTS pg_temp.loadline_sample";

type Rows = Vec<Vec<Option<String>>>;

/// Asks the ghost's owner.
pub(super) struct Owner<'a>(pub(super) &'a dyn Fn(&str) -> Result<Rows, OracleError>);

impl Owner<'_> {
    fn rows(&self, query: &str) -> Result<Rows, OracleError> {
        (self.0)(query)
    }

    /// Gathers statistics of a key in a temporary table; nothing if it is of several columns or of none that was
    /// analysed.
    pub(super) fn gather(&self, index: &Index, key: &Key) -> Result<Option<Gathered>, OracleError> {
        let Some(column) = self.only_column(index, key)? else { return Ok(None) };
        let (schema, table) = (literal(&index.schema), literal(&index.table));
        let facts = self.rows(&format!(
            "SELECT s.null_frac, coalesce(cardinality(s.most_common_freqs), 0), \
                 coalesce((SELECT sum(f) FROM unnest(s.most_common_freqs) AS f), 0), \
                 coalesce(array_length(s.histogram_bounds, 1), 0), s.n_distinct, format_type(a.atttypid, NULL) \
             FROM pg_stats s JOIN pg_attribute a ON a.attrelid = {}::regclass AND a.attname = s.attname \
             WHERE s.schemaname = {schema} AND s.tablename = {table} AND s.attname = {} ORDER BY s.inherited DESC LIMIT 1",
            literal(&index.quoted_table()),
            literal(&column),
        ))?;
        let Some(facts) = facts.first() else { return Ok(None) };
        let number =
            |at: usize| facts.get(at).and_then(|one| one.as_deref()?.parse::<f64>().ok()).unwrap_or(0.0);
        let (nulls, common, bounds) = (number(0), number(2), number(3));
        if number(1) + bounds == 0.0 {
            return Ok(None);
        }
        let rest = (1.0 - nulls - common).max(0.0);
        let rows = if bounds > 0.0 && rest > 0.0 { (bounds / rest).clamp(ROWS, MOST_ROWS) } else { ROWS };
        let each = if bounds > 0.0 { (rows * rest / bounds).round().max(1.0) } else { 0.0 };
        let of = facts.get(5).cloned().flatten().unwrap_or_default();
        let column = quoted(&column);
        let text = format!(
            "{FORGET}; CREATE TEMP TABLE loadline_sample AS \
             WITH s AS (SELECT * FROM pg_stats s WHERE s.schemaname = {schema} AND s.tablename = {table} \
                 AND s.attname = {attribute} ORDER BY s.inherited DESC LIMIT 1) \
             SELECT v AS {column} FROM s, unnest(s.histogram_bounds::text::{of}[]) AS v, generate_series(1, {each}) \
             UNION ALL SELECT c.v FROM s, unnest(s.most_common_vals::text::{of}[], s.most_common_freqs) AS c(v, f), \
                 generate_series(1, greatest(1, round(c.f * {rows})::int)) \
             UNION ALL SELECT NULL FROM generate_series(1, round({nulls} * {rows})::int); \
             CREATE INDEX loadline_sample_key ON loadline_sample ({key}); ANALYZE loadline_sample",
            attribute = literal(&name_of(&column)),
            key = key_text(key),
        );
        self.rows(&text)?;
        let found = self.rows(&format!(
            "SELECT 'pg_temp.loadline_sample_key'::regclass::oid, count(DISTINCT {column}), count(DISTINCT ({})) FROM loadline_sample",
            key.text
        ))?;
        let Some(found) = found.first() else { return Ok(None) };
        let number_of =
            |at: usize| found.get(at).and_then(|one| one.as_deref()?.parse::<f64>().ok()).unwrap_or(0.0);
        let (of_column, of_key) = (number_of(1), number_of(2));
        let distinct = if of_key >= NEARLY_ALL * of_column { number(4) } else { of_key };
        Ok(Some(Gathered { index: number_of(0) as u32, distinct: distinct as f32 }))
    }

    /// The column that an expression is of, if it is of one.
    fn only_column(&self, index: &Index, key: &Key) -> Result<Option<String>, OracleError> {
        let table = literal(&index.quoted_table());
        let rows = self.rows(&format!(
            "SELECT attname FROM pg_attribute WHERE attrelid = {table}::regclass AND attnum > 0 AND NOT attisdropped"
        ))?;
        let columns: Vec<String> = rows.into_iter().filter_map(|row| row.into_iter().next()?).collect();
        let words = Tokens::of(&key.text)
            .filter(|token| matches!(token.kind, Kind::Word | Kind::QuotedName))
            .map(|token| name_of(&key.text[token.range]));
        let mut found: Vec<String> = words.filter(|word| columns.contains(word)).collect();
        found.sort();
        found.dedup();
        Ok(if found.len() == 1 { found.pop() } else { None })
    }
}

/// A name without its quotes.
fn name_of(word: &str) -> String {
    match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => word.to_owned(),
    }
}

fn key_text(key: &Key) -> String {
    if key.is_expression { format!("({})", key.text) } else { name(&key.text) }
}
