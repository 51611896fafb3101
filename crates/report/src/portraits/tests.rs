//! Pictures of the page, and what machines read of it.

use loadline_pg::diff::{Cause, Changes, Flip, Flips, Kind, Part, Unplanned};
use loadline_pg::plan::Plan;
use loadline_pg::portrait::{Index, Piece, Portrait, Relation, Setting, Statement, Workload};

use super::{DiffReport, diff_answer, diff_json, diff_text};
use crate::text::{Line, Theme, render};

const SEARCH: &str = "SELECT p.id, p.name, ST_Distance(p.place, $1) FROM programs p WHERE ST_DWithin(p.place, $1, $2) AND p.age_from <= $3 ORDER BY ST_Distance(p.place, $4) LIMIT $5";

fn relation(name: &str, rows: f32, index: Option<&str>, scans: i64) -> Relation {
    Relation {
        schema: "public".to_owned(),
        name: name.to_owned(),
        kind: if index.is_some() { 'i' } else { 'r' },
        table: index.map(|_| 0),
        pages: 0,
        tuples: rows,
        all_visible: 0,
        all_frozen: 0,
        bytes: (rows as u64) * 100,
        scans,
        writes: if index.is_some() { 0 } else { scans },
        index: index.map(|definition| Index {
            method: "btree".to_owned(),
            definition: definition.to_owned(),
            height: 1,
            height_is_known: true,
            pages_per_range: 0,
            is_needed: false,
        }),
    }
}

fn portrait(day: i64, rows: f32, mean_ms: f64, work_mem: &str) -> Portrait {
    let statement = |text: &str, mean_ms: f64| Statement {
        id: text.len() as i64,
        text: text.to_owned(),
        calls: 1_000 * (day + 1),
        mean_ms,
        total_ms: 1_000.0 * (day + 1) as f64 * mean_ms,
        ..Statement::default()
    };
    Portrait {
        made_ms: day * 86_400_000,
        settings: vec![Setting { name: "work_mem".to_owned(), value: work_mem.to_owned() }],
        relations: vec![
            relation("bookings", rows, None, day * 1_000),
            relation(
                "bookings_note",
                rows / 3.0,
                Some("CREATE INDEX bookings_note ON public.bookings USING btree (note)"),
                5,
            ),
        ],
        workload: Some(Workload {
            since_ms: Some(0),
            statements: vec![
                statement(SEARCH, mean_ms),
                statement("SELECT id FROM bookings WHERE provider_id = $1", 2.0),
            ],
            ..Workload::default()
        }),
        ..Portrait::default()
    }
}

fn report() -> DiffReport {
    let before = portrait(0, 1e6, 4.0, "4096");
    let mut after = portrait(3, 2.5e6, 9.0, "65536");
    after.relations.insert(
        1,
        relation(
            "bookings_day",
            8e5,
            Some("CREATE INDEX bookings_day ON public.bookings USING btree (day, provider_id)"),
            900,
        ),
    );
    after.schema.push(Piece {
        kind: "VIEW".to_owned(),
        schema: "public".to_owned(),
        name: "free".to_owned(),
        text: "CREATE VIEW …".to_owned(),
    });
    let plan = |text: &str| Plan::parse(text).unwrap();
    let flip = Flip {
        text: SEARCH.to_owned(),
        before: plan(
            r#"{"Plan": {"Node Type": "Limit", "Total Cost": 812.25, "Plans": [{"Node Type": "Sort", "Plans": [{"Node Type": "Index Scan", "Relation Name": "programs", "Index Name": "programs_place"}]}]}}"#,
        ),
        after: plan(
            r#"{"Plan": {"Node Type": "Limit", "Total Cost": 260149.27, "Plans": [{"Node Type": "Sort", "Plans": [{"Node Type": "Seq Scan", "Relation Name": "programs"}]}]}}"#,
        ),
        cause: Cause::Alone(vec![Part { kind: Kind::Statistics, of: Some("public.programs".to_owned()) }]),
    };
    let together = Flip {
        text: "SELECT count(*) FROM bookings".to_owned(),
        cause: Cause::Together(vec![
            Part { kind: Kind::Size, of: None },
            Part { kind: Kind::Settings, of: Some("work_mem".to_owned()) },
        ]),
        ..flip.clone()
    };
    DiffReport {
        before: "`shop`, PostgreSQL 15.18 of 2026-11-26 08:00 UTC".to_owned(),
        after: "`shop`, PostgreSQL 15.18 of 2026-11-29 08:00 UTC".to_owned(),
        changes: Changes::between(&before, &after),
        flips: Some(Flips {
            planned: 37,
            flips: vec![flip, together],
            unplanned: vec![Unplanned {
                text: "SELECT 1 FROM old".to_owned(),
                before: None,
                after: Some("relation \"old\" does not exist".to_owned()),
            }],
        }),
        notes: vec!["not in the ghost: the extension pg_cron".to_owned()],
        most: 20,
    }
}

fn picture(lines: &[Line]) -> String {
    render(lines, &Theme::default())
}

#[test]
fn pages() {
    for width in [60, 80, 120] {
        let lines = diff_text(&report(), width);
        assert!(lines.iter().all(|line| line.width() <= width), "{}", picture(&lines));
        insta::assert_snapshot!(format!("diff_{width}"), picture(&lines));
    }
}

#[test]
fn the_answer_is_one_line() {
    assert_eq!(
        diff_answer(&report()),
        "2 of 37 plans are others; 1 statement has a plan in one of the two alone; 280 MB more of data and indexes; 1 index is used by nobody meanwhile"
    );
    let portrait = portrait(0, 1e6, 4.0, "4096");
    let same = DiffReport { changes: Changes::between(&portrait, &portrait), flips: None, ..report() };
    assert_eq!(diff_answer(&same), "the two are the same");
}

#[test]
fn machines_get_everything() {
    let value = diff_json(&DiffReport { most: 1, ..report() });
    assert_eq!(
        value["flips"][0]["cause"]["parts"][0],
        serde_json::json!({"kind": "statistics", "of": "public.programs"})
    );
    assert_eq!(value["unused"][0]["name"], "public.bookings_note");
    assert_eq!(value["growth"][0]["after"]["rows"], 2_500_000.0);
    assert_eq!(value["settings"][0]["after"], "65536");
    assert_eq!(value["schema"][0]["what"], "new");
    assert_eq!(value["indexes"].as_array().map(Vec::len), Some(1));
    let search = value["statements"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["query"].as_str().unwrap().contains("ST_Distance"))
        .unwrap();
    // 4,000 of 9 ms, of which 1,000 of 4 ms were before.
    let mean = search["after"]["mean_ms"].as_f64().unwrap();
    assert!((mean - 32_000.0 / 3_000.0).abs() < 1e-9, "{mean}");
}
