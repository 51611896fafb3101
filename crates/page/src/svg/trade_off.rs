//! What policies cost against how slow they are at their worst: all that were tried, which of them keep the budgets,
//! and the one that was chosen.
//!
//! A line goes through those that nothing else beats, neither in cost nor in time: it is what less waiting costs. Where
//! several fall on one place, the one that says most is seen, as on a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::markup::text;
use super::picture::framed;
use super::plane::{AMOUNTS, HEIGHT, MARGIN, Plane, heading, line};
use super::scale::figure;

/// Marks that are drawn at most, so that the picture stays small, and how far apart they are, in pixels, where there
/// are few: two that are nearer are hard to tell apart.
const MOST_MARKS: usize = 700;
const APART: f64 = 5.0;
/// How far from its mark a name is at its other end, in pixels.
const WORDS: f64 = 20.0;

/// What came of a policy, from what says least to what says most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It breaks a budget.
    Breaks,
    /// It keeps all of them.
    Keeps,
    /// It is the cheapest that does.
    Chosen,
}

/// A policy that was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TriedPolicy {
    /// What it costs.
    pub cost: f64,
    /// The p95 of its worst minute, in milliseconds.
    pub worst_p95_ms: f64,
    /// What came of it.
    pub standing: Standing,
}

/// A sweep over policies, to be drawn.
#[derive(Clone, Debug, Default)]
pub struct TradeOff {
    /// What was varied.
    pub name: String,
    /// The answer, in a sentence.
    pub answer: String,
    /// What a cost is a number of: `replica-hours`.
    pub cost: String,
    /// The name of the policy that was chosen.
    pub chosen: Option<String>,
    /// What p95 may be at most, in milliseconds, with its words, where a budget limits it.
    pub limit: Option<(f64, String)>,
    /// What was tried.
    pub policies: Vec<TriedPolicy>,
}

/// A sweep as one picture of less than 30 kB.
pub fn trade_off_svg(found: &TradeOff) -> String {
    let mut inside = String::new();
    let mut y = heading(&mut inside, &found.name, &found.answer, found.chosen.is_some()) + 24.0;
    let drawn = |one: &&TriedPolicy| {
        one.worst_p95_ms.is_finite() && one.worst_p95_ms > 0.0 && one.cost.is_finite() && one.cost >= 0.0
    };
    let mut policies: Vec<TriedPolicy> = found.policies.iter().filter(drawn).copied().collect();
    policies.sort_by(|one, other| {
        one.cost.total_cmp(&other.cost).then(one.worst_p95_ms.total_cmp(&other.worst_p95_ms))
    });
    if policies.len() < 2 {
        line(&mut inside, "more", y, "Too little was tried to be drawn.");
        y += MARGIN;
    } else {
        draw(&mut inside, found, &policies, &plane(found, &policies, y));
        y += HEIGHT + AMOUNTS + 10.0;
    }
    framed(&found.name, &found.answer, y, &inside)
}

fn plane(found: &TradeOff, policies: &[TriedPolicy], top: f64) -> Plane {
    let (least, most) = (policies[0].cost, policies[policies.len() - 1].cost);
    // Costs that are the same have a place as well.
    let room = ((most - least) * 0.03).max(most * 0.01).max(0.01);
    let lowest = policies.iter().map(|one| one.worst_p95_ms).fold(f64::MAX, f64::min);
    let highest = policies.iter().map(|one| one.worst_p95_ms).fold(0.0, f64::max);
    let amounts = ((least - room).max(0.0), most + room);
    Plane::new(top, amounts, (lowest, highest), found.limit.as_ref().map(|(limit, _)| *limit))
}

fn draw(picture: &mut String, found: &TradeOff, policies: &[TriedPolicy], plane: &Plane) {
    let told = format!(
        "{}: <tspan class=\"of-strong\">◆</tspan> chosen <tspan class=\"of-strong\">●</tspan> budgets kept \
         <tspan class=\"of-bad\">×</tspan> broken <tspan class=\"of-thin\">—</tspan> nothing is both cheaper and quicker",
        text(&found.cost, 24)
    );
    plane.axes(picture, "p95 of the worst minute", |cost| figure(cost, "", ""), &told);
    if let Some((limit, words)) = &found.limit {
        plane.limit(picture, *limit, words);
    }
    let mut path = String::new();
    for one in unbeaten(policies).into_iter().take(MOST_MARKS) {
        let letter = if path.is_empty() { 'M' } else { 'L' };
        let _ = write!(path, "{letter}{:.0} {:.0}", plane.x(one.cost), plane.y(one.worst_p95_ms));
    }
    let _ = write!(picture, "<path class=\"thin\" d=\"{path}\"/>");
    let marks = marks(policies, plane);
    let of = |standing: Standing| marks.iter().filter(move |(.., of)| *of == standing);
    let (mut crosses, mut dots) = (String::new(), String::new());
    for (x, y, _) in of(Standing::Breaks) {
        let _ = write!(crosses, "M{:.0} {:.0}l6 6m0-6l-6 6", x - 3.0, y - 3.0);
    }
    for (x, y, _) in of(Standing::Keeps) {
        let _ = write!(dots, "M{x:.0} {y:.0}h0");
    }
    let _ = write!(
        picture,
        "<path class=\"cross\" d=\"{crosses}\"/><path class=\"strong\" style=\"stroke-width:8\" d=\"{dots}\"/>"
    );
    for (x, y, _) in of(Standing::Chosen) {
        let right = *x < plane.left + plane.width * 0.6;
        let (anchor, beside) = if right { ("start", x + 12.0) } else { ("end", x - 12.0) };
        // Above it, unless the limit's line would go through the words.
        let is_crossed = found.limit.as_ref().is_some_and(|(limit, _)| {
            let line = plane.y(*limit);
            line > y - WORDS && line < *y
        });
        let words_at = if is_crossed { y + WORDS } else { y - 6.0 };
        let _ = write!(
            picture,
            "<path class=\"of-strong\" d=\"M{x:.1} {:.1}l8 8-8 8-8-8z\"/><text class=\"title\" text-anchor=\"{anchor}\" x=\"{beside:.1}\" y=\"{words_at:.1}\">{}</text>",
            y - 8.0,
            text(found.chosen.as_deref().unwrap_or_default(), 48)
        );
    }
}

/// Those of which no other is both cheaper and quicker; `policies` are the cheapest first.
fn unbeaten(policies: &[TriedPolicy]) -> Vec<TriedPolicy> {
    let mut quickest = f64::INFINITY;
    let mut all = Vec::new();
    for one in policies {
        if one.worst_p95_ms < quickest {
            quickest = one.worst_p95_ms;
            all.push(*one);
        }
    }
    all
}

/// Where something is to be seen, and what: one mark for all that fall on the same place.
fn marks(policies: &[TriedPolicy], plane: &Plane) -> Vec<(f64, f64, Standing)> {
    let mut apart = APART;
    loop {
        let mut places: BTreeMap<(i32, i32), (f64, f64, Standing)> = BTreeMap::new();
        for one in policies {
            let (x, y) = (plane.x(one.cost), plane.y(one.worst_p95_ms));
            let place = ((x / apart) as i32, (y / apart) as i32);
            let seen = places.entry(place).or_insert((x, y, one.standing));
            if one.standing > seen.2 {
                *seen = (x, y, one.standing);
            }
        }
        if places.len() <= MOST_MARKS {
            return places.into_values().collect();
        }
        apart *= 1.5;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(cost: f64, worst_p95_ms: f64, standing: Standing) -> TriedPolicy {
        TriedPolicy { cost, worst_p95_ms, standing }
    }

    fn found() -> TradeOff {
        TradeOff {
            name: "HorizontalPodAutoscaler search".to_owned(),
            answer: "of 4 policies target=60 min=2 is the cheapest that keeps the budgets, at 31.2"
                .to_owned(),
            cost: "replica-hours".to_owned(),
            chosen: Some("target=60 min=2".to_owned()),
            limit: Some((500.0, "p95 (500ms)".to_owned())),
            policies: vec![
                policy(24.0, 4000.0, Standing::Breaks),
                policy(27.0, 900.0, Standing::Breaks),
                policy(31.2, 420.0, Standing::Chosen),
                policy(48.0, 180.0, Standing::Keeps),
            ],
        }
    }

    #[test]
    fn a_sweep_is_one_small_picture() {
        let drawn = trade_off_svg(&found());
        assert!(drawn.len() < 30_000, "{}", drawn.len());
        let counted = |part: &str| drawn.matches(part).count();
        assert_eq!((counted("l6 6m0-6l-6 6"), counted("h0"), counted("l8 8-8 8-8-8z")), (2, 1, 1), "{drawn}");
        for part in ["target=60 min=2</text>", "p95 (500ms)", "prefers-color-scheme:dark", "replica-hours"] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
    }

    #[test]
    fn the_limit_does_not_go_through_the_chosen_ones_name() {
        let at = |worst_p95_ms| {
            let mut found = found();
            found.policies[2].worst_p95_ms = worst_p95_ms;
            let drawn = trade_off_svg(&found);
            let y = |before: &str, at: &str| -> f64 {
                let from = drawn.find(before).unwrap() + before.len();
                let from = from + drawn[from..].find(at).unwrap() + at.len();
                drawn[from..].split(['"', ' ', 'l']).next().unwrap().parse().unwrap()
            };
            (y("<text class=\"title\" text-anchor", " y=\""), y("<path class=\"of-strong\" d=\"M", " "))
        };
        let (name, mark) = at(480.0);
        assert!(name > mark + 8.0, "below: {name} {mark}");
        let (name, mark) = at(200.0);
        assert!(name < mark + 8.0, "above: {name} {mark}");
    }

    #[test]
    fn names_break_nothing_and_much_stays_small() {
        let mut hostile = found();
        hostile.name = "</title><script>alert(1)</script>\u{1b}[31m".repeat(200);
        hostile.answer = "&<>\"".repeat(3_000);
        hostile.cost = "</text><x".to_owned();
        hostile.chosen = Some("<x y=\"".repeat(100));
        let spread = |n: u32, by: u32| f64::from(n * by % 9_973);
        hostile.policies = (1..10_000)
            .map(|n| policy(spread(n, 37), 1.0 + spread(n, 7_919), Standing::Breaks))
            .chain([policy(f64::NAN, f64::INFINITY, Standing::Keeps), policy(5.0, 9.0, Standing::Chosen)])
            .collect();
        let drawn = trade_off_svg(&hostile);
        assert!(!drawn.contains("<script") && !drawn.contains("<x") && !drawn.contains('\u{1b}'), "{drawn}");
        assert!(drawn.len() < 30_000 && !drawn.contains("NaN") && !drawn.contains("inf"), "{}", drawn.len());
        assert_eq!(drawn.matches("l8 8-8 8-8-8z").count(), 1, "the chosen one is seen among all others");
    }

    #[test]
    fn equal_costs_have_a_place_and_too_little_is_said() {
        let equal = vec![policy(0.0, 5.0, Standing::Keeps), policy(0.0, 5.0, Standing::Breaks)];
        let drawn = trade_off_svg(&TradeOff { policies: equal, chosen: None, limit: None, ..found() });
        assert_eq!((drawn.matches("h0").count(), drawn.contains("NaN")), (1, false), "{drawn}");
        let drawn = trade_off_svg(&TradeOff { policies: found().policies[..1].to_vec(), ..found() });
        assert!(drawn.contains("Too little was tried"), "{drawn}");
    }

    #[test]
    fn the_line_goes_through_what_nothing_beats() {
        let mut policies = found().policies;
        policies.insert(3, policy(40.0, 500.0, Standing::Keeps));
        let costs: Vec<f64> = unbeaten(&policies).iter().map(|one| one.cost).collect();
        assert_eq!(costs, [24.0, 27.0, 31.2, 48.0]);
    }
}
