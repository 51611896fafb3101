//! One chart of a picture: round numbers at the left, moments below, lines and areas, limits as dashed lines.

use std::fmt::Write as _;
use std::time::Duration;

use loadline_units as units;

use super::lines::{Line, Plan};
use super::markup::text;
use super::scale::{figure, ticks};

/// Where a chart stands in its picture.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Room for numbers at the left, for the title above and for moments below.
const NUMBERS: f64 = 52.0;
const TITLE: f64 = 26.0;
const MOMENTS: f64 = 20.0;
/// Limits beyond so many times what was measured are not worth the room.
const NEAR: f64 = 3.0;
/// Limits that are drawn.
const MOST_LIMITS: usize = 4;

/// Adds a chart over so many seconds.
pub(super) fn draw(picture: &mut String, plan: &Plan, place: Place, seconds: f64) {
    let Place { left, top, width, height } = place;
    let area = Place {
        left: left + NUMBERS,
        top: top + TITLE,
        width: width - NUMBERS,
        height: height - TITLE - MOMENTS,
    };
    let bottom = area.top + area.height;
    let measured =
        plan.lines.iter().flat_map(|line| line.values.iter().copied().flatten()).fold(0.0, f64::max);
    let drawn =
        || plan.limits.iter().filter(|(at, _)| measured <= 0.0 || *at <= measured * NEAR).take(MOST_LIMITS);
    let most = drawn().map(|(at, _)| *at).fold(measured, f64::max) * 1.06;
    let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
    let y = |value: f64| bottom - (value / most).clamp(0.0, 1.0) * area.height;
    let _ = write!(
        picture,
        "<text class=\"title\" x=\"{left}\" y=\"{:.0}\">{}</text>",
        top + 12.0,
        text(&plan.title, 34)
    );
    legend(picture, plan, left + width, top + 12.0);
    for tick in ticks(most, 4.0) {
        let at = y(tick);
        let _ = write!(
            picture,
            "<path class=\"grid\" d=\"M{:.0} {at:.1}h{:.0}\"/><text class=\"number\" text-anchor=\"end\" x=\"{:.0}\" y=\"{:.1}\">{}</text>",
            area.left,
            area.width,
            area.left - 6.0,
            at + 4.0,
            figure(tick, &plan.unit, plan.per)
        );
    }
    for (part, anchor) in [(0.0, "start"), (0.5, "middle"), (1.0, "end")] {
        let moment = units::clock(Duration::try_from_secs_f64(seconds * part).unwrap_or_default());
        let _ = write!(
            picture,
            "<text class=\"number\" text-anchor=\"{anchor}\" x=\"{:.0}\" y=\"{:.0}\">{moment}</text>",
            area.left + area.width * part,
            bottom + 15.0
        );
    }
    for line in &plan.lines {
        let _ = write!(picture, "<path class=\"{}\" d=\"{}\"/>", line.class, path(line, area, &y));
    }
    for (at, _) in drawn() {
        let _ = write!(
            picture,
            "<path class=\"limit\" d=\"M{:.0} {:.1}h{:.0}\"/>",
            area.left,
            y(*at),
            area.width
        );
    }
}

/// The names of the lines, at the right of the title.
fn legend(picture: &mut String, plan: &Plan, right: f64, y: f64) {
    let mut words: Vec<(&str, &str)> = plan
        .lines
        .iter()
        .rev()
        .filter(|line| !line.label.is_empty())
        .map(|line| (line.class, line.label))
        .collect();
    if !plan.limits.is_empty() {
        words.push(("limit", "limit"));
    }
    if words.len() < 2 {
        return;
    }
    let _ = write!(picture, "<text class=\"number\" text-anchor=\"end\" x=\"{right}\" y=\"{y:.0}\">");
    for (class, label) in words {
        let _ =
            write!(picture, "<tspan class=\"of-{class}\" dx=\"8\">■</tspan><tspan dx=\"3\">{label}</tspan>");
    }
    picture.push_str("</text>");
}

/// A line with its gaps; what stands alone is a dot, as a line of no length with round ends.
fn path(line: &Line, area: Place, y: &dyn Fn(f64) -> f64) -> String {
    let count = line.values.len().max(1) as f64;
    let x = |at: usize| area.left + (at as f64 + 0.5) / count * area.width;
    let mut path = String::new();
    let mut at = 0;
    while at < line.values.len() {
        let known = |at: &usize| line.values.get(*at).copied().flatten();
        let stretch: Vec<(usize, f64)> = (at..).map_while(|at| Some((at, known(&at)?))).collect();
        at += stretch.len().max(1);
        let Some((first, _)) = stretch.first() else { continue };
        for (number, (step, value)) in stretch.iter().enumerate() {
            let _ = write!(path, "{}{:.1} {:.1}", if number == 0 { 'M' } else { 'L' }, x(*step), y(*value));
        }
        match &line.down_to {
            Some(low) => {
                for (step, _) in stretch.iter().rev() {
                    let low = low.get(*step).copied().flatten().unwrap_or(0.0);
                    let _ = write!(path, "L{:.1} {:.1}", x(*step), y(low));
                }
                path.push('Z');
            }
            None if stretch.len() == 1 => {
                let _ = write!(path, "H{:.1}", x(*first));
            }
            None => {}
        }
    }
    path
}
