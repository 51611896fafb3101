//! Pictures of the page, and what machines read of it.

use loadline_pg::slow::{Evidence, Listing, Others, Percentiles, RowByRow, Statement};

use super::{SlowReport, SlowSource, slow_answer, slow_json, slow_live, slow_text};
use crate::text::{Line, Theme, render};

const SEARCH: &str = "SELECT p.id, p.name, p.description, p.age_from, p.age_to, ST_Distance(p.place, $1) FROM programs p WHERE ST_DWithin(p.place, $1, $2) AND p.age_from <= $3 ORDER BY ST_Distance(p.place, $4) LIMIT $5";

fn statement(text: &str, calls: u64, mean_ms: f64) -> Statement {
    Statement {
        id: format!("{:x}", calls * 7),
        text: text.to_owned(),
        calls,
        timed: calls,
        time_ms: mean_ms * calls as f64,
        deviation_ms: Some(mean_ms / 3.0),
        rows_per_call: Some(24.5),
        hit_ratio: Some(0.9987),
        ..Statement::default()
    }
}

fn listing() -> Listing {
    let mut spilling = statement("SELECT count(*) FROM bookings GROUP BY program_id ORDER BY $1", 12, 340.0);
    spilling.temp_bytes = Some(48e6);
    Listing {
        statements: vec![
            statement(SEARCH, 12_403, 3.08),
            statement("SELECT id FROM programs WHERE provider_id = $1", 500, 0.4),
            statement("SELECT name, rating FROM providers WHERE id = $1", 12_250, 0.1),
            spilling,
        ],
        others: Others::default(),
        seconds: Some(30.0),
        row_by_row: vec![RowByRow {
            parent: 1,
            child: 2,
            times: 500,
            executions: 12_250,
            range: Some((19, 30)),
            evidence: Evidence::Transaction,
        }],
    }
}

fn window() -> SlowReport {
    SlowReport {
        source: SlowSource::Window { server: "monitor@db/shop".to_owned() },
        listing: listing(),
        notes: vec!["3 entries were evicted meanwhile: all figures are lower bounds".to_owned()],
        most: 20,
        full: false,
    }
}

fn log() -> SlowReport {
    let mut listing = listing();
    listing.seconds = None;
    for (at, statement) in listing.statements.iter_mut().enumerate() {
        let mean = statement.mean_ms().unwrap_or_default();
        statement.percentiles =
            Some(Percentiles { p50: mean * 0.9, p95: mean * 2.0, p99: mean * 3.0, max: mean * 9.0 });
        (statement.hit_ratio, statement.rows_per_call) = (None, None);
        statement.is_cut = at == 3;
    }
    let span = Some(("2026-11-29 01:48:13 UTC".to_owned(), "2026-11-29 01:58:56 UTC".to_owned()));
    SlowReport {
        source: SlowSource::Log { name: "postgresql.csv".to_owned(), format: "csvlog".to_owned(), span },
        listing,
        ..window()
    }
}

fn picture(lines: &[Line]) -> String {
    render(lines, &Theme::plain())
}

#[test]
fn wide_and_narrow() {
    for width in [60, 80, 120] {
        let lines = slow_text(&window(), width);
        assert!(lines.iter().all(|line| line.width() <= width), "{}", picture(&lines));
        insta::assert_snapshot!(format!("window_{width}"), picture(&lines));
    }
    insta::assert_snapshot!("log_100", picture(&slow_text(&log(), 100)));
    insta::assert_snapshot!("full_80", picture(&slow_text(&SlowReport { full: true, most: 1, ..log() }, 80)));
}

#[test]
fn the_live_view_keeps_to_its_screen() {
    for (columns, rows) in [(59, 23), (79, 9), (119, 30), (10, 3)] {
        let lines = slow_live(&window(), Some((413.2, 1.234)), columns, rows);
        assert!(lines.iter().all(|line| line.width() <= columns), "{}", picture(&lines));
    }
    insta::assert_snapshot!("live_80", picture(&slow_live(&window(), Some((413.2, 1.234)), 79, 23)));
    let empty = SlowReport { listing: Listing::default(), notes: Vec::new(), ..window() };
    assert!(picture(&slow_live(&empty, None, 79, 23)).contains("no statement has ended yet"));
}

#[test]
fn the_answer_is_one_line() {
    assert_eq!(
        slow_answer(&window()),
        "one statement takes 87.40% of the time; 1 is slower than 100ms on average; 1 seems to run once for each row of another"
    );
    let empty = SlowReport { listing: Listing::default(), ..window() };
    assert_eq!(slow_answer(&empty), "no statement was executed");
    let mut untimed = log();
    untimed.listing.row_by_row.clear();
    for statement in &mut untimed.listing.statements {
        (statement.timed, statement.time_ms) = (0, 0.0);
    }
    assert_eq!(slow_answer(&untimed), "how long statements take is not told");
}

#[test]
fn several_users_are_told_apart() {
    let mut report = window();
    for (statement, user) in report.listing.statements.iter_mut().zip(["app", "app", "report", "app"]) {
        (statement.user, statement.database) = (Some(user.to_owned()), Some("shop".to_owned()));
    }
    let text = picture(&slow_text(&report, 140));
    assert!(text.contains("app@shop") && text.contains("report@shop"), "{text}");
}

#[test]
fn nothing_of_a_statement_commands_a_terminal() {
    let mut report = window();
    report.listing.statements[0].text = "select \"\x1b[2J\u{202e}\"".to_owned();
    let text = picture(&slow_text(&report, 80));
    assert!(!text.contains('\x1b') && text.contains("\\x1b[2J"), "{text}");
}

#[test]
fn machines_get_everything() {
    let value = slow_json(&SlowReport { most: 1, ..window() });
    assert_eq!(value["statements"].as_array().map(Vec::len), Some(4));
    assert_eq!(value["statements"][0]["query"], SEARCH);
    assert_eq!(value["row_by_row"][0]["child"], value["statements"][2]["id"]);
    assert_eq!(value["slow"][0], value["statements"][1]["id"]);
    let shares: f64 = value["statements"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|statement| statement["share"].as_f64())
        .sum();
    assert!((shares - 1.0).abs() < 1e-12);
    assert_eq!(slow_json(&log())["source"]["first"], "2026-11-29 01:48:13 UTC");
}
