//! Run files in and out.

use loadline_history::{Added, Filter, History, HistoryError};
use loadline_measure::{Completeness, Conclusion, RunState, read_run, write_packed, write_run};

use crate::place::Place;
use crate::runs::{assert_same, begun, conclusion, keep, run};

fn added(history: &mut History, file: &[u8]) -> Result<Added, HistoryError> {
    history.import(file, |_, _| Conclusion::default())
}

#[test]
fn a_run_goes_from_history_to_history_and_once_only() {
    let (from, to) = (Place::sqlite(), Place::postgres());
    let mut from = History::open(&from.location).unwrap();
    let mut to = History::open(&to.location).unwrap();
    let id = keep(&mut from, 1_800_000_000, 3.0);
    let mut file = Vec::new();
    from.export(id, &mut file).unwrap();
    let Added::New(there) = added(&mut to, &file).unwrap() else { panic!("it is new") };
    assert_same(&to.load(there).unwrap().0, &run(1_800_000_000));
    assert_eq!(to.record(there).unwrap().state, RunState::Imported);
    // In whatever form it comes.
    let written = write_run(&run(1_800_000_000), Vec::new()).unwrap();
    assert_eq!(added(&mut to, &written).unwrap(), Added::Known(there));
    assert_eq!(to.add(&run(1_800_000_000), &conclusion(1.0)).unwrap(), Added::Known(there));
    assert_eq!(added(&mut from, &file).unwrap(), Added::Known(id));
    assert!(matches!(to.add(&run(1_800_000_001), &conclusion(1.0)), Ok(Added::New(_))));
    assert!(matches!(added(&mut to, b"PNG"), Err(HistoryError::RunFile(_))));
}

#[test]
fn a_run_that_was_cut_off_stays_so() {
    let place = Place::sqlite();
    let mut history = History::open(&place.location).unwrap();
    let id = begun(&history, &run(1)).0.id();
    let mut file = Vec::new();
    let (entry, _writer) = begun(&history, &run(2));
    let said = history.export(entry.id(), &mut Vec::new()).unwrap().unwrap();
    assert!(said.starts_with("still goes on, 5s so far"), "{said}");
    let said = history.export(id, &mut file).unwrap().unwrap();
    assert!(said.starts_with("has no ending after 5s"), "{said}");
    let told = history.import(file.as_slice(), |_, completeness| Conclusion {
        words: completeness.to_string(),
        ..Conclusion::default()
    });
    let Added::New(there) = told.unwrap() else { panic!("it is new") };
    assert!(history.record(there).unwrap().words.starts_with("the run is incomplete"));
    assert!(matches!(history.load(there).unwrap().1, Completeness::Cut { last_second: Some(4), .. }));
    assert_eq!(history.record(there).unwrap().state, RunState::Crashed);
}

#[test]
fn an_interrupted_run_is_kept_as_one_and_a_damaged_one_is_not_kept() {
    let place = Place::sqlite();
    let mut history = History::open(&place.location).unwrap();
    let mut interrupted = run(3);
    interrupted.set_completeness(Completeness::Interrupted { why: "by a signal".to_owned() });
    let file = write_run(&interrupted, Vec::new()).unwrap();
    let Added::New(id) = added(&mut history, &file).unwrap() else { panic!("it is new") };
    assert_eq!(history.record(id).unwrap().state, RunState::Interrupted);
    let mut packed = Vec::new();
    let said = history.export(id, &mut packed).unwrap();
    assert!(said.is_some_and(|said| said.starts_with("was interrupted by a signal after")));
    let middle = packed.len() / 2;
    packed[middle] ^= 1;
    assert!(matches!(added(&mut history, &packed), Err(HistoryError::Damaged(_))));
    assert!(matches!(added(&mut history, &packed[..middle]), Err(HistoryError::Damaged(_))));
    assert_eq!(history.list(&Filter::default()).unwrap().len(), 1);
}

#[test]
fn a_run_is_one_however_often_and_in_however_many_pieces_it_comes() {
    for place in [Place::sqlite(), Place::postgres()] {
        let mut history = History::open(&place.location).unwrap();
        let mut whole = run(1_000);
        whole.meta.id = "7f".repeat(16);
        let file = write_run(&whole, Vec::new()).unwrap();
        // The shortest file with so many seconds.
        let piece = |seconds: u64| {
            let enough =
                |cut: &usize| read_run(&file[..*cut]).is_ok_and(|(run, _)| run.duration.as_secs() >= seconds);
            file[..(0..file.len()).find(enough).unwrap()].to_vec()
        };
        let Added::New(id) = added(&mut history, &piece(2)).unwrap() else { panic!("it is new") };
        assert_eq!(added(&mut history, &piece(4)).unwrap(), Added::Completed(id));
        assert_eq!(added(&mut history, &piece(3)).unwrap(), Added::Known(id), "there is more of it");
        assert_eq!(history.record(id).unwrap().duration_ms, 4_000);
        assert_eq!(added(&mut history, &file).unwrap(), Added::Completed(id));
        assert_eq!(history.record(id).unwrap().state, RunState::Imported);
        for again in [file.clone(), write_packed(&whole, Vec::new()).unwrap(), piece(2)] {
            assert_eq!(added(&mut history, &again).unwrap(), Added::Known(id));
        }
        assert_same(&history.load(id).unwrap().0, &whole);

        // While it goes on it is left to whoever records it, and afterwards it is there.
        let mut recorded = run(2_000);
        recorded.meta.id = "8f".repeat(16);
        let file = write_run(&recorded, Vec::new()).unwrap();
        let (entry, writer) = begun(&history, &recorded);
        assert_eq!(added(&mut history, &file).unwrap(), Added::Known(entry.id()));
        writer.finish(&recorded.meta, recorded.duration).unwrap();
        let id = entry.finish(&recorded, &conclusion(1.0)).unwrap();
        assert_eq!(added(&mut history, &file).unwrap(), Added::Known(id));
        assert_eq!(history.list(&Filter::default()).unwrap().len(), 2);
    }
}

#[test]
fn a_folder_of_run_files_is_named_by_time_and_name() {
    let place = Place::sqlite();
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::open(&place.location).unwrap();
    keep(&mut history, 1_800_000_000, 3.0);
    let mut odd = run(0);
    odd.meta.name = "https://shop.test/../sü rch?q=a&b/".to_owned();
    history.add(&odd, &Conclusion::default()).unwrap();
    let target = folder.path().join("new");
    // A second time is no different.
    history.export_all(&Filter::default(), &target).unwrap();
    let paths = history.export_all(&Filter::default(), &target).unwrap();
    let names: Vec<&str> =
        paths.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        ["2027-01-15T08-00-00-checkout-1800000000-1.run", "1970-01-01T00-00-00-s--rch-q-a-b-2.run"]
    );
    assert_eq!(std::fs::read_dir(&target).unwrap().count(), 2);
    for (path, incomplete) in paths {
        assert_eq!(incomplete, None);
        assert_eq!(read_run(std::fs::File::open(path).unwrap()).unwrap().1, Completeness::Complete);
    }
}
