//! The catalogue of a ghost, read with a few queries.

use std::collections::HashMap;

use loadline_pg::live::Session;
use tokio_postgres::SimpleQueryMessage;

use crate::catalogue::{Answer, Catalogue, Column, Existing, Reference, Table};
use crate::index::{Method, name};
use crate::verify::{Part, Tree};

const TABLES: &str = "SELECT /* loadline */ c.oid, n.nspname, c.relname, greatest(c.reltuples, 0), pg_relation_size(c.oid), \
     coalesce(pg_partition_root(c.oid)::oid, c.oid), c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'm') AND c.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') \
     ORDER BY n.nspname, c.relname";

const COLUMNS: &str = "SELECT /* loadline */ a.attrelid, a.attname, format_type(a.atttypid, NULL), \
     CASE WHEN t.typcategory = 'A' THEN 'a' ELSE t.typtype END, a.attnotnull, s.null_frac, s.avg_width, s.n_distinct, s.correlation, \
     s.most_common_freqs[1] \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_type t ON t.oid = a.atttypid \
     LEFT JOIN LATERAL (SELECT * FROM pg_stats s WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname \
         ORDER BY s.inherited DESC LIMIT 1) s ON true \
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm') ORDER BY a.attrelid, a.attnum";

const INDEXES: &str = "SELECT /* loadline */ i.indrelid, c.relname, m.amname, \
     (SELECT json_agg(pg_get_indexdef(i.indexrelid, k, true) ORDER BY k) FROM generate_series(1, i.indnkeyatts) k), \
     (SELECT json_agg(pg_get_indexdef(i.indexrelid, k, true) ORDER BY k) FROM generate_series(i.indnkeyatts + 1, i.indnatts) k), \
     pg_get_expr(i.indpred, i.indrelid), i.indisunique, i.indisprimary, i.indisvalid, \
     NOT EXISTS (SELECT FROM unnest(i.indclass::oid[]) o JOIN pg_opclass oc ON oc.oid = o WHERE NOT oc.opcdefault) \
         AND NOT EXISTS (SELECT FROM unnest(i.indoption::int2[]) o WHERE o <> 0) \
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam WHERE i.indrelid >= 16384 ORDER BY c.relname";

const ANSWERS: &str = "SELECT /* loadline */ o.oprname, m.amname, n.nspname, oc.opcname, oc.opcdefault, format_type(oc.opcintype, NULL), a.amoppurpose \
     FROM pg_opclass oc JOIN pg_am m ON m.oid = oc.opcmethod JOIN pg_namespace n ON n.oid = oc.opcnamespace \
     JOIN pg_amop a ON a.amopfamily = oc.opcfamily AND a.amoplefttype = oc.opcintype JOIN pg_operator o ON o.oid = a.amopopr \
     WHERE m.amname IN ('gin', 'gist', 'spgist') GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4";

const REFERENCES: &str = "SELECT /* loadline */ c.conrelid, c.confrelid, \
     (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(num, n) \
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num) \
     FROM pg_constraint c WHERE c.contype = 'f' AND c.conparentid = 0 ORDER BY c.conrelid, c.conname";

/// All parts of partitioned tables, those of other servers too, each behind what it is a part of.
const PARTS: &str = "SELECT /* loadline */ r.oid, n.nspname, c.relname, c.relkind, p.relid::oid, p.parentrelid::oid FROM pg_class r \
     CROSS JOIN LATERAL pg_partition_tree(r.oid) p JOIN pg_class c ON c.oid = p.relid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE r.relkind = 'p' AND NOT r.relispartition AND r.oid >= 16384 ORDER BY r.oid, p.level, n.nspname, c.relname";

/// What is asked, in the order in which [`read`] takes the answers.
pub(crate) const QUERIES: [&str; 6] = [TABLES, COLUMNS, INDEXES, ANSWERS, REFERENCES, PARTS];

pub(crate) type Row = Vec<Option<String>>;

/// The rows of a query, or of several.
pub(crate) async fn rows(session: &Session, query: &str) -> Result<Vec<Row>, tokio_postgres::Error> {
    let messages = session.simple_query(query).await?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
        }
        _ => None,
    });
    Ok(rows.collect())
}

fn text(row: &Row, at: usize) -> &str {
    row.get(at).and_then(Option::as_deref).unwrap_or_default()
}

fn number(row: &Row, at: usize) -> f64 {
    text(row, at).parse().unwrap_or_default()
}

fn list(row: &Row, at: usize) -> Vec<String> {
    serde_json::from_str(text(row, at)).unwrap_or_default()
}

/// The catalogue out of the answers.
pub(crate) fn read(answers: &[Vec<Row>]) -> Catalogue {
    let mut catalogue = Catalogue::default();
    let [tables, columns, indexes, operators, references, parts] = answers else { return catalogue };
    let places: HashMap<&str, usize> =
        tables.iter().enumerate().map(|(at, row)| (text(row, 0), at)).collect();
    for (at, row) in tables.iter().enumerate() {
        let root = places.get(text(row, 5)).copied().filter(|root| *root != at);
        let (schema, named) = (text(row, 1).to_owned(), text(row, 2).to_owned());
        let kind = text(row, 6).chars().next().unwrap_or('r');
        catalogue.tables.push(Table {
            schema,
            name: named,
            root,
            kind,
            rows: number(row, 3),
            bytes: number(row, 4),
            ..Table::default()
        });
    }
    for (at, row) in tables.iter().enumerate() {
        if let Some(root) = catalogue.tables[at].root
            && text(row, 6) != "p"
        {
            let (rows, bytes) = (catalogue.tables[at].rows, catalogue.tables[at].bytes);
            let root = &mut catalogue.tables[root];
            if root.leaves == 0 {
                root.rows = 0.0;
            }
            root.leaves += 1;
            root.rows += rows;
            root.bytes += bytes;
        }
    }
    for row in columns {
        let Some(table) = places.get(text(row, 0)).map(|at| &mut catalogue.tables[*at]) else { continue };
        let nulls = number(row, 5);
        let distinct = match number(row, 7) {
            share if share < 0.0 => -share * table.rows,
            // Nobody has looked: as the planner thinks.
            0.0 => table.rows.min(200.0),
            count => count,
        };
        table.columns.push(Column {
            name: text(row, 1).to_owned(),
            of: text(row, 2).to_owned(),
            kind: text(row, 3).chars().next().unwrap_or('b'),
            not_null: text(row, 4) == "t",
            nulls,
            width: if text(row, 6).is_empty() { 16.0 } else { number(row, 6) },
            distinct,
            correlation: number(row, 8),
            common: number(row, 9),
        });
    }
    follow(&mut catalogue);
    for row in indexes {
        let Some(table) = places.get(text(row, 0)).map(|at| &mut catalogue.tables[*at]) else { continue };
        table.indexes.push(Existing {
            name: text(row, 1).to_owned(),
            method: text(row, 2).to_owned(),
            keys: list(row, 3),
            include: list(row, 4),
            predicate: row.get(5).cloned().flatten(),
            is_unique: text(row, 6) == "t",
            is_primary: text(row, 7) == "t",
            is_valid: text(row, 8) == "t",
            is_plain: text(row, 9) == "t",
        });
    }
    for row in operators {
        let Some(method) = Method::of(text(row, 1)) else { continue };
        let class = match text(row, 2) {
            "pg_catalog" | "public" => name(text(row, 3)),
            schema => format!("{}.{}", name(schema), name(text(row, 3))),
        };
        catalogue.answers.entry(text(row, 0).to_owned()).or_default().push(Answer {
            method,
            class,
            is_default: text(row, 4) == "t",
            of: text(row, 5).to_owned(),
            orders: text(row, 6) == "o",
        });
    }
    for row in references {
        let (Some(from), Some(to)) = (places.get(text(row, 0)), places.get(text(row, 1))) else { continue };
        catalogue.references.push(Reference { from: *from, columns: list(row, 2), to: *to });
    }
    for of in parts.chunk_by(|one, next| text(one, 0) == text(next, 0)) {
        let Some(root) = of.first().and_then(|row| places.get(text(row, 0))) else { continue };
        catalogue.trees.insert(*root, tree(of));
    }
    catalogue
}

/// The parts of one table.
fn tree(rows: &[Row]) -> Tree {
    let part = |row: &Row| Part {
        schema: text(row, 1).to_owned(),
        name: text(row, 2).to_owned(),
        kind: text(row, 3).chars().next().unwrap_or('r'),
        above: rows.iter().position(|above| text(above, 4) == text(row, 5)).unwrap_or(0),
    };
    Tree(rows.iter().map(part).collect())
}

/// How well the values of a partitioned table follow the place of rows is known of its parts only.
fn follow(catalogue: &mut Catalogue) {
    let parts: Vec<(usize, Vec<(String, f64)>)> = catalogue
        .tables
        .iter()
        .filter_map(|table| {
            let of = table.columns.iter().map(|column| (column.name.clone(), column.correlation)).collect();
            Some((table.root?, of))
        })
        .collect();
    for (root, columns) in parts {
        for (name, correlation) in columns {
            let table = &mut catalogue.tables[root];
            let leaves = table.leaves.max(1) as f64;
            if let Some(column) = table.columns.iter_mut().find(|column| column.name == name) {
                column.correlation += correlation / leaves;
            }
        }
    }
}
