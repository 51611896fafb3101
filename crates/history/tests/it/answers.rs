//! All that a history answers, to hold a damaged one against what it was.

use loadline_history::{Filter, History, HistoryError, Location, Pick};
use loadline_measure::{Completeness, RunRecord};

/// What was asked, and what came of it.
pub(crate) type Answers = Vec<(String, Result<String, String>)>;

/// Asks everything that can be read, without changing anything; whether damage was told as well.
pub(crate) fn ask(location: &Location) -> (Answers, bool) {
    let mut answers = Answers::new();
    let mut history = match History::open_readonly(location) {
        Ok(history) => history,
        Err(error) => return (vec![("opening".to_owned(), Err(error.to_string()))], true),
    };
    let all = Filter::default();
    let mut answer = |what: String, given: Result<String, HistoryError>| {
        answers.push((what, given.map_err(|error| error.to_string())));
    };
    let listed = history.list(&all);
    answer("list".to_owned(), listed.map(|records| format!("{records:?}")));
    let branch = Filter { branch: Some("main".to_owned()), ..Filter::default() };
    answer("list of a branch".to_owned(), history.list(&branch).map(|records| format!("{records:?}")));
    let given_up = history.given_up();
    answer("given up".to_owned(), given_up.map(|records: Vec<RunRecord>| format!("{records:?}")));
    for pick in ["latest", "-2", "0000002aa"] {
        let picked = history.resolve(&pick.parse::<Pick>().unwrap(), &all);
        answer(format!("resolve {pick}"), picked.map(|id| format!("{id}")));
    }
    for id in 1..=4 {
        answer(format!("record {id}"), history.record(id).map(|record| format!("{record:?}")));
        answer(format!("figures {id}"), history.figures(id).map(|figures| format!("{figures:?}")));
        let loaded = history.load(id).map(|(run, completeness)| {
            let series: Vec<String> =
                run.series().map(|(_, tags, sink)| format!("{tags:?} {sink:?}")).collect();
            (completeness, format!("{:?} {:?} {series:?}", run.meta, run.duration))
        });
        let loaded = match loaded {
            Ok((damaged @ Completeness::Damaged { .. }, _)) => Err(HistoryError::Damaged(damaged)),
            Ok((completeness, run)) => Ok(format!("{completeness:?} {run}")),
            Err(error) => Err(error),
        };
        answer(format!("load {id}"), loaded);
    }
    for quantity in ["p95", "rate"] {
        let series = history.series(&all, "/search", quantity);
        answer(format!("series {quantity}"), series.map(|points| format!("{points:?}")));
    }
    answer("subjects".to_owned(), history.subjects(&all).map(|subjects| format!("{subjects:?}")));
    answer("baselines".to_owned(), history.baselines().map(|baselines| format!("{baselines:?}")));
    answer("baseline".to_owned(), history.baseline("release").map(|baseline| format!("{baseline:?}")));
    answer("accepted".to_owned(), history.acceptances().map(|accepted| format!("{accepted:?}")));
    answer("noise".to_owned(), history.noise("set-up").map(|floors| format!("{floors:?}")));
    let told = history.damaged().count() > 0;
    (answers, told)
}

/// Panics when an answer is another one without a word.
pub(crate) fn assert_right_or_said(right: &Answers, location: &Location, what: &str) {
    let (given, told) = ask(location);
    if given.len() < right.len() {
        return assert!(given[0].1.is_err(), "{what}");
    }
    for ((asked, right), (_, given)) in right.iter().zip(&given) {
        let said = told || given.is_err();
        assert!(said || right == given, "{what}: {asked} is {given:?} instead of {right:?}");
    }
}
