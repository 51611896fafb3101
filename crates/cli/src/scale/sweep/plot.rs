//! What policies cost against what they are like: one picture of all of them, in characters.
//!
//! Response times are apart by ratios, as they grow by them; costs by differences. Where several policies fall on one
//! place, the one that says most is seen: the chosen one before one that keeps the budgets, that before one that breaks
//! them.

use loadline_page::Standing;
use loadline_units as units;

use super::search::Swept;

/// Lines of the picture, and its widest.
const HEIGHT: usize = 9;
const WIDEST: usize = 100;
/// Room for what is written at the left.
const LABEL: usize = 10;

const BROKEN: char = '×';
const KEPT: char = '●';
const CHOSEN: char = '◆';
const LIMIT: char = '╌';

/// The picture, in so many columns; nothing where there is nothing to compare.
pub(super) fn plot(swept: &Swept, width: usize) -> Vec<String> {
    let points: Vec<(f64, f64, char)> = swept
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.worst_p95_ms > 0.0 && row.worst_p95_ms.is_finite() && row.cost.is_finite())
        .map(|(index, row)| {
            let mark = match swept.standing(index) {
                Standing::Chosen => CHOSEN,
                Standing::Keeps => KEPT,
                Standing::Breaks => BROKEN,
            };
            (row.cost, row.worst_p95_ms, mark)
        })
        .collect();
    let columns = width.saturating_sub(LABEL + 4).clamp(12, WIDEST);
    drawn(&points, swept.limit_ms(), columns)
}

fn drawn(points: &[(f64, f64, char)], limit_ms: Option<f64>, columns: usize) -> Vec<String> {
    let span = |of: &dyn Fn(&(f64, f64, char)) -> f64| {
        points
            .iter()
            .map(of)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (least, most) = span(&|point| point.0);
    let (quick, slow) = span(&|point| point.1.ln());
    if points.len() < 2 || most <= least {
        return Vec::new();
    }
    // A limit far beyond all that was seen would flatten it.
    let limit = limit_ms.filter(|limit| *limit > 0.0).map(|limit| limit.ln().clamp(quick - 1.0, slow + 1.0));
    let (low, high) = (limit.unwrap_or(quick).min(quick), limit.unwrap_or(slow).max(slow) + 1e-9);
    let row_of = |value: f64| ((high - value) / (high - low) * (HEIGHT - 1) as f64).round() as usize;
    let column_of = |cost: f64| ((cost - least) / (most - least) * (columns - 1) as f64).round() as usize;
    let mut cells = vec![vec![' '; columns]; HEIGHT];
    if let Some(limit) = limit {
        cells[row_of(limit)].fill(LIMIT);
    }
    let rank = |mark: char| [' ', LIMIT, BROKEN, KEPT, CHOSEN].iter().position(|known| *known == mark);
    for (cost, p95_ms, mark) in points {
        let cell = &mut cells[row_of(p95_ms.ln())][column_of(*cost)];
        if rank(*mark) > rank(*cell) {
            *cell = *mark;
        }
    }
    let mut labels = vec![String::new(); HEIGHT];
    labels[0] = units::time(high.exp());
    labels[HEIGHT - 1] = units::time(low.exp());
    if let (Some(limit), Some(limit_ms)) = (limit, limit_ms) {
        labels[row_of(limit)] = units::time(limit_ms);
    }
    let mut lines = vec![format!("  {:>LABEL$}  {CHOSEN} chosen  {KEPT} kept  {BROKEN} broken", "worst p95")];
    for (label, row) in labels.iter().zip(cells) {
        let row: String = row.into_iter().collect();
        lines.push(format!("  {label:>LABEL$}  {}", row.trim_end()));
    }
    let (from, to) = (units::decimals(least, 1), units::decimals(most, 1));
    let gap = columns.saturating_sub(from.len() + to.len()).max(1);
    lines.push(format!("  {:>LABEL$}  {from}{}{to}", "cost", " ".repeat(gap)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_stand_where_their_cost_and_their_times_are() {
        let points =
            [(10.0, 1000.0, BROKEN), (20.0, 400.0, CHOSEN), (20.0, 400.0, KEPT), (30.0, 100.0, KEPT)];
        let lines = drawn(&points, Some(500.0), 21);
        assert_eq!(lines.len(), HEIGHT + 2);
        let at = |mark: char| -> Vec<(usize, usize)> {
            let lines = lines[1..=HEIGHT].iter().enumerate();
            lines
                .flat_map(|(row, line)| {
                    line.chars().enumerate().map(move |(column, found)| (row, column, found))
                })
                .filter(|(.., found)| *found == mark)
                .map(|(row, column, _)| (row, column - 14))
                .collect()
        };
        assert_eq!(
            (at(BROKEN), at(CHOSEN), at(KEPT)),
            (vec![(0, 0)], vec![(3, 10)], vec![(8, 20)]),
            "{lines:#?}"
        );
        assert!(lines[3].trim_start().starts_with("500ms  ╌╌╌"), "{lines:#?}");
        assert!(lines.last().unwrap().contains(&format!("cost  10{}30", " ".repeat(17))), "{lines:#?}");
    }

    #[test]
    fn nothing_is_drawn_of_one_or_of_equal_ones() {
        assert!(drawn(&[(1.0, 5.0, KEPT)], None, 20).is_empty());
        assert!(drawn(&[(1.0, 5.0, KEPT), (1.0, 6.0, KEPT)], None, 20).is_empty());
        // Far limits, equal times.
        for limit in [None, Some(0.0), Some(1e-9), Some(1e12)] {
            assert_eq!(drawn(&[(1.0, 5.0, KEPT), (2.0, 5.0, BROKEN)], limit, 12).len(), HEIGHT + 2);
        }
    }
}
