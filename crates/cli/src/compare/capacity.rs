//! `compare --capacity`: how much each of two builds carries, by searches that take turns with the same loads.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use loadline_capacity::live::{Load, Said, Scale, Searching, Told, kept, listener, search_pair};
use loadline_capacity::search::{Known, Side, answer, lines_by_turn};
use loadline_capacity::told::{Telling, amount, sentence};
use loadline_children::TemporaryFolder;
use loadline_measure::{Run, unix_time};
use loadline_report::{ComparisonReport, Users};
use loadline_runner::{Doing, Ending, Ends, Failure, Interrupts, OutSpec, Subject, Voice, default_run_path};
use loadline_scripted::{Scripted, Session};
use loadline_verdict::{Gate, Rounds, compare_rounds, figures, round_order};
use url::Url;

use super::arguments::CompareArguments;
use super::builds::{Build, Site};
use super::words::show;
use crate::arguments::Command;
use crate::capacity::{AnswerArguments, CapacityArguments, Search, hit_of, progress, source_of};
use crate::common::{ProjectFile, Screen, ScreenSettings, Unproven, database, sampling, told};
use crate::typed;

/// More turns than a search has.
const MOST_TURNS: usize = 1000;

/// Compares how much two builds carry.
pub(super) fn compare_capacity(
    arguments: &CompareArguments,
    found: &ProjectFile,
    gate: &Gate,
    unproven: Unproven,
) -> Result<Ending, Failure> {
    let (Some(base), Some(head), [] | [_]) = (&arguments.a, &arguments.b, arguments.positional.as_slice())
    else {
        return Err(Failure::new(
            Ending::Configuration,
            "`--capacity` compares two builds: give them with `--a` and `--b`\nhint: how much two Runs of `loadline capacity` carry is compared without it",
        ));
    };
    let script = arguments.positional.first().map(String::as_str);
    let wanted = wanted(script, &arguments.rounds.options)?;
    arguments.output.check().ends(Ending::Configuration)?;
    let settings = ScreenSettings { quiet: true, users: Users::Vus, ..ScreenSettings::default() };
    let screen = Arc::new(Screen::new(settings));
    let voice: Arc<dyn Voice> = Arc::clone(&screen) as Arc<dyn Voice>;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    let mut sampled = sampling(&wanted.sampling).ends(Ending::Configuration)?;
    database::follow(&mut sampled, found).ends(Ending::Configuration)?;
    let answers = AnswerArguments { quiet: arguments.output.quiet, ..AnswerArguments::default() };
    let search = Search {
        wanted: &wanted.search,
        answer: &answers,
        screen: &screen,
        voice: &voice,
        interrupts: &interrupts,
        sampling: &sampled,
        project: found,
        can_resume: false,
        meaning: None,
    };
    let folder = TemporaryFolder::new().context("cannot make a folder").ends(Ending::CouldNotRun)?;
    let limit = arguments.rounds.start_timeout;
    let site = Site { limit, folder: folder.path(), home: None, interrupts: &interrupts };
    let Some(mut base) = Build::start(base, "base", &site).ends(Ending::CouldNotRun)? else {
        return Ok(Ending::Signal);
    };
    let Some(mut head) = Build::start(head, "head", &site).ends(Ending::CouldNotRun)? else {
        return Ok(Ending::Signal);
    };
    for log in [&base, &head].iter().filter_map(|build| Some((build.name.as_str(), build.log()?))) {
        search.note(&format!("what `{}` prints goes to {}", log.0, log.1.display()));
    }
    interrupts.now(Doing::Iterating(std::time::Duration::ZERO));
    let seed = arguments.rounds.seed.unwrap_or(unix_time().as_nanos() as u64 & 0xffff_ffff);
    let both = (&base, &head);
    let compared = if let Some(script) = script {
        let session = |build: &Build| -> Result<Session, Failure> {
            let source = source_of(&search, &wanted, script.as_ref(), Some(&build.url))?;
            search.session(&source)
        };
        let (of_base, of_head) = (session(&base)?, session(&head)?);
        let mut subjects = (Scripted::new(&of_base), Scripted::new(&of_head));
        let scale = Scale::of(&of_base.settled.plan).ok_or_else(no_load)?;
        look(&search, (&mut subjects.0, &mut subjects.1), both, &scale, seed)
    } else {
        let hit = |build: &Build| Ok::<_, Failure>(hit_of(&search, &wanted, &build.url)?.0);
        let (mut of_base, mut of_head) = (hit(&base)?, hit(&head)?);
        let scale = Scale::of(&of_base.terms().plan).ok_or_else(no_load)?.counted_in(Load::Requests);
        look(&search, (&mut of_base, &mut of_head), both, &scale, seed)
    };
    let compared = match compared {
        // A build that ended says why.
        Err(failure) => {
            base.check().and_then(|()| head.check()).ends(Ending::CouldNotRun)?;
            return Err(failure);
        }
        Ok(compared) => compared,
    };
    let shown = reported(&search, &compared, (&base, &head), script, gate, |report| {
        show(report, &arguments.output, unproven)
    });
    if interrupts.any() {
        return Ok(Ending::Signal);
    }
    shown
}

fn no_load() -> Failure {
    Failure::new(Ending::Configuration, "there is no load that could be scaled")
}

/// How it is searched: what stands after `--`, as `loadline capacity` takes it.
fn wanted(script: Option<&str>, options: &[String]) -> Result<CapacityArguments, Failure> {
    let target = script.unwrap_or("http://127.0.0.1/");
    let words =
        ["loadline", "capacity"].into_iter().chain(options.iter().map(String::as_str)).chain([target]);
    let typed = typed::arguments(words.map(OsString::from)).map_err(|error| {
        let said = error.to_string();
        let said = said.trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned();
        let text = format!("`loadline capacity` does not take what stands after `--`: {said}");
        Failure::new(Ending::Configuration, text)
    })?;
    let Command::Capacity(wanted) = typed.command else { return Err(no_load()) };
    let search = &wanted.search;
    let (answer, of_one) = (&wanted.answer, search.resume || search.fit || search.expect.is_some());
    if of_one || answer.json || !answer.outs.is_empty() {
        let text = "`--resume`, `--fit`, `--expect`, `--json` and `-o` are of one search\nhint: leave them out behind `--`";
        return Err(Failure::new(Ending::Configuration, text));
    }
    Ok(*wanted)
}

/// What was found of both.
struct Compared {
    found: loadline_capacity::live::FoundPair,
    load: Load,
}

/// Searches both.
fn look<S: Subject>(
    search: &Search<'_>,
    (base, head): (&mut S, &mut S),
    builds: (&Build, &Build),
    scale: &Scale,
    seed: u64,
) -> Result<Compared, Failure> {
    let mut terms = search.terms(scale)?;
    terms.at_most_s /= 2.0;
    terms.burst = false;
    search.begin(scale, &terms);
    let prepared = |of: &S, build: &Build| -> Result<(Searching<'_>, Known), Failure> {
        let addresses = search.permitted(Url::parse(&build.url).ok().as_ref())?;
        let of = of.terms();
        let (counting, learns_latency) = search.counting(&of)?;
        if learns_latency {
            let text = "two builds are compared within the same budgets, and there is none\nhint: `--capacity … -- --budget p95=200ms`";
            return Err(Failure::new(Ending::Configuration, text));
        }
        let known = Known::new(terms.clone(), counting.requirements());
        let listener =
            addresses.iter().find(|one| one.ip().is_loopback()).and_then(|one| listener(one.port()));
        Ok((Searching { learns_latency, scale, counting, sampling: search.sampling, listener }, known))
    };
    let (of_base, of_head) = (prepared(base, builds.0)?, prepared(head, builds.1)?);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let mut order = round_order(MOST_TURNS, seed).into_iter().cycle();
    let words = scale.load.words();
    let found = runtime.block_on(async {
        let found = search_pair(
            (&mut *base, of_base.0, of_base.1),
            (&mut *head, of_head.0, of_head.1),
            &mut || order.next().unwrap_or(true),
            search.interrupts,
            &mut |side, told| {
                let name = if side == Side::Base { "base" } else { "head" };
                match told {
                    Told::Tried { known, evidence } => {
                        if let Some(line) = progress::tried(known, evidence, words) {
                            search.note(&format!("  {name}{line}"));
                        }
                    }
                    Told::Warning(text) => search.screen.warn(text),
                    Told::Trying { .. } => {}
                }
            },
        )
        .await;
        let ended = (
            base.end(search.interrupts, &**search.voice).await,
            head.end(search.interrupts, &**search.voice).await,
        );
        let found = found?;
        ended.0.and(ended.1)?;
        Ok::<_, Failure>(found)
    });
    runtime.shutdown_background();
    Ok(Compared { found: found?, load: scale.load })
}

/// Says how the two compare, in the words of every comparison, and keeps both as Runs.
fn reported(
    search: &Search<'_>,
    compared: &Compared,
    builds: (&Build, &Build),
    script: Option<&str>,
    gate: &Gate,
    show: impl Fn(&ComparisonReport<'_>) -> Result<Ending, Failure>,
) -> Result<Ending, Failure> {
    let Compared { found, load } = compared;
    let sides = [("base", &found.base), ("head", &found.head)];
    let mut scale = None;
    let mut lost = Ok(());
    for (name, of) in sides {
        let answer = answer(&of.known);
        search.note(&format!(
            "the {name} carries {}{} {}, as far as it was looked for",
            if answer.between.is_none() { "at least " } else { "about " },
            amount(answer.carries),
            load.words()
        ));
        let Some(last) = &of.last else { continue };
        let sentence = sentence(&Telling {
            answer: &answer,
            requirements: &of.known.requirements,
            load: load.words(),
            max: of.known.terms.max,
            requests_per_s: None,
            limited_by: None,
        });
        let said = Said { answer: &answer, sentence: &sentence, load: *load, expected: None };
        let run = kept(&last.meta, (&of.known, &of.evidence), &said).ends(Ending::CouldNotRun)?;
        scale = scale.or_else(|| figures(&run, &loadline_verdict::Endpoints::default()).into_iter().next());
        lost = told_of(search, name, &run).and(lost);
    }
    let Some((of_base, of_head)) = lines_by_turn((&found.base.known, &found.head.known), &found.turns) else {
        return Err(Failure::new(Ending::CouldNotRun, why_not(compared)));
    };
    let Some(figure) = scale else { return Err(no_load()) };
    let rounds = Rounds {
        base: of_base,
        head: of_head,
        ..Rounds::new(&figure.subject, &figure.quantity, &figure.scale)
    };
    let comparisons = compare_rounds(&[rounds], gate);
    let report = ComparisonReport {
        name: script.unwrap_or("capacity"),
        base: &builds.0.name,
        head: &builds.1.name,
        comparisons: &comparisons,
        delta: gate.delta,
        rounds: found.turns.len(),
        advisory: None,
        deciles: &[],
        ledger: &[],
        course: None,
    };
    Ok(told(lost, show(&report)?))
}

/// Keeps one side, and says where.
fn told_of(search: &Search<'_>, name: &str, run: &Run) -> Result<()> {
    let path: PathBuf = default_run_path(&format!("capacity-{name}"), run.meta.started_unix_ms)?;
    search.write(run, &[OutSpec::Run(path.clone())], None)?;
    search.note(&format!("the {name}'s search is kept in {}", path.display()));
    Ok(())
}

/// Why there are no two lines to compare.
fn why_not(compared: &Compared) -> String {
    let Compared { found, .. } = compared;
    let without: Vec<&str> = [("base", &found.base), ("head", &found.head)]
        .iter()
        .filter(|(_, of)| of.known.line().is_none())
        .map(|(name, _)| *name)
        .collect();
    if without.is_empty() {
        return format!(
            "time was up after {} turns near both lines, and a comparison takes three\nhint: give it more: `-- --at-most 10m`",
            found.turns.len()
        );
    }
    format!(
        "where the line of the {} is was not seen, so there is nothing to compare\nhint: `--max` may be too low, `--start` too high, or `--at-most` too short (after `--`)",
        without.join(" and of the ")
    )
}
