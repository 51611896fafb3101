//! Mending from the runs that are kept.

use loadline_history::{Added, Filter, History, Location, Repair};
use loadline_measure::{Run, RunState, write_run};
use rusqlite::Connection;

use crate::answers::ask;
use crate::flips;
use crate::place::Place;
use crate::runs::{SECOND_MS, begun, conclusion, keep, run};

/// What a run came to when it was kept.
fn concluded(run: &Run) -> loadline_measure::Conclusion {
    conclusion((run.meta.started_unix_ms / SECOND_MS) as f64 * 1.5)
}

/// Repairs it, whatever there is to say of it.
pub(crate) fn repair(location: &Location) -> Option<Repair> {
    History::open(location).ok()?.repair(concluded).ok()
}

fn change(location: &Location, sql: &str) {
    let Location::File(path) = location else { unreachable!() };
    let database = Connection::open(path).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    database.execute_batch(sql).unwrap();
}

fn words(damages: &[loadline_history::Damage]) -> Vec<String> {
    damages.iter().map(ToString::to_string).collect()
}

#[test]
fn a_damaged_figure_is_worked_out_again() {
    let (_folder, path) = flips::history();
    let location = Location::File(path);
    let right = ask(&location);
    change(&location, "UPDATE loadline_figures SET value = 7 WHERE run = 1 AND value > 100");
    assert!(History::open(&location).unwrap().figures(1).is_err());
    let Repair { mended, left } = repair(&location).unwrap();
    assert_eq!(words(&mended), ["run 1: its rate of `/search` is worked out again"]);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(ask(&location), right);
    let again = repair(&location).unwrap();
    assert!(again.mended.is_empty() && again.left.is_empty(), "{again:?}");
}

#[test]
fn a_name_is_found_by_what_it_stands_for_also_when_later_runs_made_it_again() {
    let (_folder, path) = flips::history();
    let location = Location::File(path);
    change(&location, "UPDATE loadline_names SET subject = '/searcj' WHERE quantity = 'p95'");
    let mut history = History::open(&location).unwrap();
    let later = keep(&mut history, 9, 9.0 * 1.5);
    let Repair { mended, left } = history.repair(concluded).unwrap();
    assert_eq!(words(&mended), ["the name of p95 of `/search` is known again"]);
    assert!(left.is_empty(), "{left:?}");
    let series = history.series(&Filter::default(), "/search", "p95").unwrap();
    let points: Vec<(i64, f64)> = series.iter().map(|point| (point.run, point.value)).collect();
    assert_eq!(points, [(1, 1.5), (2, 3.0), (3, 4.5), (later, 13.5)]);
}

#[test]
fn what_is_not_known_a_second_time_is_left_and_told() {
    let (_folder, path) = flips::history();
    let location = Location::File(path);
    change(
        &location,
        "UPDATE loadline_contents SET file = zeroblob(100) WHERE run = 2;
         UPDATE loadline_figures SET value = 7 WHERE run = 2 AND value > 100;
         UPDATE loadline_runs SET branch = 'other' WHERE id = 4;
         UPDATE loadline_baselines SET saved_unix_ms = 8;",
    );
    let before = ask(&location);
    let Repair { mended, left } = repair(&location).unwrap();
    assert!(mended.is_empty(), "{mended:?}");
    assert_eq!(
        words(&left),
        [
            "the baseline `release` is damaged: what is kept of it is not what was written",
            "run 2 is damaged: its file is not what was written",
            "run 2 is damaged: its rate of `/search` is not what was written",
            "run 4 is damaged: what is kept of it is not what was written",
        ]
    );
    assert_eq!(ask(&location), before, "it is as it was");
}

#[test]
fn a_run_that_was_taken_in_again_is_not_there_twice() {
    let (_folder, path) = flips::history();
    let location = Location::File(path);
    change(&location, "UPDATE loadline_runs SET hash = 'x' || hash WHERE id = 2");
    let mut history = History::open(&location).unwrap();
    let file = write_run(&run(2), Vec::new()).unwrap();
    let added = history.import(file.as_slice(), |run, _| concluded(run)).unwrap();
    assert_eq!(added, Added::New(5));
    let Repair { mended, left } = history.repair(concluded).unwrap();
    assert!(mended.is_empty(), "{mended:?}");
    assert_eq!(words(&left), ["run 2 is damaged: what is kept of it is not what was written"]);
    assert_eq!(history.remove_damaged(true).unwrap().len(), 1);
}

#[test]
fn a_run_that_is_taken_in_again_is_whole_again() {
    let (_folder, path) = flips::history();
    let location = Location::File(path);
    let right = ask(&location);
    let whole = write_run(&run(1), Vec::new()).unwrap();
    for damage in [
        "UPDATE loadline_figures SET value = 7 WHERE run = 1 AND value > 100",
        "UPDATE loadline_contents SET file = zeroblob(100) WHERE run = 1",
        "UPDATE loadline_runs SET branch = 'other' WHERE id = 1",
    ] {
        change(&location, damage);
        let mut history = History::open(&location).unwrap();
        let mut import = |file: &[u8]| history.import(file, |run, _| concluded(run)).unwrap();
        assert_eq!(import(&whole), Added::Completed(1), "{damage}");
        assert_eq!(import(&whole), Added::Known(1), "{damage}");
        assert_eq!(history.record(1).unwrap().state, RunState::Imported);
        change(&location, "UPDATE loadline_runs SET state = 'finished' WHERE id = 1");
        repair(&location).unwrap();
        assert_eq!(ask(&location), right, "{damage}");
    }
}

#[test]
fn a_piece_of_a_run_takes_no_damaged_ones_place() {
    let place = Place::sqlite();
    let mut history = History::open(&place.location).unwrap();
    let mut whole = run(1);
    whole.meta.id = "7f".repeat(16);
    let file = write_run(&whole, Vec::new()).unwrap();
    let mut import = |file: &[u8]| history.import(file, |run, _| concluded(run)).unwrap();
    assert_eq!(import(&file), Added::New(1));
    for damage in [
        "UPDATE loadline_figures SET value = 7 WHERE value > 100",
        "UPDATE loadline_runs SET branch = 'other'",
    ] {
        place.sql(damage);
        assert_eq!(import(&file[..file.len() / 2]), Added::Known(1), "{damage}");
        assert_eq!(import(&file), Added::Completed(1), "{damage}");
    }
}

#[test]
fn a_teams_history_is_mended_as_well() {
    let place = Place::postgres();
    let mut history = History::open(&place.location).unwrap();
    let id = keep(&mut history, 1, 1.5);
    drop(begun(&history, &run(2)));
    place.sql("UPDATE loadline_figures SET value = 7 WHERE value > 100");
    place.sql("UPDATE loadline_names SET unit = 'h' WHERE quantity = 'p95'");
    place.sql("UPDATE loadline_runs SET words = 'failed' WHERE id = 1");
    let Repair { mended, left } = history.repair(concluded).unwrap();
    assert_eq!(
        words(&mended),
        ["run 1 is described anew by its Run", "the name of p95 of `/search` is known again",]
    );
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(history.figures(id).unwrap().len(), 2);
    assert_eq!(history.record(id).unwrap().words, "2 of 2 passed");
}
