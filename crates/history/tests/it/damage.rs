//! Files that are no history, or were one.

use std::fs;

use loadline_history::{Baseline, Filter, History, HistoryError, Location};

use crate::answers::{ask, assert_right_or_said};
use crate::flips;
use crate::place::Place;
use crate::runs::keep;

#[test]
fn other_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "not a database, but long enough to look at ".repeat(100);
    fs::write(&path, &text).unwrap();
    let location = Location::File(path.clone());
    for error in [History::open(&location).unwrap_err(), History::open_readonly(&location).unwrap_err()] {
        assert!(
            error.to_string().ends_with(
                "is not a history: it is not an SQLite file; choose another location, \
                 nothing was changed here"
            ),
            "{error}"
        );
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    let other = Location::File(folder.path().join("other.sqlite"));
    let Location::File(path) = &other else { unreachable!() };
    rusqlite::Connection::open(path).unwrap().execute_batch("CREATE TABLE bookings (id INTEGER)").unwrap();
    let before = fs::read(path).unwrap();
    assert!(matches!(History::open(&other), Err(HistoryError::NotAHistory { .. })));
    assert!(matches!(History::open_readonly(&other), Err(HistoryError::NotAHistory { .. })));
    assert_eq!(fs::read(path).unwrap(), before);
}

#[test]
fn a_damaged_file_is_told_or_read_right() {
    let (_folder, whole) = flips::history();
    let right = ask(&Location::File(whole.clone())).0;
    let whole = fs::read(whole).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.sqlite");
    let location = Location::File(damaged.clone());
    let put = |bytes: &[u8]| {
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(damaged.with_extension(format!("sqlite{suffix}")));
        }
        fs::write(&damaged, bytes).unwrap();
    };
    for position in (0..whole.len()).step_by(211) {
        let mut bytes = whole.clone();
        bytes[position] ^= 1 << (position % 8);
        put(&bytes);
        assert_right_or_said(&right, &location, &format!("bit {} of byte {position}", position % 8));
    }
    for length in (0..whole.len()).step_by(whole.len() / 40) {
        put(&whole[..length]);
        assert!(ask(&location).1 || ask(&location).0.iter().any(|(_, given)| given.is_err()), "{length}");
    }
}

#[test]
fn a_run_that_became_something_else_is_named() {
    let place = Place::sqlite();
    let mut history = History::open(&place.location).unwrap();
    let id = keep(&mut history, 1, 1.0);
    place.sql("UPDATE loadline_contents SET file = x'89504e47'");
    assert!(
        history.load(id).unwrap_err().to_string().starts_with("run 1 cannot be read: this is not a Run file")
    );
    assert_eq!(history.list(&Filter::default()).unwrap().len(), 1);
}

#[test]
fn a_server_that_never_answers_is_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Connections wait in the listener's queue: they are there, and nobody says anything.
    let location: Location = format!("postgres://ci@{address}/loads").parse().unwrap();
    let error = History::open(&location).unwrap_err().to_string();
    assert!(error.contains("the server has not answered for 5 s"), "{error}");
}

#[test]
fn a_place_that_takes_nothing_is_told_from_all_else() {
    let place = Place::postgres();
    let mut history = History::open(&place.location).unwrap();
    keep(&mut history, 1, 1.5);
    let name = place.location.to_string();
    let (_, name) = name.rsplit_once('/').unwrap();
    place.sql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    let mut history = History::open(&place.location).unwrap();
    let baseline = |runs| Baseline { name: "main".to_owned(), runs, ..Baseline::default() };
    let error = history.save_baseline(&baseline(vec![1])).unwrap_err();
    assert!(error.is_not_written(), "{error}");
    assert!(error.to_string().contains("read-only transaction"), "{error}");
    let error = history.save_baseline(&baseline(vec![7])).unwrap_err();
    assert!(!error.is_not_written(), "{error}");
    // Nobody answers at that port.
    let gone = "postgres://somebody@127.0.0.1:1/history".parse().unwrap();
    assert!(History::open(&gone).unwrap_err().is_not_written());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let within = Location::File(file.join("history.sqlite"));
    assert!(History::open(&within).unwrap_err().is_not_written());
    let folder = Location::File(folder.path().to_path_buf());
    let error = History::open(&folder).unwrap_err();
    assert!(!error.is_not_written() && error.to_string().contains("it is a folder"), "{error}");
    let nothing = Location::File(file.with_file_name("nothing.sqlite"));
    assert!(matches!(History::open_existing(&nothing), Err(HistoryError::Missing { .. })));
}

#[test]
fn versions_that_never_were_are_told_by_who_reads_and_by_who_writes() {
    for version in ["0", "-7", "77", "'seven'"] {
        let place = Place::sqlite();
        keep(&mut History::open(&place.location).unwrap(), 1, 1.5);
        place.sql(&format!("UPDATE loadline_history SET version = {version}"));
        let read = History::open_readonly(&place.location).unwrap_err().to_string();
        let written = History::open(&place.location).unwrap_err().to_string();
        assert_eq!(read, written, "{version}");
        assert!(!written.contains("CREATE TABLE"), "{written}");
    }
}
