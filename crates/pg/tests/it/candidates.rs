//! Indexes made on a running ghost, against the same on the database that it is of.

use std::collections::HashMap;

use loadline_pg::ghost::Counts;
use loadline_pg::live::{CandidateError, Session, Size};

use crate::plans::{difference, plan};
use crate::servers::{on_each, row, say};

/// What is behind `CREATE INDEX candidate ON`, and a statement that it is for.
const INDEXES: [(&str, &str); 17] = [
    ("t (a, c)", "SELECT * FROM t WHERE a = 7 AND c > '2025-01-03'"),
    ("t (b) INCLUDE (a)", "SELECT a FROM t WHERE b = 'x'"),
    ("t (c DESC)", "SELECT * FROM t ORDER BY c DESC LIMIT 10"),
    ("t (id DESC, a)", "SELECT id, a FROM t WHERE id > 29990"),
    ("t (b text_pattern_ops)", "SELECT * FROM t WHERE b LIKE 'abc%'"),
    ("t (a) WHERE a < 50", "SELECT * FROM t WHERE a < 10"),
    ("t USING hash (b)", "SELECT * FROM t WHERE b = 'x'"),
    ("t USING gin (list)", "SELECT * FROM t WHERE list @> ARRAY[3, 400]"),
    ("t USING gin (doc jsonb_path_ops)", "SELECT * FROM t WHERE doc @> '{\"k\": 5}'"),
    ("t USING gin (name gin_trgm_ops)", "SELECT * FROM t WHERE name LIKE '%abc12%'"),
    ("t USING gin (words)", "SELECT * FROM t WHERE words @@ 'word3 & term15'::tsquery"),
    ("t USING gist (r)", "SELECT * FROM t WHERE r @> 500"),
    ("t USING gist (p)", "SELECT * FROM t ORDER BY p <-> point '(50,50)' LIMIT 5"),
    ("t USING spgist (ip)", "SELECT * FROM t WHERE ip << '10.5.0.0/16'"),
    ("t USING brin (c)", "SELECT * FROM t WHERE c BETWEEN '2025-01-02' AND '2025-01-03'"),
    ("t USING brin (c) WITH (pages_per_range = 8)", "SELECT * FROM t WHERE c < '2025-01-01 05:00'"),
    ("days (v)", "SELECT * FROM days WHERE v = 3 AND at < '2025-01-05'"),
];

/// How large a real index is, by its name.
async fn size(session: &Session, index: &str) -> Size {
    let facts = row(
        session,
        &format!(
            "SELECT pg_relation_size(c.oid) / 8192, c.reltuples, m.amname FROM pg_class c JOIN pg_am m ON m.oid = c.relam \
             WHERE c.oid = '{index}'::regclass"
        ),
    )
    .await;
    let mut size =
        Size { pages: facts[0].parse().unwrap(), tuples: facts[1].parse().unwrap(), ..Size::default() };
    if facts[2] == "btree" {
        let height = row(session, &format!("SELECT level FROM bt_metap('{index}')")).await;
        size.height = height[0].parse().unwrap();
    } else if facts[2] == "gin" {
        let query = format!(
            "SELECT n_pending_pages, n_entry_pages, n_data_pages, n_entries \
             FROM gin_metapage_info(get_raw_page('{index}', 0))"
        );
        let counts = row(session, &query).await;
        let number = |place: usize| counts[place].parse().unwrap();
        size.counts = Some(Counts {
            pending_pages: number(0),
            entry_pages: number(1),
            data_pages: number(2),
            entries: counts[3].parse().unwrap(),
        });
    }
    size
}

pub(crate) fn any_method() {
    on_each(&async |production| {
        let real = production.session().await;
        let (ghost, session) = production.ghost().await;
        let mut different = Vec::new();
        for (number, (definition, statement)) in INDEXES.into_iter().enumerate() {
            let definition = format!("CREATE INDEX candidate ON {definition}");
            let before = (plan(&real, statement).await, plan(&session, statement).await);
            say(&real, &definition).await;
            let mut sizes = HashMap::new();
            for index in ["candidate", "days_1_v_idx", "days_2_v_idx"] {
                let is_there =
                    format!("SELECT count(*) FROM pg_class WHERE relname = '{index}' AND relkind = 'i'");
                if row(&real, &is_there).await == ["1"] {
                    sizes.insert(index.to_owned(), size(&real, index).await);
                }
            }
            // With the tables set aside or not makes no difference.
            let is_aside = number % 3 > 0;
            if is_aside {
                ghost.set_aside().await.unwrap();
                let empty = row(&session, "SELECT pg_relation_size('t')").await;
                assert_eq!(empty, ["0"]);
            }
            let parts = ghost
                .candidate(&session, &definition, |part| sizes.get(&part.name).copied().unwrap_or_default())
                .await
                .unwrap();
            if is_aside {
                ghost.put_back().await.unwrap();
            }
            assert_eq!((parts[0].schema.as_str(), parts[0].name.as_str()), ("public", "candidate"));
            assert_eq!(parts.len(), if definition.contains("days") { 3 } else { 1 });
            let right = plan(&real, statement).await;
            let text = right.to_string();
            assert!(text.contains("\"candidate\"") || text.contains("days_1_v_idx"), "{definition}: {text}");
            let found = plan(&session, statement).await;
            say(&real, "DROP INDEX candidate").await;
            say(&session, "DROP INDEX candidate").await;
            let after = plan(&session, statement).await;
            for (when, right, found) in
                [("before", &before.0, &before.1), ("with", &right, &found), ("after", &before.0, &after)]
            {
                if let Some(difference) = difference(right, found) {
                    different.push(format!("{when} {definition}: {difference}"));
                }
            }
        }
        assert!(different.is_empty(), "PostgreSQL {}:\n{}", production.major, different.join("\n"));
    });
}

pub(crate) fn hidden() {
    on_each(&async |production| {
        let real = production.session().await;
        say(&real, "CREATE INDEX days_v ON days (v)").await;
        let (ghost, session) = production.ghost().await;
        for (index, statement) in
            [("t_pkey", "SELECT * FROM t WHERE id = 7"), ("days_v", "SELECT * FROM days WHERE v = 3")]
        {
            let before = plan(&session, statement).await;
            assert_eq!(difference(&plan(&real, statement).await, &before), None);
            let number = row(&session, &format!("SELECT '{index}'::regclass::oid")).await[0].parse().unwrap();
            ghost.hide(&[number]).await.unwrap();
            let without = plan(&session, statement).await.to_string();
            assert!(without.contains("Seq Scan") && !without.contains("Index"), "{without}");
            ghost.show(&[number]).await.unwrap();
            assert_eq!(difference(&before, &plan(&session, statement).await), None);
        }
        say(&real, "DROP INDEX days_v").await;
    });
}

pub(crate) fn rewritten() {
    on_each(&async |production| {
        let (ghost, session) = production.ghost().await;
        let statements = ["SELECT count(*) FROM t", "SELECT * FROM t WHERE id BETWEEN 5 AND 90"];
        let mut before = Vec::new();
        for statement in statements {
            before.push(plan(&session, statement).await);
        }
        let size = "SELECT pg_relation_size('t'), pg_relation_size('t_pkey')";
        let sizes = row(&session, size).await;
        say(&session, "ALTER TABLE t ALTER COLUMN a TYPE bigint").await;
        assert_ne!(row(&session, size).await, sizes);
        ghost.settle().await.unwrap();
        assert_eq!(row(&session, size).await, sizes);
        for (statement, before) in statements.iter().zip(&before) {
            let now = plan(&session, statement).await;
            // The column is wider, and that is all.
            assert_eq!(difference(&without_width(before), &without_width(&now)), None);
        }
    });
}

fn without_width(plan: &serde_json::Value) -> serde_json::Value {
    let mut plan = plan.clone();
    if let Some(node) = plan.as_object_mut() {
        node.remove("Plan Width");
        for child in node.get_mut("Plans").and_then(|plans| plans.as_array_mut()).into_iter().flatten() {
            *child = without_width(child);
        }
    }
    plan
}

pub(crate) fn refused() {
    on_each(&async |production| {
        let (ghost, session) = production.ghost().await;
        let make = async |definition: &str| ghost.candidate(&session, definition, |_| Size::default()).await;
        let count = "SELECT count(*) FROM pg_class WHERE relkind IN ('i', 'I')";
        let before = row(&session, count).await;
        assert_eq!(make("SELECT 1").await, Err(CandidateError::NoIndex));
        assert_eq!(make("CREATE INDEX IF NOT EXISTS t_pkey ON t (a)").await, Err(CandidateError::NoIndex));
        assert_eq!(make("CREATE INDEX ON t (a); DROP TABLE t").await, Err(CandidateError::Several(2)));
        assert_eq!(make(" -- nothing").await, Err(CandidateError::Several(0)));
        for definition in ["CREATE INDEX ON missing (a)", "CREATE INDEX CONCURRENTLY ON t (a)"] {
            assert!(matches!(make(definition).await, Err(CandidateError::Refused(_))), "{definition}");
        }
        let too_high = |_: &_| Size { pages: 10, height: 40, ..Size::default() };
        let too_high = ghost.candidate(&session, "CREATE INDEX ON t (a)", too_high).await;
        assert_eq!(too_high, Err(CandidateError::Refused("no B-tree is 40 levels high".to_owned())));
        assert_eq!(row(&session, count).await, before);
    });
}

pub(crate) fn hundreds() {
    on_each(&async |production| {
        let (ghost, session) = production.ghost().await;
        let statement = "SELECT * FROM t WHERE a = 5";
        let size = Size { pages: 60, tuples: 30_000.0, height: 1, counts: None };
        let mut first = None;
        for _ in 0..230 {
            ghost
                .candidate(&session, "CREATE INDEX candidate ON t (a) -- once more", |_| size)
                .await
                .unwrap();
            let now = plan(&session, statement).await;
            let first = first.get_or_insert_with(|| now.clone());
            assert_eq!(difference(first, &now), None);
            say(&session, "DROP INDEX candidate").await;
        }
        let place = ghost.place();
        let database = row(&session, "SELECT oid FROM pg_database WHERE datname = current_database()").await;
        let data = place.folder.parent().unwrap().join("data/base").join(&database[0]);
        let files = std::fs::read_dir(data).unwrap().count();
        let relations =
            row(&session, "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'i', 't', 'm')").await;
        let relations: usize = relations[0].parse().unwrap();
        assert!(files < relations * 2 + 230, "{files} files for {relations} relations");
    });
}

pub(crate) fn padded_values() {
    on_each(&async |production| {
        let real = production.session().await;
        say(
            &real,
            "CREATE TABLE padded AS SELECT (n % 7)::text::char(3) AS code, (n % 7)::text AS word FROM generate_series(1, 20000) n; \
             CREATE INDEX of_code ON padded (code); CREATE INDEX of_word ON padded (word)",
        )
        .await;
        let is_apart =
            row(&real, "SELECT pg_relation_size('of_code') > 2 * pg_relation_size('of_word')").await;
        say(&real, "DROP TABLE padded").await;
        let (ghost, _) = production.ghost().await;
        for _ in 0..2 {
            assert_eq!(ghost.keeps_padded_apart().await, Ok(is_apart == ["t"]));
        }
    });
}
