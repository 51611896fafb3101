//! From arguments to rounds to a verdict.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use loadline_children::TemporaryFolder;
use loadline_report::{ComparisonReport, NoiseReport, figure_text, noise_json, noise_text};
use loadline_runner::{Doing, Ending, Ends, Failure, Interrupts, Voice};
use loadline_units as units;
use loadline_verdict::{Decided, Gate, LastRound, Spending, Turns, noise_floors, round_order};

use super::arguments::{AaArguments, CompareArguments, RoundArguments};
use super::builds::{Build, Site};
use super::round::{Load, RoundOutcome};
use super::single;
use super::words::show;
use crate::common::{ProjectFile, Screen, ScreenSettings, find, json_text, print, told};

/// Rounds before the first verdict, unless told otherwise.
const ROUNDS: usize = 12;
/// … and at the most, times that.
const MOST: usize = 4;

/// Compares two builds, or two Runs.
pub(crate) fn compare(arguments: &CompareArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let delta = arguments.delta.or(found.project.compare.delta).unwrap_or(Gate::default().delta);
    let gate = Gate { delta, ..Gate::default() };
    match (&arguments.a, &arguments.b, arguments.positional.as_slice()) {
        (Some(base), Some(head), [] | [_]) => {
            let builds = (base.as_str(), head.as_str());
            let script = arguments.positional.first().map(String::as_str);
            let plan = plan(&arguments.rounds, &found);
            let Some(compared) =
                take_turns(builds, script, &arguments.rounds, &plan, &found, &gate, arguments.output.quiet)?
            else {
                return Ok(Ending::Signal);
            };
            let report = ComparisonReport {
                name: script.unwrap_or("hit"),
                base: &compared.names.0,
                head: &compared.names.1,
                comparisons: &compared.decided.comparisons,
                delta,
                rounds: compared.turns.rounds(),
                advisory: None,
                deciles: &compared.decided.deciles,
            };
            show(&report, &arguments.output, arguments.unproven.or(found.project.judge.unproven_fails))
        }
        (None, None, [base, head]) => single::compare(base, head, arguments, &found, &gate),
        _ => Err(Failure::new(
            Ending::Configuration,
            "there is nothing to compare: give two builds with `--a` and `--b`, or two Runs\nhint: `loadline compare --help` has examples",
        )),
    }
}

/// Compares a build with itself, and says what can be told here.
pub(crate) fn aa(arguments: &AaArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let delta = arguments.delta.or(found.project.compare.delta).unwrap_or(Gate::default().delta);
    let gate = Gate { delta, ..Gate::default() };
    let looks = plan(&arguments.rounds, &found);
    // One look: every round is for the noise, not for a verdict.
    let once = Spending::new(looks.looks()[0], looks.looks()[0]);
    let builds = (arguments.a.as_str(), arguments.a.as_str());
    let script = arguments.script.as_deref();
    let Some(compared) =
        take_turns(builds, script, &arguments.rounds, &once, &found, &gate, arguments.output.quiet)?
    else {
        return Ok(Ending::Signal);
    };
    let report = NoiseReport {
        floors: &noise_floors(compared.turns.figures(), &looks, &gate),
        rounds: looks.looks()[0],
        max_rounds: looks.looks().last().copied().unwrap_or_default(),
        delta,
    };
    let text = if arguments.output.json {
        json_text(&noise_json(&report)).ends(Ending::CouldNotRun)?
    } else {
        noise_text(&report)
    };
    Ok(told(print(text.as_bytes()), Ending::Passed))
}

/// When to look.
pub(crate) fn plan(rounds: &RoundArguments, found: &ProjectFile) -> Spending {
    let settings = &found.project.compare;
    let first = rounds.rounds.or(settings.rounds).map_or(ROUNDS, |rounds| rounds as usize);
    let most = rounds.max_rounds.or(settings.max_rounds).map_or(first * MOST, |most| most as usize);
    Spending::new(first, most)
}

/// What rounds have come to.
struct Compared {
    names: (String, String),
    turns: Turns,
    decided: Decided,
}

/// Lets two builds take turns until the verdict stands or the plan is over; nothing when the user stopped it.
fn take_turns(
    (base, head): (&str, &str),
    script: Option<&str>,
    arguments: &RoundArguments,
    plan: &Spending,
    found: &ProjectFile,
    gate: &Gate,
    quiet: bool,
) -> Result<Option<Compared>, Failure> {
    let screen = Arc::new(Screen::new(ScreenSettings { quiet: true, ..ScreenSettings::default() }));
    let say = |text: &str| {
        if !quiet {
            screen.note(text);
        }
    };
    let voice: Arc<dyn Voice> = Arc::clone(&screen) as Arc<dyn Voice>;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    let folder =
        TemporaryFolder::new().context("cannot make a folder for rounds").ends(Ending::CouldNotRun)?;
    let site =
        Site { limit: arguments.start_timeout, folder: folder.path(), home: None, interrupts: &interrupts };
    let Some(mut base) = Build::start(base, "base", &site).ends(Ending::CouldNotRun)? else {
        return Ok(None);
    };
    let Some(mut head) = Build::start(head, "head", &site).ends(Ending::CouldNotRun)? else {
        return Ok(None);
    };
    for build in [&base, &head] {
        if let Some(log) = build.log() {
            say(&format!("what `{}` prints goes to {}", build.name, log.display()));
        }
    }
    interrupts.now(Doing::Iterating(Duration::ZERO));
    let load = Load {
        script,
        duration: arguments.duration,
        options: &arguments.options,
        folder: folder.path(),
        interrupts: &interrupts,
    };
    let clock = loadline_measure::unix_time().as_nanos() as u64;
    let most = plan.looks().last().copied().unwrap_or(ROUNDS);
    let order = round_order(most, arguments.seed.unwrap_or(clock));
    say(&format!(
        "{most} rounds at the most, a verdict after {} at the earliest; one to warm up",
        plan.looks()[0]
    ));
    // What both do for the first time shall not count.
    for build in [&mut base, &mut head] {
        if matches!(load.run(build).ends(Ending::CouldNotRun)?, RoundOutcome::Stopped) {
            return Ok(None);
        }
    }
    let mut turns = Turns::default();
    for (look, rounds) in plan.looks().iter().enumerate() {
        while turns.rounds() < *rounds {
            let base_first = order[turns.rounds()];
            let builds = if base_first { [&mut base, &mut head] } else { [&mut head, &mut base] };
            let mut runs = Vec::new();
            for build in builds {
                match load.run(build).ends(Ending::CouldNotRun)? {
                    RoundOutcome::Run(run) => runs.push(run),
                    RoundOutcome::Stopped => return Ok(None),
                }
            }
            if !base_first {
                runs.reverse();
            }
            turns.add(&runs[0], &runs[1], &found.project.endpoints);
            say(&progress(&turns, most));
        }
        if let Some(decided) = turns.decide(look, plan, gate) {
            let names = (base.name.clone(), head.name.clone());
            return Ok(Some(Compared { names, turns, decided }));
        }
        say("too noisy to tell: more rounds");
    }
    Ok(None)
}

/// What the last round has come to, in a line.
fn progress(turns: &Turns, most: usize) -> String {
    let last = turns.last().map(|LastRound { quantity, scale, base, head }| {
        let change = units::percent_change(head / base - 1.0);
        let (base, head) = (figure_text(base, scale), figure_text(head, scale));
        format!(": {quantity} {base} against {head}, {change}")
    });
    format!("round {} of at most {most}{}", turns.rounds(), last.unwrap_or_default())
}
