//! From arguments to rounds to a verdict.

use std::path::Path;

use anyhow::Context as _;
use loadline_page::{ComparedDocument, Document, compared_html};
use loadline_report::{ComparisonReport, Content, Course, NoiseReport, noise_json, noise_text};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Gate, Incomplete, Spending, noise_floors};

use super::arguments::{AaArguments, CompareArguments, RoundArguments};
use super::capacity::compare_capacity;
use super::floors;
use super::rounds::{Compared, Rounding, Stop, take_turns};
use super::single::{Two, compare_two, documents};
use super::words::{show, written};
use crate::common::{ProjectFile, check_page, find, json_text, print, screen, told, write_page};

/// Rounds before the first verdict, unless told otherwise.
const ROUNDS: usize = 12;
/// … and at the most, times that.
const MOST: usize = 4;

/// Compares two builds, or two Runs.
pub(crate) fn compare(arguments: &CompareArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let delta = arguments.delta.or(found.project.compare.delta).unwrap_or(Gate::default().delta);
    let gate = Gate { delta, ..Gate::default() };
    let unproven = arguments.unproven.or(found.project.judge.unproven_fails);
    if arguments.capacity {
        return compare_capacity(arguments, &found, &gate, unproven);
    }
    let page = arguments.html.as_deref();
    match (&arguments.a, &arguments.b, arguments.positional.as_slice()) {
        (Some(base), Some(head), [] | [_]) => {
            let script = arguments.positional.first().map(String::as_str);
            let plan = plan(&arguments.rounds, &found);
            let rounding = Rounding {
                builds: (base, head),
                script,
                arguments: &arguments.rounds,
                plan: &plan,
                found: &found,
                gate: &gate,
                quiet: arguments.output.quiet,
                floors: &|meta| floors::known(meta, &arguments.place, &found),
            };
            arguments.output.check().ends(Ending::Configuration)?;
            page.map_or(Ok(()), |path| check_page(path, Content::Page)).ends(Ending::Configuration)?;
            let compared = take_turns(rounding)?;
            reported(compared, &plan, &gate, script, |report| {
                let shown = show(report, &arguments.output, unproven)?;
                Ok(told(page.map_or(Ok(()), |path| paged(path, report, None)), shown))
            })
        }
        (None, None, [base, head]) => {
            page.map_or(Ok(()), |path| check_page(path, Content::Page)).ends(Ending::Configuration)?;
            let two = Two { base, head, place: &arguments.place, force: arguments.force, found: &found };
            compare_two(&two, &gate, |report, runs| {
                let documents = page.map(|_| documents(runs, Incomplete::default())).transpose()?;
                let shown = show(report, &arguments.output, unproven)?;
                Ok(told(page.map_or(Ok(()), |path| paged(path, report, documents)), shown))
            })
        }
        _ => Err(Failure::new(
            Ending::Configuration,
            "there is nothing to compare: give two builds with `--a` and `--b`, or two Runs\nhint: `loadline compare --help` has examples",
        )),
    }
}

/// Writes what came out as a page.
fn paged(path: &Path, report: &ComparisonReport<'_>, runs: Option<[Document; 2]>) -> anyhow::Result<()> {
    let made = compared_html(&ComparedDocument::of(report, runs))?;
    let written = write_page(path, Content::Page, &made)?;
    screen::remark(&written);
    Ok(())
}

/// Reports on rounds; those that something stopped, too: what was measured is not lost.
fn reported(
    compared: Compared,
    plan: &Spending,
    gate: &Gate,
    script: Option<&str>,
    show: impl Fn(&ComparisonReport<'_>) -> Result<Ending, Failure>,
) -> Result<Ending, Failure> {
    let Compared { names, turns, ledger, decided, stop, order, seed, .. } = compared;
    if turns.rounds() < 2
        && let Some(stop) = stop
    {
        return stop.ends();
    }
    let looks: Vec<(usize, f64)> =
        plan.looks().iter().enumerate().map(|(at, rounds)| (*rounds, plan.share(at, gate.level))).collect();
    let why = stop.as_ref().map(Stop::why);
    let figures = turns.figures();
    let report = ComparisonReport {
        name: script.unwrap_or("hit"),
        base: &names.0,
        head: &names.1,
        comparisons: &decided.comparisons,
        delta: gate.delta,
        rounds: turns.rounds(),
        advisory: None,
        deciles: &decided.deciles,
        course: Some(Course {
            figures: &figures,
            looks: &looks,
            share_delta: gate.share_delta,
            seed,
            base_first: order.get(..turns.rounds()).unwrap_or_default(),
            ended: decided.ended,
            stopped: why.as_deref(),
        }),
        ledger: &ledger.found(),
    };
    let shown = show(&report)?;
    match stop {
        Some(stop) => stop.ends(),
        None => Ok(shown),
    }
}

/// Compares a build with itself, and says what can be told here.
pub(crate) fn aa(arguments: &AaArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let delta = arguments.delta.or(found.project.compare.delta).unwrap_or(Gate::default().delta);
    let gate = Gate { delta, ..Gate::default() };
    let looks = plan(&arguments.rounds, &found);
    arguments.output.check().ends(Ending::Configuration)?;
    // One look: every round is for the noise, not for a verdict.
    let once = Spending::new(looks.looks()[0], looks.looks()[0]);
    let compared = take_turns(Rounding {
        builds: (&arguments.a, &arguments.a),
        script: arguments.script.as_deref(),
        arguments: &arguments.rounds,
        plan: &once,
        found: &found,
        gate: &gate,
        quiet: arguments.output.quiet,
        floors: &|_| Vec::new(),
    })?;
    if let Some(stop) = compared.stop {
        return stop.ends();
    }
    let measured = noise_floors(&compared.turns.figures(), &looks, &gate);
    let remembered = match compared.set_up.as_ref().filter(|_| !arguments.history.no_history) {
        Some(meta) => floors::keep(meta, &measured, &arguments.history.place, &found)
            .context("the noise floor is not kept"),
        None => Ok(()),
    };
    let report = NoiseReport {
        floors: &measured,
        rounds: looks.looks()[0],
        max_rounds: looks.looks().last().copied().unwrap_or_default(),
        delta,
        round: compared.round,
    };
    let text = if arguments.output.json {
        json_text(&noise_json(&report)).ends(Ending::CouldNotRun)?
    } else {
        noise_text(&report, screen::result_width())
    };
    let kept = written(&arguments.output, || noise_markdown(&noise_text(&report, MARKDOWN)));
    Ok(told(remembered, told(kept, told(print(text.as_bytes()), Ending::Passed))))
}

/// The width of a table in a comment.
const MARKDOWN: usize = 110;

/// The floors in a comment for a pull request.
fn noise_markdown(text: &str) -> String {
    format!("<!-- loadline:aa -->\n```text\n{}\n```\n", text.trim_matches('\n'))
}

/// When to look.
pub(crate) fn plan(rounds: &RoundArguments, found: &ProjectFile) -> Spending {
    let settings = &found.project.compare;
    let first = rounds.rounds.or(settings.rounds).map_or(ROUNDS, |rounds| rounds as usize);
    let most = rounds.max_rounds.or(settings.max_rounds).map_or(first * MOST, |most| most as usize);
    Spending::new(first, most)
}
