//! The answer as a sentence with its evidence.

use super::amount::{amount, seconds};
use crate::search::{Answer, Bound, Call, Change, Recovery, Requirement, Stopped};

/// What the sentence is about.
#[derive(Clone, Debug)]
pub struct Telling<'t> {
    /// What was found.
    pub answer: &'t Answer,
    /// What must hold.
    pub requirements: &'t [Requirement],
    /// The load in words: `requests/s`.
    pub load: &'t str,
    /// The load that is never gone beyond.
    pub max: f64,
    /// Requests per second at the answer, where the load is a number of something else.
    pub requests_per_s: Option<f64>,
    /// Which resource limits, in words.
    pub limited_by: Option<&'t str>,
}

/// What the system carries, how sure that is, what breaks first and what limits it.
pub fn sentence(telling: &Telling<'_>) -> String {
    let Telling { answer, load, .. } = telling;
    let carries = format!("{} {load}", amount(answer.carries));
    let requests =
        telling.requests_per_s.map(|rate| format!(" ({} requests/s)", amount(rate))).unwrap_or_default();
    let mut text = match &answer.bound {
        Bound::Found | Bound::NeverCalm => {
            format!("carries {carries}{requests}{} within its budgets", interval(answer))
        }
        Bound::AtLeastMax => format!(
            "carries at least {carries}{requests} within its budgets: more than {} was not to be tried (`--max`)",
            amount(telling.max)
        ),
        Bound::AtLeast(None) => {
            format!(
                "carries at least {carries}{requests} within its budgets: time was up before more was known"
            )
        }
        Bound::AtLeast(Some(why)) => {
            format!(
                "carries at least {carries}{requests} within its budgets, as far as it is known: {}",
                stopped(why)
            )
        }
        Bound::AtLeastGenerator(why) => format!(
            "carries at least {carries}{requests} within its budgets: the load generator could not make more ({why})"
        ),
        Bound::Nothing => match &answer.breaks {
            Some(breaks) => format!("does not carry even {} {load}", amount(breaks.at)),
            None => "carries nothing that was tried".to_owned(),
        },
        Bound::Generator(why) => {
            return format!(
                "nothing is known of the target: the load generator could not keep up with any load that broke ({why})"
            );
        }
        Bound::Unknown(Some(why)) => return format!("nothing is known yet: {}", stopped(why)),
        Bound::Unknown(None) => return "nothing is known yet: time was up".to_owned(),
    };
    if let Some(breaks) = &answer.breaks {
        let name = breaks.place.and_then(|place| telling.requirements.get(place));
        let what = name.map_or_else(
            || "what is under way grows without end".to_owned(),
            |requirement| format!("{} ({}) breaks", requirement.name, requirement.limit),
        );
        text += &match &answer.bound {
            Bound::Nothing => format!(": {what} already"),
            _ if name.is_none() => format!("; {what} first, from {} on", amount(breaks.at)),
            _ => format!("; {what} first, at {}", amount(breaks.at)),
        };
    }
    if let Some(limit) = telling.limited_by {
        text += &format!("; limited by {limit}");
    }
    for doubt in doubts(answer) {
        text += &format!("; {doubt}");
    }
    text
}

fn interval(answer: &Answer) -> String {
    answer
        .between
        .map_or_else(String::new, |(low, high)| format!(" (about {} to {})", amount(low), amount(high)))
}

fn stopped(why: &Stopped) -> String {
    match why {
        Stopped::TargetGone(why) => format!("the target no longer answers, {why}"),
        Stopped::Interrupted => "it was interrupted".to_owned(),
    }
}

/// What a reader of the figure should know.
fn doubts(answer: &Answer) -> Vec<String> {
    let found = answer.bound == Bound::Found;
    let mut doubts = Vec::new();
    if found && matches!(answer.confirmed, None | Some(Call::Breaks)) {
        doubts.push("it was not confirmed, for want of time".to_owned());
    }
    match answer.changed {
        Some(Change::Worse) => {
            doubts.push("it carried more at first: it has become slower meanwhile".to_owned());
        }
        Some(Change::Better) => {
            doubts.push("it carried less at first: it has become faster meanwhile".to_owned());
        }
        None => {}
    }
    match &answer.replaced[..] {
        [] => {}
        [load] => doubts.push(format!(
            "another process took the target's place meanwhile, at {}: what it carried before may be of another build",
            amount(*load)
        )),
        [load, ..] => doubts.push(format!(
            "other processes took the target's place {} times meanwhile, first at {}: what it carried before may be of another build",
            answer.replaced.len(),
            amount(*load)
        )),
    }
    match answer.late {
        (late, all) if found && late > 0 && late < all => doubts.push(format!(
            "the load generator could not keep up in {late} of the {all} steps that broke: it may carry more"
        )),
        _ => {}
    }
    if answer.bound == Bound::NeverCalm {
        doubts.push("after too much load it did not become calm again, so the search ended there".to_owned());
    }
    doubts
}

/// How it got over too much, in words.
pub fn recovery(recovery: &Recovery, load: &str) -> String {
    let burst = format!("after ten seconds of {} {load}", amount(recovery.burst));
    match recovery.after_s {
        Some(after) => {
            format!("{burst} its budgets hold again at {} after {}", amount(recovery.load), seconds(after))
        }
        None => format!(
            "{burst} its budgets did not hold again at {} within {}: what a peak leaves behind keeps it down",
            amount(recovery.load),
            seconds(recovery.waited_s)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Breaking;

    fn answer(bound: Bound) -> Answer {
        Answer {
            carries: 1240.0,
            between: Some((1190.0, 1270.0)),
            bound,
            breaks: Some(Breaking { place: Some(0), at: 1310.0 }),
            confirmed: Some(Call::Leans),
            above: Some(Call::Breaks),
            recovery: None,
            changed: None,
            replaced: Vec::new(),
            late: (0, 5),
        }
    }

    #[track_caller]
    fn check(answer: &Answer, expected: &str) {
        let requirements =
            [Requirement { name: "search p95".to_owned(), limit: "500ms".to_owned(), permitted: 0.05 }];
        let telling = Telling {
            answer,
            requirements: &requirements,
            load: "requests/s",
            max: 5000.0,
            requests_per_s: None,
            limited_by: Some("holiday's CPU (98 %)"),
        };
        assert_eq!(sentence(&telling), expected);
    }

    #[test]
    fn the_answer_is_a_sentence() {
        check(
            &answer(Bound::Found),
            "carries 1,240 requests/s (about 1,190 to 1,270) within its budgets; search p95 (500ms) breaks first, at 1,310; limited by holiday's CPU (98 %)",
        );
        check(
            &Answer { breaks: None, ..answer(Bound::AtLeastMax) },
            "carries at least 1,240 requests/s within its budgets: more than 5,000 was not to be tried (`--max`); limited by holiday's CPU (98 %)",
        );
    }

    #[test]
    fn what_is_doubtful_is_said() {
        let doubtful = Answer { confirmed: None, changed: Some(Change::Worse), ..answer(Bound::Found) };
        check(
            &doubtful,
            "carries 1,240 requests/s (about 1,190 to 1,270) within its budgets; search p95 (500ms) breaks first, at 1,310; limited by holiday's CPU (98 %); it was not confirmed, for want of time; it carried more at first: it has become slower meanwhile",
        );
    }

    #[test]
    fn a_target_that_was_replaced_is_said_to_have_been() {
        let of = |replaced: &[f64]| {
            let answer = Answer { replaced: replaced.to_vec(), ..answer(Bound::Found) };
            doubts(&answer).pop().unwrap()
        };
        assert!(of(&[800.0]).starts_with("another process took the target's place meanwhile, at 800: "));
        assert!(
            of(&[800.0, 900.0])
                .starts_with("other processes took the target's place 2 times meanwhile, first at 800: ")
        );
    }

    #[test]
    fn a_generator_that_could_not_keep_up_is_not_the_targets_fault() {
        let answer = Answer { late: (2, 5), ..answer(Bound::Found) };
        check(
            &answer,
            "carries 1,240 requests/s (about 1,190 to 1,270) within its budgets; search p95 (500ms) breaks first, at 1,310; limited by holiday's CPU (98 %); the load generator could not keep up in 2 of the 5 steps that broke: it may carry more",
        );
        check(
            &Answer { carries: 0.0, bound: Bound::Generator("sends 80ms late".to_owned()), ..answer },
            "nothing is known of the target: the load generator could not keep up with any load that broke (sends 80ms late)",
        );
    }

    #[test]
    fn a_metastable_failure_is_said_to_be_one() {
        let never = Recovery { burst: 2480.0, load: 992.0, after_s: None, waited_s: 36.0 };
        assert_eq!(
            recovery(&never, "requests/s"),
            "after ten seconds of 2,480 requests/s its budgets did not hold again at 992 within 36s: what a peak leaves behind keeps it down"
        );
        let soon = Recovery { after_s: Some(3.0), ..never };
        assert!(recovery(&soon, "requests/s").ends_with("hold again at 992 after 3s"));
    }
}
