//! `Server-Timing` as servers write it, as nobody should, and as bytes that mean nothing.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::ledger::{OTHER_PARTS, PART};
use crate::schema::Schema;

/// What is recorded of lines for a request that was at the server for so many milliseconds: names with nanoseconds, by
/// how much they overlap, and whether something was left out.
fn account(lines: &[&str], held_ms: u64) -> (Vec<(String, i64)>, i64, bool) {
    let schema = Schema::new();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let field = ServerTiming::of(lines.iter().map(|line| line.as_bytes()));
    let Some(account) = field.account(&mut recorder, Duration::from_millis(held_ms)) else {
        return (Vec::new(), 0, false);
    };
    let named = |part: &crate::ledger::PartSum| {
        (schema.tag_set(part.part).get(PART).unwrap_or_default().to_owned(), part.nanoseconds)
    };
    (account.parts().iter().map(named).collect(), account.overlap(), account.is_refused())
}

fn check(line: &str, held_ms: u64, parts: &[(&str, i64)], overlap: i64, refused: bool) {
    let (told, over, left_out) = account(&[line], held_ms);
    let told: Vec<(&str, i64)> = told.iter().map(|(name, ns)| (name.as_str(), *ns)).collect();
    assert_eq!((told.as_slice(), over, left_out), (parts, overlap, refused), "{line}");
}

const MS: i64 = 1_000_000;

#[test]
fn durations_of_names() {
    check("db;dur=53.2", 100, &[("db", 53 * MS + 200_000)], 0, false);
    check("db;dur=53", 100, &[("db", 53 * MS)], 0, false);
    // The examples of the W3C's document.
    check("miss, db;dur=53, app;dur=47.2", 200, &[("db", 53 * MS), ("app", 47 * MS + 200_000)], 0, false);
    check("customView, dc;desc=atl", 10, &[], 0, false);
    check("cache;desc=\"Cache Read\";dur=23.2", 100, &[("cache", 23 * MS + 200_000)], 0, false);
    check("total;dur=123.4", 200, &[("total", 123 * MS + 400_000)], 0, false);
    check(" a ; DUR = 1 ,, b;x=y;dur=\"2\"\t", 10, &[("a", MS), ("b", 2 * MS)], 0, false);
    check("a;dur=1;dur=9", 10, &[("a", MS)], 0, false);
    check("a;desc=\"x, \\\"y\\\";dur=7\";dur=1.5e0", 10, &[("a", 3 * MS / 2)], 0, false);
    check("pool-wait;dur=1, pool_wait;dur=2", 10, &[("pool wait", 3 * MS)], 0, false);
    check("a;dur=0.1234567", 10, &[("a", 123_456)], 0, false);
    assert_eq!(account(&["a;dur=1", "b;dur=2"], 10).0.len(), 2);
    assert_eq!(account(&[], 10), (Vec::new(), 0, false));
}

#[test]
fn nested_names_count_once() {
    let told = "total;dur=40, db;dur=30, db.q7;dur=12, db.q8;dur=8, render;dur=4";
    let parts =
        [("total", 6 * MS), ("db", 10 * MS), ("db.q7", 12 * MS), ("db.q8", 8 * MS), ("render", 4 * MS)];
    check(told, 50, &parts, 0, false);
    // The innermost that is there.
    check("a;dur=9, a.b.c;dur=4", 10, &[("a", 5 * MS), ("a.b.c", 4 * MS)], 0, false);
    // A parent alone is no part.
    check("db.q7;dur=4", 10, &[("db.q7", 4 * MS)], 0, false);
    // At the same time: the parent was shorter than what it did.
    check(
        "db;dur=10, db.a;dur=8, db.b;dur=8",
        20,
        &[("db", 0), ("db.a", 8 * MS), ("db.b", 8 * MS)],
        -6 * MS,
        false,
    );
}

#[test]
fn what_a_cache_adds_holds_what_stood_before() {
    let lines = ["total;dur=40, db;dur=30", "cache;dur=1, origin;dur=45"];
    let (parts, overlap, refused) = account(&lines, 60);
    let told: Vec<(&str, i64)> = parts.iter().map(|(name, ns)| (name.as_str(), *ns)).collect();
    assert_eq!(told, [("total", 10 * MS), ("db", 30 * MS), ("cache", MS), ("origin", 5 * MS)]);
    assert!(overlap == 0 && !refused);
    // Without a cache, two lines are two servers' own.
    assert_eq!(account(&["total;dur=4, db;dur=3", "auth;dur=2"], 60).0.len(), 3);
}

#[test]
fn what_cannot_be_is_left_out_and_said() {
    // Longer than the request was there, by more than rounding.
    check("db;dur=12", 10, &[], 0, true);
    check("db;dur=10.9", 10, &[("db", 10 * MS + 900_000)], 0, false);
    check("db;dur=1, total;dur=99999", 10, &[], 0, true);
    for odd in ["-1", "NaN", "inf", "1e999", "", "1,5", "0x10", "١"] {
        let (parts, _, refused) = account(&[&format!("db;dur={odd}, ok;dur=1")], 10);
        assert!(refused || odd == "1,5", "{odd}");
        assert!(parts.iter().any(|(name, ns)| name == "ok" && *ns == MS), "{odd} {parts:?}");
    }
    check("<b>;dur=1, ok;dur=1", 10, &[("ok", MS)], 0, true);
    check(";dur=1", 10, &[], 0, true);
    check("a b;dur=1", 10, &[], 0, true);
    // A thousand entries, and lines without end.
    let many: Vec<String> = (0..1000).map(|n| format!("p{n};dur=0.01")).collect();
    check(&many.join(","), 100, &[], 0, true);
    let some = account(&[&many[..40].join(",")], 100).0;
    assert!(some.len() < 40 && some.iter().map(|(_, ns)| ns).sum::<i64>() == 400_000);
    assert_eq!(some.last().map(|(name, _)| name.as_str()), Some(OTHER_PARTS));
    check(&"x".repeat(9000), 10, &[], 0, true);
    let (parts, _, refused) = account(&["a;dur=1"; 6], 10);
    assert!(refused && parts == [("a".to_owned(), 4 * MS)]);
}

proptest! {
    // Whatever an answer says, reading ends, and nothing that is told is longer than the request.
    #[test]
    fn anything_may_be_said(line in prop::collection::vec(any::<u8>(), 0..200), held_ms in 0_u64..50) {
        let schema = Schema::new();
        let mut recorder = Recorder::new(schema);
        let account = ServerTiming::of([&line[..]]).account(&mut recorder, Duration::from_millis(held_ms)).unwrap();
        let most = held_ms as i64 * MS + TOLERANCE_NS;
        prop_assert!(account.parts().iter().all(|part| (0..=most * 64).contains(&part.nanoseconds)));
    }

    #[test]
    fn fields_as_servers_write_them(parts in prop::collection::vec(("[a-z]{1,8}(\\.[a-z]{1,4}){0,2}", 0_u32..10_000_000), 1..16)) {
        let line: Vec<String> =
            parts.iter().map(|(name, ns)| format!("{name};dur={}", f64::from(*ns) / 1e6)).collect();
        let (told, overlap, refused) = account(&[&line.join(", ")], 10);
        prop_assert!(!refused);
        // The outermost ones come to what all of them come to.
        let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
        let is_within = |name: &str| {
            names.iter().any(|other| name.len() > other.len() && name.starts_with(other) && name.as_bytes()[other.len()] == b'.')
                || (name != "total" && names.contains(&"total"))
        };
        let outermost: i64 = parts.iter().filter(|(name, _)| !is_within(name)).map(|(_, ns)| i64::from(*ns)).sum();
        let all: i64 = told.iter().map(|(_, ns)| ns).sum::<i64>() + overlap;
        prop_assert!((all - outermost).abs() <= 20 * parts.len() as i64, "{} {}", all, outermost);
    }
}

proptest! {
    // What is known of a field before must not matter: a worker that has seen others, and this one, reads the same.
    #[test]
    fn what_was_seen_before_changes_nothing(
        lines in prop::collection::vec(
            prop::collection::vec(("(total|db|db\\.q1|db\\.q1\\.x|pool|a_b|a-b)", 0_u32..12_000_000, 0_usize..4), 1..6), 1..8,
        ),
        held_ms in 0_u64..12,
    ) {
        let schema = Schema::new();
        let mut experienced = Recorder::new(Arc::clone(&schema));
        let mut all = Vec::new();
        for line in &lines {
            let written: Vec<String> = line.iter().map(|(name, ns, form)| {
                let ms = f64::from(*ns) / 1e6;
                match form { 0 => format!("{name};dur={ms:.3}"), 1 => format!("{name};desc=x;dur={ms}"), 2 => format!(" {name};dur={ms:.0}"), _ => name.clone() }
            }).collect();
            all.push(written.join(","));
        }
        for line in all.iter().chain(&all) {
            let field = ServerTiming::of([line.as_bytes()]);
            let held = Duration::from_millis(held_ms);
            let told = field.account(&mut experienced, held).unwrap();
            let mut fresh = Recorder::new(Arc::clone(&schema));
            let expected = field.account(&mut fresh, held).unwrap();
            prop_assert_eq!(told.parts(), expected.parts(), "{}", line);
            prop_assert_eq!((told.overlap(), told.is_refused()), (expected.overlap(), expected.is_refused()));
        }
    }
}
