//! Ledgers: that their accounts add up, whoever recorded them, and come back from files and pieces as they were.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::builtin::Builtin;
use crate::file::{read_run, write_packed, write_run};
use crate::meta::RunMeta;
use crate::recorder::Recorder;
use crate::request::{HttpOutcome, HttpRequest, LateStart, Phases, ServerTiming};
use crate::run::Run;
use crate::schema::Schema;
use crate::tags::TagSetId;
use crate::translation::Translation;

#[test]
fn bands_are_an_eighth_of_a_doubling_and_follow_each_other() {
    assert_eq!([0, 1, 1023].map(|ns| BandIndex::of(ns).0), [0, 0, 0]);
    assert_eq!([1024, 1151, 1152, 2047, 2048].map(|ns| BandIndex::of(ns).0), [1, 1, 2, 8, 9]);
    let last = BandIndex::of(u64::MAX);
    for index in 0..=last.0 {
        let lowest = BandIndex(index).lowest();
        assert_eq!(BandIndex::of(lowest).0, index);
        assert!(index == 0 || BandIndex::of(lowest - 1).0 == index - 1, "{index}");
    }
    // No time is longer, and files say so.
    assert_eq!(last.0, 1 + 54 * 8 - 1);
}

/// A request: endpoint, second, lateness in an open model, phases, and a field.
type Made = (u8, u8, Option<u32>, [u32; 7], Option<(u32, u32)>);

fn made() -> impl Strategy<Value = Made> {
    let time = || 0_u32..2_000_000_000;
    let phases = (time(), time(), time(), time(), time(), time(), time())
        .prop_map(|(a, b, c, d, e, f, g)| [a, b, c, d, e, f, g]);
    (0_u8..3, 0_u8..3, prop::option::of(time()), phases, prop::option::of((0_u32..5_000, 0_u32..5_000)))
}

fn record(recorder: &mut Recorder, builtin: &Builtin, made: &Made) {
    let (endpoint, _, late, [pool, lookup, connect, tls, sending, waiting, receiving], told) = *made;
    let ns = |ns: u32| Duration::from_nanos(ns.into());
    let phases = Phases {
        blocked: ns(pool) + ns(lookup) + ns(connect) + ns(tls),
        looking_up: ns(lookup),
        connecting: ns(connect),
        tls_handshaking: ns(tls),
        sending: ns(sending),
        waiting: ns(waiting),
        receiving: ns(receiving),
    };
    let field = told
        .map(|(query, pool)| format!("db;dur={query}.25, db.q{endpoint};dur={}, pool;dur={pool}", query / 2));
    let request = HttpRequest {
        outcome: HttpOutcome::Answered { status: 200, proto: "HTTP/1.1" },
        phases,
        server_timing: ServerTiming::of(field.as_deref().map(str::as_bytes)),
        ..HttpRequest::unsent("GET", "/", 0, "")
    };
    let tags =
        recorder.whole_tags(&TagSetId::EMPTY.into(), &[("name", ["a", "b", "c"][usize::from(endpoint)])]);
    request.record(recorder, builtin, &LateStart::new(late.map(ns)), &tags, &tags);
}

/// The run of them, recorded by so many workers.
fn run_of(all: &[Made], workers: usize) -> Run {
    let schema = Schema::new();
    let builtin = Builtin::define(&schema).unwrap();
    let mut recorders: Vec<Recorder> = (0..workers).map(|_| Recorder::new(Arc::clone(&schema))).collect();
    let mut run = Run::new(RunMeta::default(), schema);
    for second in 0..3 {
        for (place, made) in all.iter().filter(|made| u64::from(made.1) == second).enumerate() {
            record(&mut recorders[place % workers], &builtin, made);
        }
        for recorder in &mut recorders {
            run.push(second, recorder.take_window());
        }
    }
    run
}

/// Bands with their parts: names, nanoseconds, requests.
type Named = Vec<(u16, Vec<(String, i64, u64)>)>;

fn names(run: &Run, ledger: &Ledger) -> Named {
    let named = |part: &PartSum| {
        let name = run.schema().tag_set(part.part).get(PART).unwrap_or_default().to_owned();
        (name, part.nanoseconds, part.count)
    };
    let mut bands: Named =
        ledger.bands().iter().map(|band| (band.index.0, band.parts().iter().map(named).collect())).collect();
    for (_, parts) in &mut bands {
        parts.sort();
    }
    bands
}

proptest! {
    // Whatever was recorded, by however many, the parts come to what was measured: per endpoint, to the nanosecond.
    #[test]
    fn the_account_adds_up(all in prop::collection::vec(made(), 1..60), workers in 1_usize..4) {
        let run = run_of(&all, workers);
        let response_time = run.schema().find("response_time").unwrap();
        for name in ["a", "b", "c"] {
            let own = |made: &&Made| ["a", "b", "c"][usize::from(made.0)] == name;
            let Some(ledger) = run.ledger_where(|tags| tags.get("name") == Some(name)) else {
                prop_assert!(!all.iter().any(|made| own(&made)));
                continue;
            };
            let whole = ledger.whole().unwrap();
            let measured = run.select(response_time, &[("name", name)]).unwrap();
            prop_assert_eq!(whole.count, measured.count());
            let sum = measured.as_trend().unwrap().sum();
            prop_assert!((whole.total() as f64 / 1e6 - sum).abs() <= 1e-9 * sum.max(1.0));
            let expected: u64 = all.iter().filter(own).map(|(_, _, late, phases, _)| {
                let counted = if late.is_some() { &phases[..] } else { &phases[4..] };
                counted.iter().chain(late).map(|ns| u64::from(*ns)).sum::<u64>()
            }).sum();
            prop_assert_eq!(whole.total(), expected as i64);
            // And the server's parts, with what is left and what overlaps, to the waiting of those that were told of.
            for band in ledger.bands().iter().chain([&whole]) {
                let parts: i64 = band.parts().iter().map(|part| part.nanoseconds).sum();
                prop_assert_eq!(parts + band.overlap + band.untold(), band.told_waiting);
                prop_assert!(band.untold() >= 0 && band.overlap <= 0 && band.told <= band.count);
            }
            let told = all.iter().filter(own).filter(|made| made.4.is_some()).count() as u64;
            prop_assert_eq!(whole.told + whole.refused, told);
        }
    }

    // Files, pieces and other schemas keep it to the nanosecond.
    #[test]
    fn it_comes_back_from_files_and_out_of_pieces(all in prop::collection::vec(made(), 1..40), cut in 0_usize..40) {
        let run = run_of(&all, 2);
        let whole = run.ledger_where(|_| true).unwrap();
        let written = [write_run(&run, Vec::new()).unwrap(), write_packed(&run, Vec::new()).unwrap()];
        for file in written {
            let (read, completeness) = read_run(&file[..]).unwrap();
            prop_assert!(completeness == crate::Completeness::Complete);
            let again = read.ledger_where(|_| true).unwrap();
            prop_assert_eq!(names(&read, &again), names(&run, &whole));
            prop_assert_eq!(again.whole().map(|band| band.phases), whole.whole().map(|band| band.phases));
            for (second, window) in run.seconds() {
                let same = read.second(second).unwrap();
                prop_assert_eq!(same.ledgers().len(), window.ledgers().len());
            }
        }
        // Two pieces, made apart, each with a schema of its own.
        let (first, second) = all.split_at(cut.min(all.len()));
        let mut merged = run_of(first, 1);
        merged.merge(run_of(second, 1)).unwrap();
        let together = merged.ledger_where(|_| true).unwrap();
        prop_assert_eq!(names(&merged, &together), names(&run, &whole));
        prop_assert_eq!(together.bands().iter().map(|band| (band.phases, band.count, band.overlap)).collect::<Vec<_>>(),
            whole.bands().iter().map(|band| (band.phases, band.count, band.overlap)).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_told_later_is_as_if_it_had_been_told_at_once() {
    let schema = Schema::new();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let phases = Phases { waiting: Duration::from_millis(10), ..Phases::default() };
    let times = RequestTimes::new(&phases, None);
    let (part, other) = (recorder.part(b"db"), recorder.other_parts());
    let mut account = ServerAccount::default();
    account.add(part, 4_000_000, 4_000_000, other);
    recorder.account(TagSetId::EMPTY, &times, Some(&account));
    let at_once = recorder.take_window();
    recorder.account(TagSetId::EMPTY, &times, None);
    let mut later = recorder.take_window();
    recorder.explain(TagSetId::EMPTY, times.total(), 10_000_000, &account);
    later.merge(recorder.take_window());
    assert_eq!(at_once.ledgers(), later.ledgers());
    assert_eq!(at_once.ledgers()[0].1.bands()[0].untold(), 6_000_000);
    assert!(recorder.take_window().is_empty());
}

#[test]
fn names_without_bound_are_told_apart_up_to_a_bound() {
    let schema = Schema::new();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let other = recorder.other_parts();
    let parts: Vec<TagSetId> = (0..5000).map(|n| recorder.part(format!("part-{n}").as_bytes())).collect();
    assert!(parts[4999] == other && parts[0] != other);
    assert!(schema.tag_set_count() < 300);
    assert_eq!(recorder.part(b"part-7"), parts[7]);
    assert_eq!(schema.tag_set(parts[7]).get(PART), Some("part 7"));
    // One answer with too many of them keeps their sum.
    let mut account = ServerAccount::default();
    for part in &parts[..200] {
        account.add(*part, 5, 5, other);
    }
    assert_eq!(account.parts().iter().map(|part| part.nanoseconds).sum::<i64>(), 1000);
}

#[test]
fn a_translation_brings_the_names_along() {
    let (here, there) = (Schema::new(), Schema::new());
    here.intern(TagSetId::EMPTY, &[("of", "here")]);
    let mut recorder = Recorder::new(Arc::clone(&there));
    let (part, other) = (recorder.part(b"render"), recorder.other_parts());
    let mut account = ServerAccount::default();
    account.add(part, 7, 7, other);
    let times = RequestTimes::new(&Phases { waiting: Duration::from_nanos(9), ..Phases::default() }, None);
    recorder.account(TagSetId::EMPTY, &times, Some(&account));
    let window = Translation::new(there, Arc::clone(&here)).unwrap().window(&recorder.take_window()).unwrap();
    let part = window.ledgers()[0].1.bands()[0].parts()[0];
    assert_eq!(here.tag_set(part.part).get(PART), Some("render"));
}

#[test]
fn damaged_ledgers_are_refused() {
    let window = {
        let schema = Schema::new();
        let mut recorder = Recorder::new(schema);
        recorder.account(TagSetId::EMPTY, &RequestTimes::new(&Phases::default(), None), None);
        recorder.take_window()
    };
    let good = accounts_of(window.ledgers());
    let known = |tags| (tags < 4).then_some(TagSetId(tags));
    assert!(ledgers_of(good.clone(), known).is_ok());
    let bad = |change: &dyn Fn(&mut Vec<AccountEntry>)| {
        let mut entries = good.clone();
        change(&mut entries);
        assert!(ledgers_of(entries, known).is_err());
    };
    bad(&|entries| entries[0].tags = 9);
    bad(&|entries| entries.push(entries[0].clone()));
    bad(&|entries| entries[0].bands.push(BandEntry::default()));
    bad(&|entries| entries[0].bands[0].index = u16::MAX);
    bad(&|entries| entries[0].bands[0].count = u64::MAX);
    bad(&|entries| entries[0].bands[0].overlap = 1);
    bad(&|entries| entries[0].bands[0].phases.push((12, 1)));
    bad(&|entries| entries[0].bands[0].parts.push((9, 1, 1)));
    let bytes = postcard::to_stdvec(&good).unwrap();
    assert_eq!(accounts_in(&bytes, 1).unwrap(), good);
    assert!(accounts_in(&bytes, 0).is_err());
    assert!(accounts_in(&bytes[..bytes.len() - 1], 9).is_err());
    // A million tag sets are claimed in three bytes.
    assert!(accounts_in(&[0xC0, 0x84, 0x3D], 9).is_err());
}
