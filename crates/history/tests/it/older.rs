//! Histories that older versions wrote, as they wrote them: `fixtures/version-1.sqlite` and `version-2.sqlite` were
//! made by the Loadline of then, with four runs, a baseline of them, and a run that was killed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use loadline_history::{Baseline, Filter, History, Location};
use loadline_measure::{Completeness, FigurePoint, RunState};
use rusqlite::Connection;

use crate::runs::keep;

const FIXTURES: [i64; 2] = [1, 2];

fn fixture(version: i64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/version-{version}.sqlite"))
}

/// What the file itself says, by hand.
fn points(path: &Path) -> Vec<(i64, f64, i64)> {
    let database = Connection::open(path).unwrap();
    let sql = "SELECT f.run, f.value, f.amount FROM loadline_figures f JOIN loadline_names n ON n.id = f.name \
               WHERE n.subject = 'all requests' AND n.quantity = 'p95' ORDER BY f.run";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Everything that reads, and what was written then.
fn assert_is_there(history: &mut History, points: &[(i64, f64, i64)], of_killed: RunState) {
    let listed = history.list(&Filter::default()).unwrap();
    let runs: Vec<(i64, RunState)> = listed.iter().map(|record| (record.id, record.state)).collect();
    let finished = |id| (id, RunState::Finished);
    assert_eq!(runs, [(5, of_killed), finished(4), finished(3), finished(2), finished(1)]);
    assert!(listed.iter().all(|record| record.host == "loader" && record.name.starts_with("GET http")));
    assert!((3_000..6_000).contains(&listed[0].duration_ms), "{}", listed[0].duration_ms);
    let series = history.series(&Filter::default(), "all requests", "p95").unwrap();
    let read = |point: &FigurePoint| (point.run, point.value, point.values as i64);
    assert_eq!(series.iter().map(read).collect::<Vec<_>>(), points);
    assert_eq!(history.subjects(&Filter::default()).unwrap().len(), 5);
    for record in &listed[1..] {
        assert_eq!(history.load(record.id).unwrap().1, Completeness::Complete);
        assert_eq!(history.figures(record.id).unwrap().len(), 5);
    }
    assert!(matches!(history.load(5).unwrap().1, Completeness::Cut { last_second: Some(_), .. }));
    let Baseline { name, runs, fingerprint, .. } = history.baseline("release").unwrap();
    assert_eq!(
        (name.as_str(), runs, fingerprint),
        ("release", vec![1, 2, 3, 4], listed[1].fingerprint.clone())
    );
    assert!(history.inspect().unwrap().is_empty());
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(history.export_all(&Filter::default(), folder.path()).unwrap().len(), 5);
}

#[test]
fn they_are_read_as_they_are() {
    for version in FIXTURES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.sqlite");
        fs::copy(fixture(version), &path).unwrap();
        let points = points(&path);
        assert_eq!(points.len(), 4);
        let before = fs::read(&path).unwrap();
        // Once where everything may be written, and once where nothing may.
        for mode in [0o755, 0o555] {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            let mut history = History::open_readonly(&Location::File(path.clone())).unwrap();
            assert!(!history.is_current());
            assert_is_there(&mut history, &points, RunState::Unfinished);
            assert_eq!(history.given_up().unwrap().len(), 1);
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        assert!(fs::read(&path).unwrap() == before, "version {version} was changed");
    }
}

#[test]
fn they_are_brought_up_to_date_and_sealed_when_a_run_is_kept() {
    for version in FIXTURES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.sqlite");
        fs::copy(fixture(version), &path).unwrap();
        let points = points(&path);
        let location = Location::File(path.clone());
        let mut history = History::open(&location).unwrap();
        assert_is_there(&mut history, &points, RunState::Unfinished);
        let settled = loadline_measure::Conclusion { words: "crashed".to_owned(), ..Default::default() };
        assert!(history.settle(5, &settled).unwrap());
        assert_is_there(&mut history, &points, RunState::Crashed);
        // A run of this version beside them.
        let id = keep(&mut history, 1_900_000_000, 7.0);
        assert_eq!(id, 6);
        let mut reader = History::open_readonly(&location).unwrap();
        assert!(reader.is_current() && reader.inspect().unwrap().is_empty());
        assert_eq!(reader.list(&Filter::default()).unwrap().len(), 6);
        let baseline = history.baseline("release").unwrap();
        history.save_baseline(&Baseline { runs: vec![4, 6], ..baseline }).unwrap();
        assert_eq!(reader.baseline("release").unwrap().runs, [4, 6]);
        // What was written then is sealed now.
        drop((history, reader));
        let database = Connection::open(&path).unwrap();
        database.execute("UPDATE loadline_runs SET outcome = 'failed' WHERE id = 2", []).unwrap();
        drop(database);
        let mut reader = History::open_readonly(&location).unwrap();
        let told: Vec<Option<i64>> = reader.inspect().unwrap().iter().map(|damage| damage.run).collect();
        assert_eq!(told, [Some(2)]);
    }
}
