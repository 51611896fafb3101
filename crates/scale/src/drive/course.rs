//! What a policy did on real replicas, and how that agrees with what was predicted.

use std::time::Duration;

use super::pace::Pace;
use super::prediction::Prediction;
use crate::simulation::{Change, Ledger};

/// The replicas at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When, by the clock, since the load began.
    pub at: Duration,
    /// Replicas that were wanted.
    pub wanted: i32,
    /// Replicas that were ready.
    pub ready: i32,
    /// Which share of their workers was busy, in percent; none before anybody knew.
    pub busy_percent: Option<f64>,
}

/// All that happened to the replicas.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Course {
    /// At even distances.
    pub points: Vec<Point>,
    /// Changes of the number of replicas, in the policy's seconds.
    pub changes: Vec<Change>,
}

/// How two curves of replicas agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// For which share of the time they were no more than one replica apart.
    pub within_one: f64,
    /// How far apart they were at most.
    pub furthest: i32,
}

impl Course {
    /// The most replicas that were wanted at a time.
    pub fn most(&self) -> i32 {
        self.points.iter().map(|point| point.wanted).max().unwrap_or(0)
    }

    /// How often it went back on itself within five minutes of the policy.
    pub fn flaps(&self) -> usize {
        Ledger { changes: self.changes.clone(), ..Ledger::default() }.flaps()
    }

    /// How its ready replicas agree with those predicted; none where nothing is to be compared.
    pub fn agreement(&self, prediction: &Prediction, pace: Pace) -> Option<Agreement> {
        let apart = |point: &Point| {
            let second = pace.policy_s(point.at) as usize;
            prediction.ready.get(second).map(|ready| (point.ready - ready).abs())
        };
        let apart: Vec<i32> = self.points.iter().filter_map(apart).collect();
        let within = apart.iter().filter(|apart| **apart <= 1).count();
        Some(Agreement {
            within_one: within as f64 / apart.len() as f64,
            furthest: apart.iter().copied().max()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_agree_as_far_as_they_do() {
        let pace = Pace::new(10.0).unwrap();
        let prediction = Prediction {
            ready: [vec![2; 50], vec![4; 50]].concat(),
            wanted: Vec::new(),
            p95_ms: None,
            ledger: Ledger::default(),
        };
        let point = |tenths: u64, ready| Point {
            at: Duration::from_millis(100 * tenths),
            wanted: ready,
            ready,
            busy_percent: None,
        };
        // From two to four a second late, and one beyond the end.
        let mut points: Vec<Point> = (0..60).map(|at| point(at, 2)).collect();
        points.extend((60..=100).map(|at| point(at, 5)));
        let course = Course { points, changes: Vec::new() };
        let agreement = course.agreement(&prediction, pace).unwrap();
        assert_eq!((agreement.within_one, agreement.furthest, course.most()), (0.9, 2, 5));
        assert_eq!(Course::default().agreement(&prediction, pace), None);
    }
}
