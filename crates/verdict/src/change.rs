//! Change points of a history: where a series of runs went to another level, and stayed.
//!
//! Two passes, as `MongoDB`'s and Apache Otava's: windows of the series are split where the two sides are furthest
//! apart by E-divisive statistics, as long as a t-test calls the split weakly significant; then the weakest points
//! are merged away until all are strong. Both assume that neighbours are independent, and histories are not: the same
//! machine is slow for a week. So what is left is tested once more, with the variance inflated by (1 + φ) / (1 − φ) for
//! the correlation φ of neighbours within the segments, at a level of 0.0001.
//!
//! Sources: Matteson and James, A nonparametric approach for multiple change point analysis, 2014; Daly et al., The use
//! of change point detection to identify software performance regressions, 2020; Fleming et al., Hunter, 2023.

use crate::stats::{lag_one, t_cdf};

/// Values that one split looks at.
const WINDOW: usize = 50;
/// Values on each side of a point at least: fewer have no variance to speak of.
const LEAST: usize = 3;
/// A point that is kept has at most this probability of being chance, if neighbours were independent …
const STRONG: f64 = 0.001;
/// … and one that the first pass proposes, ten times as much.
const WEAK: f64 = 10.0 * STRONG;
/// The level of the last test.
const RETEST: f64 = 1e-4;

/// Where a series changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// The first value of the new level, from 0.
    pub at: usize,
    /// The mean of the segment before.
    pub before: f64,
    /// The mean of the segment after.
    pub after: f64,
    /// The probability of such a step by chance, resemblance of neighbours included.
    pub p: f64,
}

/// The change points of a series, ascending; values are in order of time and finite.
pub fn change_points(values: &[f64]) -> Vec<ChangePoint> {
    let mut points = proposals(values);
    merge(values, &mut points, STRONG, |_| 1.0);
    // Resemblance is measured within the segments that are left, and the weakest go until all stand.
    merge(values, &mut points, RETEST, |points| {
        let phi = resemblance(values, points);
        (1.0 + phi) / (1.0 - phi)
    });
    let phi = resemblance(values, &points);
    let inflation = (1.0 + phi) / (1.0 - phi);
    let described = points.iter().enumerate().map(|(index, at)| {
        let (left, right) = sides(values, &points, index);
        ChangePoint { at: *at, before: mean(left), after: mean(right), p: p_value(left, right, inflation) }
    });
    described.collect()
}

/// The first pass: windows that overlap by half.
fn proposals(values: &[f64]) -> Vec<usize> {
    let mut points = Vec::new();
    let mut start = 0;
    loop {
        let end = (start + WINDOW).min(values.len());
        split(values, start, end, &mut points);
        if end == values.len() {
            break;
        }
        start += WINDOW / 2;
    }
    points.sort_unstable();
    points.dedup();
    points
}

/// Splits a stretch where its sides are furthest apart, and its parts again.
fn split(values: &[f64], start: usize, end: usize, points: &mut Vec<usize>) {
    let Some(at) = furthest(&values[start..end]).map(|at| start + at) else { return };
    if p_value(&values[start..at], &values[at..end], 1.0) <= WEAK {
        points.push(at);
        split(values, start, at, points);
        split(values, at, end, points);
    }
}

/// The split with the largest energy distance between its sides, weighted by their lengths.
fn furthest(values: &[f64]) -> Option<usize> {
    let count = values.len();
    if count < 2 * LEAST {
        return None;
    }
    let distance = |left: usize, right: usize| (values[left] - values[right]).abs();
    // Sums of distances between the sides and within them, moved on by one value at a time.
    let mut within_left = 0.0;
    let mut within_right: f64 = (0..count).map(|i| (i + 1..count).map(|j| distance(i, j)).sum::<f64>()).sum();
    let mut between = 0.0;
    let mut best: Option<(f64, usize)> = None;
    for at in 1..count {
        let moved = at - 1;
        let to_left: f64 = (0..moved).map(|i| distance(i, moved)).sum();
        let to_right: f64 = (at..count).map(|j| distance(moved, j)).sum();
        within_left += to_left;
        within_right -= to_right;
        between += to_right - to_left;
        if at < LEAST || count - at < LEAST {
            continue;
        }
        let (m, n) = (at as f64, (count - at) as f64);
        let energy = 2.0 * between / (m * n)
            - within_left / (m * (m - 1.0) / 2.0)
            - within_right / (n * (n - 1.0) / 2.0);
        let weighted = m * n / (m + n) * energy;
        if best.is_none_or(|(most, _)| weighted > most) {
            best = Some((weighted, at));
        }
    }
    best.map(|(_, at)| at)
}

/// Removes the weakest point until all are at most `level`; `inflation` of the variance for the points that are left.
fn merge(values: &[f64], points: &mut Vec<usize>, level: f64, inflation: impl Fn(&[usize]) -> f64) {
    while !points.is_empty() {
        let factor = inflation(points);
        let weakest = (0..points.len())
            .map(|index| {
                let (left, right) = sides(values, points, index);
                (p_value(left, right, factor), index)
            })
            .max_by(|one, other| one.0.total_cmp(&other.0));
        match weakest {
            Some((p, index)) if p > level => points.remove(index),
            _ => return,
        };
    }
}

/// The segments on both sides of a point.
fn sides<'a>(values: &'a [f64], points: &[usize], index: usize) -> (&'a [f64], &'a [f64]) {
    let start = if index == 0 { 0 } else { points[index - 1] };
    let end = points.get(index + 1).copied().unwrap_or(values.len());
    (&values[start..points[index]], &values[points[index]..end])
}

/// The correlation of neighbours, from what the segments leave.
fn resemblance(values: &[f64], points: &[usize]) -> f64 {
    let mut left = Vec::with_capacity(values.len());
    let mut start = 0;
    for end in points.iter().copied().chain([values.len()]) {
        let level = mean(&values[start..end]);
        left.extend(values[start..end].iter().map(|value| value - level));
        start = end;
    }
    // Taking the mean of a segment away takes some of its correlation away, too (Marriott and Pope, 1954).
    let length = values.len() as f64 / (points.len() + 1) as f64;
    let phi = lag_one(&left);
    let phi = if phi > 0.0 && length > 8.0 { (phi + 1.0 / length) / (1.0 - 4.0 / length) } else { phi };
    // A series that shows a little less resemblance than it has must not make a false alarm: one standard error more.
    (phi + ((1.0 - phi.min(1.0).powi(2)) / values.len().max(1) as f64).sqrt()).min(0.95)
}

/// Welch's t-test, two-sided, with inflated variances.
fn p_value(left: &[f64], right: &[f64], inflation: f64) -> f64 {
    if left.len() < 2 || right.len() < 2 {
        return 1.0;
    }
    let error = |side: &[f64]| {
        let level = mean(side);
        let squares: f64 = side.iter().map(|value| (value - level).powi(2)).sum();
        inflation * squares / (side.len() - 1) as f64 / side.len() as f64
    };
    let (one, other) = (error(left), error(right));
    let step = (mean(left) - mean(right)).abs();
    if one + other <= 0.0 {
        return if step > 0.0 { 0.0 } else { 1.0 };
    }
    let freedom = (one + other).powi(2)
        / (one * one / (left.len() - 1) as f64 + other * other / (right.len() - 1) as f64);
    2.0 * (1.0 - t_cdf(step / (one + other).sqrt(), freedom))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Noise that is the same every time.
    fn noise(n: usize) -> f64 {
        ((n as f64 * 12.9898).sin() * 43_758.547).rem_euclid(1.0) - 0.5
    }

    #[test]
    fn steps_are_found_where_they_are() {
        let level = |n: usize| match n {
            0..60 => 100.0,
            60..130 => 110.0,
            _ => 95.0,
        };
        let values: Vec<f64> = (0..200).map(|n| level(n) + 4.0 * noise(n)).collect();
        let points = change_points(&values);
        let places: Vec<usize> = points.iter().map(|point| point.at).collect();
        assert_eq!(places, [60, 130], "{points:?}");
        assert!((points[0].before - 100.0).abs() < 1.0 && (points[0].after - 110.0).abs() < 1.0);
    }

    #[test]
    fn flat_and_short_series_have_none() {
        assert!(change_points(&(0..300).map(|n| 100.0 + noise(n)).collect::<Vec<_>>()).is_empty());
        assert!(change_points(&[5.0; 80]).is_empty());
        assert!(change_points(&[1.0, 2.0, 3.0]).is_empty());
        assert!(change_points(&[]).is_empty());
    }

    /// A series whose neighbours resemble each other: an autoregression of order 1 around 100.
    fn resembling(seed: u64, length: usize, phi: f64, deviation: f64, step_at: usize, step: f64) -> Vec<f64> {
        let mut random = crate::simulate::Normals::new(seed);
        let mut state = deviation * random.draw();
        let within = deviation * (1.0 - phi * phi).sqrt();
        (0..length)
            .map(|n| {
                state = phi * state + within * random.draw();
                (100.0 + state) * if n >= step_at { 1.0 + step } else { 1.0 }
            })
            .collect()
    }

    #[test]
    fn resemblance_is_no_change_and_a_change_is_found() {
        let series = 100;
        let alarms =
            (0..series).filter(|seed| !change_points(&resembling(*seed, 100, 0.5, 2.0, 0, 0.0)).is_empty());
        let alarms = alarms.count();
        assert!(alarms <= 4, "{alarms} of {series} flat series have a change point");
        let hits = (0..series).filter(|seed| {
            let points = change_points(&resembling(*seed, 100, 0.0, 2.0, 50, 0.05));
            points.iter().any(|point| point.at.abs_diff(50) <= 3)
        });
        let hits = hits.count();
        assert!(hits >= 95, "{hits} of {series} steps were found");
    }

    // scipy 1.17.1: ttest_ind([1, 2, 3, 4], [3, 4, 5, 7.5], equal_var=False)
    #[test]
    fn the_test_is_welchs() {
        let p = p_value(&[1.0, 2.0, 3.0, 4.0], &[3.0, 4.0, 5.0, 7.5], 1.0);
        assert!((p - 0.093_735_374_984_595_26).abs() < 1e-6, "{p}");
    }

    proptest! {
        #[test]
        fn scale_and_place_do_not_matter(seed in 0_usize..1000, factor in 0.1..10.0_f64) {
            let values: Vec<f64> = (0..120).map(|n| f64::from(u8::from(n > 70)) * 2.0 + noise(n + seed)).collect();
            let scaled: Vec<f64> = values.iter().map(|value| value * factor + 7.0).collect();
            let places = |values: &[f64]| change_points(values).iter().map(|point| point.at).collect::<Vec<_>>();
            prop_assert_eq!(places(&values), places(&scaled));
        }
    }
}
