//! What a history does, whatever database it is in.

use loadline_history::{Acceptance, Baseline, FigureName, Filter, History, HistoryError, Keep, Pick};
use loadline_measure::{
    Completeness, Conclusion, FigureScale, Judgement, Run, RunReader, RunRecord, RunState,
};

use crate::place::Place;
use crate::runs::{SECOND_MS, assert_same, begun, conclusion, keep, run};

/// The same tests for both.
macro_rules! contract {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $test() {
                super::$test(&crate::place::Place::sqlite());
            })*
        }
        mod postgres {
            $(#[test]
            fn $test() {
                super::$test(&crate::place::Place::postgres());
            })*
        }
    };
}

contract![
    a_run_is_there_from_its_first_second_and_whole_in_the_end,
    a_run_that_never_ends_stays_unfinished,
    a_run_whose_process_is_gone_is_told_from_one_that_goes_on,
    a_run_is_followed_while_it_is_recorded,
    a_run_that_goes_on_cannot_be_removed,
    a_run_that_was_removed_cannot_finish,
    figures_make_trends,
    lists_are_filtered,
    runs_are_picked,
    a_clock_that_was_set_back_is_noticed,
    baselines_keep_their_runs,
    what_was_accepted_stays,
    prune_keeps_what_either_rule_keeps,
    other_versions_are_told,
    what_is_read_only_stays_as_it_is,
    it_works_from_within_an_event_loop,
    many_open_it_at_once,
];

fn a_run_is_followed_while_it_is_recorded(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let run = run(1_000);
    let (entry, mut writer) = begun(&history, &run);
    let mut follower = History::open_readonly(&place.location).unwrap();
    assert!(follower.is_recorded(entry.id()).unwrap());
    let (first, mut reader) = (follower.written_since(entry.id(), 0).unwrap(), RunReader::new());
    let growth = reader.feed(&first.bytes).unwrap();
    assert_eq!((growth.seconds, growth.ended), (vec![0, 1, 2, 3, 4], false));
    let nothing = follower.written_since(entry.id(), first.next).unwrap();
    assert_eq!((nothing.bytes.len(), nothing.next), (0, first.next));
    writer.write_second(5, &run.second(1).unwrap()).unwrap();
    let more = follower.written_since(entry.id(), first.next).unwrap();
    assert_eq!(reader.feed(&more.bytes).unwrap().seconds, [5]);
    let series = |run: &Run, second| run.second(second).map(|window| window.len());
    assert_eq!(series(reader.run().unwrap(), 5), series(&run, 1));
    entry.finish(&run, &conclusion(1.0)).unwrap();
    assert!(!follower.is_recorded(entry.id()).unwrap());
    assert!(follower.written_since(entry.id(), more.next).unwrap().bytes.is_empty());
    assert!(history.is_recorded(entry.id() + 1).is_err(), "there is no such run");
}

fn a_run_whose_process_is_gone_is_told_from_one_that_goes_on(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let run = run(1_000);
    let (going_on, given_up) = (begun(&history, &run), begun(&history, &run));
    let (lives, dead) = (going_on.0.id(), given_up.0.id());
    let mut reader = History::open_readonly(&place.location).unwrap();
    assert!(reader.given_up().unwrap().is_empty(), "both go on");
    drop(given_up);
    // The server notices the end of a connection when it gets to it.
    let found = loop {
        let found = reader.given_up().unwrap();
        if !found.is_empty() {
            break found;
        }
    };
    assert_eq!(ids(&found), [dead]);
    let judged =
        Conclusion { outcome: Judgement::Inconclusive, words: "crashed".to_owned(), ..conclusion(1.0) };
    assert!(history.settle(dead, &judged).unwrap());
    assert!(!history.settle(dead, &judged).unwrap(), "it is settled");
    assert!(history.given_up().unwrap().is_empty());
    let record = history.record(dead).unwrap();
    assert_eq!(
        (record.state, record.outcome, record.duration_ms),
        (RunState::Crashed, Judgement::Inconclusive, 5_000)
    );
    let (part, completeness) = history.load(dead).unwrap();
    assert!(matches!(completeness, Completeness::Cut { last_second: Some(4), .. }));
    assert!(part.seconds().eq(run.seconds()));
    assert!(history.figures(dead).unwrap().is_empty(), "a part of a run has no place in a trend");
    // The other one ends as if nothing had been.
    going_on.0.finish(&run, &conclusion(1.0)).unwrap();
    drop(going_on.1);
    assert_eq!(history.record(lives).unwrap().state, RunState::Finished);
    assert!(history.given_up().unwrap().is_empty());
    if let loadline_history::Location::File(path) = &place.location {
        let left = std::fs::read_dir(path.parent().unwrap()).unwrap();
        let signs = left.flatten().filter(|entry| entry.file_name().to_string_lossy().contains("-run-"));
        assert_eq!(signs.count(), 0, "no sign is left lying about");
    }
}

fn a_run_that_goes_on_cannot_be_removed(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let run = run(1_000);
    let (entry, writer) = begun(&history, &run);
    keep(&mut history, 2_000, 1.0);
    let newest = Keep { newest: Some(1), since_unix_ms: None };
    assert!(history.prune(newest, true).unwrap().is_empty());
    assert!(history.prune(newest, false).unwrap().is_empty());
    assert!(matches!(history.remove(entry.id()), Err(HistoryError::GoesOn { .. })));
    writer.finish(&run.meta, run.duration).unwrap();
    let id = entry.finish(&run, &conclusion(1.0)).unwrap();
    assert_eq!(ids(&history.prune(newest, false).unwrap()), [id]);
}

fn ids(records: &[RunRecord]) -> Vec<i64> {
    records.iter().map(|record| record.id).collect()
}

fn a_run_is_there_from_its_first_second_and_whole_in_the_end(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let run = run(1_000);
    let (entry, writer) = begun(&history, &run);
    let id = entry.id();
    let listed = history.record(id).unwrap();
    assert_eq!(
        (listed.state, listed.duration_ms, listed.outcome),
        (RunState::Unfinished, 5_000, Judgement::Unknown)
    );
    let (part, completeness) = history.load(id).unwrap();
    assert!(matches!(completeness, Completeness::GoesOn { last_second: Some(4) }));
    assert!(part.seconds().eq(run.seconds()));
    assert!(history.figures(id).unwrap().is_empty());

    writer.finish(&run.meta, run.duration).unwrap();
    assert_eq!(history.load(id).unwrap().1, Completeness::Complete);
    let mut writer = entry.writer();
    entry.finish(&run, &conclusion(212.5)).unwrap();
    // What comes too late changes nothing.
    std::io::Write::write_all(&mut writer, b"late")
        .and_then(|()| std::io::Write::flush(&mut writer))
        .unwrap();

    let (read, completeness) = history.load(id).unwrap();
    assert_eq!(completeness, Completeness::Complete);
    assert_same(&read, &run);
    let listed = history.list(&Filter::default()).unwrap();
    let expected = RunRecord {
        id,
        started_unix_ms: 1_000 * SECOND_MS,
        name: "loads/checkout-1000.ts".to_owned(),
        fingerprint: run.meta.fingerprint(),
        plan: "constant-vus 5, 5s".to_owned(),
        commit: "0001000aaaaaaaaaa".to_owned(),
        branch: "main".to_owned(),
        target_version: "1.4.0".to_owned(),
        host: "loader".to_owned(),
        state: RunState::Finished,
        duration_ms: 4_750,
        outcome: Judgement::Passed,
        words: "2 of 2 passed".to_owned(),
        saturated: false,
        annotations: run.meta.annotations.clone(),
    };
    assert_eq!(listed, [expected]);
}

fn a_run_that_never_ends_stays_unfinished(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let run = run(1);
    let described = history.begin(&run.meta).unwrap();
    assert!(matches!(history.load(described.id()), Err(HistoryError::Unreadable { .. })));
    drop(begun(&history, &run));
    let listed = history.list(&Filter { state: Some(RunState::Unfinished), ..Filter::default() }).unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(history.load(listed[0].id).unwrap().0.seconds().count(), 5);
}

fn a_run_that_was_removed_cannot_finish(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let run = run(1);
    let (entry, mut writer) = begun(&history, &run);
    place.sql("DELETE FROM loadline_runs");
    assert!(writer.write_second(6, &run.second(1).unwrap()).is_err());
    let error = entry.finish(&run, &conclusion(1.0)).unwrap_err();
    assert!(error.to_string().ends_with(": it was removed while it went on"), "{error}");
    assert!(history.list(&Filter::default()).unwrap().is_empty());
    // Nobody removed it who knows how to.
    let damaged: Vec<String> = history.damaged().map(ToString::to_string).collect();
    assert_eq!(damaged, ["run 1 is damaged: its row is missing"]);
}

fn figures_make_trends(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    // Not in the order of time.
    let (second, first, third) =
        (keep(&mut history, 20, 210.0), keep(&mut history, 10, 200.0), keep(&mut history, 30, 5e300));
    let points = |history: &mut History, filter: &Filter| -> Vec<(i64, f64)> {
        let series = history.series(filter, "/search", "p95").unwrap();
        assert!(series.iter().all(|point| point.values == 2_000 && point.started_unix_ms % 10_000 == 0));
        series.iter().map(|point| (point.run, point.value)).collect()
    };
    let all = Filter::default();
    assert_eq!(points(&mut history, &all), [(first, 200.0), (second, 210.0), (third, 5e300)]);
    let newest = Filter { limit: Some(2), ..Filter::default() };
    assert_eq!(points(&mut history, &newest), [(second, 210.0), (third, 5e300)]);
    assert!(history.series(&all, "/search", "p50").unwrap().is_empty());

    let name = |quantity: &str, unit: &str| FigureName {
        subject: "/search".to_owned(),
        quantity: quantity.to_owned(),
        scale: FigureScale::of(unit),
    };
    assert_eq!(history.subjects(&all).unwrap(), [name("p95", "ms"), name("rate", "/s")]);
    let none = Filter { branch: Some("elsewhere".to_owned()), ..Filter::default() };
    assert!(history.subjects(&none).unwrap().is_empty());
    // What is no number is no figure.
    assert_eq!(history.figures(first).unwrap(), conclusion(200.0).figures[..2]);
    history.remove(first).unwrap();
    assert_eq!(points(&mut history, &all).len(), 2);
}

fn lists_are_filtered(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let kept: Vec<i64> = [10, 11, 12, 13].map(|started| keep(&mut history, started, 1.0)).into();
    let unfinished = begun(&history, &run(5)).0.id();
    let mut found = |filter: Filter| ids(&history.list(&filter).unwrap());
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found(Filter::default()), [kept[3], kept[2], kept[1], kept[0], unfinished]);
    assert_eq!(found(Filter { limit: Some(2), ..Filter::default() }), [kept[3], kept[2]]);
    assert_eq!(found(Filter { name: text("CHECKOUT-12"), ..Filter::default() }), [kept[2]]);
    assert!(found(Filter { name: text("%"), ..Filter::default() }).is_empty());
    assert!(found(Filter { name: text("checkout_1"), ..Filter::default() }).is_empty());
    assert_eq!(found(Filter { branch: text("main"), ..Filter::default() }), [kept[2], kept[0]]);
    assert_eq!(found(Filter { commit: text("0000011A"), ..Filter::default() }), [kept[1]]);
    assert_eq!(found(Filter { fingerprint: text("' OR 1=1"), ..Filter::default() }), [0; 0]);
    let between = Filter {
        since_unix_ms: Some(11 * SECOND_MS),
        until_unix_ms: Some(13 * SECOND_MS),
        state: Some(RunState::Finished),
        fingerprint: Some(run(1).meta.fingerprint()),
        ..Filter::default()
    };
    assert_eq!(found(between), [kept[2], kept[1]]);
}

fn runs_are_picked(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let kept: Vec<i64> = [10, 11, 12].map(|started| keep(&mut history, started, 1.0)).into();
    let all = Filter::default();
    let on_main = Filter { branch: Some("main".to_owned()), ..Filter::default() };
    let mut pick = |text: &str, filter: &Filter| {
        history.resolve(&text.parse::<Pick>().unwrap(), filter).map_err(|error| error.to_string())
    };
    assert_eq!(pick("latest", &all), Ok(kept[2]));
    assert_eq!(pick("-2", &all), Ok(kept[1]));
    assert_eq!(pick("-2", &on_main), Ok(kept[0]));
    assert_eq!(pick(&kept[0].to_string(), &on_main), Ok(kept[0]));
    assert_eq!(pick("0000012aa", &all), Ok(kept[2]));
    let location = &place.location;
    assert_eq!(
        pick("-4", &all),
        Err(format!("there is no run `-4` in the history at `{location}`: there are 3 to pick from"))
    );
    assert_eq!(pick("99", &all), Err(format!("there is no run `99` in the history at `{location}`")));
    assert!(pick("1234567", &all).unwrap_err().ends_with(": no run's commit starts with this"));
    let mut two = run(14);
    "0000012aab".clone_into(&mut two.meta.origin.commit);
    history.add(&two, &conclusion(1.0)).unwrap();
    let error = history.resolve(&Pick::Commit("0000012".to_owned()), &all).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`0000012` could be any of the commits 0000012aaaaaaaaaa, 0000012aab; write more of it"
    );
}

fn a_clock_that_was_set_back_is_noticed(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let first = keep(&mut history, 10_000, 1.0);
    let second = keep(&mut history, 9_970, 1.0);
    // What comes from elsewhere may be of any time.
    history.add(&run(3), &conclusion(1.0)).unwrap();
    let latest = |history: &mut History| history.resolve(&Pick::Latest(1), &Filter::default()).unwrap();
    assert_eq!(latest(&mut history), first);
    assert_eq!(history.out_of_order(first).unwrap(), None, "clocks differ by so much");
    let third = keep(&mut history, 9_000, 1.0);
    assert_eq!(latest(&mut history), first);
    assert_eq!(history.out_of_order(first).unwrap(), Some(third));
    assert_eq!(history.out_of_order(second).unwrap(), Some(third));
    assert_eq!(history.out_of_order(third).unwrap(), None);
}

fn baselines_keep_their_runs(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    let kept: Vec<i64> = [10, 11, 12].map(|started| keep(&mut history, started, 1.0)).into();
    let baseline = |name: &str, runs: &[i64]| Baseline {
        name: name.to_owned(),
        fingerprint: "print".to_owned(),
        saved_unix_ms: 7,
        runs: runs.to_vec(),
    };
    history.save_baseline(&baseline("release", &kept[..1])).unwrap();
    history.save_baseline(&baseline("release", &kept[..2])).unwrap();
    history.save_baseline(&baseline("empty", &[])).unwrap();
    assert!(history.save_baseline(&baseline("wrong", &[kept[0], 99])).is_err());
    assert_eq!(history.baseline("release").unwrap(), baseline("release", &kept[..2]));
    assert_eq!(history.baselines().unwrap(), [baseline("empty", &[]), baseline("release", &kept[..2])]);
    let error = history.baseline("none").unwrap_err().to_string();
    assert_eq!(error, "there is no baseline `none`; there are `empty`, `release`");

    let error = history.remove(kept[0]).unwrap_err().to_string();
    assert!(error.contains(&format!("run {} is part of the baseline `release`: save", kept[0])));
    let nothing = Keep { newest: Some(0), ..Keep::default() };
    assert_eq!(ids(&history.prune(nothing, true).unwrap()), [kept[2]]);
    assert_eq!(history.list(&Filter::default()).unwrap().len(), 3);
    assert_eq!(ids(&history.prune(nothing, false).unwrap()), [kept[2]]);
    history.vacuum().unwrap();
    assert_eq!(ids(&history.list(&Filter::default()).unwrap()), [kept[1], kept[0]]);
    history.load(kept[0]).unwrap();

    history.delete_baseline("release").unwrap();
    assert!(matches!(history.delete_baseline("release"), Err(HistoryError::NoSuchBaseline { .. })));
    assert_eq!(history.prune(nothing, false).unwrap().len(), 2);
}

fn what_was_accepted_stays(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    assert!(history.acceptances().unwrap().is_empty());
    let runs = [1, 2].map(|started| keep(&mut history, started, 1.5));
    let of = |run: i64, why: &str| Acceptance {
        fingerprint: "kind".to_owned(),
        run,
        run_started_unix_ms: run * 10,
        subject: "/search".to_owned(),
        why: why.to_owned(),
        who: "somebody".to_owned(),
        commit: "7d109cd2e".to_owned(),
        accepted_unix_ms: 5,
        ..Acceptance::default()
    };
    let accepted = [of(runs[1], "a new index"), of(runs[0], "x")];
    for one in &accepted {
        history.accept(one).unwrap();
    }
    assert!(matches!(history.accept(&of(99, "no such run")), Err(HistoryError::NoSuchRun { .. })));
    history.prune(Keep { newest: Some(1), ..Keep::default() }, false).unwrap();
    let mut reader = History::open_readonly(&place.location).unwrap();
    assert_eq!(reader.acceptances().unwrap(), accepted, "a run that is pruned was accepted all the same");
    assert_eq!(reader.damaged().count(), 0);
}

fn prune_keeps_what_either_rule_keeps(place: &Place) {
    let mut history = History::open(&place.location).unwrap();
    for started in 10..16 {
        keep(&mut history, started, 1.0);
    }
    let mut going = |keep: Keep| history.prune(keep, true).unwrap().len();
    let since = Some(13 * SECOND_MS);
    assert_eq!(going(Keep::default()), 0);
    assert_eq!(going(Keep { newest: Some(2), since_unix_ms: None }), 4);
    assert_eq!(going(Keep { newest: None, since_unix_ms: since }), 3);
    assert_eq!(going(Keep { newest: Some(2), since_unix_ms: since }), 3);
    assert_eq!(going(Keep { newest: Some(5), since_unix_ms: since }), 1);
}

fn other_versions_are_told(place: &Place) {
    drop(History::open(&place.location).unwrap());
    place.sql("UPDATE loadline_history SET version = 6");
    let newer = format!(
        "the history at `{}` has version 6, and this Loadline knows up to version 5; use the Loadline that wrote it, or a \
         newer one",
        place.location
    );
    assert_eq!(History::open(&place.location).unwrap_err().to_string(), newer);
    assert_eq!(History::open_readonly(&place.location).unwrap_err().to_string(), newer);
    place.sql("UPDATE loadline_history SET version = 0");
    assert!(matches!(History::open_readonly(&place.location), Err(HistoryError::NotAHistory { .. })));
}

fn what_is_read_only_stays_as_it_is(place: &Place) {
    let error = History::open_readonly(&place.location).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("there is no history at `{}`; the first run that is kept makes it", place.location)
    );
    let mut history = History::open(&place.location).unwrap();
    let id = keep(&mut history, 1, 2.0);
    let mut reader = History::open_readonly(&place.location).unwrap();
    assert_eq!(reader.list(&Filter::default()).unwrap(), history.list(&Filter::default()).unwrap());
    assert!(reader.remove(id).is_err_and(|error| error.is_not_written()));
    reader.load(id).unwrap();
}

fn it_works_from_within_an_event_loop(place: &Place) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut history = History::open(&place.location).unwrap();
        let id = keep(&mut history, 1, 2.0);
        history.load(id).unwrap();
    });
}

fn many_open_it_at_once(place: &Place) {
    std::thread::scope(|scope| {
        for started in 0..6 {
            scope.spawn(move || keep(&mut History::open(&place.location).unwrap(), started, 1.0));
        }
    });
    let mut history = History::open(&place.location).unwrap();
    assert_eq!(history.list(&Filter::default()).unwrap().len(), 6);
    assert_eq!(history.series(&Filter::default(), "/search", "p95").unwrap().len(), 6);
}
