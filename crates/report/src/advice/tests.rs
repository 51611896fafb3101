//! The page, and what machines read of it.

use loadline_advise::advice::{Advice, Piece, Rejected, Served, Unplanned, Why};
use loadline_advise::binding::{Binding, Kind};
use loadline_advise::candidate::Cut;
use loadline_advise::index::{Index, Key};
use loadline_advise::remarks::Remarks;
use loadline_advise::rewrite::{Change, Proposal, Proposals, Rewrite};
use loadline_advise::statistics::{Correlated, Stale, Unprepared};
use loadline_advise::verify::{Part, Tree};
use loadline_advise::workload::{Asked, Omission, Origin, Workload};
use loadline_pg::existing::{Drop, Reason};
use loadline_pg::portrait::Portrait;

use super::{AdviceReport, advice_answer, advice_json, advice_sql, advice_steps, advice_text};
use crate::text::{Theme, render};

fn asked(text: &str, calls: f64, ms: f64, endpoints: &[(&str, f64)]) -> Asked {
    Asked {
        text: text.to_owned(),
        calls,
        ms: Some(ms),
        rows: Some(3.0),
        preparation_ms: None,
        endpoints: endpoints.iter().map(|(name, calls)| ((*name).to_owned(), *calls)).collect(),
    }
}

fn binding(kind: Kind, share: f64, value: &str, rows: f64) -> Binding {
    let values = (kind != Kind::Any).then(|| (1, value.to_owned())).into_iter().collect();
    // One for any value leaves the parameters as they are.
    let text = if kind == Kind::Any { "UPDATE orders SET status = $1 WHERE id = $2" } else { "" };
    Binding { kind, text: text.to_owned(), share, values, rows }
}

fn report() -> AdviceReport {
    let index = Index::tree("public", "orders", vec![Key::column("customer_id"), Key::column("placed")]);
    let rejected = |column: &str| Rejected {
        index: Index::tree("public", "orders", vec![Key::column(column)]),
        why: Why::OthersServe,
    };
    let drop = |name: &str, reason: Reason, cautions: &[&str]| Drop {
        schema: "public".to_owned(),
        name: name.to_owned(),
        table: "public.orders".to_owned(),
        bytes: 3_000_000,
        reason,
        statement: format!("DROP INDEX CONCURRENTLY IF EXISTS \"public\".\"{name}\""),
        rollback: Some(format!(
            "CREATE INDEX CONCURRENTLY {name} ON public.orders USING btree (customer_id)"
        )),
        cautions: cautions.iter().map(|caution| (*caution).to_owned()).collect(),
    };
    let covered = Reason::Covered(format!("public.{}", index.name()));
    let piece = Piece {
        index,
        tree: Tree::default(),
        bytes: 3_700_000.0,
        before: 5_200_000.0,
        after: 10_200.0,
        writes: 26.4,
        ends_hot: 0.4,
        serves: vec![Served { statement: 0, before: 4333.0, after: 8.5 }],
    };
    AdviceReport {
        of: "`shop`, PostgreSQL 15.18 of 2026-11-29 08:00 UTC".to_owned(),
        portrait: Portrait::default(),
        workload: Workload {
            statements: vec![
                asked(
                    "SELECT id, status, placed FROM orders WHERE customer_id = $1 ORDER BY placed DESC LIMIT $2",
                    1200.0,
                    900.0,
                    &[("GET /orders", 1000.0), ("GET /account", 200.0)],
                ),
                asked("UPDATE orders SET status = $1 WHERE id = $2", 80.0, 100.0, &[("POST /pay", 80.0)]),
                asked("SELECT * FROM nowhere", 1.0, 0.0, &[]),
            ],
            omitted: [(Omission::NoRows, 1), (Omission::TooMany, 1250)].into(),
            origin: Origin::Server(Some(3600.0)),
            lessons: Vec::new(),
        },
        advice: Advice {
            pieces: vec![piece.clone()],
            rejected: ["status", "placed", "a", "b", "c", "d", "e"].map(rejected).to_vec(),
            unplanned: vec![Unplanned {
                statement: 2,
                why: "relation \"nowhere\" does not exist".to_owned(),
            }],
            before: vec![Some(4333.0), Some(8.4), None],
            after: vec![Some(8.5), Some(8.4), None],
            bindings: vec![
                vec![binding(Kind::Typical, 0.5, "17", 3.0), binding(Kind::Common, 0.5, "4", 900.0)],
                vec![binding(Kind::Any, 1.0, "", 1.0)],
                Vec::new(),
            ],
            cut: [(0, Cut { candidates: 24, keys: 0 }), (1, Cut { candidates: 1, keys: 94 })].into(),
            candidates: 8,
            plans: 31,
            cached: 0,
            ..Advice::default()
        },
        remarks: Remarks {
            proposals: Proposals {
                proposals: vec![Proposal {
                    statement: 0,
                    rewrite: Rewrite {
                        change: Change::Day,
                        text: "SELECT id FROM orders WHERE (placed >= $1::date AND placed < $1::date + 1)".to_owned(),
                        cautions: vec!["a caution".to_owned()],
                    },
                    before: 900.0,
                    bare: 900.0,
                    after: 12.5,
                    indexes: vec![piece.clone()],
                }],
                in_vain: 2,
                ..Proposals::default()
            },
            correlated: vec![Correlated {
                statements: vec![0],
                table: "public.orders".to_owned(),
                columns: vec!["city".to_owned(), "zip".to_owned()],
                expected: 3.0,
                counted: 400.0,
                create: "CREATE STATISTICS IF NOT EXISTS public.orders_city_zip_stats (dependencies, mcv) ON city, zip FROM public.orders".to_owned(),
                rollback: "DROP STATISTICS IF EXISTS public.orders_city_zip_stats".to_owned(),
            }],
            stale: vec![Stale {
                table: "public.orders".to_owned(),
                changed: 12_000,
                rows: Some(30_000.0),
                statement: "ANALYZE public.orders".to_owned(),
            }],
            unprepared: vec![Unprepared { statement: 1, preparation_ms: 250.0, ms: 100.0 }],
        },
        drops: vec![
            drop("orders_customer", covered, &[]),
            drop(
                "orders_old",
                Reason::Unused,
                &["uses were counted for 3 days only: what runs once a month was not there"],
            ),
        ],
        lost: Vec::new(),
        full: false,
    }
}

fn page(report: &AdviceReport, width: usize) -> String {
    render(&advice_text(report, width), &Theme::plain()) + &advice_answer(report)
}

#[test]
fn a_page_fits_its_terminal() {
    insta::assert_snapshot!("advice-60", page(&report(), 60));
    insta::assert_snapshot!("advice-100", page(&report(), 100));
    for width in [40, 60, 80, 120] {
        let lines = advice_text(&report(), width);
        // A name that is longer than a line sticks out.
        let wide = lines.iter().filter(|line| line.width() > width.max(75)).count();
        assert_eq!(wide, 0, "{width}");
    }
}

#[test]
fn a_long_list_is_cut_and_says_so_unless_all_is_wanted() {
    let mut report = report();
    assert!(page(&report, 80).contains("… 1 more; `--full` and `--json` have all"));
    report.full = true;
    let all = page(&report, 80);
    assert!(all.contains("common values, 50"), "{all}");
    assert!(!all.contains("more;") && all.contains("public.orders USING btree (e)"), "{all}");
}

#[test]
fn machines_read_all_of_it() {
    let value = advice_json(&report());
    assert_eq!(value["indexes"][0]["endpoints"], serde_json::json!(["GET /orders", "GET /account"]));
    assert_eq!(value["indexes"][0]["shareOfTime"], 0.9);
    assert_eq!(value["drops"][0]["reason"], "covered");
    assert_eq!(value["rejected"].as_array().unwrap().len(), 7);
    assert_eq!(value["rewrites"]["found"][0]["needs"][0]["advised"], true);
    assert_eq!(value["rewrites"]["inVain"], 2);
    assert_eq!(value["notTried"][1], serde_json::json!({"statement": 1, "candidates": 1, "equalKeys": 94}));
    assert_eq!(
        (&value["analyze"][0]["rowsChanged"], &value["prepare"][0]["statement"]),
        (&12_000.into(), &1.into())
    );
    assert_eq!(value["leftOut"][1]["count"], 1250);
    assert_eq!(value["statements"][2]["error"], "relation \"nowhere\" does not exist");
}

#[test]
fn sql_builds_and_drops_nothing_by_itself() {
    let sql = advice_sql(&report());
    let statements: Vec<&str> =
        sql.lines().filter(|line| !line.is_empty() && !line.starts_with("--")).collect();
    assert_eq!(statements.len(), 1, "{sql}");
    assert!(
        statements[0].starts_with("CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer_id_placed_"),
        "{sql}"
    );
    assert!(sql.contains("-- DROP INDEX CONCURRENTLY IF EXISTS \"public\".\"orders_old\";"), "{sql}");
}

#[test]
fn an_index_on_partitions_of_partitions_is_attached_level_by_level() {
    let part = |schema: &str, name: &str, kind, above| Part {
        schema: schema.to_owned(),
        name: name.to_owned(),
        kind,
        above,
    };
    let mut piece = report().advice.pieces.remove(0);
    piece.tree = Tree(vec![
        part("public", "orders", 'p', 0),
        part("public", "orders_new", 'p', 0),
        part("a.b", "Orders old", 'r', 0),
        part("public", "orders_today", 'r', 1),
    ]);
    let name = piece.index.name();
    let steps = advice_steps(&piece);
    let lines: Vec<&str> = steps.lines().collect();
    let head = |create: &str, number: &str, table: &str| {
        format!("{create} IF NOT EXISTS \"{name}{number}\" ON {table} ")
    };
    assert!(
        lines[0].starts_with(&head("CREATE INDEX CONCURRENTLY", "_2", "\"a.b\".\"Orders old\"")),
        "{steps}"
    );
    assert!(
        lines[1].starts_with(&head("CREATE INDEX CONCURRENTLY", "_3", "\"public\".\"orders_today\"")),
        "{steps}"
    );
    assert_eq!(lines[2], "BEGIN;");
    assert!(lines[3].starts_with(&head("CREATE INDEX", "", "ONLY \"public\".\"orders\"")), "{steps}");
    assert!(lines[4].starts_with(&head("CREATE INDEX", "_1", "ONLY \"public\".\"orders_new\"")), "{steps}");
    let attach = |above: &str, schema: &str, number: &str| {
        format!("ALTER INDEX \"public\".\"{name}{above}\" ATTACH PARTITION \"{schema}\".\"{name}{number}\";")
    };
    assert_eq!(
        lines[5..8],
        [attach("", "public", "_1"), attach("", "a.b", "_2"), attach("_1", "public", "_3")]
    );
    assert_eq!(lines[8..], ["COMMIT;"]);
    // Part by part it would never be whole where another server has one of them.
    piece.tree.0.push(part("public", "far", 'f', 0));
    let steps = advice_steps(&piece);
    assert!(
        steps.starts_with("-- keeps writes waiting until it is built: partition far is another"),
        "{steps}"
    );
    assert!(steps.contains(&format!("\nCREATE INDEX IF NOT EXISTS {name} ON public.orders ")), "{steps}");
}
