//! What was written or would change, in words and for machines.

use loadline_provision::{DifferenceKind, Source, differences};
use loadline_report::plain;
use loadline_runner::{Ending, Ends, Failure};
use loadline_units::count;
use serde_json::{Value, json};

use super::folder::{Place, Stands, shown};
use crate::common::{json_text, screen};

/// So many changes of a file are told; `--json` has all.
const MOST: usize = 20;

/// What there is to tell.
pub(super) struct Told<'a> {
    pub(super) places: &'a [Place<'a>],
    pub(super) is_check: bool,
    /// Files that are not made any more.
    pub(super) no_more: &'a [String],
    pub(super) source: &'a Source,
}

/// For people.
pub(super) fn text(told: &Told<'_>) -> String {
    let mut text = "\n".to_owned();
    for place in told.places {
        text += &format!("  {}  {}\n", shown(&place.path), word(place.stands, told.is_check));
        if told.is_check {
            let lines = changes(place);
            text.extend(lines.iter().take(MOST).map(|line| format!("      {line}\n")));
            if lines.len() > MOST {
                text += &format!("      and {} more\n", count((lines.len() - MOST) as u64));
            }
        }
    }
    for path in told.no_more {
        text += &format!("  {path}  is not made any more: it stays until you take it away\n");
    }
    let left = left(told.source);
    if !left.is_empty() {
        text.push('\n');
        text.extend(left.iter().map(|words| format!("  {words}\n")));
    }
    screen::prose(plain(&format!("{text}\n{}", answer(told)))) + "\n"
}

/// For machines.
pub(super) fn json(told: &Told<'_>) -> Result<String, Failure> {
    let files: Vec<Value> = told
        .places
        .iter()
        .map(|place| {
            let stands = match place.stands {
                Stands::Same => "same",
                Stands::Missing => "missing",
                Stands::Old => "old",
                Stands::Edited => "edited",
            };
            json!({ "path": place.file.path, "was": stands, "changes": changes(place) })
        })
        .collect();
    let document = json!({
        "version": 1,
        "answer": answer(told),
        "files": files,
        "no_more": told.no_more,
        "remarks": left(told.source),
    });
    json_text(&document).ends(Ending::CouldNotRun)
}

fn word(stands: Stands, is_check: bool) -> &'static str {
    match (stands, is_check) {
        (Stands::Same, _) => "unchanged",
        (_, false) => "written",
        (Stands::Missing, true) => "is not there",
        (Stands::Old, true) => "would change",
        (Stands::Edited, true) => "was changed by hand, and would change",
    }
}

/// What would be different in a file, a line for each. Of tests of rules nothing is said: they follow from the rules.
fn changes(place: &Place<'_>) -> Vec<String> {
    let Some(was) = place.was.as_ref().filter(|_| !place.file.path.ends_with(".test.yaml")) else {
        return Vec::new();
    };
    let Some(differences) = differences(was, &place.file.text) else {
        return vec!["it does not read any more".to_owned()];
    };
    if differences.is_empty() {
        return vec!["nothing but comments and the order".to_owned()];
    }
    let line = |place: String, kind| match kind {
        DifferenceKind::Added => format!("+ {place}"),
        DifferenceKind::Removed => format!("- {place}"),
        DifferenceKind::Changed { from, to } => format!("{place}: {from} → {to}"),
    };
    differences.into_iter().map(|difference| line(difference.place, difference.kind)).collect()
}

/// What is in no file, and why.
fn left(source: &Source) -> Vec<String> {
    let unwatched = source.left.unwatched.iter();
    let unwatched = unwatched.map(|left| format!("{} is in no file: {}", left.budget, left.why));
    unwatched.chain(source.left.remarks.iter().cloned()).collect()
}

fn answer(told: &Told<'_>) -> String {
    let all = told.places.len();
    let changed = told.places.iter().filter(|place| place.stands != Stands::Same).count();
    let of = match told.source.budgets() {
        1 => "1 budget".to_owned(),
        many => format!("{} budgets", count(many as u64)),
    };
    match (changed, told.is_check) {
        (0, _) => format!("all {all} files of {of} are as they should be"),
        (changed, true) => format!("{changed} of {all} files of {of} would change"),
        (changed, false) => format!("{changed} of {all} files of {of} written"),
    }
}
