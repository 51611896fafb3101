//! Which rounds there are: the time in which both versions answered, cut into parts of one length.
//!
//! A canary that began ten minutes ago is not held against what the other version did before it: both are read in the
//! same minutes, so that whatever the traffic, the database or the neighbours did, they did to both.

use loadline_prometheus::Answer;

/// As many rounds as a comparison of two builds has before its first look.
pub const FEWEST_ROUNDS: usize = 12;
/// More rounds are longer rounds.
const MOST_ROUNDS: i64 = 24;

/// Rounds that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// When the first begins, in seconds since 1970 UTC.
    pub from_s: i64,
    /// How long each is, in seconds.
    pub round_s: u64,
    /// How many there are.
    pub rounds: usize,
}

impl Pace {
    /// When each ends.
    pub fn ends_s(&self) -> Vec<i64> {
        (1..=self.rounds as i64).map(|round| self.from_s + round * self.round_s as i64).collect()
    }

    /// When the last ends.
    pub fn to_s(&self) -> i64 {
        self.from_s + (self.rounds as u64 * self.round_s) as i64
    }
}

/// For how long both have answered, where that is not enough for the rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort {
    /// In how many stretches both did.
    pub both: usize,
    /// Whether the base has answered at all.
    pub base: bool,
    /// Whether the head has.
    pub head: bool,
}

/// The rounds of two versions, by what each answered in stretches of so many seconds.
///
/// # Errors
/// Where both have not answered for long enough.
pub fn pace(base: &Answer, head: &Answer, stretch_s: u64) -> Result<Pace, TooShort> {
    let stretch_s = stretch_s.max(1);
    let ends = |answer: &Answer| {
        let points = answer.rows.iter().flat_map(|row| &row.points);
        let there = points.filter(|(_, number)| *number > 0.0).map(|(at_ms, _)| at_ms.div_euclid(1000));
        there.clone().min().zip(there.max())
    };
    let (base, head) = (ends(base), ends(head));
    let short = |both| TooShort { both, base: base.is_some(), head: head.is_some() };
    let (Some(of_base), Some(of_head)) = (base, head) else { return Err(short(0)) };
    let (first_s, last_s) = (of_base.0.max(of_head.0), of_base.1.min(of_head.1));
    let stretches = if last_s < first_s { 0 } else { (last_s - first_s) / stretch_s as i64 + 1 };
    let of_round = (stretches / MOST_ROUNDS).max(1);
    let rounds = stretches / of_round;
    if rounds < FEWEST_ROUNDS as i64 {
        return Err(short(stretches as usize));
    }
    let round_s = of_round as u64 * stretch_s;
    Ok(Pace { from_s: last_s - rounds * round_s as i64, round_s, rounds: rounds as usize })
}

#[cfg(test)]
mod tests {
    use loadline_prometheus::{ResultType, Row};
    use proptest::prelude::*;

    use super::*;

    fn answer(stretches: std::ops::RangeInclusive<i64>) -> Answer {
        let points = stretches.map(|stretch| (stretch * 60_000, 5.0)).collect();
        let rows = vec![Row { labels: Vec::new(), points }];
        Answer { result_type: ResultType::Matrix, rows, warnings: Vec::new() }
    }

    #[test]
    fn rounds_are_where_both_are() {
        // The canary came at the end of the 30th minute; the last 31 minutes have both.
        let pace = pace(&answer(1..=60), &answer(30..=60), 60).unwrap();
        assert_eq!(pace, Pace { from_s: 29 * 60, round_s: 60, rounds: 31 });
        assert_eq!((pace.ends_s()[0], pace.to_s()), (30 * 60, 3600));
        let long = super::pace(&answer(1..=1440), &answer(1..=1440), 60).unwrap();
        assert_eq!((long.round_s, long.rounds, long.to_s()), (3600, 24, 86_400));
        let short = super::pace(&answer(1..=60), &answer(50..=60), 60).unwrap_err();
        assert_eq!(short, TooShort { both: 11, base: true, head: true });
        let none = Answer { result_type: ResultType::Matrix, rows: Vec::new(), warnings: Vec::new() };
        assert!(!super::pace(&answer(1..=60), &none, 60).unwrap_err().head);
        assert_eq!(super::pace(&answer(1..=20), &answer(30..=60), 60).unwrap_err().both, 0);
    }

    proptest! {
        #[test]
        fn rounds_lie_in_both(base in (1i64..500, 0i64..500), head in (1i64..500, 0i64..500)) {
            let range = |(from, more): (i64, i64)| from..=from + more;
            if let Ok(pace) = super::pace(&answer(range(base)), &answer(range(head)), 60) {
                prop_assert!(pace.rounds >= FEWEST_ROUNDS && pace.rounds < 2 * MOST_ROUNDS as usize);
                prop_assert!(pace.from_s >= (base.0.max(head.0) - 1) * 60);
                prop_assert_eq!(pace.to_s(), (base.0 + base.1).min(head.0 + head.1) * 60);
            }
        }
    }
}
