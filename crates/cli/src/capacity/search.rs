//! A search, whatever it is of: what is told meanwhile, what it comes to, and what is kept of it.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use loadline_capacity::live::{Counting, Found, Load, Said, Scale, Searching, Told, kept, listener, search};
use loadline_capacity::search::{Answer, Bound, Known, Stopped, Terms, answer};
use loadline_capacity::told::amount;
use loadline_history::History;
use loadline_measure::{Run, ThresholdText};
use loadline_page::load_line_svg;
use loadline_report::{Content, Event};
use loadline_runner::{
    Described, Ending, Ends, Failure, Interrupts, OutSpec, SamplingSettings, Subject, Voice,
    outputs_and_history,
};
use loadline_script::modules::Log;
use loadline_scripted::{Scripted, Session, Source};
use loadline_verdict::{Budgets, TargetBudget, first_of, judge};
use url::Url;

use super::kept::KeptSearch;
use super::loads::{TypedLoad, contradiction};
use super::search_arguments::{AnswerArguments, SearchArguments};
use super::{progress, report, target};
use crate::common::{ProjectFile, Screen, check_page, folded, json_text, print, screen, write_page};

/// A URL asks for no load: it begins with this, per second, and never goes beyond that.
const START_PER_S: f64 = 10.0;
const MAX_PER_S: f64 = 20_000.0;
/// A script asks for one: a quarter of it begins, and ten times as much is never gone beyond.
const START_PART: f64 = 0.25;
const MAX_TIMES: f64 = 10.0;
/// What is permitted where nobody says what errors are.
const ERRORS: f64 = 0.01;
/// So many contradictions are told one by one.
const MOST_SAID: usize = 10;
/// The last step takes a little longer than it may: it is ended in good time.
const IN_TIME_S: f64 = 5.0;

/// What a search is made with.
pub(crate) struct Search<'w> {
    pub(crate) wanted: &'w SearchArguments,
    pub(crate) answer: &'w AnswerArguments,
    pub(crate) screen: &'w Arc<Screen>,
    pub(crate) voice: &'w Arc<dyn Voice>,
    pub(crate) interrupts: &'w Interrupts,
    pub(crate) sampling: &'w SamplingSettings,
    pub(crate) project: &'w ProjectFile,
    /// Whether the command has `--resume`, so that what is known is written down as the search goes on.
    pub(crate) can_resume: bool,
    /// What else the answer means, of the load that is carried and the load that was asked for.
    pub(crate) meaning: Option<&'w dyn Fn(f64, f64) -> String>,
}

impl Search<'_> {
    /// Searches a script.
    pub(crate) fn script(&self, source: &Source) -> Result<Ending, Failure> {
        let session = self.session(source)?;
        let url = Url::parse(&session.origin.target).ok();
        let scale = Scale::of(&session.settled.plan).ok_or_else(|| {
            Failure::new(Ending::Configuration, "the script's plan has no load that could be scaled")
        })?;
        self.look(&mut Scripted::new(&session), &scale, url.as_ref())
    }

    /// A script with all that it is judged by.
    pub(crate) fn session(&self, source: &Source) -> Result<Session, Failure> {
        let log: Arc<dyn Log> = Arc::clone(self.screen) as Arc<dyn Log>;
        let mut session = Session::prepare(source, &log, self.interrupts)?;
        session.judge_by(&self.project.project, source);
        let typed: Vec<ThresholdText> = self.wanted.budgets.iter().map(TargetBudget::threshold).collect();
        let typed = Budgets::parse("--budget", &typed, &session.schema).ends(Ending::Configuration)?;
        session.budgets.budgets.extend(typed.budgets);
        session.budgets.register(&session.schema);
        Ok(session)
    }

    /// Where load goes, if it may.
    pub(crate) fn permitted(&self, url: Option<&Url>) -> Result<Vec<SocketAddr>, Failure> {
        let addresses: Vec<SocketAddr> = url.map(target::addresses).unwrap_or_default();
        if !self.wanted.yes {
            target::may(url, &addresses)?;
        }
        Ok(addresses)
    }

    /// What is counted, and whether p95 is to be limited by what it is under little load.
    ///
    /// # Errors
    /// When budgets contradict each other.
    pub(crate) fn counting(&self, of: &loadline_runner::Terms) -> Result<(Counting, bool), Failure> {
        let (mut counting, left) = Counting::of(&of.budgets, &of.schema).map_err(|contradictions| {
            let all = first_of(&contradictions, MOST_SAID, "\n");
            Failure::new(Ending::Configuration, format!("{all}\nhint: leave one of the two out"))
        })?;
        for left in &left {
            self.note(&format!("`{}` is left out: {}", left.budget, left.why));
        }
        let learns_latency = counting.is_empty();
        if !counting.counts_errors() {
            if !learns_latency {
                self.note("no budget is about errors, so they may be up to 1%");
            }
            counting.add_errors(ERRORS);
        }
        Ok((counting, learns_latency))
    }

    /// Searches, and reports.
    pub(super) fn look<S: Subject>(
        &self,
        subject: &mut S,
        scale: &Scale,
        url: Option<&Url>,
    ) -> Result<Ending, Failure> {
        let addresses = self.permitted(url)?;
        let picture = self.answer.svg.as_deref();
        picture.map_or(Ok(()), |path| check_page(path, Content::Picture)).ends(Ending::OutputNotWritten)?;
        let of = subject.terms();
        let (mut counting, learns_latency) = self.counting(&of)?;
        if learns_latency {
            self.note("no budget was given, so errors may be up to 1% and p95 twice what it is under little load, or 10ms");
        }
        let terms = self.terms(scale)?;
        self.begin(scale, &terms);
        let requirements = counting.requirements();
        let identity = format!("{} {requirements:?} {learns_latency}", of.origin.workload.identity);
        let file = self.can_resume.then(|| KeptSearch::of(&identity));
        let begun = if let Some(file) = file.as_ref().filter(|_| self.wanted.resume) {
            let (mut known, evidence) = file.read()?;
            for learned in known.requirements.iter().skip(requirements.len()) {
                let limit = loadline_units::parse_time(&learned.limit).ends(Ending::CouldNotRun)?;
                counting.add_latency(1.0 - learned.permitted, limit);
            }
            known.terms.at_most_s = known.elapsed_s + terms.at_most_s;
            known.terms.max = terms.max;
            (known, evidence)
        } else {
            (Known::new(terms, requirements.clone()), Vec::new())
        };
        let searching = Searching {
            learns_latency: learns_latency && begun.0.requirements.len() == requirements.len(),
            scale,
            counting,
            sampling: self.sampling,
            listener: addresses
                .iter()
                .find(|one| one.ip().is_loopback())
                .and_then(|one| listener(one.port())),
        };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
        let (mut seen, mut is_unkept) = (begun.1.clone(), false);
        let load = scale.load;
        let found = runtime.block_on(async {
            let found = search(subject, searching, begun, self.interrupts, &mut |told| match told {
                Told::Trying { known, purpose, load: at, most_s } => {
                    if !self.interrupts.any() && std::io::stderr().is_terminal() {
                        self.note(&progress::trying(known, purpose, at, most_s, load.words()));
                    }
                }
                Told::Tried { known, evidence } => {
                    seen.push(evidence.clone());
                    if let Some(file) = &file
                        && let Err(error) = file.keep(known, &seen)
                        && !std::mem::replace(&mut is_unkept, true)
                    {
                        let path = file.shown();
                        let words = format!(
                            "`{path}` cannot be written ({error}): `--resume` cannot go on from here"
                        );
                        self.screen.warn(&words);
                    }
                    if let Some(line) = progress::tried(known, evidence, load.words()) {
                        self.note(&line);
                    }
                }
                Told::Warning(text) => self.screen.warn(text),
            })
            .await;
            let ended = subject.end(self.interrupts, &**self.voice).await;
            let found = found?;
            ended.map(|()| found)
        });
        runtime.shutdown_background();
        self.report(&found?, scale, file.as_ref())
    }

    /// On what terms it is searched.
    ///
    /// # Errors
    /// When what was typed contradicts itself.
    pub(crate) fn terms(&self, scale: &Scale) -> Result<Terms, Failure> {
        let users = scale.load == Load::Users;
        let (start, max) = match scale.load {
            Load::Requests => (START_PER_S, MAX_PER_S),
            Load::Iterations => (scale.asked * START_PART, scale.asked * MAX_TIMES),
            Load::Users => ((scale.asked * START_PART).round().max(1.0), scale.asked * MAX_TIMES),
        };
        let typed = [&self.wanted.expect, &self.wanted.max, &self.wanted.start].map(Option::as_ref);
        if let Some(why) = contradiction(typed, scale.load, max) {
            return Err(Failure::new(Ending::Configuration, why));
        }
        let value = |typed: &Option<TypedLoad>| typed.as_ref().map(|typed| typed.value);
        // What is expected is tried, even where that is more than what is usually not gone beyond.
        let usual = value(&self.wanted.expect).map_or(max, |expected| max.max(expected));
        let max = value(&self.wanted.max).unwrap_or(usual);
        Ok(Terms {
            start: value(&self.wanted.start).unwrap_or(start).min(max),
            max,
            at_most_s: (self.wanted.at_most.as_secs_f64() - IN_TIME_S).max(1.0),
            whole: users,
            burst: !self.wanted.no_burst,
        })
    }

    /// Says what is scaled, how far it may go and how long it may take.
    pub(crate) fn begin(&self, scale: &Scale, terms: &Terms) {
        let at_most = loadline_units::duration_text(self.wanted.at_most);
        let (start, max) = (amount(terms.start), amount(terms.max));
        let words = scale.load.words();
        self.note(&format!(
            "from {start} to at most {max} {words} (`--max`), for {at_most} at most (`--at-most`)"
        ));
        match scale.load {
            Load::Users => self.note("nothing arrives on a schedule, so users are scaled, each with its think time: they wait for answers, and ask less of a slow system"),
            Load::Iterations if scale.is_mixed() => {
                self.note("rates of arrival and numbers of users are scaled by one factor");
            }
            Load::Iterations | Load::Requests => {}
        }
    }

    /// Says something, unless nothing but the answer is wanted.
    pub(crate) fn note(&self, text: &str) {
        if self.answer.quiet {
            return;
        }
        if std::io::stderr().is_terminal() {
            self.screen.note(&folded(text, usize::from(screen::size().columns).max(40)));
        } else {
            self.screen.note(text);
        }
    }

    fn report(&self, found: &Found, scale: &Scale, file: Option<&KeptSearch>) -> Result<Ending, Failure> {
        let load = scale.load;
        let expected = self.wanted.expect.as_ref().map(|expected| expected.value);
        let answer = answer(&found.known);
        let mut told = report::told(found, &answer, load, expected, screen::result_width());
        let meaning = self.meaning.filter(|_| answer.carries > 0.0);
        told.meaning = meaning.map(|meaning| meaning(answer.carries, scale.asked));
        let ending = self.ending(found, &answer, expected);
        let lost = self.keep(found, &Said { answer: &answer, sentence: &told.sentence, load, expected });
        let gone = gone(found);
        if let Some(why) = gone {
            self.screen.error(&format!("the target is gone: {why}"));
        }
        match file {
            Some(file) if (ending == Ending::Signal || gone.is_some()) && file.is_kept() => {
                self.note("hint: the same command with `--resume` goes on from here");
            }
            Some(file) => file.done(),
            None => {}
        }
        let mut lines = told.lines.clone();
        lines.extend(told.meaning.clone());
        if self.wanted.fit {
            lines.extend(report::models(found, load));
        }
        let printed = if self.answer.json {
            json_text(&report::json_of(found, &answer, &told, load, expected))
                .and_then(|text| print(text.as_bytes()))
        } else {
            lines.push(told.sentence.clone());
            // The last one is the answer.
            print((screen::prose(lines.join("\n")) + "\n").as_bytes())
        };
        let drawn = picture(self.answer.svg.as_deref(), found, &answer, &told, load);
        let lost = lost.and(drawn).and(printed);
        match lost {
            Err(error) if ending == Ending::Passed => Err(error).ends(Ending::OutputNotWritten),
            Err(error) => {
                self.screen.error(&format!("{error:#}"));
                Ok(ending)
            }
            Ok(()) => Ok(ending),
        }
    }

    fn ending(&self, found: &Found, answer: &Answer, expected: Option<f64>) -> Ending {
        if self.interrupts.any() {
            return Ending::Signal;
        }
        if gone(found).is_some() {
            return Ending::CouldNotRun;
        }
        match (&answer.bound, expected) {
            (Bound::Unknown(_) | Bound::Generator(_), _) => Ending::CouldNotRun,
            // Whether it is carried nobody knows.
            (Bound::AtLeastGenerator(_), Some(expected)) if answer.carries < expected => Ending::Saturated,
            (Bound::Nothing | Bound::NeverCalm, _) => Ending::Failed,
            (_, Some(expected)) if answer.carries < expected => Ending::Failed,
            _ => Ending::Passed,
        }
    }

    /// Keeps the search as a Run.
    fn keep(&self, found: &Found, said: &Said<'_>) -> Result<()> {
        let Some(last) = &found.last else { return Ok(()) };
        let run: Run = kept(&last.meta, (&found.known, &found.evidence), said)?;
        self.write(&run, &self.answer.outs, self.answer.history.open(self.project, self.interrupts))
    }

    /// Writes a Run to where it is wanted, and into the history.
    pub(crate) fn write(&self, run: &Run, outs: &[OutSpec], history: Option<Result<History>>) -> Result<()> {
        let budgets = Budgets::of_run(run)?;
        let verdicts = judge(run, &budgets);
        let described = Described { meta: &run.meta, schema: run.schema(), budgets: &budgets };
        let (mut outputs, place) = outputs_and_history(outs, "capacity", history, described, &**self.voice)?;
        for output in &mut outputs {
            for (second, window) in run.seconds() {
                output.event(&Event::Second { second, window: &window, run, progress: &[] })?;
            }
            output.finish(run, &verdicts)?;
        }
        if let Some(words) = place.and_then(|place| place.words()) {
            self.note(&words);
        }
        Ok(())
    }
}

/// Draws it, if that is wanted.
fn picture(
    path: Option<&Path>,
    found: &Found,
    answer: &Answer,
    told: &report::Told,
    load: Load,
) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let drawn = load_line_svg(&report::drawing(found, answer, told, load));
    screen::remark(&write_page(path, Content::Picture, &drawn)?);
    Ok(())
}

/// Why the target is not there any more, if it is not.
fn gone(found: &Found) -> Option<&str> {
    match found.known.steps.last()?.stopped.as_ref()? {
        Stopped::TargetGone(why) => Some(why),
        Stopped::Interrupted => None,
    }
}
