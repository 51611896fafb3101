//! From arguments to rounds to a verdict.

use std::io::IsTerminal;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use loadline_measure::{Run, Sink};
use loadline_report::{
    ComparisonReport, column, comparison_json, comparison_markdown, comparison_table, render, widest,
};
use loadline_runner::{Ending, Ends, Failure};
use loadline_units::{self as units, Scale};
use loadline_verdict::{
    Better, Comparison, EVERYTHING, Endpoints, Gate, Outcome, Rounds, Spending, compare_rounds, figures,
    noise_floor, quantile_of, round_order,
};
use tempfile::TempDir;

use super::arguments::{AaArguments, CompareArguments, ComparisonOutput, RoundArguments};
use super::builds::Build;
use super::round::{Load, Ran};
use super::single;
use crate::inconclusive::OnInconclusive;
use crate::project::{Found, find};
use crate::run::print;
use crate::screen::{self, Screen, ScreenSettings};

/// Rounds before the first verdict, unless told otherwise.
const ROUNDS: usize = 12;
/// … and at the most, times that.
const MOST: usize = 4;
/// The deciles of the shift function.
const DECILES: [(&str, f64); 9] = [
    ("p10", 0.1),
    ("p20", 0.2),
    ("p30", 0.3),
    ("p40", 0.4),
    ("p50", 0.5),
    ("p60", 0.6),
    ("p70", 0.7),
    ("p80", 0.8),
    ("p90", 0.9),
];

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
                comparisons: &compared.comparisons,
                delta,
                rounds: compared.rounds,
                advisory: None,
                deciles: &compared.deciles,
            };
            show(&report, &arguments.output, arguments.inconclusive.on_inconclusive)
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
    let floors: Vec<_> = compared
        .figures
        .iter()
        .filter(|figure| figure.better != Better::LowerShare)
        .filter_map(|figure| {
            let pairs = figure.base.iter().zip(&figure.head);
            let ratios: Vec<f64> =
                pairs.map(|(base, head)| (head / base).ln()).filter(|ratio| ratio.is_finite()).collect();
            Some((figure, noise_floor(&ratios, &looks, &gate, 1)?))
        })
        .collect();
    let most = looks.looks().last().copied().unwrap_or_default();
    if arguments.output.json {
        let list: Vec<_> = floors
            .iter()
            .map(|(figure, floor)| {
                serde_json::json!({
                    "subject": figure.subject,
                    "quantity": figure.quantity,
                    "deviation": floor.deviation,
                    "false_positives": floor.false_positives,
                    "smallest_effect": floor.smallest_effect,
                    "smallest_effect_at_most": floor.smallest_effect_at_most,
                })
            })
            .collect();
        let json = serde_json::json!({ "version": 1, "rounds": looks.looks()[0], "max_rounds": most, "delta": delta, "figures": list });
        let text = serde_json::to_string_pretty(&json).ends(Ending::CouldNotRun)?;
        print(format!("{text}\n").as_bytes()).ends(Ending::CouldNotRun)?;
        return Ok(Ending::Passed);
    }
    let names: Vec<String> =
        floors.iter().map(|(figure, _)| format!("{} {}", figure.subject, figure.quantity)).collect();
    let width = widest(names.iter().map(String::as_str));
    let first = looks.looks()[0];
    let mut text = format!(
        "\n  {:width$}  {:>10}  {:>12}  {:>14}  {:>14}\n",
        "",
        "noise",
        "false fails",
        format!("found in {first}"),
        format!("found in {most}")
    );
    for ((_, floor), name) in floors.iter().zip(&names) {
        let name = column(name, width);
        text += &format!(
            "  {name}  {:>10}  {:>12}  {:>14}  {:>14}\n",
            units::percent(floor.deviation),
            units::percent(floor.false_positives),
            units::percent_change(floor.smallest_effect),
            units::percent_change(floor.smallest_effect_at_most),
        );
    }
    text += &format!(
        "\n  noise: how much a round's ratio varies when nothing has changed; false fails: of builds that did not change;\n  found in: the smallest slowdown that four of five comparisons of so many rounds find, beyond --delta {}\n",
        Scale::Share.exact(delta)
    );
    print(text.as_bytes()).ends(Ending::CouldNotRun)?;
    Ok(Ending::Passed)
}

fn plan(rounds: &RoundArguments, found: &Found) -> Spending {
    let settings = &found.project.compare;
    let first = rounds.rounds.or(settings.rounds).map_or(ROUNDS, |rounds| rounds as usize);
    let most = rounds.max_rounds.or(settings.max_rounds).map_or(first * MOST, |most| most as usize);
    Spending::new(first, most)
}

/// What rounds have come to.
struct Compared {
    names: (String, String),
    figures: Vec<Rounds>,
    comparisons: Vec<Comparison>,
    deciles: Vec<Comparison>,
    rounds: usize,
}

/// Lets two builds take turns until the verdict stands or the plan is over; nothing when the user stopped it.
fn take_turns(
    (base, head): (&str, &str),
    script: Option<&str>,
    arguments: &RoundArguments,
    plan: &Spending,
    found: &Found,
    gate: &Gate,
    quiet: bool,
) -> Result<Option<Compared>, Failure> {
    let screen = Screen::new(ScreenSettings { quiet: true, ..ScreenSettings::default() });
    let say = |text: &str| {
        if !quiet {
            screen.note(text);
        }
    };
    let folder = TempDir::new().context("cannot make a folder for rounds").ends(Ending::CouldNotRun)?;
    let base = Build::start(base, arguments.start_timeout).ends(Ending::CouldNotRun)?;
    let head = Build::start(head, arguments.start_timeout).ends(Ending::CouldNotRun)?;
    let load = Load { script, duration: arguments.duration, options: &arguments.options };
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
    let most = plan.looks().last().copied().unwrap_or(ROUNDS);
    let order = round_order(most, arguments.seed.unwrap_or(clock));
    say(&format!(
        "{most} rounds at the most, a verdict after {} at the earliest; one to warm up",
        plan.looks()[0]
    ));
    // What both do for the first time shall not count.
    for build in [&base, &head] {
        if matches!(load.run(build, folder.path()).ends(Ending::CouldNotRun)?, Ran::Stopped) {
            return Ok(None);
        }
    }
    let mut table = Table::default();
    for (look, rounds) in plan.looks().iter().enumerate() {
        while table.rounds < *rounds {
            let turns = if order[table.rounds] { [&base, &head] } else { [&head, &base] };
            let mut runs = Vec::new();
            for build in turns {
                match load.run(build, folder.path()).ends(Ending::CouldNotRun)? {
                    Ran::Run(run) => runs.push(run),
                    Ran::Stopped => return Ok(None),
                }
            }
            if !order[table.rounds] {
                runs.reverse();
            }
            table.add(&runs[0], &runs[1], &found.project.endpoints);
            say(&table.progress(most));
        }
        let at_look = Gate { level: plan.share(look, gate.level), ..*gate };
        let comparisons = compare_rounds(&table.figures, &at_look);
        let decided = comparisons.iter().any(|one| one.outcome == Outcome::Fail)
            || comparisons.iter().all(|one| one.outcome != Outcome::Inconclusive);
        if decided || *rounds == most {
            let mut deciles = compare_rounds(&table.deciles, gate);
            // They show a shape; the verdict is on the figures.
            deciles.retain(|decile| decile.outcome != Outcome::NoData);
            return Ok(Some(Compared {
                names: (base.name.clone(), head.name.clone()),
                figures: table.figures,
                comparisons,
                deciles,
                rounds: *rounds,
            }));
        }
        say("too noisy to tell: more rounds");
    }
    Ok(None)
}

/// The figures of all rounds so far.
#[derive(Default)]
struct Table {
    figures: Vec<Rounds>,
    deciles: Vec<Rounds>,
    rounds: usize,
}

impl Table {
    fn add(&mut self, base: &Run, head: &Run, endpoints: &Endpoints) {
        let (of_base, of_head) = (figures(base, endpoints), figures(head, endpoints));
        // An endpoint that is all there is would ask every question twice.
        let all = of_base.iter().find(|figure| figure.subject == EVERYTHING).map_or(0, |figure| figure.count);
        let of_base =
            of_base.into_iter().filter(|figure| figure.subject == EVERYTHING || figure.count != all);
        for figure in of_base {
            let other = of_head
                .iter()
                .find(|other| (&other.subject, &other.quantity) == (&figure.subject, &figure.quantity));
            if let Some(other) = other {
                let row =
                    row(&mut self.figures, &figure.subject, &figure.quantity, figure.better, self.rounds);
                row.base.push(figure.value);
                row.head.push(other.value);
            }
        }
        let trend = |run: &Run| match run.select::<&str, &str>(run.schema().find("http_req_duration")?, &[]) {
            Some(Sink::Trend(trend)) => Some(trend),
            _ => None,
        };
        if let (Some(base), Some(head)) = (trend(base), trend(head)) {
            for (name, q) in DECILES {
                let row = row(&mut self.deciles, EVERYTHING, name, Better::Lower, self.rounds);
                row.base.push(quantile_of(&base, q).unwrap_or(f64::NAN));
                row.head.push(quantile_of(&head, q).unwrap_or(f64::NAN));
            }
        }
        self.rounds += 1;
        // A figure that a round does not have is none in that round.
        for row in self.figures.iter_mut().chain(&mut self.deciles) {
            row.base.resize(self.rounds, f64::NAN);
            row.head.resize(self.rounds, f64::NAN);
        }
    }

    /// What the last round has come to, in a line.
    fn progress(&self, most: usize) -> String {
        let p95 = self.figures.iter().find(|row| row.subject == EVERYTHING && row.quantity == "p95");
        let ratio = p95.and_then(|row| Some((row.base.last()?, row.head.last()?))).map(|(base, head)| {
            format!(
                ": p95 {} against {}, {}",
                units::time(*base),
                units::time(*head),
                units::percent_change(head / base - 1.0)
            )
        });
        format!("round {} of at most {most}{}", self.rounds, ratio.unwrap_or_default())
    }
}

fn row<'a>(
    rows: &'a mut Vec<Rounds>,
    subject: &str,
    quantity: &str,
    better: Better,
    before: usize,
) -> &'a mut Rounds {
    let known = rows.iter().position(|row| row.subject == subject && row.quantity == quantity);
    let at = known.unwrap_or_else(|| {
        rows.push(Rounds {
            subject: subject.to_owned(),
            quantity: quantity.to_owned(),
            better,
            base: vec![f64::NAN; before],
            head: vec![f64::NAN; before],
        });
        rows.len() - 1
    });
    &mut rows[at]
}

/// Prints a comparison and chooses the ending.
pub(super) fn show(
    report: &ComparisonReport<'_>,
    output: &ComparisonOutput,
    on_inconclusive: OnInconclusive,
) -> Result<Ending, Failure> {
    if let Some(path) = &output.markdown {
        std::fs::write(path, comparison_markdown(report))
            .with_context(|| format!("cannot write `{}`", path.display()))
            .ends(Ending::CouldNotRun)?;
    }
    let text = if output.json {
        let json: Result<String> = serde_json::to_string_pretty(&comparison_json(report)).map_err(Into::into);
        json.ends(Ending::CouldNotRun)? + "\n"
    } else {
        let theme = screen::theme(output.no_color, std::io::stdout().is_terminal());
        format!("\n{}", render(&comparison_table(report, screen::result_width()), &theme))
    };
    print(text.as_bytes()).ends(Ending::CouldNotRun)?;
    Ok(match report.outcome() {
        Outcome::Fail if report.advisory.is_none() => Ending::Failed,
        Outcome::Inconclusive | Outcome::NoData if on_inconclusive == OnInconclusive::Fail => Ending::Failed,
        Outcome::NoData => Ending::CouldNotRun,
        _ => Ending::Passed,
    })
}
