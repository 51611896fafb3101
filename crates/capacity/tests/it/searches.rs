//! What a search finds, how surely, and what it says of systems that change, refuse or never recover. `bench/capacity`
//! makes a hundred searches on each service; here are a few on some.

use loadline_capacity::model::Station;
use loadline_capacity::search::{
    Answer, Bound, Call, Change, Known, Next, Purpose, Requirement, Step, Stopped, Tally, Terms, answer, next,
};
use loadline_capacity::simulate::{CASES, Case, Kind, Law, Trial};

fn case(name: &str) -> &'static Case {
    CASES.iter().find(|case| case.name == name).expect("it is one of them")
}

/// Ten searches; how many answers are within a part of the truth, and how many are beyond it.
fn searched(name: &str, part: f64) -> (usize, usize, Vec<Answer>) {
    let case = case(name);
    let answers: Vec<Answer> = (0..10).map(|seed| case.trial().search(seed).0).collect();
    let errors: Vec<f64> = answers.iter().map(|answer| answer.carries / case.truth - 1.0).collect();
    let within = errors.iter().filter(|error| error.abs() <= part).count();
    (within, errors.iter().filter(|error| **error > part).count(), answers)
}

#[test]
fn the_line_of_a_station_is_the_one_that_erlang_gives() {
    let formula = Station::exponential(4, 0.02).rate_within(0.95, 0.1).unwrap();
    assert!((case("exponential").truth / formula - 1.0).abs() < 0.005, "{formula}");
}

#[test]
fn a_queue_is_found_within_five_per_cent() {
    let (within, beyond, answers) = searched("exponential", 0.05);
    assert!(within >= 9 && beyond <= 1, "{within} {beyond}");
    for answer in answers {
        assert_eq!(answer.bound, Bound::Found);
        let breaks = answer.breaks.unwrap();
        assert!(breaks.place.is_none_or(|place| place == 0), "{breaks:?}");
        assert!(answer.recovery.unwrap().after_s.is_some());
    }
}

#[test]
fn a_limit_by_rate_breaks_by_its_errors() {
    let (within, beyond, answers) = searched("rate limiter", 0.06);
    assert!(within >= 9 && beyond == 0, "{within} {beyond}");
    assert!(answers.iter().all(|answer| answer.breaks.as_ref().unwrap().place == Some(1)));
}

#[test]
fn what_never_recovers_under_load_is_said_not_to() {
    let (within, beyond, answers) = searched("does not recover", 0.05);
    assert!(within >= 8 && beyond == 0, "{within} {beyond}");
    assert!(answers.iter().all(|answer| answer.recovery.unwrap().after_s.is_none()));
}

#[test]
fn what_gets_slower_in_mid_search_is_said_to_and_nothing_else_is() {
    let said = |kind: Kind| {
        let trial = Trial { kind, ..case("leak").trial() };
        (0..10).map(|seed| trial.search(seed).0.changed).collect::<Vec<_>>()
    };
    let service = Law::Exponential(0.02);
    let leaks = said(Kind::Leak { workers: 4, service, breaks_after: 12_000 });
    let stays = said(Kind::Workers { workers: 4, service });
    let slower = leaks.iter().filter(|change| **change == Some(Change::Worse)).count();
    assert!(slower >= 9 && stays.iter().all(Option::is_none), "{leaks:?} {stays:?}");
}

#[test]
fn up_to_the_highest_load_that_may_be_tried_nothing_breaks() {
    let mut trial = case("exponential").trial();
    trial.terms = Terms { max: 80.0, ..trial.terms };
    let (answer, known) = trial.search(1);
    assert_eq!((answer.bound, answer.carries), (Bound::AtLeastMax, 80.0));
    assert!(known.steps.iter().all(|step| step.load <= 80.0));
}

#[test]
fn a_service_that_carries_nothing_is_said_to() {
    let mut trial = case("exponential").trial();
    // Nobody answers within a tenth of what an answer takes.
    trial.p95_s = 0.002;
    let (answer, known) = trial.search(1);
    assert_eq!((answer.bound, answer.carries), (Bound::Nothing, 0.0));
    assert!(known.elapsed_s < 200.0, "{}", known.elapsed_s);
}

#[test]
fn a_search_that_is_interrupted_says_what_it_knows_and_goes_on_where_it_was() {
    let (_, whole) = case("exponential").trial().search(3);
    let mut known = Known { steps: whole.steps[..9].to_vec(), ..whole.clone() };
    known.elapsed_s = 60.0;
    let after = next(&known);
    let mut stopped = known.steps[8].clone();
    stopped.stopped = Some(Stopped::Interrupted);
    known.steps.push(stopped);
    assert_eq!(next(&known), Next::Done);
    let so_far = answer(&known);
    assert!(so_far.carries > 0.0);
    // Written down, read again, without the step that was interrupted.
    let mut again: Known = serde_json::from_str(&serde_json::to_string(&known).unwrap()).unwrap();
    again.steps.pop();
    assert_eq!(next(&again), after);
}

#[test]
fn an_answer_that_was_confirmed_held() {
    let (answer, known) = case("lock").trial().search(5);
    assert_ne!(answer.confirmed, Some(Call::Breaks));
    assert!(known.steps.iter().any(|step| step.purpose == Purpose::Above));
}

/// A step whose p95 breaks or holds clearly, with a load generator that kept up or did not.
fn step(load: f64, bad: f64, late: bool, began_s: f64) -> Step {
    Step {
        purpose: Purpose::Bracket,
        load,
        began_s,
        measured_s: 6.0,
        tallies: vec![Some(Tally::independent(bad, 400.0))],
        growing: false,
        through_per_s: load,
        wander: 0.0,
        calm_from_s: Some(1.0),
        saturated: late.then(|| "requests left 80ms late".to_owned()),
        replaced: false,
        stopped: None,
    }
}

fn known(steps: Vec<Step>) -> Known {
    let terms = Terms { start: 20.0, max: 2000.0, at_most_s: 300.0, whole: false, burst: false };
    let requirement = Requirement { name: "p95".to_owned(), limit: "50ms".to_owned(), permitted: 0.05 };
    Known { steps, elapsed_s: 60.0, ..Known::new(terms, vec![requirement]) }
}

/// What is tried once it is calm.
fn tried(known: &Known) -> f64 {
    let mut known = known.clone();
    for _ in 0..3 {
        match next(&known) {
            Next::Try { purpose: Purpose::Calm, load, .. } => {
                known.steps.push(Step { purpose: Purpose::Calm, ..step(load, 0.0, false, 55.0) });
            }
            Next::Try { load, .. } => return load,
            Next::Done => break,
        }
    }
    panic!("it is not done: {known:?}")
}

#[test]
fn what_broke_while_the_generator_was_late_is_tried_again_and_forgotten_once_it_holds() {
    let mut known = known(vec![step(20.0, 0.0, false, 0.0), step(40.0, 200.0, true, 10.0)]);
    assert_eq!(tried(&known), 40.0);
    // It breaks again: less is tried, and the target is not blamed.
    let mut twice = known.clone();
    twice.steps.push(step(40.0, 200.0, true, 20.0));
    assert!(tried(&twice) < 40.0);
    assert!(matches!(answer(&twice).bound, Bound::AtLeastGenerator(_)));
    // It breaks again with a generator that keeps up: it is the target.
    let mut broken = known.clone();
    broken.steps.push(step(40.0, 200.0, false, 20.0));
    assert_eq!((answer(&broken).bound, answer(&broken).late), (Bound::Found, (0, 2)));
    known.steps.push(step(40.0, 0.0, false, 20.0));
    assert_eq!(tried(&known), 80.0);
    assert_eq!(answer(&known).carries, 40.0);
}

#[test]
fn a_generator_that_is_late_with_any_load_says_nothing_of_the_target() {
    let late: Vec<Step> = [20.0, 20.0, 10.0, 10.0, 5.0].map(|load| step(load, 200.0, true, load)).to_vec();
    let answer = answer(&known(late));
    assert_eq!(answer.bound, Bound::Generator("requests left 80ms late".to_owned()));
    assert_eq!(answer.carries, 0.0);
}

#[test]
fn what_gets_through_is_a_witness_against_a_rate_and_none_against_users() {
    // 500 was carried, 600 broke and 300 per second got through, and a little less than 500 broke as well.
    let steps = vec![
        step(500.0, 0.0, false, 0.0),
        Step { through_per_s: 300.0, ..step(600.0, 200.0, false, 10.0) },
        step(480.0, 200.0, false, 20.0),
    ];
    let rates = known(steps);
    assert_eq!(rates.telling().len(), 2);
    let users = Known { terms: Terms { whole: true, ..rates.terms.clone() }, ..rates };
    // For users that is once, which may be chance.
    assert_eq!(users.telling().len(), 3);
}
