//! What is judged of a drive beside its budgets: each with the fact that decides it.

use loadline_demo::scaled::Driven;
use loadline_verdict::{Claim, Condition};

/// So many replicas more than at the beginning may be left at the end.
const LEFT: i32 = 1;

/// What must hold of a drive that began with so many replicas.
pub(super) fn claims(driven: &Driven, initial: i32) -> Vec<Claim> {
    let course = &driven.course;
    let last = course.points.last().map_or(initial, |point| point.wanted);
    let too_many = (last - initial - LEFT).max(0);
    let missing = u64::from(course.most() <= initial);
    let fates = &driven.fates;
    let found = fates.died.iter().chain(&fates.hung).chain(&fates.never_ready).cloned().collect();
    vec![
        never("peaks without more replicas", missing, 1),
        never("replicas too many at the end", too_many as u64, course.most().max(0) as u64),
        never(
            "times it went back on itself within five minutes",
            course.flaps() as u64,
            course.changes.len() as u64,
        ),
        never(
            "requests lost while replicas drained",
            driven.requests.cut_off_draining,
            driven.requests.of_drained,
        ),
        Claim {
            name: "replicas that died, hung or were never ready".to_owned(),
            condition: Condition::None { found, among: fates.asked },
        },
    ]
}

fn never(name: &str, times: u64, among: u64) -> Claim {
    Claim { name: name.to_owned(), condition: Condition::Never { times, among } }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use loadline_measure::{Run, RunMeta, Schema};
    use loadline_scale::drive::Point;
    use loadline_scale::simulation::Change;
    use loadline_verdict::{Outcome, judge_claim};

    use super::*;

    fn outcomes(driven: &Driven) -> Vec<Outcome> {
        let run = Run::new(RunMeta::default(), Schema::new());
        claims(driven, 2).iter().map(|claim| judge_claim(&run, claim).outcome).collect()
    }

    fn driven(wanted: &[i32]) -> Driven {
        let mut driven = Driven::default();
        let mut last = 2;
        for (index, wanted) in wanted.iter().enumerate() {
            let at = Duration::from_secs(20 * index as u64);
            driven.course.points.push(Point { at, wanted: *wanted, ready: *wanted, busy_percent: None });
            if *wanted != last {
                driven.course.changes.push(Change {
                    at_s: 400 * index as u64,
                    from: last,
                    to: *wanted,
                    why: String::new(),
                    held_by: String::new(),
                    ready_after_s: None,
                });
                last = *wanted;
            }
        }
        driven.fates.asked = 5;
        driven.requests.of_drained = 100;
        driven
    }

    #[test]
    fn each_fact_decides_its_row() {
        use Outcome::{Fail, NoData, Pass};
        assert_eq!(outcomes(&driven(&[2, 4, 5, 2])), [Pass; 5]);
        assert_eq!(outcomes(&driven(&[2, 4, 5, 4])), [Pass, Fail, Pass, Pass, Pass]);
        assert_eq!(outcomes(&driven(&[2, 2, 2, 2])), [Fail, Pass, NoData, Pass, Pass]);
        let mut flaps = driven(&[2, 4, 2]);
        flaps.course.changes[1].at_s = 500;
        flaps.requests.cut_off_draining = 1;
        flaps.fates.died.push("replica 3 ended by itself".to_owned());
        assert_eq!(outcomes(&flaps), [Pass, Pass, Fail, Fail, Fail]);
    }
}
