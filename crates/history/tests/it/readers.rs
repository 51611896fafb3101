//! What others do while a run is written: readers wait for nobody and see whole seconds, a server may go and come back.

use std::sync::atomic::{AtomicBool, Ordering};

use loadline_history::{Filter, History};
use loadline_measure::{Completeness, RunState, RunWriter};

use crate::place::Place;
use crate::runs::{assert_same, begun, conclusion, keep, run};

fn reading_goes_on_while_a_run_is_written(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let finished = keep(&mut history, 1, 1.0);
    let run = run(2);
    let entry = history.begin(&run.meta).unwrap();
    let id = entry.id();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut reader = History::open_readonly(&place.location).unwrap();
                let mut last = 0;
                while !over.load(Ordering::Acquire) {
                    assert_eq!(reader.list(&Filter::default()).unwrap().len(), 2);
                    assert_eq!(reader.load(finished).unwrap().1, Completeness::Complete);
                    // Before the first second there is no run to read.
                    if let Ok((seen, _)) = reader.load(id) {
                        let seconds = seen.seconds().count();
                        assert!(seconds >= last, "{seconds} after {last}");
                        last = seconds;
                    }
                }
                assert_eq!(reader.record(id).unwrap().state, RunState::Finished);
                assert_eq!(reader.load(id).unwrap().1, Completeness::Complete);
            });
        }
        let mut writer = RunWriter::new(entry.writer(), &run.meta, run.schema().clone()).unwrap();
        for second in 0..40 {
            writer.write_second(second, &run.second(second % 5).unwrap()).unwrap();
        }
        let mut whole = loadline_measure::Run::new(run.meta.clone(), run.schema().clone());
        for second in 0..40 {
            whole.push(second, run.second(second % 5).unwrap());
        }
        entry.finish(&whole, &conclusion(1.0)).unwrap();
        over.store(true, Ordering::Release);
    });
}

#[test]
fn in_a_file() {
    reading_goes_on_while_a_run_is_written(&Place::sqlite());
}

#[test]
fn in_postgres() {
    reading_goes_on_while_a_run_is_written(&Place::postgres());
}

#[test]
fn a_lost_connection_costs_the_seconds_since_but_not_the_run() {
    let place = Place::postgres();
    let mut history = History::open(&place.location).unwrap();
    let run = run(3);
    let (entry, mut writer) = begun(&history, &run);
    let id = entry.id();
    drop(history);
    place.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let error = writer.write_second(5, &run.second(1).unwrap()).unwrap_err().to_string();
    assert!(error.starts_with("keeping the run failed in the history at `postgres://"), "{error}");
    history = History::open(&place.location).unwrap();
    assert_eq!(history.load(id).unwrap().0.seconds().count(), 5);
    entry.finish(&run, &conclusion(1.0)).unwrap();
    let (read, completeness) = history.load(id).unwrap();
    assert_eq!(completeness, Completeness::Complete);
    assert_same(&read, &run);
}
