//! Which commit made it slower, in words and for machines.

use loadline_measure::FigureScale;
use loadline_units as units;
use serde_json::{Value, json};

use crate::figure_text::figure_text;
use crate::text::{column, plain, widest};

/// A search over a row of commits, with what it has come to.
#[derive(Clone, Debug)]
pub struct BisectReport<'a> {
    /// The figure that tells them apart: its subject and quantity.
    pub figure: (&'a str, &'a str),
    /// In what it is counted.
    pub scale: &'a FigureScale,
    /// The row, the good one first.
    pub commits: &'a [CommitSeen],
    /// The last that is well and the first that is worse, by their places.
    pub suspects: (usize, usize),
    /// The probability that the change is between them.
    pub certainty: f64,
    /// The two beside each other.
    pub step: Option<Step>,
    /// The bad one against the good one.
    pub whole: Option<Step>,
}

/// A commit of the row.
#[derive(Clone, Debug)]
pub struct CommitSeen {
    /// Its hash.
    pub hash: String,
    /// The first line of its message.
    pub subject: String,
    /// Rounds against the good one.
    pub rounds: usize,
    /// How it stands to the good one: a ratio, or a difference of shares.
    pub change: Option<f64>,
    /// Why it could not be measured, if so.
    pub skipped: Option<String>,
}

/// Two commits in rounds of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The figure of the first, and of the second.
    pub figures: (f64, f64),
    /// The change: a ratio, or a difference of shares.
    pub change: f64,
    /// Its interval, at 99 % or what the looks have left of it.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Whether it is worse for certain.
    pub certain: bool,
    /// How many rounds.
    pub rounds: usize,
}

impl BisectReport<'_> {
    /// Whether one commit is named, for certain.
    pub fn is_named(&self) -> bool {
        self.suspects.1 == self.suspects.0 + 1 && self.step.is_some_and(|step| step.certain)
    }

    /// Whether the step is clearly less than the whole change, so that another commit has its part in it.
    fn leaves_a_rest(&self) -> bool {
        let bad = |change: f64| if self.scale.by_difference() { change } else { change.ln() };
        let (Some(step), Some(whole)) = (self.step, self.whole) else { return false };
        let far = |step: &Step| bad(step.low).abs().max(bad(step.high).abs());
        let near = |step: &Step| bad(step.low).abs().min(bad(step.high).abs());
        step.certain && far(&step) < near(&whole)
    }

    fn change(&self, change: f64) -> String {
        if self.scale.by_difference() {
            units::percent_change(change)
        } else {
            units::percent_change(change - 1.0)
        }
    }

    fn step(&self, step: &Step) -> String {
        format!(
            "{} to {}, {} ({} to {}, {} rounds)",
            figure_text(step.figures.0, self.scale),
            figure_text(step.figures.1, self.scale),
            self.change(step.change),
            self.change(step.low.min(step.high)),
            self.change(step.low.max(step.high)),
            step.rounds,
        )
    }
}

/// The first letters of a hash.
fn short(hash: &str) -> &str {
    hash.get(..10).unwrap_or(hash)
}

/// The commits that were measured, and the answer.
pub fn bisect_text(report: &BisectReport<'_>) -> String {
    let (well, worse) = report.suspects;
    let last = report.commits.len() - 1;
    let shown: Vec<(usize, &CommitSeen)> = report
        .commits
        .iter()
        .enumerate()
        .filter(|(place, commit)| {
            [0, last, well, worse].contains(place) || commit.rounds > 0 || commit.skipped.is_some()
        })
        .collect();
    let width = widest(shown.iter().map(|(_, commit)| commit.subject.as_str())).clamp(8, 40);
    let (subject, quantity) = report.figure;
    let mut text = format!("\n  {subject} {quantity} against {}\n\n", short(&report.commits[0].hash));
    for (place, commit) in shown {
        let said = match (&commit.skipped, commit.change) {
            (Some(why), _) => why.lines().next().unwrap_or_default().to_owned(),
            (None, Some(change)) => format!("{:>8}  in {} rounds", report.change(change), commit.rounds),
            (None, None) if place == 0 => format!("{:>8}", "good"),
            (None, None) => String::new(),
        };
        let mark = if place > well && place <= worse { "✗" } else { " " };
        text += &format!("  {mark} {}  {}  {said}\n", short(&commit.hash), column(&commit.subject, width));
    }
    text.push('\n');
    text += &answer(report);
    plain(&text)
}

fn answer(report: &BisectReport<'_>) -> String {
    let (well, worse) = report.suspects;
    let (subject, quantity) = report.figure;
    let (first, hash) = (&report.commits[well], short(&report.commits[worse].hash));
    let what = &report.commits[worse].subject;
    let mut text = String::new();
    if worse > well + 1 {
        let between = worse - well;
        text += &format!(
            "  One of {between} commits after {} up to {hash} made {subject} {quantity} worse ({} certain); those between could not be measured\n",
            short(&first.hash),
            units::percent(report.certainty),
        );
    } else if report.is_named() {
        text += &format!(
            "  {hash} made {subject} {quantity} worse, {} certain: {what}\n",
            units::percent(report.certainty)
        );
    } else {
        text += &format!(
            "  {hash} is the likeliest to have made {subject} {quantity} worse ({}), and not for certain: {what}\n",
            units::percent(report.certainty)
        );
    }
    if let Some(step) = &report.step {
        text += &format!("  From the one before to it: {}\n", report.step(step));
    }
    if let Some(whole) = &report.whole {
        text += &format!("  From the good one to the bad one: {}\n", report.step(whole));
    }
    if report.leaves_a_rest() {
        text += "  That is less than the whole change: another commit has its part in it; search on each side of this one\n";
    }
    text
}

/// The search for machines.
///
/// ```json
/// { "version": 1, "subject": "search", "quantity": "p95", "scale": "ms", "named": true, "certainty": 0.998,
///   "last_good": "1f…", "first_bad": "9c…", "step": { "base": 41.2, "head": 47.5, "change": 1.15, "low": 1.12, "high": 1.19,
///   "certain": true, "rounds": 12 }, "whole": {}, "commits": [{ "commit": "1f…", "message": "search: sort", "rounds": 6,
///   "change": 1.01, "skipped": null }] }
/// ```
pub fn bisect_json(report: &BisectReport<'_>) -> Value {
    let step = |step: &Step| {
        json!({
            "base": step.figures.0, "head": step.figures.1, "change": step.change,
            "low": step.low, "high": step.high, "certain": step.certain, "rounds": step.rounds,
        })
    };
    let commits: Vec<Value> = report
        .commits
        .iter()
        .map(|commit| {
            json!({
                "commit": commit.hash, "message": commit.subject, "rounds": commit.rounds,
                "change": commit.change, "skipped": commit.skipped,
            })
        })
        .collect();
    json!({
        "version": 1,
        "subject": report.figure.0,
        "quantity": report.figure.1,
        "scale": report.scale.word(),
        "named": report.is_named(),
        "certainty": report.certainty,
        "last_good": report.commits[report.suspects.0].hash,
        "first_bad": report.commits[report.suspects.1].hash,
        "step": report.step.as_ref().map(step),
        "whole": report.whole.as_ref().map(step),
        "commits": commits,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commits() -> Vec<CommitSeen> {
        (0..6)
            .map(|place| CommitSeen {
                hash: format!("{place}").repeat(40),
                subject: format!("change \u{1b}[31mnumber {place}"),
                rounds: if place == 3 { 6 } else { 0 },
                change: (place == 3).then_some(1.15),
                skipped: (place == 4).then(|| "does not build\ndetails".to_owned()),
            })
            .collect()
    }

    fn step(change: f64, certain: bool) -> Step {
        let figures = (40.0, 40.0 * change);
        Step { figures, change, low: change - 0.02, high: change + 0.02, certain, rounds: 12 }
    }

    fn text(suspects: (usize, usize), of_step: Option<Step>, whole: f64) -> String {
        let report = BisectReport {
            figure: ("search", "p95"),
            scale: &FigureScale::LATENCY,
            commits: &commits(),
            suspects,
            certainty: 0.995,
            step: of_step,
            whole: Some(step(whole, true)),
        };
        let json = bisect_json(&report);
        assert_eq!(json["named"], report.is_named());
        assert_eq!(json["commits"].as_array().map(Vec::len), Some(6));
        bisect_text(&report)
    }

    #[test]
    fn one_commit_is_named_with_its_evidence() {
        let text = text((2, 3), Some(step(1.15, true)), 1.16);
        assert!(text.contains("  ✗ 3333333333  change"), "{text}");
        assert!(text.contains("3333333333 made search p95 worse, 99.50% certain"), "{text}");
        assert!(text.contains("40ms to 46ms, +15.0% (+13.0% to +17.0%, 12 rounds)"), "{text}");
        assert!(text.contains("does not build\n") && !text.contains("details"), "{text}");
        assert!(!text.contains("another commit") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert!(text((2, 3), Some(step(1.01, false)), 1.16).contains("not for certain"));
        let several = text((3, 5), None, 1.16);
        assert!(several.contains("One of 2 commits after 3333333333 up to 5555555555"), "{several}");
        assert!(text((2, 3), Some(step(1.15, true)), 1.40).contains("another commit has its part"));
    }
}
