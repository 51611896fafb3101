//! The best division of a series into levels, whatever single values do.
//!
//! Each value costs the square of its distance from its level, but no more than that of three deviations: so a wild
//! value costs the same wherever the level lies, and neither moves a level nor needs one of its own. Each further level
//! costs a penalty. The cheapest division is found exactly, by keeping for each possible level of the newest value what
//! all values so far cost at least, as pieces of parabolas.
//!
//! Source: Fearnhead and Rigaill, Changepoint detection in the presence of outliers, JASA 2019 (R-FPOP, biweight loss).

/// A distance beyond which a value costs no more, in deviations.
pub(super) const REACH: f64 = 3.0;

/// What all values so far cost if the newest level lies from `low` to `high`: a μ² + b μ + c.
#[derive(Clone, Copy)]
struct Piece {
    low: f64,
    high: f64,
    a: f64,
    b: f64,
    c: f64,
    /// The first value of the newest level.
    since: usize,
}

impl Piece {
    fn least(&self) -> f64 {
        let at = if self.a > 0.0 { (-self.b / (2.0 * self.a)).clamp(self.low, self.high) } else { self.low };
        (self.a * at + self.b) * at + self.c
    }

    fn same(&self, other: &Self) -> bool {
        self.since == other.since && self.a == other.a && self.b == other.b && self.c == other.c
    }
}

/// Where new levels begin, ascending, without the first; `values` in deviations of the noise, finite.
pub(super) fn partition(values: &[f64], penalty: f64) -> Vec<usize> {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    if values.len() < 2 || low >= high {
        return Vec::new();
    }
    let mut pieces = vec![Piece { low, high, a: 0.0, b: 0.0, c: 0.0, since: 0 }];
    let mut spare = Vec::new();
    let mut begins = Vec::with_capacity(values.len());
    let mut least = f64::INFINITY;
    for (number, value) in values.iter().enumerate() {
        if number > 0 {
            restart(&pieces, least + penalty, number, &mut spare);
            std::mem::swap(&mut pieces, &mut spare);
        }
        add(&pieces, *value, &mut spare);
        std::mem::swap(&mut pieces, &mut spare);
        let best = pieces
            .iter()
            .map(|piece| (piece.least(), piece.since))
            .min_by(|one, other| one.0.total_cmp(&other.0));
        let (cost, since) = best.unwrap_or((0.0, 0));
        least = cost;
        begins.push(since);
    }
    let mut points = Vec::new();
    let mut since = begins[values.len() - 1];
    while since > 0 {
        points.push(since);
        since = begins[since - 1];
    }
    points.reverse();
    points
}

/// Where it is cheaper, a new level begins with value `number` for `cost`.
fn restart(pieces: &[Piece], cost: f64, number: usize, into: &mut Vec<Piece>) {
    into.clear();
    for piece in pieces {
        let fresh = Piece { a: 0.0, b: 0.0, c: cost, since: number, ..*piece };
        // The piece is cheaper between its roots.
        let (below, above) = if piece.a > 0.0 {
            let discriminant = piece.b * piece.b - 4.0 * piece.a * (piece.c - cost);
            if discriminant <= 0.0 {
                push(into, fresh);
                continue;
            }
            let root = discriminant.sqrt();
            ((-piece.b - root) / (2.0 * piece.a), (-piece.b + root) / (2.0 * piece.a))
        } else if piece.c <= cost {
            (piece.low, piece.high)
        } else {
            push(into, fresh);
            continue;
        };
        let (below, above) = (below.clamp(piece.low, piece.high), above.clamp(piece.low, piece.high));
        push(into, Piece { high: below, ..fresh });
        push(into, Piece { low: below, high: above, ..*piece });
        push(into, Piece { low: above, ..fresh });
    }
}

/// What a value costs, added.
fn add(pieces: &[Piece], value: f64, into: &mut Vec<Piece>) {
    into.clear();
    let (below, above) = (value - REACH, value + REACH);
    for piece in pieces {
        let far = Piece { c: piece.c + REACH * REACH, ..*piece };
        let near = Piece { a: piece.a + 1.0, b: piece.b - 2.0 * value, c: piece.c + value * value, ..*piece };
        let cut = |at: f64| at.clamp(piece.low, piece.high);
        push(into, Piece { high: cut(below), ..far });
        push(into, Piece { low: cut(below), high: cut(above), ..near });
        push(into, Piece { low: cut(above), ..far });
    }
}

fn push(into: &mut Vec<Piece>, piece: Piece) {
    if piece.high <= piece.low {
        return;
    }
    match into.last_mut() {
        Some(last) if last.same(&piece) => last.high = piece.high,
        _ => into.push(piece),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The cost of a level, at the best of all places where it can be least: by trying subsets of near values.
    fn cost(values: &[f64]) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut least = f64::INFINITY;
        for from in 0..sorted.len() {
            for to in from + 1..=sorted.len() {
                let level = sorted[from..to].iter().sum::<f64>() / (to - from) as f64;
                let all = values.iter().map(|value| (value - level).powi(2).min(REACH * REACH)).sum();
                least = least.min(all);
            }
        }
        least
    }

    fn whole(values: &[f64], points: &[usize], penalty: f64) -> f64 {
        let mut start = 0;
        let mut all = penalty * points.len() as f64;
        for end in points.iter().copied().chain([values.len()]) {
            all += cost(&values[start..end]);
            start = end;
        }
        all
    }

    #[test]
    fn levels_are_found_and_wild_values_are_none() {
        let mut values = vec![0.0; 30];
        values[20..].fill(5.0);
        assert_eq!(partition(&values, 10.0), [20]);
        values[8] = 400.0;
        values[25] = -400.0;
        assert_eq!(partition(&values, 10.0), [20]);
        assert!(partition(&[1.0; 9], 10.0).is_empty() && partition(&[], 10.0).is_empty());
    }

    // ruptures 1.1.10: Pelt with this cost, a penalty of 10, min_size 1 and jump 1 (`bench/trend estimators`)
    #[test]
    fn the_division_is_that_of_ruptures() {
        let values = [
            -0.01, 1.05, 0.74, 0.72, 1.62, 40.0, -0.63, -1.32, -0.11, 1.0, -0.02, 0.5, -1.91, 0.15, 3.09,
            5.78, 4.89, 4.95, -30.0, 4.61, 4.66, 3.66, 3.5, 0.89, 0.39, 0.41, 0.72, 0.27, 1.77, -0.6, 1.82,
            0.37, 0.45, -0.35, 0.86,
        ];
        assert_eq!(partition(&values, 10.0), [14, 23]);
    }

    proptest! {
        /// Against trying all divisions.
        #[test]
        fn no_division_is_cheaper(values in proptest::collection::vec(-8.0..8.0_f64, 2..9), penalty in 1.0..15.0_f64) {
            let found = whole(&values, &partition(&values, penalty), penalty);
            for bits in 0..1_u32 << (values.len() - 1) {
                let points: Vec<usize> = (1..values.len()).filter(|at| bits >> (at - 1) & 1 == 1).collect();
                prop_assert!(found <= whole(&values, &points, penalty) + 1e-7);
            }
        }
    }
}
