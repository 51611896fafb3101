//! Predicted sizes against those of indexes that PostgreSQL built.

use std::collections::HashMap;

use holiday::store::postgres::Throwaway;
use loadline_pg::live::{Address, Session};
use loadline_pg::portrait::{Figures, Slot, Values};
use loadline_pg::size::{Key, Subject, estimate};
use tokio_postgres::SimpleQueryMessage;

/// How far off a prediction may be.
const WITHIN: f64 = 0.15;

const TABLE: &str = "\
CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE EXTENSION IF NOT EXISTS postgis; SELECT setseed(0.5);
CREATE TABLE things AS SELECT n::int AS id, n::bigint AS large, (random() * 100000)::int AS chance,
  (random() * 40)::int AS few, (power(random(), 4) * 30000)::int AS skewed,
  CASE WHEN random() < 0.8 THEN NULL ELSE (random() * 100000)::int END AS rare,
  md5(n::text) AS digest, 'user' || (random() * 50000)::int || '@example.org' AS mail,
  (random() * 10000)::numeric(10, 2) AS price, timestamptz '2026-01-01' + n * interval '10 s' AS at,
  random() < 0.1 AS is_open, gen_random_uuid() AS token, n::float8 / 7 AS ratio,
  ARRAY(SELECT 'tag' || (power(random(), 3) * 500)::int FROM generate_series(1, 2 + n % 5)) AS tags,
  int4range(n::int, n::int + 10) AS span,
  ST_SetSRID(ST_MakePoint(random() * 20, 40 + random() * 10), 4326) AS place,
  ST_SetSRID(ST_MakePoint(random() * 20, 40 + random() * 10), 4326)::geography AS spot
FROM generate_series(1, 100000) AS n;
ANALYZE things";

/// Method, keys, columns carried along, class.
const INDEXES: [(&str, &[&str], &[&str], &str); 29] = [
    ("btree", &["id"], &[], ""),
    ("btree", &["large"], &[], ""),
    ("btree", &["chance"], &[], ""),
    ("btree", &["few"], &[], ""),
    ("btree", &["skewed"], &[], ""),
    ("btree", &["rare"], &[], ""),
    ("btree", &["digest"], &[], ""),
    ("btree", &["mail"], &[], ""),
    ("btree", &["price"], &[], ""),
    ("btree", &["at"], &[], ""),
    ("btree", &["is_open"], &[], ""),
    ("btree", &["token"], &[], ""),
    ("btree", &["ratio"], &[], ""),
    ("btree", &["few", "is_open"], &[], ""),
    ("btree", &["few", "at"], &[], ""),
    ("btree", &["mail", "at"], &[], ""),
    ("btree", &["chance", "few"], &[], ""),
    ("btree", &["id"], &["mail"], ""),
    ("btree", &["few"], &["price", "at"], ""),
    ("hash", &["id"], &[], ""),
    ("hash", &["mail"], &[], ""),
    ("brin", &["at"], &[], ""),
    ("gin", &["tags"], &[], "array_ops"),
    ("gin", &["mail"], &[], "gin_trgm_ops"),
    ("gist", &["place"], &[], "gist_geometry_ops_2d"),
    ("gist", &["spot"], &[], "gist_geography_ops"),
    ("gist", &["span"], &[], "range_ops"),
    ("gist", &["mail"], &[], "gist_trgm_ops"),
    ("spgist", &["place"], &[], "spgist_geometry_ops_2d"),
];

/// The rows of a query, as text.
async fn rows(session: &Session, query: &str) -> Vec<Vec<String>> {
    let messages = session.simple_query(query).await.unwrap();
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect())
        }
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}

fn numbers(list: &str) -> Vec<f32> {
    let inside = list.trim_matches(['{', '}']);
    inside.split(',').filter_map(|number| number.parse().ok()).collect()
}

/// What the planner knows of each column.
async fn keys(session: &Session, count: f64) -> HashMap<String, Key> {
    let found = rows(
        session,
        "SELECT s.attname, s.avg_width, s.n_distinct, s.null_frac, s.most_common_freqs, s.elem_count_histogram, \
         format_type(a.atttypid, NULL), s.most_common_elem_freqs, s.histogram_bounds FROM pg_stats s JOIN pg_attribute a ON a.attrelid = 'things'::regclass \
         AND a.attname = s.attname WHERE s.tablename = 'things'",
    )
    .await;
    let key = |row: Vec<String>| {
        let slot = |kind, list: &str, values: &str| Slot {
            kind,
            operator: String::new(),
            collation: String::new(),
            numbers: Some(numbers(list)),
            values: Some(Values { of: row[6].clone(), text: values.to_owned() }),
            ends: None,
        };
        let slots =
            [(1, &row[4], ""), (2, &String::new(), row[8].as_str()), (4, &row[7], ""), (5, &row[5], "")];
        let slots = slots.into_iter().filter(|(_, list, values)| !list.is_empty() || !values.is_empty());
        let figures = Figures {
            nulls: row[3].parse().unwrap(),
            width: row[1].parse().unwrap(),
            distinct: row[2].parse().unwrap(),
            slots: slots.map(|(kind, list, values)| slot(kind, list, values)).collect(),
        };
        (row[0].clone(), Key::of(&figures, &row[6], count))
    };
    found.into_iter().map(key).collect()
}

#[tokio::test]
async fn an_index_is_as_large_as_was_said() {
    let server = Throwaway::start_with(&["autovacuum=off", "maintenance_work_mem=256MB"]).unwrap();
    let address = Address::in_folder(server.folder(), "holiday", "postgres");
    let session = Session::open_with(&address, "SET max_parallel_maintenance_workers = 0").await.unwrap();
    session.batch_execute(TABLE).await.unwrap();
    let table = rows(&session, "SELECT reltuples, relpages FROM pg_class WHERE relname = 'things'").await;
    let [count, table_pages] = [0, 1].map(|at| table[0][at].parse::<f64>().unwrap());
    let known = keys(&session, count).await;
    let mut wrong = Vec::new();
    for (method, keys, include, class) in INDEXES {
        let mut list = format!("{} {class}", keys.join(", "));
        if !include.is_empty() {
            list += &format!(") INCLUDE ({}", include.join(", "));
        }
        session
            .batch_execute(&format!("CREATE INDEX built ON things USING {method} ({list})"))
            .await
            .unwrap();
        let built = &rows(&session, "SELECT pg_relation_size('built') / 8192").await[0][0];
        let built: f64 = built.parse().unwrap();
        session.batch_execute("DROP INDEX built").await.unwrap();
        let of = |names: &[&str]| -> Vec<Key> { names.iter().map(|name| known[*name].clone()).collect() };
        let (of_keys, of_include) = (of(keys), of(include));
        let subject = Subject {
            method,
            keys: &of_keys,
            include: &of_include,
            class,
            rows: count,
            table_rows: count,
            table_pages,
            pages_per_range: 0,
        };
        let said = f64::from(estimate(&subject).pages);
        if (said / built - 1.0).abs() > WITHIN {
            wrong.push(format!("{method} {keys:?} {include:?}: {said} pages in place of {built}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), INDEXES.len(), wrong.join("\n"));
}
