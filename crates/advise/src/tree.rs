//! Which tables a server has below a table.

use loadline_pg::ghost::literal;
use loadline_pg::live::Session;

use crate::verify::{Part, Tree};

/// The tree of a table, by its name as it is written in SQL; nothing where there is no such table.
///
/// # Errors
/// The server's.
pub(crate) async fn tree(session: &Session, table: &str) -> Result<Tree, tokio_postgres::Error> {
    let query = format!(
        "SELECT /* loadline */ c.oid::int8, n.nspname, c.relname, c.relkind::text, coalesce(p.parentrelid, 0)::oid::int8 \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_partition_tree(to_regclass({table})) p ON p.relid = c.oid \
         WHERE c.oid = to_regclass({table}) OR p.relid IS NOT NULL ORDER BY coalesce(p.level, 0), 2, 3",
        table = literal(table)
    );
    let rows = session.query(&query, &[]).await?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    let part = |row: &tokio_postgres::Row| Part {
        schema: row.get(1),
        name: row.get(2),
        kind: row.get::<_, String>(3).chars().next().unwrap_or('r'),
        above: numbers.iter().position(|number| *number == row.get::<_, i64>(4)).unwrap_or(0),
    };
    Ok(Tree(rows.iter().map(part).collect()))
}
