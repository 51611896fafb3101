//! The bounds of a classic histogram's buckets, as they are written in `le`, and where a limit lies among them.
//!
//! Prometheus 3 writes `1.0` where Prometheus 2 wrote `1`, and clients have ways of their own. So bounds are asked for
//! and used as they are written, and compared as numbers.

use loadline_prometheus::Answer;

use crate::names::Unit;
use crate::objective::{Indicator, Objective};

/// One bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// In the metric's unit; infinite for the bucket that has everything.
    pub at: f64,
    /// The value of `le`.
    pub written: String,
}

/// All bounds that a histogram's series have, ascending; the same bound may be written in two ways.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bounds(Vec<Bound>);

/// Where a limit lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// On a bound: what is above it was counted exactly.
    On(f64),
    /// Between two bounds: what is above it is estimated, as if requests were spread evenly between them.
    Between {
        /// The next lower one; 0 below all.
        below: f64,
        /// The next higher one.
        above: f64,
        /// How far up the limit lies, from 0 to 1.
        part: f64,
    },
    /// Above all of them: nothing says what is above it.
    Beyond,
}

impl Bounds {
    /// Of the series that an answer has.
    pub fn of(answer: &Answer) -> Self {
        let written = answer.rows.iter().filter_map(|row| row.label("le"));
        Self::of_texts(written)
    }

    /// Of values of `le`; what is no number is none.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let bound = |text: &str| {
            let at = text.parse::<f64>().ok().filter(|at| !at.is_nan())?;
            Some(Bound { at, written: text.to_owned() })
        };
        let mut all: Vec<Bound> = texts.into_iter().filter_map(bound).collect();
        all.sort_by(|left, right| {
            left.at.total_cmp(&right.at).then_with(|| left.written.cmp(&right.written))
        });
        all.dedup();
        Self(all)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where a limit lies, in the metric's unit.
    pub fn place(&self, limit: f64) -> Place {
        let finite = || self.0.iter().map(|bound| bound.at).filter(|at| at.is_finite());
        if let Some(at) = finite().find(|at| is_same(*at, limit)) {
            return Place::On(at);
        }
        let below = finite().filter(|at| *at < limit).fold(0.0, f64::max);
        match finite().find(|at| *at > limit) {
            Some(above) => Place::Between { below, above, part: (limit - below) / (above - below) },
            None => Place::Beyond,
        }
    }

    /// The values of `le` that these objectives need, the one of all requests among them.
    pub fn needed(&self, objectives: &[Objective], unit: Unit) -> Vec<&str> {
        let mut wanted = vec![f64::INFINITY];
        for objective in objectives {
            let Indicator::Slow { limit_ms } = objective.indicator else { continue };
            match self.place(limit_ms * unit.per_ms()) {
                Place::On(at) => wanted.push(at),
                Place::Between { below, above, .. } => wanted.extend([below, above]),
                Place::Beyond => {}
            }
        }
        let is_wanted = |bound: &&Bound| wanted.iter().any(|wanted| is_same(*wanted, bound.at));
        self.0.iter().filter(is_wanted).map(|bound| bound.written.as_str()).collect()
    }
}

/// Whether two bounds are one: `0.1 × 3` and `0.3` are.
pub(crate) fn is_same(left: f64, right: f64) -> bool {
    let apart = (left - right).abs();
    left == right || apart.is_finite() && apart <= 1e-9 * left.abs().max(right.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_bound_are_asked_for() {
        let bounds = Bounds::of_texts(["+Inf", "500", "500.0", "1000.0", "250", "x"]);
        assert_eq!(bounds.place(500.0), Place::On(500.0));
        assert_eq!(bounds.place(300.0), Place::Between { below: 250.0, above: 500.0, part: 0.2 });
        assert_eq!(bounds.place(100.0), Place::Between { below: 0.0, above: 250.0, part: 0.4 });
        assert_eq!(bounds.place(2000.0), Place::Beyond);
        let objective = |limit_ms| Objective {
            endpoint: "a".into(),
            method: None,
            path: "/".into(),
            condition: String::new(),
            indicator: Indicator::Slow { limit_ms },
            permitted: 0.05,
            allow_no_data: false,
        };
        assert_eq!(bounds.needed(&[objective(500.0)], Unit::Milliseconds), ["500", "500.0", "+Inf"]);
        let seconds = Bounds::of_texts(["0.3", "+Inf"]);
        assert_eq!(seconds.needed(&[objective(300.0)], Unit::Seconds), ["0.3", "+Inf"]);
    }
}
