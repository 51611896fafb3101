//! Made-up histories of one figure, a run a day.

use super::runs::Normals;

/// A day in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// A history whose truth is known; the default is flat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MadeUp {
    /// Runs.
    pub runs: usize,
    /// The standard deviation of a run, relative to its level.
    pub deviation: f64,
    /// The correlation of a run with the one before.
    pub resemblance: f64,
    /// The first run of another level, and its factor.
    pub step: Option<(usize, f64)>,
    /// A drift from one run to another, and the factor at its end; as much in a run as in each other.
    pub drift: Option<(usize, usize, f64)>,
    /// A run that is so many times its level.
    pub outlier: Option<(usize, f64)>,
    /// How far weekdays are off: the first five days of a week above, the last two below, or with `wave` all of them in
    /// a wave.
    pub weekdays: f64,
    /// See `weekdays`.
    pub wave: bool,
}

impl Default for MadeUp {
    fn default() -> Self {
        Self {
            runs: 100,
            deviation: 0.02,
            resemblance: 0.0,
            step: None,
            drift: None,
            outlier: None,
            weekdays: 0.0,
            wave: false,
        }
    }
}

impl MadeUp {
    /// When each run started, and its figure, around 100.
    pub fn draw(&self, seed: u64) -> Vec<(i64, f64)> {
        let mut normals = Normals::new(seed);
        let mut state = normals.draw();
        let fresh = (1.0 - self.resemblance * self.resemblance).sqrt();
        (0..self.runs)
            .map(|run| {
                state = self.resemblance * state + fresh * normals.draw();
                let level = 100.0 * self.level(run) * (1.0 + self.deviation * state);
                (run as i64 * DAY_MS, level)
            })
            .collect()
    }

    fn level(&self, run: usize) -> f64 {
        let mut level = 1.0;
        if let Some((_, factor)) = self.step.filter(|(at, _)| run >= *at) {
            level *= factor;
        }
        if let Some((from, to, factor)) = self.drift {
            let gone = run.clamp(from, to) - from;
            level *= 1.0 + (factor - 1.0) * gone as f64 / (to - from).max(1) as f64;
        }
        if let Some((_, factor)) = self.outlier.filter(|(at, _)| run == *at) {
            level *= factor;
        }
        let day = run % 7;
        let off = if self.wave {
            (std::f64::consts::TAU * day as f64 / 7.0).sin()
        } else if day < 5 {
            1.0
        } else {
            -1.0
        };
        level * (1.0 + self.weekdays * off)
    }
}
