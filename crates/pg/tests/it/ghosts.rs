//! Ghosts of a database with a bit of everything, on each version.

use loadline_pg::ghost::statements;
use loadline_pg::live::{Session, explain_statement, ready};
use loadline_pg::shape::Shape;

use crate::plans::{difference, plan, shape};
use crate::servers::{Production, on_each, row, say};

/// The same database as that of the command line's tests, which have it with PostGIS.
const SCHEMA: &str = include_str!("../../../cli/tests/it/ghost/schema.sql");
const STATEMENTS: &str = include_str!("../../../cli/tests/it/ghost/statements.sql");
const OF_PLACES: [&str; 4] = ["postgis", "location", "ST_", "areas"];

/// The schema without places, which the newer server has no extension for.
fn schema() -> String {
    let text = SCHEMA.replace("created_at, location, profile", "created_at, profile");
    let mut kept = Vec::new();
    for statement in statements(&text) {
        if statement.starts_with("CREATE TABLE customers") || statement.starts_with("INSERT INTO customers") {
            let lines = statement.lines().filter(|line| !OF_PLACES.iter().any(|word| line.contains(word)));
            kept.push(lines.collect::<Vec<_>>().join("\n"));
        } else if !OF_PLACES.iter().any(|word| statement.contains(word)) {
            kept.push(statement.to_owned());
        }
    }
    kept.join(";\n")
}

async fn shop(production: &Production) {
    say(&production.session().await, "CREATE DATABASE shop").await;
    let session = Session::open_with(&production.address("holiday", "shop"), "SELECT 1").await.unwrap();
    say(&session, &schema()).await;
    // One table has no statistics, as any new one.
    let tables = "VACUUM ANALYZE customers, products, orders, items, bookings, events, events_old, documents, \
         \"Odd \"\"schema\"\"; DROP TABLE x\".\"ta'ble; --\", sold";
    session.batch_execute(tables).await.unwrap();
}

/// Statements whose plan is another one on the ghost, statements whose cost is, and how many there are.
async fn compare(real: &Session, ghost: &Session, generic: bool) -> (Vec<String>, Vec<String>, usize) {
    let (mut others, mut costs, mut count) = (Vec::new(), Vec::new(), 0);
    for statement in statements(STATEMENTS) {
        if OF_PLACES.iter().any(|word| statement.contains(word)) {
            continue;
        }
        let statement = if generic { Shape::of(statement).text } else { statement.to_owned() };
        let right = match explain_statement(real, &statement).await {
            Ok(right) => right.plan,
            // Of a few parameters nobody can tell the type.
            Err(_) if generic => continue,
            Err(error) => panic!("{statement} {error}"),
        };
        count += 1;
        match explain_statement(ghost, &statement).await {
            Err(error) => others.push(format!("{statement} {error}")),
            Ok(found) if shape(&found.plan) != shape(&right) => others.push(statement),
            Ok(found) => {
                costs.extend(difference(&right, &found.plan).map(|why| format!("{statement}: {why}")));
            }
        }
    }
    (others, costs, count)
}

pub(crate) fn plans() {
    on_each(&async |production| {
        shop(production).await;
        let tenant = [("app.tenant".to_owned(), "7".to_owned())];
        let real = Session::open_with(&production.address("app", "shop"), "SELECT 1").await.unwrap();
        ready(&real, &tenant, None).await.unwrap();
        // Without values, plans of statements as pg_stat_statements has them stay what they are.
        for (without_values, least, most_costs) in [(false, 90, 0), (true, 85, 4)] {
            let portrait = production.portrait("shop", without_values).await;
            assert_eq!(portrait.has_values, !without_values);
            let ghost = production.raise(&portrait).await;
            let session = Session::open_with(&ghost.address(), "SELECT 1").await.unwrap();
            ready(&session, &tenant, Some("app")).await.unwrap();
            let (others, costs, count) = compare(&real, &session, without_values).await;
            assert!(count >= least, "{count}");
            assert_eq!(others, [""; 0], "PostgreSQL {}", production.major);
            assert!(costs.len() <= most_costs, "PostgreSQL {}:\n{}", production.major, costs.join("\n"));
        }
    });
}

const OF_GIN: [&str; 12] = [
    "SELECT * FROM g WHERE list @> ARRAY[3]",
    "SELECT * FROM g WHERE list @> ARRAY[3, 400]",
    "SELECT * FROM g WHERE list && ARRAY[3, 400, 7, 11, 13]",
    "SELECT * FROM g WHERE list @> '{}'",
    "SELECT * FROM g WHERE doc @> '{\"k\": 5}'",
    "SELECT * FROM g WHERE doc ? 'v'",
    "SELECT * FROM g WHERE name LIKE '%abc12%'",
    "SELECT * FROM g WHERE name LIKE '%c1%'",
    "SELECT * FROM g WHERE words @@ 'word3 & term15'",
    "SELECT * FROM g WHERE words @@ 'word3 | term15:*'",
    "SELECT * FROM g WHERE a < 10 AND words @@ 'word7'",
    "SELECT * FROM g WHERE words @@ '!word7'",
];

pub(crate) fn gin() {
    on_each(&async |production| {
        let real = production.session().await;
        // Rows that are not sorted into the indexes yet, too.
        say(
            &real,
            "CREATE TABLE g AS SELECT * FROM t; CREATE INDEX g_list ON g USING gin (list);
             CREATE INDEX g_doc ON g USING gin (doc); CREATE INDEX g_name ON g USING gin (name gin_trgm_ops);
             CREATE INDEX g_words ON g USING gin (words); VACUUM ANALYZE g;
             INSERT INTO g SELECT * FROM t WHERE id <= 400; SET enable_seqscan = off",
        )
        .await;
        let portrait = production.portrait("postgres", false).await;
        let of = |name: &str| {
            let found =
                portrait.counts.iter().find(|(place, _)| portrait.relations[*place as usize].name == name);
            found.unwrap_or_else(|| panic!("{name}")).1
        };
        for index in ["g_list", "g_doc", "g_name", "g_words"] {
            let pending =
                format!("SELECT n_pending_pages FROM gin_metapage_info(get_raw_page('{index}', 0))");
            let pending = row(&real, &pending).await;
            assert!(of(index).pending_pages > 0);
            assert_eq!(of(index).pending_pages.to_string(), pending[0], "{index}");
        }
        let ghost = production.raise(&portrait).await;
        let first = "SET max_parallel_workers_per_gather = 0; SET enable_seqscan = off";
        let session = Session::open_with(&ghost.address(), first).await.unwrap();
        let mut different = Vec::new();
        for statement in OF_GIN {
            let right = plan(&real, statement).await;
            assert!(right.to_string().contains("Bitmap Index Scan"), "{right}");
            if let Some(why) = difference(&right, &plan(&session, statement).await) {
                different.push(format!("{statement}: {why}"));
            }
        }
        say(&real, "DROP TABLE g").await;
        assert!(different.is_empty(), "PostgreSQL {}:\n{}", production.major, different.join("\n"));
    });
}
