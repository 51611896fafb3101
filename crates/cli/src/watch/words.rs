//! How budgets stand, for people.

use loadline_report::{Line, Role, wrap};
use loadline_units as units;
use loadline_watch::{Burn, BurnState, Objective, Standing, Watched, burn_words, fact_words};

use super::budgets::table;
use super::marked::marked;
use super::stands::Stands;

/// Prose is no wider than this.
const WIDEST: usize = 110;

/// All of them, and the answer at the end.
pub(super) fn text(stands: &Stands, width: usize) -> Vec<Line> {
    let width = width.min(WIDEST);
    let title = format!("{} at {}", stands.server, stands.at);
    let mut lines = vec![Line::new(), Line::new().with(Role::Heading, &title).truncated(width), Line::new()];
    for ((objective, watched), around) in stands.all.iter().zip(&stands.around) {
        lines.extend(one(objective, watched, around, width));
    }
    lines.extend(table(stands, width));
    if !stands.remarks.is_empty() || !stands.unwatched.is_empty() {
        lines.push(Line::new());
    }
    let mut prose = |mark: &str, text: &str| lines.extend(marked(mark, Role::Warning, text, width));
    for remark in &stands.remarks {
        prose("!", remark);
    }
    for unwatched in &stands.unwatched {
        prose("–", &format!("{} is not watched: {}", unwatched.budget, unwatched.why));
    }
    lines.push(Line::new());
    let (good, answer) = answer(stands);
    let role = if good { Role::Good } else { Role::Bad };
    lines.extend(wrap(&answer, width).iter().map(|line| Line::new().with(role, line)));
    lines
}

fn one(objective: &Objective, watched: &Watched, around: &[String], width: usize) -> Vec<Line> {
    let (mark, role) = match watched.standing {
        Standing::Burning(_) => ("✗", Role::Bad),
        Standing::NoData if objective.allow_no_data => ("?", Role::Dim),
        Standing::NoData => ("✗", Role::Warning),
        Standing::TooFew => ("?", Role::Warning),
        Standing::Keeps if watched.fact.is_beyond == Some(true) => ("!", Role::Warning),
        Standing::Keeps => ("✓", Role::Good),
    };
    let mut head = Line::new().with(role, mark).with(Role::Text, &format!(" {}", objective.endpoint));
    head.push(Role::Value, &format!("  {}", objective.condition));
    if let Standing::Burning(severity) = watched.standing {
        head.push(Role::Bad, &format!("  {}", severity.name()));
    }
    let mut lines = vec![head.truncated(width)];
    let mut below = |role: Role, text: &str| {
        let wrapped = wrap(text, width.saturating_sub(4).max(20));
        lines.extend(wrapped.iter().map(|line| Line::indented(4).with(role, line)));
    };
    below(Role::Dim, &fact_words(objective, &watched.fact));
    for burn in watched.burns.iter().filter(|burn| burn.state == BurnState::Burning) {
        below(Role::Text, &format!("burns {}", burn_words(burn)));
    }
    for words in around {
        below(Role::Text, words);
    }
    match watched.standing {
        // One that does not burn says how near it is.
        Standing::Keeps => {
            if let Some(burn) = nearest(&watched.burns) {
                below(Role::Dim, &format!("burns {}", burn_words(burn)));
            }
        }
        Standing::TooFew => {
            for burn in watched.burns.iter().filter(|burn| matches!(burn.state, BurnState::TooFew { .. })) {
                below(Role::Dim, &burn_words(burn));
            }
        }
        _ => {}
    }
    lines
}

/// The pair of windows that is nearest to its factor.
fn nearest(burns: &[Burn]) -> Option<&Burn> {
    let part = |burn: &Burn| burn.long.unwrap_or(0.0) / burn.window.factor;
    let quiet = burns.iter().filter(|burn| burn.state == BurnState::Quiet && burn.long.is_some());
    quiet.max_by(|left, right| part(left).total_cmp(&part(right)))
}

/// The answer, and whether it is a good one.
pub(super) fn answer(stands: &Stands) -> (bool, String) {
    let all = stands.all.len();
    let of = |wanted: &dyn Fn(&Objective, &Watched) -> bool| -> Vec<String> {
        let found = stands.all.iter().filter(|(objective, watched)| wanted(objective, watched));
        found.map(|(objective, _)| objective.key()).collect()
    };
    let burning = of(&|_, watched| matches!(watched.standing, Standing::Burning(_)));
    let silent =
        of(&|objective, watched| watched.standing == Standing::NoData && stands.fails(objective, watched));
    let beyond = of(&|objective, watched| {
        matches!(watched.standing, Standing::Keeps | Standing::TooFew) && stands.fails(objective, watched)
    });
    let few = of(&|_, watched| watched.standing == Standing::TooFew).len();
    let mut parts = Vec::new();
    for (names, one, many) in [
        (&burning, "burns too fast", "burn too fast"),
        (&beyond, "is beyond its limit", "are beyond their limits"),
        (&silent, "has no data", "have no data"),
    ] {
        if let Some(first) = names.first() {
            let words = if names.len() == 1 { one } else { many };
            let more = match names.len() - 1 {
                0 => first.clone(),
                more => format!("{first} and {more} more"),
            };
            parts.push(format!("{} of {} {words}: {more}", names.len(), budgets(all)));
        }
    }
    if !parts.is_empty() {
        return (false, parts.join("; "));
    }
    let open = if few == 0 {
        String::new()
    } else {
        format!("; of {} too few requests are counted to tell", units::count(few as u64))
    };
    (true, format!("none of {} burns too fast{open}", budgets(all)))
}

fn budgets(number: usize) -> String {
    if number == 1 { "1 budget".to_owned() } else { format!("{} budgets", units::count(number as u64)) }
}
