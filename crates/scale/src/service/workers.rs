//! The workers of one replica and those who wait for them, request by request.
//!
//! Requests are served in the order they come, so when each of them starts is known as soon as it comes: when the first
//! worker is free (Lindley's recursion, and for several workers that of Kiefer and Wolfowitz). No event has to be kept
//! for it, which is what makes a simulated day a matter of seconds.

use std::collections::VecDeque;

/// Workers, by the time from which on each is free, in seconds.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    free_s: Vec<f64>,
    /// When those start who wait, ascending; kept only where there is a limit to them.
    starts_s: VecDeque<f64>,
    limit: Option<usize>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Turn {
    /// A worker takes it then.
    Starts(f64),
    /// Too many wait.
    Away,
}

impl Workers {
    pub(crate) fn new(number: usize, limit: Option<usize>, from_s: f64) -> Self {
        Self { free_s: vec![from_s; number.max(1)], starts_s: VecDeque::new(), limit }
    }

    /// When a request that comes now starts.
    #[inline]
    pub(crate) fn turn(&mut self, now_s: f64) -> Turn {
        let first = self.first();
        let start = self.free_s[first].max(now_s);
        if let Some(limit) = self.limit {
            while self.starts_s.front().is_some_and(|start| *start <= now_s) {
                self.starts_s.pop_front();
            }
            if start > now_s && self.starts_s.len() >= limit {
                return Turn::Away;
            }
            self.starts_s.push_back(start);
        }
        Turn::Starts(start)
    }

    /// The first free worker is busy until then. To be called once after each turn that starts.
    #[inline]
    pub(crate) fn busy_until(&mut self, end_s: f64) {
        let first = self.first();
        self.free_s[first] = end_s;
    }

    /// When the first worker is free, in seconds.
    #[inline]
    pub(crate) fn free_s(&self) -> f64 {
        self.free_s[self.first()]
    }

    #[inline]
    fn first(&self) -> usize {
        let mut first = 0;
        for (index, free) in self.free_s.iter().enumerate().skip(1) {
            if *free < self.free_s[first] {
                first = index;
            }
        }
        first
    }
}
