//! Each kind of change: what it makes, and what it leaves alone.

use loadline_pg::ghost::statements;
use proptest::prelude::*;

use super::{Change, rewrites};
use crate::catalogue::{Column, Table};

fn table() -> Table {
    let column = |name: &str, of: &str, not_null| Column {
        name: name.to_owned(),
        of: of.to_owned(),
        kind: 'b',
        not_null,
        ..Column::default()
    };
    Table {
        schema: "public".to_owned(),
        name: "orders".to_owned(),
        columns: vec![
            column("id", "bigint", true),
            column("placed", "timestamp with time zone", true),
            column("due", "date", false),
            column("customer_id", "integer", false),
        ],
        ..Table::default()
    }
}

/// What a change makes of a statement.
fn check(change: Change, text: &str, expected: Option<&str>) {
    let table = table();
    let found = rewrites(text, &[&table]);
    let made = found.iter().find(|one| one.change == change).map(|one| one.text.as_str());
    assert_eq!(made, expected, "{text}");
}

#[test]
fn distances() {
    let to = |text, expected| check(Change::Distance, text, Some(expected));
    to(
        "SELECT * FROM p WHERE ST_Distance(at, ST_MakePoint($1, $2)::geography) <= $3 AND open",
        "SELECT * FROM p WHERE ST_DWithin(at, ST_MakePoint($1, $2)::geography, $3) AND open",
    );
    to(
        "SELECT * FROM p WHERE public.st_distance(a, b, false) < 1000 * 2 ORDER BY c",
        "SELECT * FROM p WHERE (public.ST_DWithin(a, b, 1000 * 2, false) AND public.st_distance(a, b, false) < 1000 * 2) ORDER BY c",
    );
    check(Change::Distance, "SELECT ST_Distance(a, b) FROM p ORDER BY ST_Distance(a, b)", None);
    check(Change::Distance, "SELECT 1 FROM p WHERE ST_Distance(a, b) > 5", None);
}

#[test]
fn offsets() {
    let to = |text, expected| check(Change::Offset, text, Some(expected));
    to(
        "SELECT * FROM orders WHERE a = $1 OR b ORDER BY placed DESC, id DESC LIMIT 20 OFFSET 50000",
        "SELECT * FROM orders WHERE (a = $1 OR b) AND (placed, id) < ($2, $3) ORDER BY placed DESC, id DESC LIMIT 20",
    );
    to(
        "SELECT * FROM orders ORDER BY id OFFSET 5000 ROWS FETCH FIRST 10 ROWS ONLY;",
        "SELECT * FROM orders WHERE (id) > ($1) ORDER BY id FETCH FIRST 10 ROWS ONLY",
    );
    for text in [
        "SELECT * FROM orders ORDER BY id LIMIT 10 OFFSET 20",
        "SELECT * FROM orders ORDER BY id LIMIT 10 OFFSET $1",
        "SELECT * FROM orders ORDER BY placed DESC, id LIMIT 10 OFFSET 9000",
        "SELECT DISTINCT a FROM orders ORDER BY a OFFSET 9000",
        "SELECT * FROM orders ORDER BY lower(a) OFFSET 9000",
    ] {
        check(Change::Offset, text, None);
    }
}

#[test]
fn days() {
    let to = |text, expected| check(Change::Day, text, Some(expected));
    to(
        "SELECT * FROM orders WHERE date(placed) = $1",
        "SELECT * FROM orders WHERE (placed >= $1::date AND placed < $1::date + 1)",
    );
    to(
        "SELECT * FROM orders o WHERE o.placed::date >= '2025-01-01' AND CAST(o.placed AS date) < current_date",
        "SELECT * FROM orders o WHERE o.placed >= '2025-01-01'::date AND o.placed < current_date",
    );
    to(
        "SELECT * FROM orders WHERE placed::date BETWEEN $1 AND date '2025-02-01' AND x",
        "SELECT * FROM orders WHERE (placed >= $1::date AND placed < '2025-02-01'::date + 1) AND x",
    );
    to(
        "SELECT * FROM orders WHERE extract(year FROM placed) = 2025 AND x",
        "SELECT * FROM orders WHERE (placed >= make_date(2025, 1, 1) AND placed < make_date(2026, 1, 1)) AND x",
    );
    for text in [
        "SELECT * FROM orders WHERE due::date = $1",
        "SELECT * FROM orders WHERE placed::date = now()",
        "SELECT placed::date FROM orders GROUP BY placed::date",
        "SELECT * FROM orders WHERE placed::date <> $1",
        "SELECT * FROM orders WHERE placed::date = $1 + 1",
    ] {
        check(Change::Day, text, None);
    }
}

#[test]
fn casts() {
    let to = |text, expected| check(Change::Cast, text, Some(expected));
    to("SELECT * FROM orders WHERE id::text = $1", "SELECT * FROM orders WHERE id = $1::bigint");
    to(
        "SELECT * FROM orders o WHERE CAST(o.customer_id AS text) = '7' AND x",
        "SELECT * FROM orders o WHERE o.customer_id = '7'::integer AND x",
    );
    to("SELECT * FROM orders WHERE id = 7.0", "SELECT * FROM orders WHERE id = 7");
    to("SELECT * FROM orders WHERE id >= 7::numeric AND x", "SELECT * FROM orders WHERE id >= 7 AND x");
    for text in [
        "SELECT * FROM orders WHERE id = 7.5",
        "SELECT * FROM orders WHERE placed::text = '7'",
        "SELECT * FROM orders WHERE id::text LIKE '7%'",
        "SELECT * FROM orders WHERE id = 7",
        "SELECT * FROM orders WHERE id = 7.0 + x",
    ] {
        check(Change::Cast, text, None);
    }
}

#[test]
fn alternatives() {
    let to = |text, expected| check(Change::Either, text, Some(expected));
    to(
        "SELECT id FROM orders WHERE a = $1 OR b = $2",
        "SELECT id FROM orders WHERE (a = $1) UNION ALL SELECT id FROM orders WHERE (b = $2) AND (a = $1) IS NOT TRUE",
    );
    to(
        "SELECT * FROM orders o JOIN c ON c.id = o.c WHERE o.x AND (o.a = 1 OR c.b = 2 AND c.d = 3);",
        "SELECT * FROM orders o JOIN c ON c.id = o.c WHERE (o.x) AND (o.a = 1) UNION ALL \
         SELECT * FROM orders o JOIN c ON c.id = o.c WHERE (o.x) AND (c.b = 2 AND c.d = 3) AND (o.a = 1) IS NOT TRUE",
    );
    for text in [
        "SELECT id FROM orders WHERE a = 1 OR a = 2",
        "SELECT count(*) FROM orders WHERE a = 1 OR b = 2",
        "SELECT id FROM orders WHERE a = 1 OR b = 2 ORDER BY id",
        "SELECT id FROM orders WHERE a BETWEEN 1 AND 2 AND (a = 1 OR b = 2)",
        "UPDATE orders SET a = 1 WHERE a = 1 OR b = 2",
        "SELECT (SELECT 1 WHERE a = 1 OR b = 2) FROM orders",
    ] {
        check(Change::Either, text, None);
    }
}

#[test]
fn counts_and_lists() {
    check(
        Change::Count,
        "SELECT * FROM c WHERE (SELECT count(*) FROM orders o WHERE o.c = c.id) >= 1 AND 0 = 0",
        Some("SELECT * FROM c WHERE EXISTS (SELECT FROM orders o WHERE o.c = c.id) AND 0 = 0"),
    );
    check(
        Change::Count,
        "SELECT * FROM c WHERE (SELECT count(1) FROM orders) = 0",
        Some("SELECT * FROM c WHERE NOT EXISTS (SELECT FROM orders)"),
    );
    for text in [
        "SELECT * FROM c WHERE (SELECT count(*) FROM orders) > 1",
        "SELECT * FROM c WHERE (SELECT count(note) FROM orders) > 0",
        "SELECT * FROM c WHERE (SELECT count(*) FROM orders GROUP BY a) > 0",
        "SELECT * FROM c WHERE (SELECT count(*) FROM orders) > 0::bigint + 1",
    ] {
        check(Change::Count, text, None);
    }
    let made = "SELECT * FROM c WHERE NOT EXISTS (SELECT FROM (SELECT id FROM orders) AS loadline_rows (loadline_value) \
        WHERE loadline_rows.loadline_value = c.id) AND x";
    check(Change::NotIn, "SELECT * FROM c WHERE c.id NOT IN (SELECT id FROM orders) AND x", Some(made));
    check(Change::NotIn, "SELECT * FROM c WHERE a + c.id NOT IN (SELECT id FROM orders)", None);
    check(Change::NotIn, "SELECT * FROM c WHERE id NOT IN (1, 2)", None);
    let table = table();
    let cautions = |text: &str| rewrites(text, &[&table])[0].cautions.len();
    assert_eq!(cautions("SELECT * FROM c WHERE id NOT IN (SELECT id FROM orders)"), 0);
    assert_eq!(cautions("SELECT * FROM c WHERE id NOT IN (SELECT customer_id FROM orders)"), 1);
}

proptest! {
    /// Whatever the text, nothing breaks, and what is made is one statement.
    #[test]
    fn any_text_is_read(parts in proptest::collection::vec(0..24_usize, 0..30)) {
        let words = ["SELECT", "*", "FROM orders", "WHERE", "id", "::text", "=", "$1", "(", ")", "OR", "AND", "NOT IN",
            "(SELECT id FROM orders)", "placed", "::date", "ORDER BY", "OFFSET 5000", "7.0", "ST_Distance(a, b)", "<", "'x'",
            "(SELECT count(*) FROM orders)", "> 0"];
        let text = parts.iter().map(|at| words[*at]).collect::<Vec<_>>().join(" ");
        let table = table();
        for one in rewrites(&text, &[&table]) {
            prop_assert_eq!(statements(&one.text).len(), 1, "{}", one.text);
            prop_assert_ne!(one.text.as_str(), text.as_str());
        }
    }
}
