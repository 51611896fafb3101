//! Requests by endpoint and minute.

/// What came, minute by minute, of each endpoint of a project in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix {
    /// When the first minute begins, in seconds since 1970 UTC.
    pub from_s: i64,
    /// By endpoint, by minute.
    counts: Vec<Vec<f64>>,
    /// What has to be said of it.
    pub remarks: Vec<String>,
}

/// Why there is no mix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MixError {
    /// There are no requests.
    #[error("there are no requests of the project's endpoints in it")]
    Nothing,
    /// Most lines are something else.
    #[error(
        "it is no access log: {number} lines have no time and request\nhint: lines are like `[04/Jul/2026:09:00:00 +0200] \"GET / HTTP/1.1\"`, or JSON with a time, a method and a path"
    )]
    NoLog {
        /// How many.
        number: u64,
    },
    /// It has more minutes than can be written.
    #[error("it is longer than a week, which is the longest that a script is written of")]
    TooLong,
    /// More is missing than is known.
    #[error("nothing is known of {missing} of its {all} minutes")]
    Missing {
        /// Minutes without any sample.
        missing: usize,
        /// All of them.
        all: usize,
    },
}

impl Mix {
    /// A week.
    pub const MOST_MINUTES: usize = 7 * 24 * 60;

    /// Of requests by endpoint and minute; those lists have one length.
    ///
    /// # Errors
    /// Where there is no request, or it is too long.
    pub fn new(from_s: i64, counts: Vec<Vec<f64>>) -> Result<Self, MixError> {
        if counts.iter().any(|minutes| minutes.len() > Self::MOST_MINUTES) {
            return Err(MixError::TooLong);
        }
        if !counts.iter().flatten().any(|count| *count > 0.0) {
            return Err(MixError::Nothing);
        }
        Ok(Self { from_s, counts, remarks: Vec::new() })
    }

    /// Of counters, which may say nothing of a minute. Where none does, the minutes around it are joined by a straight
    /// line, and that is said; where one does, an endpoint that is silent had no requests.
    ///
    /// # Errors
    /// As [`Mix::new`], and where more is missing than known.
    pub fn of_known(from_s: i64, known: &[Vec<Option<f64>>]) -> Result<Self, MixError> {
        let minutes = known.iter().map(Vec::len).max().unwrap_or_default();
        let is_known: Vec<bool> =
            (0..minutes).map(|minute| known.iter().any(|counts| counts[minute].is_some())).collect();
        let missing = is_known.iter().filter(|known| !**known).count();
        if missing == minutes {
            return Err(MixError::Nothing);
        }
        if missing * 2 > minutes {
            return Err(MixError::Missing { missing, all: minutes });
        }
        let counts = known.iter().map(|counts| bridged(counts, &is_known)).collect();
        let mut mix = Self::new(from_s, counts)?;
        if missing > 0 {
            mix.remarks.push(format!(
                "nothing is known of {missing} of {minutes} minutes: the minutes around them are joined by a straight line"
            ));
        }
        Ok(mix)
    }

    /// The same of what is known at all: minutes before the first and after the last of which anything is known are
    /// left out, and that is said.
    ///
    /// # Errors
    /// As [`Mix::of_known`].
    pub fn of_what_is_known(from_s: i64, known: &[Vec<Option<f64>>]) -> Result<Self, MixError> {
        let minutes = known.iter().map(Vec::len).max().unwrap_or_default();
        let is_known = |minute: &usize| known.iter().any(|counts| counts[*minute].is_some());
        let first = (0..minutes).find(is_known).ok_or(MixError::Nothing)?;
        let end = (first..minutes).rev().find(is_known).map_or(minutes, |last| last + 1);
        let part: Vec<_> = known.iter().map(|counts| counts[first..end].to_vec()).collect();
        let mut mix = Self::of_known(from_s + first as i64 * 60, &part)?;
        if first > 0 {
            mix.remarks
                .push(format!("of {minutes} minutes the first {first} are not known, and not looked at"));
        }
        Ok(mix)
    }

    /// How many minutes there are.
    pub fn minutes(&self) -> usize {
        self.counts.first().map_or(0, Vec::len)
    }

    /// Requests of an endpoint, by minute.
    pub fn per_minute(&self, endpoint: usize) -> &[f64] {
        self.counts.get(endpoint).map_or(&[], Vec::as_slice)
    }

    /// Requests of an endpoint.
    pub fn requests(&self, endpoint: usize) -> f64 {
        self.per_minute(endpoint).iter().sum()
    }

    /// So many minutes that end at a time, or as many as there are.
    ///
    /// # Errors
    /// Where there are no requests in it.
    pub fn until(&self, end_s: i64, minutes: usize) -> Result<Self, MixError> {
        let end = (end_s - self.from_s).div_euclid(60).clamp(0, self.minutes() as i64) as usize;
        self.part(end.saturating_sub(minutes), end)
    }

    /// The so many minutes that had the most requests, the first such; all where there are no more.
    ///
    /// # Errors
    /// Where there are no requests in it.
    pub fn busiest(&self, minutes: usize) -> Result<Self, MixError> {
        let minutes = minutes.clamp(1, self.minutes().max(1));
        let sums: Vec<f64> =
            (0..self.minutes()).map(|minute| self.counts.iter().map(|counts| counts[minute]).sum()).collect();
        let windows = sums.windows(minutes).map(|window| window.iter().sum::<f64>()).enumerate();
        let best = windows.fold((0, f64::MIN), |best, one| if one.1 > best.1 { one } else { best });
        self.part(best.0, best.0 + minutes)
    }

    fn part(&self, from: usize, to: usize) -> Result<Self, MixError> {
        let counts = self.counts.iter().map(|counts| counts[from..to.min(counts.len())].to_vec()).collect();
        let part = Self::new(self.from_s + from as i64 * 60, counts)?;
        Ok(Self { remarks: self.remarks.clone(), ..part })
    }
}

/// An endpoint's minutes, those that nobody knows between their neighbours.
fn bridged(counts: &[Option<f64>], is_known: &[bool]) -> Vec<f64> {
    let number = |minute: usize| counts[minute].unwrap_or(0.0).max(0.0);
    let next = |from: usize, by: isize| {
        let mut minute = Some(from);
        while let Some(at) = minute.filter(|at| *at < is_known.len()) {
            if is_known[at] {
                return Some(at);
            }
            minute = at.checked_add_signed(by);
        }
        None
    };
    (0..is_known.len())
        .map(|minute| match (next(minute, -1), next(minute, 1)) {
            (Some(before), Some(after)) if before < after => {
                let part = (minute - before) as f64 / (after - before) as f64;
                number(before) + part * (number(after) - number(before))
            }
            (Some(near), _) | (None, Some(near)) => number(near),
            (None, None) => 0.0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_nobody_knows_is_joined_and_said() {
        let known =
            |minutes: &[i64]| minutes.iter().map(|n| (*n >= 0).then_some(*n as f64)).collect::<Vec<_>>();
        let mix = Mix::of_known(0, &[known(&[2, -1, -1, 8, 9]), known(&[-1, -1, -1, 3, 0])]).unwrap();
        assert_eq!(
            (mix.per_minute(0), mix.per_minute(1)),
            (&[2.0, 4.0, 6.0, 8.0, 9.0][..], &[0.0, 1.0, 2.0, 3.0, 0.0][..])
        );
        assert!(mix.remarks[0].contains("2 of 5 minutes"), "{:?}", mix.remarks);
        let gone = Mix::of_known(0, &[known(&[2, -1, -1, -1])]);
        assert_eq!(gone, Err(MixError::Missing { missing: 3, all: 4 }));
        assert_eq!(Mix::of_known(0, &[known(&[-1, -1])]), Err(MixError::Nothing));
        let young = Mix::of_what_is_known(600, &[known(&[-1, -1, -1, 7, 9, -1])]).unwrap();
        assert_eq!((young.from_s, young.per_minute(0)), (780, &[7.0, 9.0][..]));
        assert_eq!(young.remarks, ["of 6 minutes the first 3 are not known, and not looked at"]);
        assert_eq!(Mix::of_what_is_known(0, &[known(&[-1, -1])]), Err(MixError::Nothing));
    }

    #[test]
    fn the_busiest_part_and_the_last_one() {
        let mix = Mix::new(600, vec![vec![1.0, 5.0, 6.0, 1.0], vec![0.0, 0.0, 1.0, 0.0]]).unwrap();
        let busiest = mix.busiest(2).unwrap();
        assert_eq!((busiest.from_s, busiest.per_minute(0)), (660, &[5.0, 6.0][..]));
        assert_eq!(mix.until(840, 1).unwrap().per_minute(0), [1.0]);
        assert_eq!(mix.busiest(9).unwrap(), mix);
        assert_eq!(mix.until(0, 1), Err(MixError::Nothing));
    }

    proptest! {
        #[test]
        fn nothing_has_more_requests_than_the_busiest_part(
            counts in prop::collection::vec(0u32..100, 1..60),
            minutes in 1usize..70,
        ) {
            let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
            if let Ok(mix) = Mix::new(0, vec![counts.clone()]) {
                let busiest = mix.busiest(minutes).unwrap();
                for window in counts.windows(minutes.min(counts.len())) {
                    prop_assert!(window.iter().sum::<f64>() <= busiest.requests(0));
                }
            }
        }
    }
}
