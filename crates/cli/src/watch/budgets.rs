//! What is left of each error budget, as a table: the emptiest first.

use std::time::Duration;

use loadline_report::{Line, Role};
use loadline_units::{decimals, duration_text, whole_percent};
use loadline_watch::{Left, PERIOD_S};

use super::stands::Stands;

const GAP: usize = 2;
/// Names are not cut to less.
const NARROWEST: usize = 12;
/// Of a day or more, hours do not matter.
const DAY_S: u64 = 86_400;

/// The table; nothing where no budget was asked for.
pub(super) fn table(stands: &Stands, width: usize) -> Vec<Line> {
    let with_left =
        stands.all.iter().filter_map(|(objective, watched)| Some((objective.key(), watched.left?)));
    let mut all: Vec<(String, Left)> = with_left.collect();
    if all.is_empty() {
        return Vec::new();
    }
    all.sort_by(|left, right| left.1.share.total_cmp(&right.1.share));
    let mut rows = vec![[String::new(), "left".to_owned(), "burns".to_owned(), "gone in".to_owned()]];
    rows.extend(all.iter().map(|(key, left)| cells(key, left)));
    let mut columns = [0; 4];
    for row in &rows {
        for (column, text) in columns.iter_mut().zip(row) {
            *column = (*column).max(text.chars().count());
        }
    }
    let rest: usize = columns[1..].iter().map(|column| column + GAP).sum();
    columns[0] = columns[0].min(width.saturating_sub(rest + GAP).max(NARROWEST));
    let title = format!("error budgets of {}, the rate is that of the last day", length(PERIOD_S));
    let mut lines = vec![Line::new(), Line::new().with(Role::Heading, &title).truncated(width)];
    for (number, row) in rows.iter().enumerate() {
        let left = number.checked_sub(1).map(|number| all[number].1);
        lines.push(line(row, &columns, left, width));
    }
    let known_s = all.iter().map(|(_, left)| left.known_s).min().unwrap_or(PERIOD_S);
    if known_s * 10 < PERIOD_S * 9 {
        let words = format!("of {}, all that is known", length(known_s));
        lines.push(Line::indented(GAP).with(Role::Dim, &words).truncated(width));
    }
    lines
}

fn cells(key: &str, left: &Left) -> [String; 4] {
    let share =
        if left.share < 0.0 { format!("-{}", whole_percent(-left.share)) } else { whole_percent(left.share) };
    let burn = if left.burn >= 100.0 { decimals(left.burn, 0) } else { decimals(left.burn, 1) };
    let gone = match left.gone_in_s {
        _ if left.share <= 0.0 => "used up".to_owned(),
        Some(gone_in_s) => length(gone_in_s),
        None => "lasts".to_owned(),
    };
    [key.to_owned(), share, format!("{burn}×"), gone]
}

fn line(row: &[String; 4], columns: &[usize; 4], left: Option<Left>, width: usize) -> Line {
    let role = match left {
        None => Role::Dim,
        Some(left) if left.share <= 0.0 => Role::Bad,
        Some(left) if left.gone_in_s.is_some() => Role::Warning,
        Some(_) => Role::Text,
    };
    let mut line = Line::indented(GAP).with(Role::Text, &row[0]).truncated(GAP + columns[0]);
    let mut end = GAP + columns[0];
    for (text, column) in row.iter().zip(columns).skip(1) {
        end += GAP + column;
        line.pad_to(end - text.chars().count());
        line.push(role, text);
    }
    line.truncated(width)
}

/// `12d`, or `5h` below a day.
fn length(seconds: u64) -> String {
    if seconds >= DAY_S {
        return format!("{}d", seconds / DAY_S);
    }
    duration_text(Duration::from_secs((seconds / 3600).max(1) * 3600))
}
