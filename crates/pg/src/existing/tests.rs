//! Indexes that may go, and those that may not.

use proptest::prelude::*;

use super::parts::Parts;
use super::{Planned, Reason, drops};
use crate::portrait::{Index, Invalid, Portrait, Purpose, Relation, Server, Usage, Use};

fn relation(name: &str, kind: char, definition: &str, scans: i64) -> Relation {
    Relation {
        schema: "public".to_owned(),
        name: name.to_owned(),
        kind,
        table: (kind == 'i').then_some(0),
        pages: 10,
        tuples: 1000.0,
        all_visible: 0,
        all_frozen: 0,
        bytes: 81_920,
        scans,
        writes: 0,
        index: (kind == 'i').then(|| Index {
            method: "btree".to_owned(),
            definition: definition.to_owned(),
            height: 1,
            height_is_known: true,
            pages_per_range: 0,
            is_needed: definition.contains("UNIQUE"),
        }),
    }
}

/// Names, definitions behind `USING`, scans, purposes.
fn portrait(indexes: &[(&str, &str, i64, &[Purpose])]) -> Portrait {
    let mut relations = vec![relation("aaa", 'r', "", 0)];
    let mut of = vec![Use::default()];
    for (name, body, scans, purposes) in indexes {
        let unique = if purposes.contains(&Purpose::Unique) { "UNIQUE " } else { "" };
        let definition = format!("CREATE {unique}INDEX {name} ON public.aaa USING {body}");
        relations.push(relation(name, 'i', &definition, *scans));
        of.push(Use { purposes: purposes.to_vec(), ..Use::default() });
    }
    Portrait {
        made_ms: 90 * 86_400_000,
        server: Server::default(),
        settings: Vec::new(),
        extensions: Vec::new(),
        roles: Vec::new(),
        schema: Vec::new(),
        relations,
        statistics: Vec::new(),
        extended: Vec::new(),
        labels: Vec::new(),
        workload: None,
        has_values: true,
        lost: Vec::new(),
        counts: Vec::new(),
        usage: Some(Usage { since_ms: Some(0), of, ..Usage::default() }),
    }
}

fn found(portrait: &Portrait) -> Vec<(String, Reason)> {
    drops(portrait, &[], |_, _| false).into_iter().map(|drop| (drop.name, drop.reason)).collect()
}

#[test]
fn a_definition_is_read_with_all_that_it_says() {
    let text = r#"CREATE INDEX "by (x)" ON public.aaa USING btree (lower((a)::text) COLLATE "C" DESC, "b,c" text_ops) INCLUDE (d, e) WITH (fillfactor='70') WHERE (open AND (a <> ')'::text))"#;
    let parts = Parts::of(text).unwrap();
    assert_eq!(parts.keys, [r#"lower((a)::text) COLLATE "C" DESC"#, r#""b,c" text_ops"#]);
    assert_eq!(parts.include, ["d", "e"]);
    assert_eq!(parts.rest, "WITH (fillfactor='70') WHERE (open AND (a <> ')'::text))");
    assert_eq!(Parts::of("CREATE TABLE a (b int)"), None);
    assert_eq!(Parts::of("CREATE INDEX a ON b USING btree (c"), None);
}

#[test]
fn what_another_index_does_as_well_can_go() {
    let both = portrait(&[
        ("one", "btree (a)", 5, &[]),
        ("two", "btree (a)", 5, &[]),
        ("wide", "btree (a, b)", 5, &[]),
        ("other", "btree (b)", 5, &[]),
        ("part", "btree (a) WHERE (b > 1)", 5, &[]),
    ]);
    // The first of two equal ones stays for the other, and goes for the wider one.
    let of = |name: &str| Reason::Covered(format!("public.{name}"));
    assert_eq!(
        found(&both),
        [("two".to_owned(), Reason::Duplicate("public.one".to_owned())), ("one".to_owned(), of("wide")),]
    );
    let keys = portrait(&[
        ("a_key", "btree (a)", 0, &[Purpose::Unique, Purpose::Constraint]),
        ("b_idx", "btree (a)", 9, &[]),
    ]);
    assert_eq!(found(&keys), [("b_idx".to_owned(), Reason::Duplicate("public.a_key".to_owned()))]);
    let gin = portrait(&[("one", "gin (a)", 5, &[]), ("two", "gin (a, b)", 5, &[])]);
    assert_eq!(found(&gin), []);
}

#[test]
fn what_nothing_uses_can_go_unless_something_stands_on_it() {
    let portrait = portrait(&[
        ("idle", "btree (a)", 0, &[]),
        ("used", "btree (b)", 1, &[]),
        ("held", "btree (c)", 0, &[Purpose::ReplicaIdentity]),
        ("part", "btree (d)", 0, &[Purpose::Partition]),
        ("refers", "btree (e)", 0, &[Purpose::ForeignKey]),
    ]);
    let drops = drops(&portrait, &[], |_, _| false);
    let names: Vec<&str> = drops.iter().map(|drop| drop.name.as_str()).collect();
    assert_eq!(names, ["idle", "refers"]);
    assert_eq!(drops[0].statement, r#"DROP INDEX CONCURRENTLY IF EXISTS "public"."idle""#);
    assert_eq!(
        drops[0].rollback.as_deref(),
        Some("CREATE INDEX CONCURRENTLY idle ON public.aaa USING btree (a)")
    );
    assert_eq!(drops[0].cautions.len(), 0);
    assert!(drops[1].cautions[0].contains("foreign key"));
    assert_eq!(super::drops(&portrait, &[], |_, name| name == "idle").len(), 1);
}

#[test]
fn no_use_says_little_when_it_was_counted_for_days_or_elsewhere() {
    let mut portrait = portrait(&[("idle", "btree (a)", 0, &[])]);
    let cautions = |portrait: &Portrait| drops(portrait, &[], |_, _| false)[0].cautions.clone();
    let usage = |portrait: &mut Portrait, since: Option<i64>, standbys| {
        portrait.usage.as_mut().unwrap().since_ms = since;
        portrait.usage.as_mut().unwrap().standbys = standbys;
    };
    usage(&mut portrait, Some(87 * 86_400_000), 2);
    let said = cautions(&portrait);
    assert!(said[0].contains("3 days") && said[1].contains("2 standbys"), "{said:?}");
    usage(&mut portrait, None, 0);
    assert_eq!(cautions(&portrait).len(), 1);
    portrait.usage = None;
    assert_eq!(found(&portrait), []);
}

#[test]
fn what_is_to_be_built_can_do_the_work_of_what_is_there() {
    let portrait = portrait(&[("one", "btree (a)", 5, &[]), ("other", "btree (c)", 5, &[])]);
    let planned = Planned {
        schema: "public".to_owned(),
        table: "aaa".to_owned(),
        name: "wide".to_owned(),
        definition: "CREATE INDEX wide ON public.aaa USING btree (a, b)".to_owned(),
    };
    let drops = drops(&portrait, &[planned], |_, _| false);
    assert_eq!(drops.len(), 1, "{drops:?}");
    assert_eq!(
        (drops[0].name.as_str(), &drops[0].reason),
        ("one", &Reason::Covered("public.wide".to_owned()))
    );
}

#[test]
fn what_a_partitioned_index_is_used_for_is_counted_of_its_parts() {
    let mut portrait = portrait(&[("idle", "btree (a)", 0, &[])]);
    portrait.relations[1].kind = 'I';
    assert_eq!(found(&portrait), []);
}

#[test]
fn what_was_never_finished_goes_first() {
    let mut portrait = portrait(&[("idle", "btree (a)", 0, &[])]);
    let invalid = |is_being_built| Invalid {
        schema: "public".to_owned(),
        name: "half".to_owned(),
        table: "aaa".to_owned(),
        definition: String::new(),
        bytes: 0,
        is_being_built,
    };
    portrait.usage.as_mut().unwrap().invalid = vec![invalid(false), invalid(true)];
    let names: Vec<String> = found(&portrait).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["half", "idle"]);
}

proptest! {
    /// Whatever goes, somebody is left who does its work.
    #[test]
    fn what_goes_for_another_leaves_one_that_does_the_same(
        all in proptest::collection::vec((proptest::collection::vec(0..3_u8, 1..4), any::<bool>(), 0..2_i64), 1..9)
    ) {
        let bodies: Vec<(String, String, bool, i64)> = all.iter().enumerate().map(|(place, (keys, unique, scans))| {
            let keys: Vec<String> = keys.iter().map(|key| format!("k{key}")).collect();
            (format!("i{place}"), format!("btree ({})", keys.join(", ")), *unique, *scans)
        }).collect();
        let indexes: Vec<(&str, &str, i64, &[Purpose])> = bodies.iter().map(|(name, body, unique, scans)| {
            (name.as_str(), body.as_str(), *scans, if *unique { &[Purpose::Unique][..] } else { &[][..] })
        }).collect();
        let gone: Vec<String> = found(&portrait(&indexes)).into_iter().map(|(name, _)| name).collect();
        for (name, body, unique, scans) in &bodies {
            if !gone.contains(name) || *scans == 0 {
                continue;
            }
            prop_assert!(!unique);
            let keys = body.trim_end_matches(')');
            let stays = bodies.iter().any(|(other, longer, ..)| !gone.contains(other) && (longer == body || longer.starts_with(&format!("{keys},"))));
            prop_assert!(stays, "{name} {body} of {bodies:?}, gone {gone:?}");
        }
    }
}
