//! Weeks that repeat: a service is slower on Mondays, every Monday, and nothing changed.
//!
//! What each weekday (UTC) is off the middle of its week is compared over the weeks by an analysis of variance (Fisher,
//! Statistical Methods for Research Workers, 1925) of values that were kept from being wild. Only where weekdays differ
//! for certain is their part taken away.

use statrs::distribution::{ContinuousCDF as _, FisherSnedecor};

use super::noise::spread;
use super::partition::REACH;
use crate::slope::median;

const DAY_MS: i64 = 86_400_000;
/// 1970 began on a Thursday; days are counted from Monday.
const FIRST_DAY: i64 = 3;
/// Weeks in which at least five days have values, to tell a pattern from chance.
const WEEKS: usize = 3;
const DAYS: usize = 5;
/// The chance of a pattern where there is none.
const LEVEL: f64 = 1e-4;

/// The day of the week of a time in milliseconds since 1970 UTC; 0 is Monday.
pub(super) fn weekday(unix_ms: i64) -> usize {
    (unix_ms.div_euclid(DAY_MS) + FIRST_DAY).rem_euclid(7) as usize
}

/// What each weekday adds, if weekdays differ by `matters` or more; values are in order of time.
pub(super) fn weekdays(times: &[i64], values: &[f64], matters: f64) -> Option<[f64; 7]> {
    let mut off: Vec<(usize, f64)> = Vec::with_capacity(values.len());
    let mut weeks = 0;
    let mut start = 0;
    while start < values.len() {
        let week = week(times[start]);
        let count = times[start..].iter().take_while(|time| self::week(**time) == week).count();
        let end = start + count.max(1);
        let mut days = [false; 7];
        for time in &times[start..end] {
            days[weekday(*time)] = true;
        }
        if days.iter().filter(|day| **day).count() >= DAYS {
            let middle = median(&mut values[start..end].to_vec())?;
            off.extend((start..end).map(|at| (weekday(times[at]), values[at] - middle)));
            weeks += 1;
        }
        start = end;
    }
    if weeks < WEEKS || one_way(&off) > LEVEL {
        return None;
    }
    pattern(off.iter().copied(), matters)
}

/// The middle of what each weekday is off, around 0.
pub(super) fn pattern(off: impl Iterator<Item = (usize, f64)>, matters: f64) -> Option<[f64; 7]> {
    let mut days: [Vec<f64>; 7] = Default::default();
    off.for_each(|(day, off)| days[day].push(off));
    let mut middles: [f64; 7] = std::array::from_fn(|day| median(&mut days[day]).unwrap_or(0.0));
    let mean = middles.iter().sum::<f64>() / 7.0;
    for middle in &mut middles {
        *middle -= mean;
    }
    let (low, high) = middles
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(*one), high.max(*one)));
    (high - low >= matters).then_some(middles)
}

fn week(unix_ms: i64) -> i64 {
    (unix_ms.div_euclid(DAY_MS) + FIRST_DAY).div_euclid(7)
}

/// The chance of groups that differ so much by accident; values far off the middle of their group count as three
/// deviations.
fn one_way(values: &[(usize, f64)]) -> f64 {
    let mut groups: [Vec<f64>; 7] = Default::default();
    for (day, value) in values {
        groups[*day].push(*value);
    }
    let middles: [f64; 7] = std::array::from_fn(|day| median(&mut groups[day]).unwrap_or(0.0));
    let off: Vec<f64> = values.iter().map(|(day, value)| value - middles[*day]).collect();
    let reach = REACH * spread(&off, 0.0);
    let tame = |day: usize, value: f64| value.clamp(middles[day] - reach, middles[day] + reach);
    let groups: Vec<Vec<f64>> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| !group.is_empty())
        .map(|(day, group)| group.iter().map(|value| tame(day, *value)).collect())
        .collect();
    let mean = |group: &[f64]| group.iter().sum::<f64>() / group.len() as f64;
    let count = values.len() as f64;
    let whole = groups.iter().flatten().sum::<f64>() / count;
    let between: f64 = groups.iter().map(|group| group.len() as f64 * (mean(group) - whole).powi(2)).sum();
    let within: f64 = groups
        .iter()
        .map(|group| {
            let mean = mean(group);
            group.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
        })
        .sum();
    let (over, under) = (groups.len() as f64 - 1.0, count - groups.len() as f64);
    if over < 1.0 || under < 1.0 || between <= 0.0 {
        return 1.0;
    }
    let ratio = (between / over) / (within / under).max(f64::MIN_POSITIVE);
    let f = FisherSnedecor::new(over, under).expect("both are at least 1");
    f.sf(ratio.min(1e12))
}

#[cfg(test)]
mod tests {
    use super::*;

    // scipy 1.16.3: f_oneway([1, 2, 2, 3.5], [3, 4, 4, 5], [6, 6.5, 7, 7, 6])
    #[test]
    fn the_test_is_scipys() {
        let groups: [&[f64]; 3] = [&[1.0, 2.0, 2.0, 3.5], &[3.0, 4.0, 4.0, 5.0], &[6.0, 6.5, 7.0, 7.0, 6.0]];
        let values: Vec<(usize, f64)> = groups
            .iter()
            .enumerate()
            .flat_map(|(day, group)| group.iter().map(move |value| (day, *value)))
            .collect();
        assert!((one_way(&values) - 3.028_155_777_288_356e-5).abs() < 1e-9);
        assert_eq!(one_way(&[(0, 1.0), (1, 1.0)]), 1.0);
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        // 2026-11-28 was a Saturday, 1969-12-31 a Wednesday.
        assert_eq!((weekday(1_795_867_200_000), weekday(-1), weekday(0)), (5, 2, 3));
    }

    #[test]
    fn only_weeks_that_repeat_have_a_pattern() {
        let noise = |day: i64| ((day as f64 * 12.9898).sin() * 43_758.547).rem_euclid(1.0) - 0.5;
        let times: Vec<i64> = (0..42).map(|day| day * DAY_MS).collect();
        let values = |monday: f64| -> Vec<f64> {
            times
                .iter()
                .map(|time| noise(time / DAY_MS) + if weekday(*time) == 0 { monday } else { 0.0 })
                .collect()
        };
        assert_eq!(weekdays(&times, &values(0.0), 0.01), None);
        let week = weekdays(&times, &values(9.0), 0.01).unwrap();
        assert!(week[0] > 6.0 && week[1..].iter().all(|day| *day < 0.0), "{week:?}");
        // Two weeks show nothing.
        assert_eq!(weekdays(&times[..14], &values(9.0)[..14], 0.01), None);
    }
}
