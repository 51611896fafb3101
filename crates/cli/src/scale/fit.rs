//! `loadline scale fit`: what models make of measured runs.

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use loadline_capacity::live::measured;
use loadline_capacity::told::{Fitted, Loaded, amount};
use loadline_report::plain;
use loadline_runner::{Ending, Ends, Failure};
use loadline_units as units;
use serde_json::{Value, json};

use super::fit_replicas::fit_replicas;
use crate::common::{
    EndsByHistory, HistoryPlace, ProjectArguments, find, json_text, not_whole, pick, print, screen, told,
};

const EXAMPLES: &str = "\
Examples:
  loadline scale fit 50.run 100.run 200.run 400.run     # runs of `loadline run` or `hit`, each at a load of its own
  loadline scale fit capacity.run                       # the steps of a search: `loadline capacity -o run=capacity.run`
  loadline scale fit --json 12 13 14 15                 # runs of the history
  loadline scale fit --replicas 1,2,4,6 1.run 2.run 4.run 6.run   # searches with so many replicas: what more give

A model takes three different loads at least, a queue four; with one more it is said how sure that is. A load is what \
got through per second, and how many were under way at a time (Little's law).

Exit codes: 0 fitted, 2 wrong arguments or runs from which no model follows, 3 could not run.";

/// Loads are the same by chance when as much gets through, within this part of it, …
const SAME: f64 = 0.03;
/// … and as many are under way: a queue of users grows without more getting through.
const SAME_UNDER_WAY: f64 = 0.25;
/// A model has so many parameters.
const NEEDED: usize = 3;
/// Failures are answered faster, or slower, than what they stand for.
const MANY_FAILED: f64 = 0.05;

/// `loadline scale fit`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FitArguments {
    /// Runs at several loads, or searches: files, or runs of the history
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<String>,
    /// With how many replicas each run was made, in the order of the runs: what more of them give
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) replicas: Option<Vec<u32>>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
}

/// Fits models to runs.
pub(super) fn fit(arguments: &FitArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    if let Some(counts) = &arguments.replicas {
        let text = fit_replicas(&arguments.runs, counts, (&arguments.place, &found), arguments.json)?;
        return Ok(told(print(text.as_bytes()).context("cannot print"), Ending::Passed));
    }
    let mut loads: Vec<Loaded> = Vec::new();
    for name in &arguments.runs {
        let run = pick(name, &arguments.place, &found).ends_reading()?;
        if let Some(why) = not_whole(name, &run) {
            screen::caution(&format!("{why}; what there is of it is taken"));
        }
        let seen = measured(&run)
            .map_err(|error| {
                anyhow!("`{name}` {error}\nhint: name runs of `loadline run`, `hit` or `capacity`")
            })
            .ends(Ending::Configuration)?;
        if let Some((low, high)) = seen.moved {
            screen::caution(&format!(
                "the load of `{name}` moved between {} and {} requests/s, and stands as its mean: a run of one load says more",
                amount(low),
                amount(high)
            ));
        }
        if seen.failed > MANY_FAILED {
            screen::caution(&format!("{} of the requests of `{name}` failed", units::percent(seen.failed)));
        }
        loads.extend(seen.loads);
    }
    loads.sort_by(|a, b| a.under_way().total_cmp(&b.under_way()));
    enough(&loads, arguments.runs.len()).ends(Ending::Configuration)?;
    let fitted = Fitted::of(&loads);
    let text = if arguments.json {
        json_text(&json_of(&loads, &fitted)).ends(Ending::CouldNotRun)?
    } else {
        let lines = [fitted.queue_line(PER_S), fitted.law_line(), fitted.sentence(PER_S)];
        plain(&format!("{}\n{}\n", table(&loads), lines.join("\n")))
    };
    Ok(told(print(text.as_bytes()).context("cannot print"), Ending::Passed))
}

/// What got through, in words.
const PER_S: &str = "requests/s";

/// Whether a model can follow from so many loads.
fn enough(loads: &[Loaded], runs: usize) -> Result<()> {
    let mut different: Vec<Loaded> = Vec::new();
    let differs = |one: f64, other: f64, by: f64| (one / other - 1.0).abs() > by;
    for load in loads {
        let is_another = |other: &Loaded| {
            differs(load.per_s, other.per_s, SAME)
                || differs(load.under_way(), other.under_way(), SAME_UNDER_WAY)
        };
        if different.iter().all(is_another) {
            different.push(*load);
        }
    }
    if different.len() >= NEEDED {
        return Ok(());
    }
    let runs = if runs == 1 { "this run has".to_owned() } else { format!("these {runs} runs have") };
    let many = match different.len() {
        1 => "1 load".to_owned(),
        many => format!("{many} different loads"),
    };
    bail!(
        "{runs} {many}, and a model takes {NEEDED} at least\nhint: measure at more loads, such as `loadline hit --rate 200 -o run=200.run URL`, or let `loadline capacity -o run=FILE` look for them"
    )
}

fn table(loads: &[Loaded]) -> String {
    let mut text = format!("{:>14}  {:>12}  {:>12}\n", PER_S, "under way", "on average");
    for load in loads {
        let note = if load.carried { "" } else { "  not carried" };
        text += &format!(
            "{:>14}  {:>12}  {:>12}{note}\n",
            amount(load.per_s),
            amount(load.under_way()),
            units::time(load.took_s * 1e3)
        );
    }
    text
}

fn json_of(loads: &[Loaded], fitted: &Fitted) -> Value {
    let loads: Vec<Value> = loads
        .iter()
        .map(|load| {
            json!({
                "per_s": load.per_s, "under_way": load.under_way(), "took_ms": load.took_s * 1e3,
                "carried": load.carried,
            })
        })
        .collect();
    let between = |interval: Option<loadline_verdict::Interval>| {
        interval.map(|it| json!({ "low": it.low, "high": it.high.is_finite().then_some(it.high) }))
    };
    let queue = match &fitted.queue {
        Ok(fit) => json!({
            "servers": fit.servers, "most_per_s": fit.most_per_s, "most_between": between(fit.most_between),
            "idle_ms": fit.idle_ms, "variability": fit.variability,
            "twice_the_servers_per_s": fit.times(2.0).most_per_s,
        }),
        Err(why) => json!({ "error": why.to_string() }),
    };
    let law = match &fitted.law {
        Ok(fit) => json!({
            "alpha": fit.law.alpha, "beta": fit.law.beta, "gamma": fit.law.gamma,
            "alpha_between": between(fit.alpha), "beta_between": between(fit.beta),
            "peak_at": fit.law.peak(), "peak_between": between(fit.peak), "highest_per_s": fit.law.ceiling(),
            "knows_a_peak": fit.knows_a_peak(), "explained": fit.explained,
        }),
        Err(why) => json!({ "error": why.to_string() }),
    };
    json!({ "loads": loads, "queue": queue, "law": law, "answer": fitted.sentence(PER_S) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(per_s: f64) -> Loaded {
        Loaded { per_s, took_s: 0.02, carried: true }
    }

    #[test]
    fn loads_that_differ_by_chance_are_one() {
        let error = enough(&[at(100.0), at(101.0), at(99.5)], 3).unwrap_err().to_string();
        assert!(error.starts_with("these 3 runs have 1 load, and a model takes 3 at least"), "{error}");
        assert!(enough(&[at(100.0)], 1).unwrap_err().to_string().starts_with("this run has 1 load"));
        assert!(enough(&[at(100.0), at(200.0), at(300.0)], 3).is_ok());
    }
}
