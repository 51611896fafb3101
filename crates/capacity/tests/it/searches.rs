//! What a search finds, how surely, and what it says of systems that change, refuse or never recover. `bench/capacity`
//! makes a hundred searches on each service; here are a few on some.

use loadline_capacity::model::Station;
use loadline_capacity::search::{
    Answer, Bound, Call, Change, Known, Next, Purpose, Requirement, Step, Stopped, Tally, Terms, answer, next,
};
use loadline_capacity::simulate::{CASES, Case, Kind, Law, Stalls, Trial};

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
    let found = answers.iter().filter(|answer| answer.bound == Bound::Found).count();
    assert!(found >= 9, "{found}");
    for answer in answers {
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
    assert!(within >= 8 && beyond <= 1, "{within} {beyond}");
    assert!(answers.iter().all(|answer| answer.recovery.unwrap().after_s.is_none()));
}

#[test]
fn what_gets_slower_in_mid_search_is_said_to_and_nothing_else_is() {
    let said = |kind: Kind, stalls: Option<Stalls>| {
        let trial = Trial { kind, stalls, ..case("leak").trial() };
        let answers = (0..10).map(|seed| trial.search(seed).0.changed);
        answers.fold([0, 0], |[worse, better], change| match change {
            Some(Change::Worse) => [worse + 1, better],
            Some(Change::Better) => [worse, better + 1],
            None => [worse, better],
        })
    };
    let service = Law::Exponential(0.02);
    let [leaks, _] = said(Kind::Leak { workers: 4, service, breaks_after: 12_000 }, None);
    let stays = Kind::Workers { workers: 4, service };
    let stalls = Stalls { lasts_s: 0.2, every_s: 15.0 };
    assert_eq!((said(stays, None), said(stays, Some(stalls))), ([0, 0], [0, 0]));
    // Of sixty it is 57, and of sixty that stay as they are it is none.
    assert!(leaks >= 9, "{leaks}");
}

/// A minute on services that answer hundreds of evenly spaced requests per second, on a machine that stands still for a
/// fifth of a second once a minute. Lines are bisected.
#[test]
fn a_moment_in_which_the_machine_stands_still_leads_hardly_a_search_astray() {
    for (name, line) in [("exponential", 718.2), ("fixed", 800.0), ("lock", 928.8)] {
        let even = Trial { evenly: true, ..case(name).faster(4.0).trial() };
        let stalls = Some(Stalls { lasts_s: 0.2, every_s: 60.0 });
        let terms = Terms { at_most_s: 55.0, start: 10.0, ..even.terms.clone() };
        let trial = Trial { stalls, terms, ..even };
        let errors: Vec<f64> = (0..20).map(|seed| trial.search(seed).0.carries / line - 1.0).collect();
        let within = errors.iter().filter(|error| error.abs() <= 0.05).count();
        // One that breaks where it is confirmed has no time left to find another answer.
        let astray = errors.iter().filter(|error| **error < -0.45).count();
        let over = errors.iter().filter(|error| **error > 0.05).count();
        assert!(within >= 8 && astray <= 2 && over <= 1, "{name}: {errors:?}");
    }
}

/// A minute of thousands of evenly spaced requests per second, which is enough to know a line. Lines are bisected.
#[test]
fn a_minute_is_enough_for_what_answers_thousands() {
    let lines = [
        ("rate limiter", 4040.3),
        ("shedder", 3184.3),
        ("connection limit", 5652.9),
        ("loose budget", 3193.8),
    ];
    for (name, line) in lines {
        let even = Trial { evenly: true, ..case(name).times("4x4").unwrap().trial() };
        let trial = Trial { terms: Terms { at_most_s: 59.0, ..even.terms.clone() }, ..even };
        let errors: Vec<f64> = (0..10).map(|seed| trial.search(seed).0.carries / line - 1.0).collect();
        let within = errors.iter().filter(|error| error.abs() <= 0.06).count();
        assert!(within >= 9 && errors.iter().all(|error| *error < 0.05), "{name}: {errors:?}");
    }
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
        took_s: 0.0,
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
fn a_search_asks_twice_before_it_goes_down() {
    // The first load that counts.
    let mut first = known(vec![step(20.0, 200.0, false, 0.0)]);
    assert_eq!(tried(&first), 20.0);
    let mut broken = first.clone();
    broken.steps.push(step(20.0, 200.0, false, 10.0));
    assert_eq!(tried(&broken), 10.0);
    first.steps.push(step(20.0, 4.0, false, 10.0));
    assert_eq!((tried(&first), answer(&first).carries), (40.0, 20.0));
    // A greater one that was too much for a moment, and held at its end.
    let moment = Step { calm_from_s: Some(3.0), ..step(40.0, 60.0, false, 10.0) };
    let mut moment = known(vec![step(20.0, 0.0, false, 0.0), moment]);
    assert_eq!(tried(&moment), 40.0);
    moment.steps.push(step(40.0, 4.0, false, 20.0));
    assert_eq!((tried(&moment), answer(&moment).carries), (80.0, 40.0));
    let never = Step { calm_from_s: None, ..step(40.0, 60.0, false, 10.0) };
    assert!(tried(&known(vec![step(20.0, 0.0, false, 0.0), never])) < 40.0);
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

#[test]
fn what_held_for_a_moment_is_asked_again_once_less_gets_through() {
    // 200 held for a second. Since then 150 per second get through, whatever comes.
    let broke =
        |load: f64, at: f64| Step { through_per_s: 150.0, calm_from_s: None, ..step(load, 400.0, false, at) };
    let moment = Step { measured_s: 1.0, ..step(200.0, 0.0, false, 10.0) };
    let mut known = known(vec![step(100.0, 0.0, false, 0.0), moment, broke(400.0, 20.0), broke(280.0, 30.0)]);
    assert_eq!(tried(&known), 200.0);
    // It does not hold any more: what gets through is tried.
    known.steps.push(broke(200.0, 40.0));
    let next = tried(&known);
    assert!(next > 140.0 && next < 150.0, "{next}");
    // Had it been tried for long, services may get less through under too much load.
    known.steps.pop();
    known.steps[1].measured_s = 6.0;
    assert!(tried(&known) > 200.0);
}

#[test]
fn more_than_what_gets_through_at_the_most_is_not_carried_however_long_its_queue_may_grow() {
    // A queue that takes a second more to be too long than a step lasts.
    let through = |load: f64, bad: f64, at: f64| Step { through_per_s: 100.0, ..step(load, bad, false, at) };
    let known = known(vec![
        step(90.0, 0.0, false, 0.0),
        through(140.0, 400.0, 10.0),
        through(120.0, 400.0, 20.0),
        through(104.0, 0.0, 30.0),
    ]);
    let answer = answer(&known);
    assert!(answer.carries <= 99.0 && answer.carries >= 90.0, "{answer:?}");
}

#[test]
fn what_is_late_and_still_holds_is_not_left_without_a_try_beyond() {
    let mut known = known(vec![step(20.0, 0.0, false, 0.0), step(40.0, 0.0, false, 10.0)]);
    known.elapsed_s = 270.0;
    assert!(
        matches!(next(&known), Next::Try { load, purpose: Purpose::Above, .. } if load > 40.0),
        "{:?}",
        next(&known)
    );
}
