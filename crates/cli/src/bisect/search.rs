//! The search: both ends, the commits between them, and the two that are left.

use anyhow::{Context, Result, bail};
use loadline_measure::{FigureScale, Run};
use loadline_report::{BisectReport, CommitSeen, Step};
use loadline_verdict::{
    Comparison, Culprit, Ended, Endpoints, Gate, Outcome, Rounds as Figures, Spending, Turns, compare_rounds,
};

use super::notes::{NamedFigure, Notes};
use super::row::Row;
use super::side::{Pair, Recipe, Served, Side, round};

/// Rounds of a commit before it is asked again which one to measure.
const BATCH: usize = 3;
/// How certain the place of the change has to be before its two commits are held against each other.
const CERTAINTY: f64 = 0.99;

/// A step of the search.
pub(super) enum Went<T> {
    On(T),
    /// The user stopped it.
    Stopped,
}

/// A search under way.
pub(super) struct Search<'a> {
    pub(super) row: &'a Row,
    pub(super) base: Side,
    pub(super) head: Side,
    pub(super) notes: Notes,
    pub(super) endpoints: &'a Endpoints,
    pub(super) plan: Spending,
    pub(super) wanted: Option<&'a (String, String)>,
    pub(super) order: std::iter::Cycle<std::vec::IntoIter<bool>>,
    pub(super) recipe: &'a Recipe<'a>,
    pub(super) say: &'a dyn Fn(&str),
}

/// What was found.
pub(super) struct Answer {
    figure: NamedFigure,
    culprit: Culprit,
    step: Option<Step>,
    whole: Option<Step>,
    commits: Vec<CommitSeen>,
    scale: FigureScale,
}

impl Search<'_> {
    fn last(&self) -> usize {
        self.row.commits.len() - 1
    }

    /// The answer; nothing when the bad commit is not known to be worse.
    pub(super) fn run(&mut self) -> Result<Went<Option<Answer>>> {
        let last = self.last();
        (self.say)(&format!("{last} commits after the good one, which are searched by rounds of both"));
        if self.notes.known.figure.is_none() {
            match self.both_ends()? {
                Went::On(true) => {}
                Went::On(false) => return Ok(Went::On(None)),
                Went::Stopped => return Ok(Went::Stopped),
            }
        }
        let figure = self.notes.known.figure.clone().context("no figure")?;
        let Went::On(culprit) = self.between(&figure)? else { return Ok(Went::Stopped) };
        let Went::On(step) = self.beside(&figure, &culprit)? else { return Ok(Went::Stopped) };
        let whole = self.notes.known.rounds.get(&self.row.commits[last].hash);
        let whole = whole.and_then(|rounds| step_of(&figure, rounds, Gate::default().level));
        let scale = figure.scale();
        let commits = self.seen(&culprit, &scale);
        Ok(Went::On(Some(Answer { figure, culprit, step, whole, commits, scale })))
    }

    /// The good commit and the bad one, until it is known which figure is worse; false when none is.
    fn both_ends(&mut self) -> Result<Went<bool>> {
        let last = self.last();
        if !self.ready(0, last)? {
            return Ok(Went::Stopped);
        }
        let mut turns = Turns::default();
        for (look, rounds) in self.plan.looks().to_vec().into_iter().enumerate() {
            while turns.rounds() < rounds {
                match self.round()? {
                    Some(Pair::Runs(runs)) => turns.add(&runs.0, &runs.1, self.endpoints),
                    Some(Pair::HeadFailed(why)) => bail!("the bad commit {why}"),
                    None => return Ok(Went::Stopped),
                }
                (self.say)(&format!("both ends, round {} of at most {}", turns.rounds(), self.most()));
            }
            let Some(decided) = turns.decide(look, &self.plan, &at_all(Gate::default().level)) else {
                continue;
            };
            let wanted = |one: &&Comparison| match self.wanted {
                Some((subject, quantity)) => &one.subject == subject && &one.quantity == quantity,
                None => true,
            };
            if decided.comparisons.iter().filter(wanted).count() == 0 {
                let known: Vec<String> = decided
                    .comparisons
                    .iter()
                    .map(|one| format!("`{} {}`", one.subject, one.quantity))
                    .collect();
                bail!(
                    "the rounds have no such figure as `--figure` says\nhint: they have {}",
                    known.join(", ")
                );
            }
            let worse = decided.comparisons.iter().filter(wanted).filter(|one| one.outcome == Outcome::Fail);
            let Some(worst) = worse.min_by(|left, right| left.p.total_cmp(&right.p)) else {
                // Another figure may be why the verdict stands, while the one that was asked for is open.
                if decided.ended == Ended::Decided
                    && decided
                        .comparisons
                        .iter()
                        .filter(wanted)
                        .any(|one| one.outcome == Outcome::Inconclusive)
                {
                    continue;
                }
                return Ok(Went::On(false));
            };
            (self.say)(&format!("{} {} is worse: the search goes by it", worst.subject, worst.quantity));
            let is_it = |row: &&Figures| row.subject == worst.subject && row.quantity == worst.quantity;
            if let Some(row) = turns.figures().iter().find(is_it) {
                let rounds = row.base.iter().copied().zip(row.head.iter().copied()).filter(is_finite);
                self.notes.known.rounds.insert(self.row.commits[last].hash.clone(), rounds.collect());
            }
            self.notes.known.figure = Some(NamedFigure::new(&worst.subject, &worst.quantity, &worst.scale));
            self.notes.keep()?;
            return Ok(Went::On(true));
        }
        Ok(Went::On(false))
    }

    /// The commits between the ends, each against the good one, until it is known between which two the change is.
    fn between(&mut self, figure: &NamedFigure) -> Result<Went<Culprit>> {
        let mut culprit = Culprit::new(self.row.commits.len());
        for (place, commit) in self.row.commits.iter().enumerate() {
            for round in self.notes.known.rounds.get(&commit.hash).into_iter().flatten() {
                culprit.add(place, &figure.scale(), *round);
            }
            if self.notes.known.skipped.contains_key(&commit.hash) {
                culprit.skip(place);
            }
        }
        while let Some(place) = culprit.next(CERTAINTY) {
            if culprit.rounds(place) >= self.most() {
                break;
            }
            match self.measure(place, figure, &mut culprit)? {
                Went::On(Ok(())) => {}
                Went::On(Err(why)) => {
                    culprit.skip(place);
                    let commit = &self.row.commits[place];
                    (self.say)(&format!("{} is left out: it {why}", commit.short()));
                    self.notes.known.rounds.remove(&commit.hash);
                    self.notes.known.skipped.insert(commit.hash.clone(), why);
                }
                Went::Stopped => return Ok(Went::Stopped),
            }
            self.notes.keep()?;
        }
        Ok(Went::On(culprit))
    }

    /// Some rounds of a commit against the good one; why not, if it cannot be measured.
    fn measure(
        &mut self,
        place: usize,
        figure: &NamedFigure,
        culprit: &mut Culprit,
    ) -> Result<Went<Result<(), String>>> {
        if !self.good_one()? {
            return Ok(Went::Stopped);
        }
        match self.head.serve(self.row, place, self.recipe)? {
            Served::Yes => {}
            Served::No(why) => return Ok(Went::On(Err(why))),
            Served::Stopped => return Ok(Went::Stopped),
        }
        for _ in 0..BATCH {
            let runs = match self.round()? {
                Some(Pair::Runs(runs)) => runs,
                Some(Pair::HeadFailed(why)) => return Ok(Went::On(Err(why))),
                None => return Ok(Went::Stopped),
            };
            let seen =
                self.figure_of(figure, &runs).filter(|seen| culprit.add(place, &figure.scale(), *seen));
            let Some(seen) = seen else {
                return Ok(Went::On(Err(format!("has no {} {}", figure.subject, figure.quantity))));
            };
            self.notes.known.rounds.entry(self.row.commits[place].hash.clone()).or_default().push(seen);
        }
        let among = culprit.among(CERTAINTY);
        let change = culprit.change(place, &figure.scale()).unwrap_or(f64::NAN);
        let ratio = if figure.scale().by_difference() { change } else { change - 1.0 };
        (self.say)(&format!(
            "{}: {} after {} rounds; the change is in {}",
            self.row.commits[place].short(),
            loadline_units::percent_change(ratio),
            culprit.rounds(place),
            if among == 1 { "one commit".to_owned() } else { format!("one of {among} commits") },
        ));
        Ok(Went::On(Ok(())))
    }

    /// The two that are left against each other, in rounds of their own.
    fn beside(&mut self, figure: &NamedFigure, culprit: &Culprit) -> Result<Went<Option<Step>>> {
        let suspects = culprit.suspects();
        let key =
            format!("{}..{}", self.row.commits[suspects.well].hash, self.row.commits[suspects.worse].hash);
        let level = Gate::default().level;
        for (look, rounds) in self.plan.looks().to_vec().into_iter().enumerate() {
            while self.notes.known.beside.get(&key).map_or(0, Vec::len) < rounds {
                if !self.ready(suspects.well, suspects.worse)? {
                    return Ok(Went::Stopped);
                }
                let runs = match self.round()? {
                    Some(Pair::Runs(runs)) => runs,
                    Some(Pair::HeadFailed(why)) => {
                        bail!("{} {why}", self.row.commits[suspects.worse].short())
                    }
                    None => return Ok(Went::Stopped),
                };
                let seen = self
                    .figure_of(figure, &runs)
                    .with_context(|| format!("a round has no {} {}", figure.subject, figure.quantity))?;
                let kept = self.notes.known.beside.entry(key.clone()).or_default();
                kept.push(seen);
                (self.say)(&format!(
                    "{} against the one before it, round {} of at most {}",
                    self.row.commits[suspects.worse].short(),
                    kept.len(),
                    self.most()
                ));
                self.notes.keep()?;
            }
            let known = &self.notes.known.beside[&key][..rounds];
            let step = step_of(figure, known, self.plan.share(look, level));
            if step.is_some_and(|step| step.certain) || look + 1 == self.plan.looks().len() {
                return Ok(Went::On(step));
            }
        }
        Ok(Went::On(None))
    }

    /// Serves these two; false when the user stopped it.
    fn ready(&mut self, base: usize, head: usize) -> Result<bool> {
        for (side, place) in [(&mut self.base, base), (&mut self.head, head)] {
            match side.serve(self.row, place, self.recipe)? {
                Served::Yes => {}
                Served::No(why) => bail!("{} {why}", self.row.commits[place].short()),
                Served::Stopped => return Ok(false),
            }
        }
        Ok(true)
    }

    fn good_one(&mut self) -> Result<bool> {
        match self.base.serve(self.row, 0, self.recipe)? {
            Served::Yes => Ok(true),
            Served::No(why) => bail!("the good commit {why}"),
            Served::Stopped => Ok(false),
        }
    }

    fn round(&mut self) -> Result<Option<Pair>> {
        let base_first = self.order.next().unwrap_or(true);
        round(&mut self.base, &mut self.head, base_first, self.recipe.load)
    }

    /// The figure of both runs of a round.
    fn figure_of(&self, figure: &NamedFigure, runs: &(Run, Run)) -> Option<(f64, f64)> {
        let mut turns = Turns::default();
        turns.add(&runs.0, &runs.1, self.endpoints);
        let is_it = |row: &&Figures| row.subject == figure.subject && row.quantity == figure.quantity;
        let row = turns.figures().into_iter().find(|row| is_it(&row))?;
        Some((*row.base.first()?, *row.head.first()?)).filter(is_finite)
    }

    fn most(&self) -> usize {
        self.plan.looks().last().copied().unwrap_or_default()
    }

    fn seen(&self, culprit: &Culprit, scale: &FigureScale) -> Vec<CommitSeen> {
        let seen = self.row.commits.iter().enumerate().map(|(place, commit)| CommitSeen {
            hash: commit.hash.clone(),
            subject: commit.subject.clone(),
            rounds: culprit.rounds(place),
            change: culprit.change(place, scale),
            skipped: self.notes.known.skipped.get(&commit.hash).cloned(),
        });
        seen.collect()
    }
}

impl Answer {
    /// The answer for people and machines.
    pub(super) fn report(&self) -> BisectReport<'_> {
        let suspects = self.culprit.suspects();
        BisectReport {
            figure: (&self.figure.subject, &self.figure.quantity),
            scale: &self.scale,
            commits: &self.commits,
            suspects: (suspects.well, suspects.worse),
            certainty: suspects.certainty,
            step: self.step,
            whole: self.whole,
        }
    }
}

/// What rounds of two commits say: whether the second is worse at all, as sure as the level asks.
fn step_of(figure: &NamedFigure, rounds: &[(f64, f64)], level: f64) -> Option<Step> {
    let row = Figures {
        base: rounds.iter().map(|round| round.0).collect(),
        head: rounds.iter().map(|round| round.1).collect(),
        ..Figures::new(&figure.subject, &figure.quantity, &figure.scale())
    };
    let compared = compare_rounds(&[row], &at_all(level)).into_iter().next()?;
    (compared.outcome != Outcome::NoData).then(|| Step {
        figures: (compared.base, compared.head),
        change: compared.change,
        low: compared.low,
        high: compared.high,
        certain: compared.outcome == Outcome::Fail,
        rounds: compared.rounds,
    })
}

fn is_finite((base, head): &(f64, f64)) -> bool {
    base.is_finite() && head.is_finite()
}

/// Any change matters: that there is one that does is why somebody searches.
fn at_all(level: f64) -> Gate {
    Gate { delta: 0.0, share_delta: 0.0, level }
}
