//! Differences of portraits that are made up: of one with itself, backwards, and carried over one by one.

use proptest::prelude::*;

use super::*;
use crate::portrait::{
    Column, Figures, Index, Piece as Part, Portrait, Relation, Setting as Value, Statement, Statistics,
    Workload,
};

/// A table or an index that a portrait has or has not, with figures.
type Sizes = (bool, u32, u32);

fn relation(name: &str, kind: char, (_, rows, scans): Sizes) -> Relation {
    Relation {
        schema: "public".to_owned(),
        name: name.to_owned(),
        kind,
        table: None,
        pages: i32::try_from(rows / 50).unwrap(),
        tuples: rows as f32,
        all_visible: 0,
        all_frozen: 0,
        bytes: u64::from(rows / 50) * 8192,
        scans: i64::from(scans),
        writes: if kind == 'r' { i64::from(scans) } else { 0 },
        index: None,
    }
}

fn piece(kind: &str, name: &str, text: String) -> Part {
    Part { kind: kind.to_owned(), schema: "public".to_owned(), name: name.to_owned(), text }
}

/// A portrait of up to four tables, each with up to two indexes.
#[derive(Clone, Debug)]
struct Made {
    at_ms: i64,
    tables: Vec<(Sizes, [Sizes; 2], bool, u32)>,
    statements: Vec<(i64, i64)>,
    since_ms: i64,
    work_mem: u32,
    function: bool,
}

fn portrait(made: &Made) -> Portrait {
    let mut portrait = Portrait {
        made_ms: made.at_ms,
        settings: vec![Value { name: "work_mem".to_owned(), value: made.work_mem.to_string() }],
        ..Portrait::default()
    };
    if made.function {
        portrait.schema.push(piece("FUNCTION", "f()", "CREATE FUNCTION public.f() …".to_owned()));
    }
    for (number, (table, indexes, is_other, distinct)) in
        made.tables.iter().enumerate().filter(|(_, (table, ..))| table.0)
    {
        let name = format!("t{number}");
        portrait.schema.push(piece("TABLE", &name, format!("CREATE TABLE public.{name} (a int, b int)")));
        let place = portrait.relations.len() as u32;
        portrait.relations.push(relation(&name, 'r', *table));
        portrait.statistics.push(Statistics {
            relation: place,
            column: Column::Name("a".to_owned()),
            inherited: false,
            figures: Figures { distinct: *distinct as f32, ..Figures::default() },
        });
        for (of, index) in indexes.iter().enumerate().filter(|(_, index)| index.0) {
            let column = if *is_other { "b" } else { "a" };
            let index_name = format!("{name}_{of}");
            let definition = format!("CREATE INDEX {index_name} ON public.{name} USING btree ({column})");
            let (kind, piece_name) = if of == 0 {
                ("CONSTRAINT", format!("{name} {index_name}"))
            } else {
                ("INDEX", index_name.clone())
            };
            portrait.schema.push(piece(kind, &piece_name, definition.clone()));
            portrait.relations.push(Relation {
                table: Some(place),
                index: Some(Index {
                    method: "btree".to_owned(),
                    definition,
                    height: 1,
                    height_is_known: true,
                    pages_per_range: 0,
                    is_needed: of == 0,
                }),
                ..relation(&index_name, 'i', *index)
            });
        }
    }
    portrait.workload = Some(Workload {
        since_ms: Some(made.since_ms),
        statements: (0..)
            .zip(&made.statements)
            .filter(|(_, (calls, _))| *calls > 0)
            .map(|(id, (calls, ms))| Statement {
                id,
                text: format!("SELECT c{id} FROM t{id}"),
                calls: *calls,
                total_ms: (calls * ms) as f64,
                mean_ms: *ms as f64,
                ..Statement::default()
            })
            .collect(),
        ..Workload::default()
    });
    portrait
}

fn sizes() -> impl Strategy<Value = Sizes> {
    (prop::bool::weighted(0.8), prop::sample::select(vec![0_u32, 50, 5_000, 5_000_000]), 0_u32..3)
}

fn made() -> impl Strategy<Value = Made> {
    let table = (sizes(), [sizes(), sizes()], any::<bool>(), 1_u32..3);
    let statements = prop::collection::vec((0_i64..4, 1_i64..4), 3);
    (0_i64..3, prop::collection::vec(table, 4), statements, 0_i64..2, 4_u32..6, any::<bool>()).prop_map(
        |(at_ms, tables, statements, since_ms, work_mem, function)| Made {
            at_ms,
            tables,
            statements,
            since_ms,
            work_mem,
            function,
        },
    )
}

proptest! {
    #[test]
    fn a_portrait_is_no_different_from_itself(made in made()) {
        let portrait = portrait(&made);
        let changes = Changes::between(&portrait, &portrait);
        prop_assert!(changes.is_empty(), "{:?}", changes);
        prop_assert!(differing(&portrait, &portrait).is_empty());
    }

    #[test]
    fn backwards_all_is_the_other_way_round(one in made(), other in made()) {
        let (one, other) = (portrait(&one), portrait(&other));
        prop_assert_eq!(Changes::between(&one, &other).mirrored(), Changes::between(&other, &one));
        prop_assert_eq!(differing(&one, &other), differing(&other, &one));
    }

    /// One difference after the other makes the second portrait of the first, and each takes away its own kind.
    #[test]
    fn all_differences_together_are_the_other_portrait(one in made(), other in made()) {
        let (one, other) = (portrait(&one), portrait(&other));
        let mut between = one.clone();
        for kind in [Kind::Schema, Kind::Indexes, Kind::Size, Kind::Statistics, Kind::Settings, Kind::Version] {
            between = transplant(&between, &other, kind, None);
            prop_assert!(!differing(&between, &other).contains(&kind), "{kind}");
        }
        prop_assert_eq!(differing(&between, &other), Vec::new());
        let ordered = |portrait: &Portrait| portrait.relations.is_sorted_by(|a, b| (&a.schema, &a.name) < (&b.schema, &b.name));
        prop_assert!(ordered(&between));
        let names = |portrait: &Portrait| -> Vec<(String, Option<String>)> {
            let table = |relation: &Relation| relation.table.map(|at| portrait.relations[at as usize].name.clone());
            portrait.relations.iter().map(|relation| (relation.name.clone(), table(relation))).collect()
        };
        prop_assert_eq!(names(&between), names(&other));
        let mut pieces = (between.schema.clone(), other.schema.clone());
        pieces.0.sort_by(|a, b| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
        pieces.1.sort_by(|a, b| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
        prop_assert_eq!(pieces.0, pieces.1);
    }
}

#[test]
fn what_nobody_used_is_told_with_what_it_is_there_for() {
    let table = |scans| ((true, 5_000, scans), [(true, 5_000, 7), (true, 5_000_000, 7)], false, 1);
    let at = |at_ms, scans| Made {
        at_ms,
        tables: vec![table(scans)],
        statements: Vec::new(),
        since_ms: 0,
        work_mem: 4,
        function: false,
    };
    let (before, mut after) = (portrait(&at(0, 100)), portrait(&at(86_400_000, 160)));
    let unused = Changes::between(&before, &after).unused;
    let told: Vec<_> =
        unused.iter().map(|index| (index.name.as_str(), index.writes, index.needed.is_some())).collect();
    assert_eq!(told, [("public.t0_1", 60, false), ("public.t0_0", 60, true)]);
    after.schema.push(piece(
        "FK CONSTRAINT",
        "t0 t0_a_fkey",
        "ALTER TABLE ONLY public.t0 ADD CONSTRAINT t0_a_fkey FOREIGN KEY (a) REFERENCES public.u(id);"
            .to_owned(),
    ));
    let unused = Changes::between(&before, &after).unused;
    assert!(unused[0].needed.is_some_and(|why| why.contains("foreign key")), "{unused:?}");
    // Counts that went back say nothing of use.
    after.relations[0].scans = 3;
    let changes = Changes::between(&before, &after);
    assert!(changes.use_was_reset && changes.unused.is_empty());
}

#[test]
fn a_mean_is_that_of_the_time_between() {
    let statement = |calls: i64, mean_ms: f64| Statement {
        text: "SELECT 1".to_owned(),
        calls,
        mean_ms,
        total_ms: calls as f64 * mean_ms,
        ..Statement::default()
    };
    let at = |made_ms, statement| Portrait {
        made_ms,
        workload: Some(Workload { since_ms: Some(0), statements: vec![statement], ..Workload::default() }),
        ..Portrait::default()
    };
    // 10 of 2 ms, then 30 more of 4 ms.
    let (before, after) = (at(0, statement(10, 2.0)), at(9, statement(40, 3.5)));
    let Window::Between { statements, .. } = window(&before, &after) else { panic!("no window") };
    assert_eq!((statements[0].calls, statements[0].mean_ms), (30, 4.0));
    let change = &Changes::between(&before, &after).statements[0];
    assert_eq!((change.before.unwrap().mean_ms, change.after.unwrap().mean_ms), (2.0, 4.0));
    let mut reset = after;
    reset.workload.as_mut().unwrap().since_ms = Some(5);
    assert_eq!(window(&before, &reset), Window::Reset);
    assert_eq!(Changes::between(&before, &reset).statements[0].after.unwrap().mean_ms, 3.5);
}
