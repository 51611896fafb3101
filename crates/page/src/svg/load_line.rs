//! Latency against load, as one picture: what was carried and what was not, the line, and what has to hold.
//!
//! The curve goes through the loads in their order, so that its knee is seen where it is.

use std::fmt::Write as _;

use loadline_units as units;

use super::markup::text;
use super::picture::framed;
use super::plane::{AMOUNTS, HEIGHT, MARGIN, Plane, heading, line};

/// Points that are drawn: a search has fewer than a hundred steps.
const MOST_POINTS: usize = 200;

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
    let mut y = heading(&mut inside, &found.name, &found.answer, found.carried) + 24.0;
    let points = points(found);
    if points.len() < 2 {
        line(&mut inside, "more", y, "Too little was tried to be drawn.");
        y += MARGIN;
    } else {
        draw(&mut inside, found, &points, &plane(found, &points, y));
        y += HEIGHT + AMOUNTS + 10.0;
    }
    framed(&found.name, &found.answer, y, &inside)
}

/// What was answered, by its load.
fn points(found: &LoadLine) -> Vec<LoadPoint> {
    let drawn = |one: &&LoadPoint| {
        one.p95_ms.is_finite() && one.p95_ms > 0.0 && one.load.is_finite() && one.load > 0.0
    };
    let mut points: Vec<LoadPoint> = found.points.iter().filter(drawn).take(MOST_POINTS).copied().collect();
    points.sort_by(|a, b| a.load.total_cmp(&b.load));
    points
}

fn plane(found: &LoadLine, points: &[LoadPoint], top: f64) -> Plane {
    let most = points.iter().map(|one| one.load).fold(found.line, f64::max) * 1.04;
    let lowest = points.iter().map(|one| one.p95_ms).fold(f64::MAX, f64::min);
    let highest = points.iter().map(|one| one.p95_ms).fold(0.0, f64::max);
    Plane::new(top, (0.0, most), (lowest, highest), found.limit.as_ref().map(|(limit, _)| *limit))
}

fn draw(picture: &mut String, found: &LoadLine, points: &[LoadPoint], plane: &Plane) {
    if let Some((low, high)) = found.between.filter(|(low, high)| low.is_finite() && high.is_finite()) {
        let (from, to) = (plane.x(low), plane.x(high));
        let width = (to - from).max(1.0);
        let _ = write!(
            picture,
            "<rect class=\"band\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\"/>",
            plane.top
        );
    }
    let told = format!(
        "{}: <tspan class=\"of-strong\">●</tspan> carried <tspan class=\"of-bad\">×</tspan> not carried",
        text(&found.load, 20)
    );
    plane.axes(picture, "p95", load_text, &told);
    if let Some((limit, words)) = &found.limit {
        plane.limit(picture, *limit, words);
    }
    if found.line > 0.0 {
        let at = plane.x(found.line);
        let right = at < plane.left + plane.width * 0.7;
        let (anchor, beside) = if right { ("start", at + 6.0) } else { ("end", at - 6.0) };
        let _ = write!(
            picture,
            "<path class=\"strong\" d=\"M{at:.1} {:.1}v{HEIGHT}\"/><text class=\"title\" text-anchor=\"{anchor}\" x=\"{beside:.1}\" y=\"{:.1}\">{} {}</text>",
            plane.top,
            plane.top + 12.0,
            load_text(found.line),
            text(&found.load, 20)
        );
    }
    let mut path = String::new();
    for (number, point) in points.iter().enumerate() {
        let letter = if number == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{letter}{:.1} {:.1}", plane.x(point.load), plane.y(point.p95_ms));
    }
    let _ = write!(picture, "<path class=\"thin\" d=\"{path}\"/>");
    for point in points {
        let (x, y) = (plane.x(point.load), plane.y(point.p95_ms));
        if point.carried {
            let _ = write!(picture, "<circle class=\"of-strong\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>");
        } else {
            let (x, y) = (x - 4.0, y - 4.0);
            let _ = write!(picture, "<path class=\"cross\" d=\"M{x:.1} {y:.1}l8 8m0-8l-8 8\"/>");
        }
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
}
