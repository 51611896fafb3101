//! What a tally makes of answers.

use loadline_prometheus::ResultType;
use proptest::prelude::*;

use super::*;
use crate::burn::WORKBOOK;
use crate::names::{Names, canonical_path};

fn objective(name: &str, route: (Option<&str>, &str), indicator: Indicator) -> Objective {
    Objective {
        endpoint: name.to_owned(),
        method: route.0.map(str::to_owned),
        path: canonical_path(route.1),
        condition: String::new(),
        indicator,
        permitted: 0.05,
        allow_no_data: false,
    }
}

fn row(labels: &[(&str, &str)], points: &[(i64, f64)]) -> Row {
    Row {
        labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        points: points.iter().map(|(at_s, number)| (at_s * 1000, *number)).collect(),
    }
}

fn answer(reads: Reads, rows: Vec<Row>) -> (Reads, Answer) {
    (reads, Answer { result_type: ResultType::Matrix, rows, warnings: Vec::new() })
}

fn slow(limit_ms: f64) -> Indicator {
    Indicator::Slow { limit_ms }
}

#[test]
fn buckets_of_both_spellings_add_up_and_gaps_stay_open() {
    let mut tally = Tally::new(Settings::default(), vec![objective("a", (None, "/a"), slow(500.0))]);
    tally.set_bounds(Bounds::of_texts(["500", "500.0", "+Inf"]), 0);
    let bucket = |le: &str, points: &[(i64, f64)]| row(&[("endpoint", "a"), ("le", le)], points);
    let rows = vec![
        bucket("500", &[(60, 8.0), (180, 9.5)]),
        bucket("500.0", &[(60, 1.0)]),
        bucket("+Inf", &[(60, 10.0), (180, 9.0)]),
        row(&[("endpoint", "b"), ("le", "+Inf")], &[(60, 99.0)]),
    ];
    tally.take(&[answer(Reads::Buckets, rows)], &[60, 120, 180], 60);
    let counted = tally.ledgers()[0].window(180, 180);
    assert_eq!((counted.cell.bad, counted.cell.total, counted.known_s), (1.0, 19.0, 120));
}

#[test]
fn a_limit_between_two_bounds_is_estimated_and_one_beyond_them_is_not_known() {
    let objectives = [250.0, 1000.0, 9000.0].map(|limit| objective("a", (None, "/a"), slow(limit))).to_vec();
    let mut tally = Tally::new(Settings::default(), objectives);
    tally.set_bounds(Bounds::of_texts(["500", "2500", "+Inf"]), 0);
    let bucket = |le: &str, number: f64| row(&[("endpoint", "a"), ("le", le)], &[(60, number)]);
    let rows = vec![bucket("500", 40.0), bucket("2500", 80.0), bucket("+Inf", 100.0)];
    tally.take(&[answer(Reads::Buckets, rows)], &[60], 60);
    let cells: Vec<Cell> = tally.ledgers().iter().map(|ledger| ledger.window(60, 60).cell).collect();
    assert_eq!(cells[0], Cell { bad: 80.0, doubt: 40.0, total: 100.0 });
    assert_eq!(cells[1], Cell { bad: 50.0, doubt: 40.0, total: 100.0 }, "a quarter of the bucket is below");
    assert!(!tally.ledgers()[2].knows_anything());
}

#[test]
fn routes_find_their_endpoints_and_failures_default_to_none() {
    let settings = Settings { names: Names::opentelemetry(), ..Settings::default() };
    let objectives = vec![
        objective("get", (Some("GET"), "/users/:id"), Indicator::Failed),
        objective("any", (None, "/users/*"), Indicator::Failed),
    ];
    let mut tally = Tally::new(settings, objectives);
    let count = |method: &str, number: f64| {
        row(&[("http_route", "/users/{id}"), ("http_request_method", method)], &[(60, number)])
    };
    let answers = [
        answer(Reads::Total, vec![count("GET", 10.0), count("PUT", 5.0)]),
        answer(Reads::Failed, vec![count("PUT", 2.0)]),
    ];
    tally.take(&answers, &[60], 60);
    let cells: Vec<Cell> = tally.ledgers().iter().map(|ledger| ledger.window(60, 60).cell).collect();
    assert_eq!((cells[0].bad, cells[0].total), (0.0, 10.0));
    assert_eq!((cells[1].bad, cells[1].total), (2.0, 15.0));
}

#[test]
fn the_plan_reaches_back_without_a_gap() {
    let tally = Tally::new(Settings::default(), Vec::new());
    let now_s = 1_783_155_642;
    let parts = tally.plan(now_s, 3600);
    assert_eq!(parts.len(), 2);
    assert_eq!((parts[0].to_s, parts[0].stretch_s, parts[1].stretch_s), (parts[1].from_s, 900, 60));
    assert!(parts[0].from_s <= now_s - 72 * 3600 && parts[1].to_s == now_s - 42);
    let ends = parts[1].ends(100);
    assert!(ends.iter().all(|group| group.len() <= 100));
    assert_eq!(ends.concat().last(), Some(&parts[1].to_s));
    let settings = Settings { windows: WORKBOOK[..1].to_vec(), ..Settings::default() };
    let parts = Tally::new(settings, Vec::new()).plan(now_s, 60);
    assert_eq!((parts.len(), parts[0].to_s - parts[0].from_s), (1, 3600));
}

#[test]
fn what_was_asked_for_is_not_asked_again() {
    let mut tally = Tally::new(Settings::default(), vec![objective("a", (None, "/a"), slow(500.0))]);
    assert!(tally.wants_bounds(0));
    tally.set_bounds(Bounds::of_texts(["500", "+Inf"]), 0);
    assert!(!tally.wants_bounds(599) && tally.wants_bounds(600));
    let now_s = 1_783_155_600;
    tally.take(&[], &[now_s], 60);
    assert_eq!(tally.plan(now_s + 119, 0), [Part { from_s: now_s, to_s: now_s + 60, stretch_s: 60 }]);
    assert!(tally.plan(now_s, 0)[0].ends(10).is_empty());
    // After a day without an answer, all of it is asked for again.
    assert_eq!(tally.plan(now_s + 86_400, 0).len(), 2);
}

#[test]
fn native_histograms_say_shares() {
    let settings = Settings { names: Names { native: true, ..Names::story() }, ..Settings::default() };
    let mut tally = Tally::new(settings, vec![objective("a", (None, "/a"), slow(500.0))]);
    let one = |number: f64, at| row(&[("endpoint", "a")], &[(at, number)]);
    let answers = [
        answer(Reads::Total, vec![one(10.0, 60), one(0.0, 120)]),
        answer(Reads::Within { limit_ms: 500.0 }, vec![one(0.75, 60)]),
    ];
    tally.take(&answers, &[60, 120], 60);
    let counted = tally.ledgers()[0].window(120, 120);
    assert_eq!((counted.cell.bad, counted.cell.total, counted.known_s), (2.5, 10.0, 120));
}

#[test]
fn shares_of_two_methods_are_weighed_by_their_requests() {
    let settings =
        Settings { names: Names { native: true, ..Names::opentelemetry() }, ..Settings::default() };
    let mut tally = Tally::new(settings, vec![objective("any", (None, "/a"), slow(500.0))]);
    let one = |method: &str, number: f64| {
        row(&[("http_route", "/a"), ("http_request_method", method)], &[(60, number)])
    };
    let answers = [
        answer(Reads::Total, vec![one("GET", 90.0), one("PUT", 10.0)]),
        answer(Reads::Within { limit_ms: 500.0 }, vec![one("GET", 1.0), one("PUT", 0.5)]),
    ];
    tally.take(&answers, &[60], 60);
    assert_eq!(tally.ledgers()[0].window(60, 60).cell, Cell { bad: 5.0, doubt: 0.0, total: 100.0 });
}

proptest! {
    /// However counters are spread over replicas and spellings: no cell has more bad requests than requests.
    #[test]
    fn cells_make_sense(
        rows in prop::collection::vec((0usize..4, -5.0..50.0_f64, 1i64..4), 0..40),
        limit in 1.0..1200.0_f64,
    ) {
        let spellings = ["250", "500", "500.0", "+Inf"];
        let mut tally = Tally::new(Settings::default(), vec![objective("a", (None, "/a"), slow(limit))]);
        tally.set_bounds(Bounds::of_texts(spellings), 0);
        let rows = rows.iter().map(|(le, number, at)| {
            row(&[("endpoint", "a"), ("le", spellings[*le])], &[(at * 60, *number)])
        });
        tally.take(&[answer(Reads::Buckets, rows.collect())], &[60, 120, 180], 60);
        let cell = tally.ledgers()[0].window(180, 180).cell;
        prop_assert!(cell.bad >= 0.0 && cell.bad <= cell.total + 1e-3 && cell.doubt >= 0.0);
    }
}
