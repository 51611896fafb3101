//! Which resource limits, by association over the steps.
//!
//! What limits is used up near the line, and was not when the load was small. Something that is busy all the time, or
//! grows and has plenty left, limits nothing.

use crate::search::{Known, Step};

/// So much of it is used up.
const USED_UP: f64 = 0.85;
/// It was used less by so much when the load was small.
const ROSE: f64 = 0.1;
/// A share of refused requests that is no accident.
const LEAST_REFUSED: f64 = 0.005;
/// Steps at this part of the line and more are near it.
const NEAR: f64 = 0.95;
/// A process that takes exactly one core, give or take this, and has more at hand, has one thread that does the work.
const ONE_CORE: f64 = 0.08;

/// What a step used of one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Part<'p> {
    /// Its name.
    pub name: &'p str,
    /// The part that was used, from 0 to 1.
    pub part: f64,
}

/// What limits, in words, with how much of it is used near the line. `used` has the resources of each step, most
/// telling first, and `line` is the load that is carried; `cores` is what parts of a processor are parts of.
pub fn limited_by(known: &Known, used: &[Vec<Part<'_>>], line: f64, cores: f64) -> Option<String> {
    let telling: Vec<(&Step, &Vec<Part<'_>>)> =
        known.steps.iter().zip(used).filter(|(step, _)| step.purpose.tells()).collect();
    let lowest = telling.iter().min_by(|a, b| a.0.load.total_cmp(&b.0.load))?;
    let near: Vec<_> = telling.iter().filter(|(step, _)| step.load >= NEAR * line).collect();
    let mean_near = |name: &str| {
        let parts: Vec<f64> = near
            .iter()
            .filter_map(|(_, used)| used.iter().find(|part| part.name == name).map(|part| part.part))
            .collect();
        (!parts.is_empty()).then(|| parts.iter().sum::<f64>() / parts.len() as f64)
    };
    let names: Vec<&str> = near.last()?.1.iter().map(|part| part.name).collect();
    let mut found: Vec<(&str, f64)> = Vec::new();
    for name in &names {
        let Some(now) = mean_near(name) else { continue };
        let then = lowest.1.iter().find(|part| part.name == *name).map_or(0.0, |part| part.part);
        if now >= USED_UP && now - then >= ROSE {
            found.push((name, now));
        }
    }
    let Some((name, part)) = found.first().copied() else { return one_core(&names, &mean_near, cores) };
    let percent = |part: f64| format!("{:.0} %", part * 100.0);
    if !name.contains("machine") {
        return Some(format!("{name} ({})", percent(part)));
    }
    // Everybody's processor: whoever takes most of it is named.
    let known: Vec<(&str, f64)> = names
        .iter()
        .filter(|other| other.ends_with("CPU") && !other.contains("machine"))
        .filter_map(|other| Some((*other, mean_near(other)?)))
        .collect();
    let takes = known.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
    let rest = part - known.iter().map(|one| one.1).sum::<f64>();
    if takes.is_some_and(|(_, most)| rest > most) {
        return Some(format!("{name}, which is used up; other programs take {} of it", percent(rest)));
    }
    Some(match takes {
        Some((who, part)) => format!("{name}, which is used up; {who} is {} of it", percent(part)),
        None => format!("{name} ({})", percent(part)),
    })
}

/// What a target says that limits it, where nothing is used up: `statuses` has the status that most of what failed was
/// answered with in each step, and its share of all requests.
pub fn refuses(known: &Known, statuses: &[Option<(u16, f64)>]) -> Option<String> {
    let broken = known
        .steps
        .iter()
        .zip(statuses)
        .filter(|(step, _)| step.purpose.tells() && !known.call(step).is_carried());
    // The least of what was too much is nearest to the line.
    let (_, status) = broken.min_by(|a, b| a.0.load.total_cmp(&b.0.load))?;
    match (*status)? {
        (_, share) if share < LEAST_REFUSED => None,
        (429, _) => Some("its own limit by rate (429 Too Many Requests)".to_owned()),
        (503, _) => Some("what it admits: it refuses the rest (503 Service Unavailable)".to_owned()),
        _ => None,
    }
}

/// Somebody who takes one core of several.
fn one_core(names: &[&str], mean: &dyn Fn(&str) -> Option<f64>, cores: f64) -> Option<String> {
    let name = names
        .iter()
        .find(|name| cores > 1.5 && mean(name).is_some_and(|part| (part * cores - 1.0).abs() <= ONE_CORE))?;
    Some(format!("one core, all that {name} is used of: its work is done by one thread"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Requirement, Tally, Terms};

    fn known() -> Known {
        let terms = Terms { start: 10.0, max: 1000.0, at_most_s: 60.0, whole: false, burst: false };
        let requirement = Requirement { name: "p95".to_owned(), limit: "50ms".to_owned(), permitted: 0.05 };
        let mut known = Known::new(terms, vec![requirement]);
        known.steps = [100.0, 195.0, 210.0].map(step).to_vec();
        known
    }

    fn step(load: f64) -> Step {
        Step::narrowed(load, Tally::independent(0.0, 100.0))
    }

    fn parts(all: [[f64; 3]; 3]) -> Vec<Vec<Part<'static>>> {
        let names = ["holiday's CPU", "this machine's CPU", "the load generator's CPU"];
        all.map(|parts| names.iter().zip(parts).map(|(name, part)| Part { name, part }).collect()).to_vec()
    }

    #[test]
    fn what_is_used_up_near_the_line_and_was_not_before_limits() {
        let used = parts([[0.4, 0.5, 0.1], [0.97, 0.99, 0.1], [0.99, 1.0, 0.1]]);
        assert_eq!(limited_by(&known(), &used, 200.0, 4.0).unwrap(), "holiday's CPU (98 %)");
    }

    #[test]
    fn a_machine_that_is_used_up_names_who_uses_it() {
        let used = parts([[0.2, 0.3, 0.1], [0.6, 0.98, 0.3], [0.6, 1.0, 0.3]]);
        let words = limited_by(&known(), &used, 200.0, 4.0).unwrap();
        assert_eq!(words, "this machine's CPU, which is used up; holiday's CPU is 60 % of it");
    }

    #[test]
    fn a_machine_that_others_use_up_says_so() {
        let used = parts([[0.1, 0.5, 0.1], [0.2, 0.98, 0.1], [0.2, 1.0, 0.1]]);
        let words = limited_by(&known(), &used, 200.0, 4.0).unwrap();
        assert_eq!(words, "this machine's CPU, which is used up; other programs take 69 % of it");
    }

    #[test]
    fn a_target_that_refuses_says_what_limits_it() {
        let mut known = known();
        for (step, bad) in known.steps.iter_mut().zip([0.0, 0.0, 40.0]) {
            step.tallies = vec![Some(Tally::independent(bad, 100.0))];
        }
        let refused = |status| refuses(&known, &[None, None, Some((status, 0.4))]);
        assert_eq!(refused(429).unwrap(), "its own limit by rate (429 Too Many Requests)");
        assert!(refused(503).unwrap().starts_with("what it admits"));
        assert_eq!(refused(500), None);
        // What was carried says nothing of what limits.
        assert_eq!(refuses(&known, &[None, Some((429, 0.4)), None]), None);
    }

    #[test]
    fn what_is_always_busy_or_has_plenty_left_limits_nothing() {
        let used = parts([[0.1, 0.95, 0.1], [0.3, 0.97, 0.1], [0.3, 0.98, 0.1]]);
        assert_eq!(limited_by(&known(), &used, 200.0, 4.0), None);
    }
}
