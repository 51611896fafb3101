//! `loadline scale fit --replicas`: what more replicas give, by what each number of them was measured to carry.

use anyhow::{Result, anyhow, bail};
use loadline_capacity::live::{Carries, Knowing, carries};
use loadline_capacity::told::{ReplicaFit, Replicas, amount};
use loadline_report::plain;
use loadline_runner::{Ending, Ends, Failure};
use serde_json::{Value, json};

use crate::common::{EndsByHistory, HistoryPlace, ProjectFile, json_text, not_whole, pick, screen};

/// Parameters of the law.
const NEEDED: usize = 3;

/// The law of these Runs, as text.
pub(super) fn fit_replicas(
    runs: &[String],
    counts: &[u32],
    (place, found): (&HistoryPlace, &ProjectFile),
    as_json: bool,
) -> Result<String, Failure> {
    one_for_each(counts, runs).ends(Ending::Configuration)?;
    let mut measured = Vec::new();
    let mut unit: Option<String> = None;
    for (count, name) in counts.iter().zip(runs) {
        let run = pick(name, place, found).ends_reading()?;
        if let Some(why) = not_whole(name, &run) {
            screen::caution(&format!("{why}; what there is of it is taken"));
        }
        let seen = carries(&run)
            .map_err(|error| {
                anyhow!("`{name}` {error}\nhint: name runs of `loadline capacity`, one for each number of replicas")
            })
            .ends(Ending::Configuration)?;
        if let Some(text) = doubt(name, *count, &seen) {
            screen::caution(&text);
        }
        let known = unit.get_or_insert_with(|| seen.unit.clone());
        if *known != seen.unit {
            let text = format!(
                "`{name}` counts {}, and `{}` counts {known}\nhint: what replicas carry has to be counted in the same",
                seen.unit, runs[0]
            );
            return Err(Failure::new(Ending::Configuration, text));
        }
        measured.push(Replicas { count: f64::from(*count), carry: seen.load });
    }
    measured.sort_by(|a, b| a.count.total_cmp(&b.count));
    let unit = unit.unwrap_or_default();
    let fit = ReplicaFit::of(&measured).ends(Ending::Configuration)?;
    if as_json {
        return json_text(&json_of(&measured, &fit, &unit)).ends(Ending::CouldNotRun);
    }
    let said = fit.sentence(&unit);
    Ok(plain(&format!("{}\n{}\n{said}\n", table(&measured, &fit, &unit), fit.law_line())))
}

/// Whether there is a number of replicas for each Run, and enough that differ.
fn one_for_each(counts: &[u32], runs: &[String]) -> Result<()> {
    if counts.len() != runs.len() {
        bail!(
            "`--replicas` has {} and there are {}: it takes one for each, in the order of the runs\nhint: `--replicas 1,2,4 one.run two.run four.run`",
            of(counts.len(), "number"),
            of(runs.len(), "run")
        );
    }
    let mut different = counts.to_vec();
    different.sort_unstable();
    different.dedup();
    if different.len() < NEEDED {
        bail!(
            "these runs are of {}, and a law of replicas takes {NEEDED} at least\nhint: measure with more of them, such as 1, 2 and 4; with one more it is said how sure the law is",
            match different.len() {
                1 => "one number of replicas".to_owned(),
                many => format!("{many} numbers of replicas"),
            }
        );
    }
    Ok(())
}

fn of(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// What has to be said of how a Run was measured.
fn doubt(name: &str, count: u32, seen: &Carries) -> Option<String> {
    let replicas = of(count as usize, "replica");
    match seen.known {
        Knowing::Line => None,
        Knowing::AtLeast => Some(format!(
            "nothing broke in `{name}`: {replicas} may carry more than {} {}, so that more of them seem to give less than they do",
            amount(seen.load),
            seen.unit
        )),
        Knowing::GotThrough => Some(format!(
            "`{name}` is no search: {} {} got through, and {replicas} may carry more unless more was asked for",
            amount(seen.load),
            seen.unit
        )),
    }
}

fn table(measured: &[Replicas], fit: &ReplicaFit, unit: &str) -> String {
    let mut text = format!("{:>8}  {unit:>14}  {:>14}\n", "replicas", "of each");
    let mut row = |count: f64, carry: f64, note: &str| {
        text +=
            &format!("{:>8}  {:>14}  {:>14}{note}\n", amount(count), amount(carry), amount(carry / count));
    };
    for one in measured {
        row(one.count, one.carry, "");
    }
    for one in &fit.foreseen {
        let note = one.between.map_or_else(
            || "  by the law".to_owned(),
            |it| format!("  by the law ({} to {})", amount(it.low), amount(it.high)),
        );
        row(one.count, one.carry, &note);
    }
    text
}

fn json_of(measured: &[Replicas], fit: &ReplicaFit, unit: &str) -> Value {
    let between = |interval: Option<loadline_verdict::Interval>| {
        interval.map(|it| json!({ "low": it.low, "high": it.high.is_finite().then_some(it.high) }))
    };
    let measured: Vec<Value> =
        measured.iter().map(|one| json!({ "replicas": one.count, "carry": one.carry })).collect();
    let foreseen: Vec<Value> = (fit.foreseen.iter())
        .map(|one| json!({ "replicas": one.count, "carry": one.carry, "between": between(one.between) }))
        .collect();
    let law = &fit.fit;
    json!({
        "unit": unit,
        "replicas": measured,
        "foreseen": foreseen,
        "law": {
            "alpha": law.law.alpha, "beta": law.law.beta, "gamma": law.law.gamma,
            "alpha_between": between(law.alpha), "beta_between": between(law.beta),
            "peak_at": law.law.peak(), "peak_between": between(law.peak), "knows_a_peak": law.knows_a_peak(),
        },
        "answer": fit.sentence(unit),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_has_its_number_of_replicas_and_three_differ() {
        let runs = |many: usize| vec!["a.run".to_owned(); many];
        let error = |counts: &[u32], many: usize| one_for_each(counts, &runs(many)).unwrap_err().to_string();
        assert!(error(&[1, 2], 3).starts_with("`--replicas` has 2 numbers and there are 3 runs"));
        assert!(error(&[1], 2).starts_with("`--replicas` has 1 number and there are 2 runs"));
        assert!(error(&[2, 2, 2], 3).starts_with("these runs are of one number of replicas"));
        assert!(error(&[1, 2, 2], 3).contains("2 numbers of replicas, and a law of replicas takes 3"));
        assert!(one_for_each(&[1, 2, 4], &runs(3)).is_ok());
    }
}
