//! A step, second by second, until its verdict is clear.
//!
//! A step far from the line is decided in a few seconds, one near it never: so each goes on for as long as it takes
//! and no longer than its share of the search. What happens in the first seconds is of the step before, or of nothing
//! at all yet, and counts for nothing.

use super::growth::grows;
use super::requirement::{Count, Requirement, Second};
use super::step::{Call, Purpose, Step, Stopped, call};
use super::tally::Tally;

/// Seconds at the beginning of a step that are not counted, as a share of it …
const SETTLING: f64 = 0.15;
/// … and at least so many.
const LEAST_SETTLING: usize = 1;
/// So many seconds are counted before a verdict may be clear. One second alone is bad where a machine has a bad moment.
const LEAST_COUNTED: usize = 2;
/// Of a step that may not last for so long, in seconds, one second is enough to go on to more load, …
pub(super) const SHORT_S: f64 = 6.0;
/// … unless more than one of so many that came in it are still under way: nobody knows how long they take.
const ANSWERED: u64 = 5;
/// So much is started before that.
const LEAST_STARTED: u64 = 5;
/// Near the line this part of a step is counted at least.
const NEAR: f64 = 0.4;
/// This part of what is permitted is far from the limit.
const FAR: f64 = 0.4;
/// … where time is short and more than a second was counted.
const FAR_IN_SHORT: f64 = 0.7;
/// A rise by so much of what came may be a queue that grows.
const MAY_GROW: f64 = 0.02;
/// So many seconds in a row that hold are calm.
const CALM: usize = 2;

/// A step that goes on.
#[derive(Clone, Debug)]
pub struct Watch {
    requirements: Vec<Requirement>,
    purpose: Purpose,
    load: f64,
    began_s: f64,
    most_s: f64,
    seconds: Vec<Second>,
    stopped: Option<Stopped>,
}

impl Watch {
    /// A step that begins.
    pub fn new(requirements: &[Requirement], purpose: Purpose, load: f64, began_s: f64, most_s: f64) -> Self {
        let requirements = requirements.to_vec();
        Self { requirements, purpose, load, began_s, most_s, seconds: Vec::new(), stopped: None }
    }

    /// Takes the next second. Whether the step has said what it can.
    pub fn take(&mut self, second: Second) -> bool {
        self.seconds.push(second);
        if self.seconds.len() as f64 >= self.most_s {
            return true;
        }
        let counted = self.counted();
        // Where hardly anything comes, hardly anything is known.
        let few = counted.iter().map(|second| second.started).sum::<u64>() < LEAST_STARTED;
        match self.purpose {
            Purpose::WarmUp | Purpose::Burst | Purpose::Turn => false,
            // It goes on for a while after it is calm, so that it is not calm by chance.
            Purpose::Calm | Purpose::Recover => {
                self.calm_from().is_some_and(|from| self.seconds.len() - from >= CALM)
            }
            Purpose::Bracket | Purpose::Narrow | Purpose::Confirm | Purpose::Above => {
                let tallies = tallies(counted, self.requirements.len());
                !few && match call(&tallies, growing(counted), &self.requirements) {
                    Call::Breaks => counted.len() >= self.least(),
                    // Where it matters, what is carried is carried for the whole time.
                    Call::Holds | Call::Leans => {
                        self.purpose == Purpose::Bracket
                            && (counted.len() >= LEAST_COUNTED || self.is_quick(counted))
                            && self.is_far(counted)
                    }
                    Call::Strains => false,
                }
            }
        }
    }

    /// It ends for this reason, whatever it has said.
    pub fn stop(&mut self, why: Stopped) {
        self.stopped.get_or_insert(why);
    }

    /// What is known so far, as a step.
    pub fn step(&self) -> Step {
        let counted = self.counted();
        let tallies = tallies(counted, self.requirements.len());
        let before = self.seconds.len() - counted.len();
        let under_way = |second: Option<&Second>| second.map_or(0, |second| second.under_way as i64);
        let through = counted.iter().map(|second| second.started as i64).sum::<i64>()
            - under_way(counted.last())
            + under_way(before.checked_sub(1).and_then(|last| self.seconds.get(last)));
        Step {
            purpose: self.purpose,
            load: self.load,
            began_s: self.began_s,
            measured_s: counted.len() as f64,
            growing: growing(counted),
            tallies,
            through_per_s: through.max(0) as f64 / (counted.len() as f64).max(1.0),
            took_s: counted.iter().map(|second| second.took_s).sum::<f64>()
                / (counted.iter().map(|second| second.ended).sum::<u64>() as f64).max(1.0),
            wander: wander(counted),
            calm_from_s: self.calm_from().map(|second| second as f64),
            saturated: None,
            replaced: false,
            stopped: self.stopped.clone(),
        }
    }

    /// How many seconds there were, its first ones included.
    pub fn seconds(&self) -> usize {
        self.seconds.len()
    }

    /// The seconds that count: all but the first few.
    fn counted(&self) -> &[Second] {
        let settling = ((self.seconds.len() as f64 * SETTLING) as usize).max(LEAST_SETTLING);
        &self.seconds[settling.min(self.seconds.len())..]
    }

    /// So many seconds are counted before it may end: a bad moment near the line is no verdict.
    fn least(&self) -> usize {
        let near = if self.purpose == Purpose::Bracket { 0.0 } else { NEAR * self.most_s };
        LEAST_COUNTED.max(near as usize)
    }

    /// Whether a single second says enough.
    fn is_quick(&self, counted: &[Second]) -> bool {
        let answered = |last: &Second| last.under_way * ANSWERED <= last.started;
        self.most_s < SHORT_S && counted.last().is_some_and(answered)
    }

    /// Whether it is far from any limit, so that a greater load will say more.
    fn is_far(&self, counted: &[Second]) -> bool {
        let far = |(tally, requirement): (&Option<Tally>, &Requirement)| {
            let is_short = self.most_s < SHORT_S && counted.len() >= LEAST_COUNTED;
            let far = if is_short { FAR_IN_SHORT } else { FAR };
            tally.is_some_and(|tally| tally.share() <= far * requirement.permitted)
        };
        !may_grow(counted)
            && tallies(counted, self.requirements.len()).iter().zip(&self.requirements).all(far)
    }

    /// The second from which on every requirement held, and nothing grew.
    fn calm_from(&self) -> Option<usize> {
        let holds = |second: &Second| {
            second.dropped == 0
                && second.counts.iter().any(|count| count.total > 0)
                && second.counts.iter().zip(&self.requirements).all(|(count, requirement)| {
                    count.bad as f64 <= requirement.permitted * count.total as f64
                })
        };
        let from = self.seconds.iter().rposition(|second| !holds(second)).map_or(0, |last| last + 1);
        (from < self.seconds.len()).then_some(from)
    }
}

fn tallies(seconds: &[Second], requirements: usize) -> Vec<Option<Tally>> {
    let of = |place: usize| {
        let counts: Vec<Count> =
            seconds.iter().map(|second| second.counts.get(place).copied().unwrap_or_default()).collect();
        Tally::of(&counts)
    };
    (0..requirements).map(of).collect()
}

/// Whether what is under way has only ever risen, and by much: too few seconds to say that it grows, too many to say
/// that it does not.
fn may_grow(seconds: &[Second]) -> bool {
    let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else { return false };
    let arrivals = seconds.iter().map(|second| second.started).sum::<u64>() as f64;
    seconds.windows(2).all(|pair| pair[1].under_way >= pair[0].under_way)
        && (last.under_way - first.under_way) as f64 > MAY_GROW * arrivals
}

/// How what is under way changes from second to second, as a variance by what was started.
fn wander(seconds: &[Second]) -> f64 {
    let moves: Vec<f64> =
        seconds.windows(2).map(|pair| pair[1].under_way as f64 - pair[0].under_way as f64).collect();
    let started: u64 = seconds.iter().skip(1).map(|second| second.started).sum();
    let (count, started) = (moves.len() as f64, started as f64);
    if moves.len() < 2 || started <= 0.0 {
        return 0.0;
    }
    let mean = moves.iter().sum::<f64>() / count;
    moves.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (count - 1.0) * count / started
}

/// Whether more came than was served. What could not be started waits in no queue that anybody sees.
fn growing(seconds: &[Second]) -> bool {
    let mut missing = 0;
    let under_way: Vec<u64> = seconds
        .iter()
        .map(|second| {
            missing += second.dropped;
            second.under_way + missing
        })
        .collect();
    let arrivals: u64 = seconds.iter().map(|second| second.started + second.dropped).sum();
    grows(&under_way, arrivals as f64 / (seconds.len() as f64).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirements() -> Vec<Requirement> {
        vec![Requirement { name: "p95".to_owned(), limit: "50ms".to_owned(), permitted: 0.05 }]
    }

    fn second(bad: u64, total: u64) -> Second {
        Second { started: total, under_way: 3, counts: vec![Count { bad, total }], ..Second::default() }
    }

    fn seconds_until_told(purpose: Purpose, bad: u64) -> (usize, Call) {
        let mut watch = Watch::new(&requirements(), purpose, 1000.0, 0.0, 10.0);
        while !watch.take(second(bad, 1000)) {}
        (watch.seconds(), watch.step().call(&requirements()))
    }

    #[test]
    fn what_is_clear_ends_a_step_and_what_is_not_does_not() {
        assert_eq!(seconds_until_told(Purpose::Bracket, 0), (3, Call::Holds));
        assert_eq!(seconds_until_told(Purpose::Bracket, 500), (3, Call::Breaks));
        assert_eq!(seconds_until_told(Purpose::Bracket, 49), (10, Call::Leans));
        assert_eq!(seconds_until_told(Purpose::Bracket, 51), (10, Call::Strains));
        assert_eq!(seconds_until_told(Purpose::Confirm, 0), (10, Call::Holds));
    }

    #[test]
    fn a_short_step_goes_on_to_more_load_after_a_second_and_breaks_after_two() {
        let told = |seconds: &[Second]| {
            let mut watch = Watch::new(&requirements(), Purpose::Bracket, 1000.0, 0.0, 5.5);
            seconds.iter().position(|second| watch.take(second.clone())).map(|last| last + 1)
        };
        assert_eq!(told(&vec![second(0, 1000); 8]), Some(2));
        assert_eq!(told(&vec![second(500, 1000); 8]), Some(3));
        // A moment is no verdict.
        let stalled: Vec<Second> = [0, 200, 0, 0, 0, 0].map(|bad| second(bad, 1000)).to_vec();
        assert_eq!(told(&stalled), Some(6));
    }

    #[test]
    fn a_queue_that_grows_breaks_a_step_whose_percentiles_hold() {
        let mut watch = Watch::new(&requirements(), Purpose::Bracket, 1000.0, 0.0, 20.0);
        let grown = |n: u64| Second { under_way: 100 * n, ..second(0, 1000) };
        let mut number = 0;
        // Its percentiles are clear before its queue is, so it is asked to go on.
        while watch.seconds() < 8 {
            number += 1;
            watch.take(grown(number));
        }
        assert_eq!(watch.step().call(&requirements()), Call::Breaks);
    }

    #[test]
    fn calm_begins_behind_the_last_second_that_did_not_hold() {
        let mut watch = Watch::new(&requirements(), Purpose::Recover, 800.0, 0.0, 30.0);
        for bad in [900, 900, 400, 10] {
            assert!(!watch.take(second(bad, 1000)));
        }
        assert!(watch.take(second(10, 1000)));
        assert_eq!(watch.step().calm_from_s, Some(3.0));
    }

    #[test]
    fn a_step_without_anything_counted_has_broken() {
        let watch = Watch::new(&requirements(), Purpose::Bracket, 10.0, 0.0, 5.0);
        assert_eq!(watch.step().call(&requirements()), Call::Breaks);
    }
}
