//! Listings of logs whose statements, times and orders are known.

use proptest::prelude::*;

use super::{Evidence, Listing, LogTally, STORY_MEAN_MS, by_mean, by_time};
use crate::log::{Call, CallKind, LogReader};

fn call(session: u64, text: &str, ms: f64) -> Call<'_> {
    Call {
        session: Some(session),
        ended_at_ms: None,
        ms: Some(ms),
        text,
        rows: None,
        is_cut: false,
        kind: CallKind::Run,
        parameters: None,
    }
}

fn listing<'a>(calls: impl IntoIterator<Item = Call<'a>>) -> Listing {
    let mut tally = LogTally::new();
    calls.into_iter().for_each(|call| tally.take(&call));
    tally.listing()
}

/// Parent, child, times, executions, evidence.
fn found(listing: &Listing) -> Vec<(&str, &str, u64, u64, Evidence)> {
    let text = |at: usize| listing.statements[at].text.as_str();
    let pairs = listing.row_by_row.iter();
    pairs
        .map(|pair| (text(pair.parent), text(pair.child), pair.times, pair.executions, pair.evidence))
        .collect()
}

/// The statements of a session, `BEGIN` and `COMMIT` among them, with a repeat count each.
fn session<'a>(session: u64, steps: &[(&'a str, usize)]) -> Vec<Call<'a>> {
    steps.iter().flat_map(|(text, times)| vec![call(session, text, 1.0); *times]).collect()
}

#[test]
fn the_two_orders() {
    let calls =
        [("select 1", 150.0, 1), ("select a", 2.0, 1_000), ("select b", 300.0, 2), ("select c", 100.0, 1)];
    let listing = listing(calls.iter().flat_map(|(text, ms, times)| vec![call(1, text, *ms); *times]));
    let texts = |statements: Vec<&super::Statement>| -> Vec<String> {
        statements.into_iter().map(|statement| statement.text.clone()).collect()
    };
    assert_eq!(texts(by_time(&listing, 3)), ["select a", "select b", "select $1"]);
    // Longer than 100 ms, and not just as long.
    assert_eq!(texts(by_mean(&listing, STORY_MEAN_MS, 20)), ["select b", "select $1"]);
    assert_eq!((listing.calls(), listing.time_ms()), (1_004, 2_850.0));
}

#[test]
fn our_own_statements_are_counted_apart_and_part_no_others() {
    let own = call(1, "SELECT /* loadline */ now()", 5.0);
    let preparation = Call { kind: CallKind::Preparation, ..own };
    let theirs = [call(1, "select a", 1.0), call(1, "select '/* load' 'line */'", 2.0)];
    let mut tally = LogTally::new();
    for call in [own, theirs[0], preparation, own, theirs[1]] {
        tally.take(&call);
    }
    assert_eq!((tally.own().calls, tally.own().time_ms), (2, 15.0));
    assert_eq!(tally.listing(), listing(theirs));
}

#[test]
fn percentiles_and_deviations_are_those_of_the_values() {
    let values: Vec<f64> = (1..=2_000).map(f64::from).collect();
    let listing = listing(values.iter().map(|ms| call(1, "select 1", *ms)));
    let statement = &listing.statements[0];
    let percentiles = statement.percentiles.unwrap();
    assert!((percentiles.p95 / 1_900.05 - 1.0).abs() < 0.002, "{percentiles:?}");
    assert_eq!(percentiles.max, 2_000.0);
    // That of 1 … n is √((n² − 1) / 12).
    let deviation = ((2_000.0_f64.powi(2) - 1.0) / 12.0).sqrt();
    assert!((statement.deviation_ms.unwrap() / deviation - 1.0).abs() < 1e-12);
    assert_eq!(statement.mean_ms(), Some(1_000.5));
}

#[test]
fn parts_of_an_execution_are_not_executions() {
    let run = call(1, "select a from t", 5.0);
    let listing = listing([
        Call { kind: CallKind::Preparation, ms: Some(2.0), ..run },
        Call { rows: Some(10.0), ..run },
        Call { kind: CallKind::Fetch, ms: Some(3.0), ..run },
        Call { ms: None, ..run },
    ]);
    let statement = &listing.statements[0];
    assert_eq!((statement.calls, statement.timed, statement.time_ms), (2, 1, 8.0));
    assert_eq!((statement.preparation_ms, statement.rows_per_call), (2.0, Some(10.0)));
}

#[test]
fn one_for_each_row_is_found_within_transactions() {
    let steps = [
        ("begin", 1),
        ("select id from posts", 1),
        ("select name from users where id = $1", 12),
        ("commit", 1),
    ];
    let listing = listing(session(1, &steps).into_iter().chain(session(2, &steps)));
    assert_eq!(
        found(&listing),
        [("select id from posts", "select name from users where id = $1", 2, 24, Evidence::Transaction)]
    );
    assert_eq!(listing.row_by_row[0].range, Some((12, 12)));
}

#[test]
fn rounds_of_several_are_found_within_transactions() {
    let mut steps = vec![("begin", 1), ("select id from posts", 1)];
    for _ in 0..10 {
        steps.extend([("select a from users where id = $1", 1), ("select b from tags where id = $1", 1)]);
    }
    steps.push(("commit", 1));
    let listing = listing(session(1, &steps));
    let found = found(&listing);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found.iter().all(|pair| (pair.0, pair.2, pair.3) == ("select id from posts", 1, 10)),
        "{found:?}"
    );
}

#[test]
fn requests_one_after_the_other_are_no_rounds() {
    let request = [("select a", 1), ("select b", 1), ("select c", 1)];
    let listing = listing((0..20).flat_map(|_| session(1, &request)));
    assert_eq!(found(&listing), []);
}

#[test]
fn prisma_runs_two_statements_for_each_row() {
    for log in [
        include_str!("../log/samples/prisma-printed.log"),
        include_str!("../log/samples/prisma-events.jsonl"),
    ] {
        let (mut reader, mut tally) = (LogReader::new(), LogTally::new());
        reader.push(log.as_bytes(), &mut |call| tally.take(&call));
        let told = reader.finish(&mut |call| tally.take(&call));
        assert_eq!((told.entries, told.fragments), (88, 0));
        let listing = tally.listing();
        let mut found: Vec<(u64, u64, Evidence)> =
            listing.row_by_row.iter().map(|pair| (pair.times, pair.executions, pair.evidence)).collect();
        found.sort_unstable_by_key(|pair| *pair);
        // Three lists of twelve, each with two statements for each of them. What ran in a transaction, whose beginning
        // Prisma does not tell, was once only.
        assert_eq!(found, [(3, 36, Evidence::Sequence); 2]);
        let parents = listing.row_by_row.iter().map(|pair| &listing.statements[pair.parent].text);
        assert!(
            parents
                .into_iter()
                .all(|parent| parent.ends_with("FROM \"public\".\"Provider\" WHERE $1=$2 OFFSET $3"))
        );
    }
}

#[test]
fn what_is_nested_has_its_own_parent() {
    let mut steps = vec![("begin", 1), ("select id from posts", 1)];
    for _ in 0..5 {
        steps.extend([
            ("select id from comments where post = $1", 1),
            ("select a from users where id = $1", 4),
        ]);
    }
    steps.push(("commit", 1));
    let listing = listing(session(1, &steps));
    let mut found = found(&listing);
    found.sort_by_key(|pair| pair.3);
    // Five comments' lists are too few to tell; the users are not the posts'.
    assert_eq!(
        found,
        [(
            "select id from comments where post = $1",
            "select a from users where id = $1",
            5,
            20,
            Evidence::Transaction
        )]
    );
}

#[test]
fn sequences_alone_must_be_alike() {
    let request = [("select id from posts", 1), ("select a from users where id = $1", 10)];
    let always = listing((0..5).flat_map(|_| session(1, &request)));
    assert_eq!(found(&always)[0].4, Evidence::Sequence);
    // A pool's connection that serves lookups, and now and then a list: lengths of chance.
    let lengths = [1, 9, 2, 30, 1, 4, 22, 3, 1, 12, 55, 2];
    let chance =
        listing(lengths.into_iter().flat_map(|length| session(1, &[request[0], (request[1].0, length)])));
    assert_eq!(found(&chance), []);
    // The child runs elsewhere, too.
    let elsewhere = session(2, &[("select 1", 1), (request[1].0, 1), ("select 2", 1)].repeat(40));
    let listing = listing((0..5).flat_map(|_| session(1, &request)).chain(elsewhere));
    assert_eq!(found(&listing), []);
}

#[test]
fn rows_of_plans_are_the_surest() {
    let mut calls = Vec::new();
    for rows in [4_usize, 11, 7] {
        calls.push(Call { rows: Some(rows as f64), ..call(1, "select id from posts", 1.0) });
        calls.extend(vec![call(1, "select a from users where id = $1", 1.0); rows]);
    }
    assert_eq!(found(&listing(calls))[0].4, Evidence::Rows);
}

#[test]
fn a_pause_parts_what_does_not_belong_together() {
    let mut calls = Vec::new();
    for request in 0_i64..6 {
        let at = |ms: i64, text| Call { ended_at_ms: Some(request * 60_000 + ms), ..call(1, text, 1.0) };
        calls.push(at(0, "select id from posts"));
        calls.extend((0..10).map(|_| at(30_000, "select a from users where id = $1")));
    }
    assert_eq!(found(&listing(calls)), []);
}

#[test]
fn too_many_shapes_are_counted_together() {
    let texts: Vec<String> = (0..10_100).map(|number| format!("select c{number}")).collect();
    let listing = listing(texts.iter().map(|text| call(1, text, 1.0)));
    assert_eq!(
        (listing.statements.len(), listing.others.calls, listing.others.time_ms),
        (10_000, 100, 100.0)
    );
    assert_eq!((listing.calls(), listing.time_ms()), (10_100, 10_100.0));
}

proptest! {
    #[test]
    fn nothing_is_lost_or_counted_twice(
        calls in prop::collection::vec((0_u64..3, 0_usize..8, 0.0_f64..1e4), 0..200),
    ) {
        let texts = ["begin", "commit", "select 1", "select 'a'", "select a", "insert into t values (1)", "set a = 1", "x"];
        let listing = listing(calls.iter().map(|(session, text, ms)| call(*session, texts[*text], *ms)));
        prop_assert_eq!(listing.calls(), calls.len() as u64);
        let sum: f64 = calls.iter().map(|call| call.2).sum();
        prop_assert!((listing.time_ms() - sum).abs() <= 1e-6 * sum.max(1.0));
        for pair in &listing.row_by_row {
            let of = |at: usize| listing.statements[at].calls;
            prop_assert!(pair.executions <= of(pair.child) && pair.times <= of(pair.parent) && pair.parent != pair.child);
        }
    }
}
