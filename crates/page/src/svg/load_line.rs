//! Latency against load, as one picture: what was carried and what was not, the line, and what has to hold.
//!
//! Latencies are apart by ratios, because a queue's grow by them; loads by differences. The curve goes through the
//! loads in their order, so that its knee is seen where it is.

use std::fmt::Write as _;

use loadline_units as units;

use super::markup::text;
use super::picture::framed;
use super::scale::ticks;

const WIDTH: f64 = 860.0;
const MARGIN: f64 = 24.0;
const HEIGHT: f64 = 280.0;
/// Room for the numbers at the left and below.
const NUMBERS: f64 = 56.0;
const LOADS: f64 = 40.0;
/// Points that are drawn: a search has fewer than a hundred steps.
const MOST_POINTS: usize = 200;
/// The answer is written on so many lines at most, of so many columns.
const MOST_LINES: usize = 4;
const COLUMNS: usize = 112;

/// A load that was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadPoint {
    /// The load.
    pub load: f64,
    /// Its p95, in milliseconds.
    pub p95_ms: f64,
    /// Whether it was carried.
    pub carried: bool,
}

/// What a search has found, to be drawn.
#[derive(Clone, Debug, Default)]
pub struct LoadLine {
    /// What was searched.
    pub name: String,
    /// The answer, in a sentence.
    pub answer: String,
    /// Whether something is carried.
    pub carried: bool,
    /// What a load is a number of: `requests/s`.
    pub load: String,
    /// The load that is carried; 0 for none.
    pub line: f64,
    /// Between which loads the line is, where it was seen from both sides.
    pub between: Option<(f64, f64)>,
    /// What p95 may be at most, in milliseconds, with its words, where a budget limits it.
    pub limit: Option<(f64, String)>,
    /// What was tried.
    pub points: Vec<LoadPoint>,
}

/// A search as one picture of less than 30 kB.
pub fn load_line_svg(found: &LoadLine) -> String {
    let mut inside = String::new();
    let mut y = 34.0;
    line(&mut inside, "name", y, &text(&found.name, 100));
    y += 6.0;
    for (number, words) in loadline_report::wrap(&found.answer, COLUMNS).iter().take(MOST_LINES).enumerate() {
        y += if number == 0 { 24.0 } else { 20.0 };
        let (class, mark) = if found.carried { ("pass", "✓") } else { ("fail", "✗") };
        let mark =
            if number == 0 { format!("<tspan class=\"{class}\">{mark}</tspan> ") } else { String::new() };
        let _ = write!(
            inside,
            "<text class=\"answer\" x=\"{MARGIN}\" y=\"{y}\">{mark}{}</text>",
            text(words, COLUMNS)
        );
    }
    y += 24.0;
    let height = if let Some(area) = Area::of(found, y) {
        area.draw(&mut inside, found);
        y + HEIGHT + LOADS + 10.0
    } else {
        line(&mut inside, "more", y, "Too little was tried to be drawn.");
        y + MARGIN
    };
    framed(&found.name, &found.answer, height, &inside)
}

fn line(picture: &mut String, class: &str, y: f64, text: &str) {
    let _ = write!(picture, "<text class=\"{class}\" x=\"{MARGIN}\" y=\"{y}\">{text}</text>");
}

/// Where loads and latencies are in the picture.
struct Area {
    top: f64,
    left: f64,
    width: f64,
    most: f64,
    low: f64,
    high: f64,
    points: Vec<LoadPoint>,
}

impl Area {
    /// Nothing where fewer than two loads were answered.
    fn of(found: &LoadLine, top: f64) -> Option<Self> {
        let drawn = |one: &&LoadPoint| {
            one.p95_ms.is_finite() && one.p95_ms > 0.0 && one.load.is_finite() && one.load > 0.0
        };
        let mut points: Vec<LoadPoint> =
            found.points.iter().filter(drawn).take(MOST_POINTS).copied().collect();
        points.sort_by(|a, b| a.load.total_cmp(&b.load));
        if points.len() < 2 {
            return None;
        }
        let most = points.iter().map(|one| one.load).fold(found.line, f64::max) * 1.04;
        let mut lowest = points.iter().map(|one| one.p95_ms).fold(f64::MAX, f64::min);
        let mut highest = points.iter().map(|one| one.p95_ms).fold(0.0, f64::max);
        if let Some((limit, _)) = &found.limit {
            // A limit far beyond all that was measured would flatten it.
            let near = limit.clamp(lowest / 4.0, highest * 4.0);
            (lowest, highest) = (lowest.min(near), highest.max(near));
        }
        let (low, high) = ((lowest * 0.8).ln(), (highest * 1.25).ln());
        Some(Self {
            top,
            left: MARGIN + NUMBERS,
            width: WIDTH - 2.0 * MARGIN - NUMBERS,
            most,
            low,
            high,
            points,
        })
    }

    fn x(&self, load: f64) -> f64 {
        self.left + (load / self.most).clamp(0.0, 1.0) * self.width
    }

    fn y(&self, latency_ms: f64) -> f64 {
        let part = ((latency_ms.ln() - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.top + HEIGHT * (1.0 - part)
    }

    fn draw(&self, picture: &mut String, found: &LoadLine) {
        let bottom = self.top + HEIGHT;
        if let Some((low, high)) = found.between.filter(|(low, high)| low.is_finite() && high.is_finite()) {
            let (from, to) = (self.x(low), self.x(high));
            let width = (to - from).max(1.0);
            let _ = write!(
                picture,
                "<rect class=\"band\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\"/>",
                self.top
            );
        }
        self.axes(picture, found, bottom);
        if let Some((limit, words)) = &found.limit {
            let at = self.y(*limit);
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
        if found.line > 0.0 {
            let at = self.x(found.line);
            let right = at < self.left + self.width * 0.7;
            let (anchor, beside) = if right { ("start", at + 6.0) } else { ("end", at - 6.0) };
            let _ = write!(
                picture,
                "<path class=\"strong\" d=\"M{at:.1} {:.1}v{HEIGHT}\"/><text class=\"title\" text-anchor=\"{anchor}\" x=\"{beside:.1}\" y=\"{:.1}\">{} {}</text>",
                self.top,
                self.top + 12.0,
                load_text(found.line),
                text(&found.load, 20)
            );
        }
        let mut path = String::new();
        for (number, point) in self.points.iter().enumerate() {
            let letter = if number == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{letter}{:.1} {:.1}", self.x(point.load), self.y(point.p95_ms));
        }
        let _ = write!(picture, "<path class=\"thin\" d=\"{path}\"/>");
        for point in &self.points {
            let (x, y) = (self.x(point.load), self.y(point.p95_ms));
            if point.carried {
                let _ = write!(picture, "<circle class=\"of-strong\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>");
            } else {
                let (x, y) = (x - 4.0, y - 4.0);
                let _ = write!(picture, "<path class=\"cross\" d=\"M{x:.1} {y:.1}l8 8m0-8l-8 8\"/>");
            }
        }
    }

    fn axes(&self, picture: &mut String, found: &LoadLine, bottom: f64) {
        for latency in latencies(self.low.exp(), self.high.exp()) {
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
        for load in ticks(self.most, 6.0) {
            let _ = write!(
                picture,
                "<text class=\"number\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                self.x(load),
                bottom + 16.0,
                load_text(load)
            );
        }
        let _ = write!(
            picture,
            "<path class=\"grid\" d=\"M{:.1} {bottom:.1}h{:.1}\"/><text class=\"number\" x=\"{MARGIN}\" y=\"{:.1}\">p95</text>\
             <text class=\"number\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}: <tspan class=\"of-strong\">●</tspan> carried <tspan class=\"of-bad\">×</tspan> not carried</text>",
            self.left,
            self.width,
            self.top - 6.0,
            WIDTH - MARGIN,
            bottom + 32.0,
            text(&found.load, 20)
        );
    }
}

/// Round latencies between two: 1, 2 and 5 of each decade; more of them where that would be too few, and one of each
/// where it would be too many.
fn latencies(low: f64, high: f64) -> Vec<f64> {
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

fn load_text(load: f64) -> String {
    units::decimals(load, usize::from(load < 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> LoadLine {
        let point = |load, p95_ms, carried| LoadPoint { load, p95_ms, carried };
        LoadLine {
            name: "http://127.0.0.1:8080/".to_owned(),
            answer: "carries 1,240 requests/s (about 1,190 to 1,270) within its budgets; p95 (200ms) breaks first, at 1,310; limited by holiday's CPU (98 %)".to_owned(),
            carried: true,
            load: "requests/s".to_owned(),
            line: 1240.0,
            between: Some((1190.0, 1270.0)),
            limit: Some((200.0, "p95 (200ms)".to_owned())),
            points: vec![
                point(300.0, 4.0, true),
                point(1190.0, 90.0, true),
                point(1300.0, 230.0, false),
                point(2400.0, 4000.0, false),
            ],
        }
    }

    #[test]
    fn a_search_is_one_small_picture() {
        let drawn = load_line_svg(&found());
        assert!(drawn.len() < 30_000, "{}", drawn.len());
        let counted = |part: &str| drawn.matches(part).count();
        assert_eq!((counted("<circle"), counted("class=\"cross\"")), (2, 2), "{drawn}");
        for part in ["1,240 requests/s", "p95 (200ms)", "prefers-color-scheme:dark", "<metadata>loadline"] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
    }

    #[test]
    fn names_break_nothing_and_much_stays_small() {
        let mut hostile = found();
        hostile.name = "</title><script>alert(1)</script>\u{1b}[31m".repeat(200);
        hostile.answer = "&<>\"".repeat(3_000);
        hostile.load = "</text><x".to_owned();
        hostile.points =
            (1..=5_000).map(|n| LoadPoint { load: f64::from(n), p95_ms: 3.0, carried: true }).collect();
        hostile.points.push(LoadPoint { load: f64::NAN, p95_ms: f64::INFINITY, carried: false });
        let drawn = load_line_svg(&hostile);
        assert!(!drawn.contains("<script") && !drawn.contains("<x") && !drawn.contains('\u{1b}'), "{drawn}");
        assert!(drawn.len() < 30_000 && !drawn.contains("NaN") && !drawn.contains("inf"), "{}", drawn.len());
    }

    #[test]
    fn too_little_is_said_and_not_drawn() {
        let drawn = load_line_svg(&LoadLine { points: found().points[..1].to_vec(), ..found() });
        assert!(drawn.contains("Too little was tried") && !drawn.contains("<circle"), "{drawn}");
    }

    #[test]
    fn latencies_are_round() {
        assert_eq!(latencies(3.0, 60.0), [5.0, 10.0, 20.0, 50.0]);
        assert_eq!(latencies(0.5, 60_000.0), [1.0, 10.0, 100.0, 1000.0, 10000.0]);
        assert_eq!(latencies(22.0, 40.0), [25.0, 30.0, 40.0]);
    }
}
