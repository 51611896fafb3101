//! What GIN indexes count of themselves, from the planner's own mouth.
//!
//! Their first page says how many pages and entries of each kind there are, and takes a superuser and an extension to
//! be read; but the planner reads it and says what it makes of it (`gincostestimate`). With a page at 1 and all else at
//! nothing, a search for so many entries costs
//!
//! - the pages of rows that are not sorted in yet,
//! - for each entry the way down to it, `rint(entry_pages ^ 0.15)` pages,
//! - and of the pages of lists the share of these entries among all; at least as many as the rows found fill.
//!
//! So three searches tell all four: for one entry, for a thousand that nobody has, and for everything. What is searched
//! for differs by operator class; indexes of others, and those that the planner has a cheaper one for, stay unknown.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::reading::{Reading, Refusal, number, text};
use super::relations::Relations;
use crate::ghost::Counts;

/// Entries that are searched for at once.
const MANY: usize = 1000;
/// Statements asked at once.
const AT_ONCE: usize = 30;
/// Rows whose places fill a page, as the planner supposes: 8192 / 3, in whole bytes.
const ROWS_PER_PAGE: f64 = 2730.0;
/// No tree of 2^32 pages has a longer way down.
const LONGEST_WAY: u32 = 28;

const PRICES: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL random_page_cost = 1; \
     SET LOCAL seq_page_cost = 0; SET LOCAL cpu_tuple_cost = 0; SET LOCAL cpu_index_tuple_cost = 0; \
     SET LOCAL cpu_operator_cost = 0";

/// Each index, its first key, the class of that, and what stands around a condition.
const INDEXES: &str = "\
SELECT i.indexrelid, pg_get_indexdef(i.indexrelid, 1, false), oc.opcname,
       format('EXPLAIN (FORMAT JSON) SELECT 1 FROM ONLY %I.%I WHERE ', n.nspname, t.relname),
       coalesce(' AND ' || pg_get_expr(i.indpred, i.indrelid), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_opclass oc ON oc.oid = i.indclass[0]
WHERE m.amname = 'gin' AND c.relkind = 'i' AND i.indisvalid AND c.relpersistence <> 't'
  AND NOT row_security_active(t.oid) AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY i.indexrelid";

/// What is searched for.
#[derive(Clone, Copy)]
enum Search {
    Entries(usize),
    Everything,
}

pub(super) async fn counts(
    reading: &Reading<'_>,
    relations: &Relations,
    page_bytes: u32,
) -> Result<Vec<(u32, Counts)>, Refusal> {
    let many = long_word(MANY + 2);
    let mut asked = Vec::new();
    for row in reading.rows(INDEXES).await? {
        let Some(place) = relations.places.get(&number(&row, 0)) else { continue };
        let (key, class) = (text(&row, 1), text(&row, 2));
        for search in [Search::Entries(1), Search::Entries(MANY), Search::Everything] {
            if let Some(condition) = condition(&key, &class, search, &many) {
                asked.push((*place, format!("{}{condition}{}", text(&row, 3), text(&row, 4))));
            }
        }
    }
    let mut answers = Vec::new();
    reading.batch(&format!("SAVEPOINT prices; {PRICES}")).await?;
    for some in asked.chunks(AT_ONCE) {
        let all: Vec<&str> = some.iter().map(|(_, statement)| statement.as_str()).collect();
        answers.extend(reading.each(&all).await?);
    }
    reading.batch("ROLLBACK TO SAVEPOINT prices; RELEASE SAVEPOINT prices").await?;
    let mut found = Vec::new();
    for (three, answers) in asked.chunks(3).zip(answers.chunks(3)) {
        let place = three[0].0;
        let relation = &relations.all[place as usize];
        let said = |at: usize| {
            let plan: String = answers.get(at)?.iter().map(|row| text(row, 0) + "\n").collect();
            said(&plan, &relation.name)
        };
        let pages = relation.bytes / u64::from(page_bytes.max(1));
        if let (Some((one, _)), Some((many, _)), Some((all, rows))) = (said(0), said(1), said(2))
            && let Some(counts) = solved(pages as f64, one, many, all, rows)
        {
            found.push((place, counts));
        }
    }
    Ok(found)
}

/// A condition of this class that searches for this.
fn condition(key: &str, class: &str, search: Search, word: &str) -> Option<String> {
    let list = |before: &str, between: &str, after: &str, count: usize| {
        let mut list = String::new();
        for number in 0..count {
            let between = if number == 0 { "" } else { between };
            let _ = write!(list, "{between}{before}987{number:05}{after}");
        }
        list
    };
    let (operator, value) = match (class, search) {
        ("array_ops", Search::Entries(count)) => ("@>", format!("'{{{}}}'", list("", ",", "", count))),
        ("array_ops", Search::Everything) => ("@>", "'{}'".to_owned()),
        ("tsvector_ops", Search::Entries(count)) => {
            ("@@", format!("'{}'::pg_catalog.tsquery", list("q", "&", "", count)))
        }
        ("tsvector_ops", Search::Everything) => ("@@", "'!q'::pg_catalog.tsquery".to_owned()),
        ("jsonb_ops" | "jsonb_path_ops", Search::Entries(count)) => {
            ("@>", format!("'[{}]'::pg_catalog.jsonb", list("\"q", ",", "\"", count)))
        }
        ("jsonb_ops" | "jsonb_path_ops", Search::Everything) => ("@>", "'{}'::pg_catalog.jsonb".to_owned()),
        ("gin_trgm_ops", Search::Entries(count)) => ("~~", format!("'%{}%'", &word[..count + 2])),
        ("gin_trgm_ops", Search::Everything) => ("~~", "'%'".to_owned()),
        _ => return None,
    };
    Some(format!("({key}) OPERATOR(pg_catalog.{operator}) {value}"))
}

/// A word of so many letters in which no three follow each other twice.
fn long_word(letters: usize) -> String {
    let alphabet: Vec<char> = ('a'..='z').collect();
    let mut word: Vec<char> = vec!['q', 'x'];
    let mut seen = HashSet::new();
    while word.len() < letters {
        let (last, before) = (word[word.len() - 1], word[word.len() - 2]);
        let next = alphabet.iter().rev().find(|next| seen.insert((before, last, **next)));
        let Some(next) = next else { break };
        word.push(*next);
    }
    word.into_iter().collect()
}

/// What the scan of this index costs, and its rows.
fn said(plan: &str, index: &str) -> Option<(f64, f64)> {
    let plan: Value = serde_json::from_str(plan).ok()?;
    let mut node = plan.get(0)?.get("Plan")?;
    loop {
        if node.get("Index Name").and_then(Value::as_str) == Some(index)
            && node.get("Node Type").and_then(Value::as_str) == Some("Bitmap Index Scan")
        {
            return Some((node.get("Total Cost")?.as_f64()?, node.get("Plan Rows")?.as_f64()?));
        }
        node = node.get("Plans")?.get(0)?;
    }
}

/// Pages of entries with a way down of so many pages: those that `rint(pages ^ 0.15)` gives it for.
fn entry_pages(down: f64) -> (f64, f64) {
    let bound = |root: f64| root.powf(1.0 / 0.15);
    (bound(down - 0.5).ceil().max(1.0), bound(down + 0.5).floor())
}

/// The counts by which these searches cost what they do: for one entry, for many, for everything, which gives so many
/// rows. Each way down that there may be is tried; the one that fits best the pages that there are is it.
fn solved(pages: f64, one: f64, many: f64, all: f64, rows: f64) -> Option<Counts> {
    let candidates =
        (1..=LONGEST_WAY).filter_map(|down| with_way(f64::from(down), pages, one, many, all, rows));
    let (_, counts) = candidates.min_by(|one, other| one.0.total_cmp(&other.0))?;
    Some(counts)
}

/// With this way down: the counts, and how many pages they are off.
fn with_way(down: f64, pages: f64, one: f64, many: f64, all: f64, rows: f64) -> Option<(f64, Counts)> {
    let count = MANY as f64;
    // Pages of lists for one entry: one, unless lists are long.
    let mut of_one = 1.0;
    let (mut pending, mut share) = (0.0, 0.0);
    for _ in 0..3 {
        pending = one - down - of_one;
        share = (many - pending - down * count) / count;
        of_one = f64::max(share.ceil(), 1.0);
    }
    if pending < 0.0 || share < 0.0 {
        return None;
    }
    // A page may be read for all of the many, and none where no row at all is expected: less than that is not to be
    // seen.
    let share = if share * count <= 1.0 { 0.0 } else { share };
    let filled = (rows / ROWS_PER_PAGE).ceil();
    let mut entries = (all - pending) / (down + share);
    if entries * share < filled {
        entries = (all - pending - filled) / down;
    }
    if entries < 1.0 {
        return None;
    }
    let data = (entries * share).round();
    let left = pages - 1.0 - pending - data;
    let (least, most) = entry_pages(down);
    let entry_pages = left.max(least).min(most);
    let off = (left - entry_pages).abs();
    // Pages of lists are known to a thousandth of the entries, or to what the rows fill.
    (off <= entries / count + filled + 2.0).then(|| {
        let counts = Counts {
            pending_pages: pending as u32,
            entry_pages: entry_pages as u32,
            data_pages: data as u32,
            entries: entries.round() as u64,
        };
        (off, counts)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a search costs, as the planner reckons it.
    fn cost(counts: &Counts, entries: f64, rows: f64) -> f64 {
        let Counts { pending_pages, entry_pages, data_pages, entries: all } = *counts;
        let way = (entries * f64::from(entry_pages).powf(0.15).round_ties_even()).ceil();
        let data = (f64::from(data_pages) * entries / all as f64).ceil();
        f64::from(pending_pages) + way + data.max((rows / ROWS_PER_PAGE).ceil())
    }

    proptest! {
        #[test]
        fn an_index_is_found_by_what_its_searches_cost(
            entry_pages in 1_u32..60_000, data_pages in 0_u32..60_000, pending_pages in 0_u32..30,
            per_page in 5_u64..300, rows in 1.0..1e7_f64,
        ) {
            let entries = u64::from(entry_pages) * per_page;
            let right = Counts { pending_pages, entry_pages, data_pages, entries };
            let pages = f64::from(1 + entry_pages + data_pages + pending_pages);
            let all = cost(&right, entries as f64, rows);
            let found = solved(pages, cost(&right, 1.0, 1.0), cost(&right, MANY as f64, 1.0), all, rows);
            let found = found.unwrap();
            // With lists of about a page each, a page more of either costs the same.
            let between = u64::from(data_pages) * 50 / entries > 45;
            prop_assert!(found.pending_pages.abs_diff(pending_pages) <= u32::from(between));
            for searched in [1.0, 3.0, 40.0] {
                let (right, found) = (cost(&right, searched, 1.0), cost(&found, searched, 1.0));
                prop_assert!((right - found).abs() <= 1.0 + 0.002 * right, "{} is not {}", found, right);
            }
        }
    }

    #[test]
    fn no_three_letters_follow_each_other_twice() {
        let word = long_word(MANY + 2);
        let letters: Vec<char> = word.chars().collect();
        let threes: HashSet<&[char]> = letters.windows(3).collect();
        assert_eq!((word.len(), threes.len()), (MANY + 2, MANY));
    }

    #[test]
    fn what_is_searched_for_fits_the_class() {
        let many = |class, search| condition("c", class, search, "abcdefghij");
        assert_eq!(many("gin_trgm_ops", Search::Entries(1)).unwrap(), "(c) OPERATOR(pg_catalog.~~) '%abc%'");
        assert_eq!(
            many("array_ops", Search::Entries(2)).unwrap(),
            "(c) OPERATOR(pg_catalog.@>) '{98700000,98700001}'"
        );
        assert_eq!(many("array_ops", Search::Everything).unwrap(), "(c) OPERATOR(pg_catalog.@>) '{}'");
        assert_eq!(many("gin_hstore_ops", Search::Everything), None);
    }

    #[test]
    fn only_a_scan_of_the_index_itself_is_believed() {
        let plan = |name: &str| {
            format!(
                r#"[{{"Plan": {{"Node Type": "Bitmap Heap Scan", "Plans": [{{"Node Type": "Bitmap Index Scan", "Index Name": "{name}", "Total Cost": 5.0, "Plan Rows": 7}}]}}}}]"#
            )
        };
        assert_eq!(said(&plan("a"), "a"), Some((5.0, 7.0)));
        assert_eq!(said(&plan("b"), "a"), None);
    }
}
