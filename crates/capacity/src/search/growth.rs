//! Whether the queue of a step still grows: then it is over capacity, whatever its percentiles say yet.
//!
//! In an open model what is under way grows without end when more comes than is served. By chance it wanders, too, the
//! more the closer a system is to its limit; so it grows only if it does so steadily (Mann, Nonparametric tests against
//! trend, 1945: of all pairs of seconds, how many rise), by more than a few of a hundred arrivals, and by more than
//! arrivals and answers that come by chance make it wander.

/// Fewer seconds tell nothing.
const FEWEST: usize = 5;
/// So many more of the pairs rise than fall (Kendall's τ).
const STEADY: f64 = 0.7;
/// The least share of the arrivals by which it grows.
const LEAST: f64 = 0.03;

/// What arrives and what leaves by chance (Poisson) moves it by √(2·arrivals); it grows by more than so many times
/// that.
const BEYOND_CHANCE: f64 = 1.0;

/// Whether what is under way at the end of each second grows, of so many arrivals per second.
pub fn grows(under_way: &[u64], arrivals_per_s: f64) -> bool {
    if under_way.len() < FEWEST || arrivals_per_s <= 0.0 {
        return false;
    }
    let (mut balance, mut pairs) = (0_i64, 0_i64);
    let mut slopes = Vec::new();
    for (first, early) in under_way.iter().enumerate() {
        for (apart, late) in (1..).zip(&under_way[first + 1..]) {
            let rise = *late as f64 - *early as f64;
            balance += if rise > 0.0 {
                1
            } else if rise < 0.0 {
                -1
            } else {
                0
            };
            pairs += 1;
            slopes.push(rise / f64::from(apart));
        }
    }
    // The median of the slopes (Theil and Sen): one odd second does not make it.
    slopes.sort_by(f64::total_cmp);
    let (slope, seconds) = (slopes[slopes.len() / 2], (under_way.len() - 1) as f64);
    balance as f64 >= STEADY * pairs as f64
        && slope >= LEAST * arrivals_per_s
        && slope * seconds >= BEYOND_CHANCE * (2.0 * arrivals_per_s * seconds).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_that_is_fed_more_than_it_serves_grows() {
        assert!(grows(&[10, 21, 28, 41, 50, 72], 100.0));
        // Few arrivals, and a few that wait by chance.
        assert!(!grows(&[0, 1, 1, 2, 3], 25.0));
        assert!(!grows(&[10, 30, 12, 28, 9, 31], 100.0));
        // Steadily, by a hundredth of what comes.
        assert!(!grows(&[10, 11, 12, 13, 14, 15], 100.0));
        assert!(!grows(&[10, 50, 90], 100.0));
    }

    #[test]
    fn one_second_that_stalls_is_no_growth() {
        assert!(!grows(&[5, 5, 6, 5, 400, 5, 6, 5], 100.0));
    }
}
