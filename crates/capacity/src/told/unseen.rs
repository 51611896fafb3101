//! What a short search cannot have seen.

use super::amount::{amount, seconds};
use crate::search::{Bound, Known, answer};

/// A search that was shorter than this says how little it saw, in seconds.
const SHORT_S: f64 = 280.0;

/// What fills up or leaks only after more requests than a short search makes is in no answer: after how many, of
/// `requests` for each iteration or request of the load. Nothing where a search was long, found no line, or saw how the
/// system changes.
pub fn unseen(known: &Known, requests: f64) -> Option<String> {
    let answer = answer(known);
    if known.elapsed_s >= SHORT_S || answer.bound != Bound::Found || answer.changed.is_some() {
        return None;
    }
    let made: f64 = known.steps.iter().map(|step| step.through_per_s * step.measured_s).sum();
    Some(format!(
        "it was searched for {} with {} requests: what leaks or fills up later was not seen (`--at-most` gives it longer)",
        seconds(known.elapsed_s),
        amount((made * requests).round())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Requirement, Step, Tally, Terms};

    #[test]
    fn a_short_search_says_how_little_it_saw() {
        let terms = Terms { start: 10.0, max: 1000.0, at_most_s: 60.0, whole: false, burst: false };
        let requirement = Requirement { name: "p95".to_owned(), limit: "50ms".to_owned(), permitted: 0.05 };
        let steps = [(100.0, 0.0), (190.0, 1.0), (210.0, 60.0)]
            .map(|(load, bad)| Step::narrowed(load, Tally::independent(bad, 100.0)))
            .to_vec();
        let mut known = Known { steps, elapsed_s: 55.0, ..Known::new(terms, vec![requirement]) };
        assert_eq!(
            unseen(&known, 2.0).unwrap(),
            "it was searched for 55s with 5,000 requests: what leaks or fills up later was not seen (`--at-most` gives it longer)"
        );
        known.elapsed_s = 295.0;
        assert_eq!(unseen(&known, 2.0), None);
    }
}
