//! The rounds: two builds are started, warmed up, and take turns until the verdict stands.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use loadline_children::TemporaryFolder;
use loadline_ledger::Differences;
use loadline_measure::{Figure, Run, RunMeta};
use loadline_report::figure_text;
use loadline_runner::{Doing, Ending, Ends, Failure, Interrupts, Voice};
use loadline_units as units;
use loadline_verdict::{Decided, Ended, Gate, LastRound, Spending, Turns, round_order};
use tokio::time::Instant;

use super::arguments::RoundArguments;
use super::builds::{Build, Site};
use super::round::{Load, RoundOutcome};
use crate::common::{ProjectFile, Screen, ScreenSettings};

/// What is to take turns, and how.
#[derive(Clone, Copy)]
pub(super) struct Rounding<'a> {
    pub(super) builds: (&'a str, &'a str),
    pub(super) script: Option<&'a str>,
    pub(super) arguments: &'a RoundArguments,
    pub(super) plan: &'a Spending,
    pub(super) found: &'a ProjectFile,
    pub(super) gate: &'a Gate,
    pub(super) quiet: bool,
    /// What is known of the noise of what a Run is of.
    pub(super) floors: &'a dyn Fn(&RunMeta) -> Vec<Figure>,
}

/// What rounds have come to.
pub(super) struct Compared {
    pub(super) names: (String, String),
    pub(super) turns: Turns,
    /// Where the time of their requests went.
    pub(super) ledger: Differences,
    pub(super) decided: Decided,
    /// What stopped it before its verdict.
    pub(super) stop: Option<Stop>,
    pub(super) order: Vec<bool>,
    pub(super) seed: u64,
    /// How long a round took, both builds together.
    pub(super) round: Duration,
    /// What a run of the base is of.
    pub(super) set_up: Option<RunMeta>,
}

/// What stopped a comparison.
pub(super) enum Stop {
    /// The user.
    Signal,
    /// A build or a round, in these words.
    Failure(Failure),
}

impl Stop {
    /// In words that follow "stopped after 6 rounds: ".
    pub(super) fn why(&self) -> String {
        match self {
            Self::Signal => "interrupted".to_owned(),
            Self::Failure(failure) => failure.text().lines().next().unwrap_or_default().to_owned(),
        }
    }

    /// How the command ends.
    pub(super) fn ends(self) -> Result<Ending, Failure> {
        match self {
            Self::Signal => Ok(Ending::Signal),
            Self::Failure(failure) => Err(failure),
        }
    }
}

/// Lets two builds take turns until the verdict stands, the plan is over, or something stops them.
pub(super) fn take_turns(rounding: Rounding<'_>) -> Result<Compared, Failure> {
    let Rounding { builds: (base, head), script, arguments, plan, found, gate, quiet, floors } = rounding;
    Load::check(script, arguments)?;
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
    let most = plan.looks().last().copied().unwrap_or_default();
    // A number that every reader of JSON can hold.
    let seed = arguments.seed.unwrap_or(loadline_measure::unix_time().as_nanos() as u64 & 0xffff_ffff);
    let mut compared = Compared {
        names: (base.to_owned(), head.to_owned()),
        turns: Turns::default(),
        ledger: Differences::new(),
        set_up: None,
        decided: Turns::default().so_far(gate),
        stop: Some(Stop::Signal),
        order: round_order(most, seed),
        seed,
        round: Duration::ZERO,
    };
    let Some(mut base) = Build::start(base, "base", &site).ends(Ending::CouldNotRun)? else {
        return Ok(compared);
    };
    let Some(mut head) = Build::start(head, "head", &site).ends(Ending::CouldNotRun)? else {
        return Ok(compared);
    };
    compared.names = (base.name.clone(), head.name.clone());
    for build in [&base, &head] {
        if let Some(log) = build.log() {
            say(&format!("what `{}` prints goes to {}", build.name, log.display()));
        }
    }
    interrupts.now(Doing::Iterating(Duration::ZERO));
    let load = Load::new(script, arguments, folder.path(), &interrupts)?;
    say(&format!(
        "{most} rounds at the most, a verdict after {} at the earliest; one to warm up",
        plan.looks()[0]
    ));
    // What both do for the first time shall not count.
    for build in [&mut head, &mut base] {
        match load.run(build).ends(Ending::CouldNotRun)? {
            RoundOutcome::Run(run) => compared.set_up = Some(run.meta.clone()),
            RoundOutcome::Stopped => return Ok(compared),
        }
    }
    let known = compared.set_up.as_ref().map(floors).unwrap_or_default();
    if let Some(rounds) = known.iter().map(|floor| floor.values).max() {
        say(&format!("the noise of this set-up is known from {rounds} rounds of `loadline aa`"));
    }
    compared.turns = Turns::above(known);
    let began = Instant::now();
    for (look, rounds) in plan.looks().iter().enumerate() {
        while compared.turns.rounds() < *rounds {
            let base_first = compared.order[compared.turns.rounds()];
            match round(&load, &mut base, &mut head, base_first) {
                Ok(Some((base, head))) => {
                    compared.turns.add(&base, &head, &found.project.endpoints);
                    compared.ledger.add(&base, &head, &found.project.endpoints);
                }
                Ok(None) => return Ok(stopped(compared, Stop::Signal, gate)),
                Err(error) => {
                    let number = compared.turns.rounds() + 1;
                    let error = Err::<(), _>(error.context(format!("round {number} came to nothing")));
                    let Err(failure) = error.ends(Ending::CouldNotRun) else { continue };
                    return Ok(stopped(compared, Stop::Failure(failure), gate));
                }
            }
            say(&progress(&compared.turns, most));
        }
        if let Some(decided) = compared.turns.decide(look, plan, gate) {
            if decided.ended == Ended::Futile {
                say("no more rounds: they are unlikely to settle what is open");
            }
            compared.round = began.elapsed() / u32::try_from(compared.turns.rounds()).unwrap_or(1).max(1);
            return Ok(Compared { decided, stop: None, ..compared });
        }
        say("too noisy to tell: more rounds");
    }
    Ok(compared)
}

/// One round: the base's Run and the head's; nothing when the user stopped it.
fn round(
    load: &Load<'_>,
    base: &mut Build,
    head: &mut Build,
    base_first: bool,
) -> anyhow::Result<Option<(Box<Run>, Box<Run>)>> {
    let run = |build: &mut Build| {
        Ok::<_, anyhow::Error>(match load.run(build)? {
            RoundOutcome::Run(run) => Some(run),
            RoundOutcome::Stopped => None,
        })
    };
    let (first, second) = if base_first { (&mut *base, &mut *head) } else { (&mut *head, &mut *base) };
    let Some(first) = run(first)? else { return Ok(None) };
    let Some(second) = run(second)? else { return Ok(None) };
    Ok(Some(if base_first { (first, second) } else { (second, first) }))
}

/// What there is when something stopped it.
fn stopped(compared: Compared, stop: Stop, gate: &Gate) -> Compared {
    Compared { decided: compared.turns.so_far(gate), stop: Some(stop), ..compared }
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
