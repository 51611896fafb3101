//! Latency against an amount: where both are in a picture, its axes, and the heading above it.
//!
//! Latencies are apart by ratios, because a queue's grow by them; amounts by differences.

use std::fmt::Write as _;

use loadline_units as units;

use super::markup::text;
use super::scale::ticks;

pub(super) const WIDTH: f64 = 860.0;
pub(super) const MARGIN: f64 = 24.0;
pub(super) const HEIGHT: f64 = 280.0;
/// Room for the numbers below.
pub(super) const AMOUNTS: f64 = 40.0;
/// Room for the numbers at the left.
const LATENCIES: f64 = 56.0;
/// The answer is written on so many lines at most, of so many columns.
const MOST_LINES: usize = 5;
const COLUMNS: usize = 88;

/// Name and answer, with a mark for good or bad; gives where they end.
pub(super) fn heading(picture: &mut String, name: &str, answer: &str, good: bool) -> f64 {
    let mut y = 34.0;
    line(picture, "name", y, &text(name, 100));
    y += 6.0;
    for (number, words) in loadline_report::wrap(answer, COLUMNS).iter().take(MOST_LINES).enumerate() {
        y += if number == 0 { 24.0 } else { 20.0 };
        let (class, mark) = if good { ("pass", "✓") } else { ("fail", "✗") };
        let mark =
            if number == 0 { format!("<tspan class=\"{class}\">{mark}</tspan> ") } else { String::new() };
        let _ = write!(
            picture,
            "<text class=\"answer\" x=\"{MARGIN}\" y=\"{y}\">{mark}{}</text>",
            text(words, COLUMNS)
        );
    }
    y
}

/// A line of text.
pub(super) fn line(picture: &mut String, class: &str, y: f64, text: &str) {
    let _ = write!(picture, "<text class=\"{class}\" x=\"{MARGIN}\" y=\"{y}\">{text}</text>");
}

/// Where amounts and latencies are.
pub(super) struct Plane {
    pub(super) top: f64,
    pub(super) left: f64,
    pub(super) width: f64,
    from: f64,
    to: f64,
    low: f64,
    high: f64,
}

impl Plane {
    /// From one amount to another, and for latencies between two with some room, in milliseconds; a limit is in sight
    /// as well, unless it is so far off that it would flatten all that was measured.
    pub(super) fn new(top: f64, amounts: (f64, f64), latencies: (f64, f64), limit: Option<f64>) -> Self {
        let (mut lowest, mut highest) = latencies;
        if let Some(limit) = limit {
            let near = limit.clamp(lowest / 4.0, highest * 4.0);
            (lowest, highest) = (lowest.min(near), highest.max(near));
        }
        Self {
            top,
            left: MARGIN + LATENCIES,
            width: WIDTH - 2.0 * MARGIN - LATENCIES,
            from: amounts.0,
            to: amounts.1,
            low: (lowest * 0.8).ln(),
            high: (highest * 1.25).ln(),
        }
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + HEIGHT
    }

    pub(super) fn x(&self, amount: f64) -> f64 {
        self.left + ((amount - self.from) / (self.to - self.from)).clamp(0.0, 1.0) * self.width
    }

    pub(super) fn y(&self, latency_ms: f64) -> f64 {
        let part = ((latency_ms.ln() - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.top + HEIGHT * (1.0 - part)
    }

    /// What latencies may be at most.
    pub(super) fn limit(&self, picture: &mut String, limit_ms: f64, words: &str) {
        let at = self.y(limit_ms);
        let _ = write!(
            picture,
            "<path class=\"limit\" d=\"M{:.1} {at:.1}h{:.1}\"/><text class=\"number\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            self.left,
            self.width,
            self.left + 4.0,
            at - 4.0,
            text(words, 40)
        );
    }

    /// Both axes; `latency` says which latency it is, `told` what the amounts and the marks are, as markup.
    pub(super) fn axes(
        &self,
        picture: &mut String,
        latency: &str,
        amount_text: impl Fn(f64) -> String,
        told: &str,
    ) {
        let bottom = self.bottom();
        for latency in round_latencies(self.low.exp(), self.high.exp()) {
            let at = self.y(latency);
            let _ = write!(
                picture,
                "<path class=\"grid\" d=\"M{:.1} {at:.1}h{:.1}\"/><text class=\"number\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                self.left,
                self.width,
                self.left - 6.0,
                at + 4.0,
                units::time(latency)
            );
        }
        for amount in self.amounts() {
            let _ = write!(
                picture,
                "<text class=\"number\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                self.x(amount),
                bottom + 16.0,
                amount_text(amount)
            );
        }
        let _ = write!(
            picture,
            "<path class=\"grid\" d=\"M{:.1} {bottom:.1}h{:.1}\"/><text class=\"number\" x=\"{MARGIN}\" y=\"{:.1}\">{latency}</text>\
             <text class=\"number\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{told}</text>",
            self.left,
            self.width,
            self.top - 6.0,
            WIDTH - MARGIN,
            bottom + 32.0
        );
    }

    /// Round amounts.
    fn amounts(&self) -> Vec<f64> {
        let steps = ticks(self.to - self.from, 6.0);
        let Some(step) = steps.get(1) else { return Vec::new() };
        let first = (self.from / step).ceil();
        let all = (0..steps.len()).map(|number| (first + number as f64) * step);
        all.filter(|amount| *amount <= self.to).collect()
    }
}

/// Round latencies between two: 1, 2 and 5 of each decade; more of them where that would be too few, and one of each
/// where it would be too many.
fn round_latencies(low: f64, high: f64) -> Vec<f64> {
    let of = |digits: &[f64]| {
        let mut all = Vec::new();
        let mut power = 10_f64.powf(low.log10().floor());
        while power <= high && all.len() < 60 {
            all.extend(digits.iter().map(|digit| digit * power).filter(|at| (low..=high).contains(at)));
            power *= 10.0;
        }
        all
    };
    let all = of(&[1.0, 2.0, 5.0]);
    match all.len() {
        0 | 1 => of(&[1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0]),
        2..=9 => all,
        _ => of(&[1.0]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_round() {
        assert_eq!(round_latencies(3.0, 60.0), [5.0, 10.0, 20.0, 50.0]);
        assert_eq!(round_latencies(0.5, 60_000.0), [1.0, 10.0, 100.0, 1000.0, 10000.0]);
        assert_eq!(round_latencies(22.0, 40.0), [25.0, 30.0, 40.0]);
    }

    #[test]
    fn amounts_are_round_wherever_they_begin() {
        let amounts = |from, to| Plane::new(0.0, (from, to), (1.0, 2.0), None).amounts();
        assert_eq!(amounts(0.0, 640.0), [0.0, 200.0, 400.0, 600.0]);
        assert_eq!(amounts(31.0, 43.0), [32.0, 34.0, 36.0, 38.0, 40.0, 42.0]);
        assert!(amounts(5.0, 5.0).is_empty());
    }

    #[test]
    fn a_far_limit_does_not_flatten_what_was_measured() {
        let plane = Plane::new(0.0, (0.0, 1.0), (10.0, 20.0), Some(1e9));
        assert!(plane.y(10.0) - plane.y(20.0) > HEIGHT / 6.0);
        assert!((0.0..=HEIGHT).contains(&plane.y(1e9)));
    }
}
