//! What arithmetic allows: how often independent values settle on which side of what is permitted a share lies.

/// The chance of being wrong, for each side, as in the judge.
const WRONG: f64 = 0.005;

/// How often so many independent values with a share of `truth` are certain to be on its side of `permitted`.
pub(crate) fn found(values: u64, truth: f64, permitted: f64) -> f64 {
    if truth < permitted {
        settled(values, truth, permitted)
    } else {
        settled(values, 1.0 - truth, 1.0 - permitted)
    }
}

/// Of a share below what is permitted: the counts that are too small by chance, and how often one of them comes out.
fn settled(values: u64, truth: f64, permitted: f64) -> f64 {
    let (mut by_chance, mut found) = (0.0, 0.0);
    for (at_limit, at_truth) in counts(values, permitted).zip(counts(values, truth)) {
        by_chance += at_limit;
        if by_chance > WRONG {
            break;
        }
        found += at_truth;
    }
    found
}

/// The probability of each count, ascending.
fn counts(values: u64, share: f64) -> impl Iterator<Item = f64> {
    let odds = share.ln() - (-share).ln_1p();
    let mut logarithm = values as f64 * (-share).ln_1p();
    (0..=values).map(move |count| {
        let now = logarithm.exp();
        logarithm += odds + ((values - count) as f64).ln() - (count as f64 + 1.0).ln();
        now
    })
}
