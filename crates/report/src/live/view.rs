//! The live view as a picture: one line on the whole run, one per scenario, columns aligned.
//!
//! ```text
//! running  0m25s  350 VUs  1234 requests/s  0.12% failed  p(95) 212ms
//!
//!   search    ━━━━━━━━━━━━━━━─────────────────────  42%  0m25s/1m00s  350 VUs  820/s  0.12% failed
//! ```
//! On a narrow terminal the bars shrink first, then the least important columns go; no line ever wraps.

use std::time::Duration;

use loadline_measure::{ScenarioProgress, ScenarioState};
use loadline_units as units;

use super::rates::{Rates, ScenarioRates, Shares};
use crate::text::{Line, Role};

/// What the run as a whole is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Virtual users are being made.
    Initialising {
        /// How many are ready.
        done: u64,
        /// How many there will be at the start.
        total: u64,
    },
    /// `setup()` runs.
    Setup,
    /// Scenarios run.
    #[default]
    Running,
    /// An interrupt came; iterations under way may end.
    Stopping {
        /// The longest that this takes from now on.
        grace: Duration,
    },
    /// `teardown()` runs.
    Teardown,
}

/// What a load's virtual users are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Users {
    /// Virtual users, who run a script.
    #[default]
    Vus,
    /// Connections that send one request again and again.
    Connections,
}

impl Users {
    fn short(self) -> &'static str {
        match self {
            Users::Vus => "VUs",
            Users::Connections => "connections",
        }
    }

    fn long(self) -> &'static str {
        match self {
            Users::Vus => "virtual users",
            Users::Connections => "connections",
        }
    }
}

/// What there is to show of a run at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// What the run as a whole is doing.
    pub phase: Phase,
    /// Since its start.
    pub elapsed: Duration,
    /// Where its scenarios stand.
    pub scenarios: &'a [ScenarioProgress],
    /// What the last seconds brought.
    pub rates: &'a Rates,
    /// What its users are called.
    pub users: Users,
}

const MIN_BAR: usize = 8;
const MAX_BAR: usize = 40;
const MAX_NAME: usize = 28;
const GAP: &str = "  ";

/// The lines of the live view for a terminal of `width` columns. No line is wider.
pub fn live_lines(moment: &Moment<'_>, width: usize) -> Vec<Line> {
    let mut lines = vec![headline(moment, width)];
    if !matches!(moment.phase, Phase::Initialising { .. } | Phase::Setup) && !moment.scenarios.is_empty() {
        lines.push(Line::new());
        lines.extend(scenario_lines(moment, width));
    }
    lines.into_iter().map(|line| line.truncated(width)).collect()
}

fn headline(moment: &Moment<'_>, width: usize) -> Line {
    let mut line = phase_words(moment.phase, moment.users);
    if let Phase::Initialising { done, total } = moment.phase {
        let bar_width = width.saturating_sub(line.width() + 3).min(MAX_BAR);
        if bar_width >= MIN_BAR {
            line.push(Role::Text, GAP);
            let share = if total == 0 { 1.0 } else { done as f64 / total as f64 };
            line.append(&bar(share, bar_width, Role::Active));
        }
        return line;
    }
    line.push(Role::Text, GAP);
    line.push(Role::Value, &units::clock(moment.elapsed));
    for (figure, role) in figures(moment) {
        let next = Line::new().with(Role::Text, GAP).with(role, &figure);
        // A figure that does not fit is left out whole; half a number would be a wrong number.
        if line.width() + next.width() > width {
            break;
        }
        line.append(&next);
    }
    line
}

/// What the run does, in words; also the beginning of a plain line.
pub(super) fn phase_words(phase: Phase, users: Users) -> Line {
    let line = Line::new();
    match phase {
        Phase::Initialising { done, total } => line
            .with(Role::Heading, "initialising")
            .with(Role::Text, &format!(" {done}/{total} {}", users.long())),
        Phase::Setup => line.with(Role::Heading, "setting up"),
        Phase::Running => line.with(Role::Heading, "running"),
        Phase::Stopping { grace } => line
            .with(Role::Warning, "stopping")
            .with(Role::Text, &format!(", up to {} for iterations under way", units::time_of(grace))),
        Phase::Teardown => line.with(Role::Heading, "tearing down"),
    }
}

/// Figures of the whole run, the most important first.
pub(super) fn figures(moment: &Moment<'_>) -> Vec<(String, Role)> {
    let Moment { scenarios, rates, .. } = moment;
    let vus: u64 = scenarios.iter().map(|scenario| scenario.vus).sum();
    let dropped: u64 = scenarios.iter().map(|scenario| scenario.dropped).sum();
    let mut figures = vec![(format!("{vus} {}", moment.users.short()), Role::Text)];
    if let Some(requests) = rates.requests_per_s {
        figures.push((format!("{} requests/s", short(requests)), Role::Text));
    } else {
        figures.push((format!("{} iterations/s", short(rates.iterations_per_s)), Role::Text));
    }
    let (errors, role) = errors(rates.total);
    if !errors.is_empty() {
        figures.push((errors, role));
    }
    if let Some(p95) = rates.latency_p95_ms {
        figures.push((format!("p(95) {}", rough(p95)), Role::Text));
    }
    if dropped > 0 {
        figures.push((format!("{dropped} dropped"), Role::Warning));
    }
    figures
}

fn scenario_lines(moment: &Moment<'_>, width: usize) -> Vec<Line> {
    let row = |scenario| Row::new(scenario, moment.rates, moment.users);
    let rows: Vec<Row> = moment.scenarios.iter().map(row).collect();
    let name = rows.iter().map(|row| row.name.width()).max().unwrap_or(0).min(MAX_NAME);
    let columns: [usize; Row::CELLS] =
        std::array::from_fn(|index| rows.iter().map(|row| row.cells[index].width()).max().unwrap_or(0));
    // Columns are kept from the left while a bar of the least width still fits.
    let fixed = 2 + name + GAP.len();
    let mut shown = 0;
    let mut used = fixed;
    for column in columns {
        let with_gap = if column == 0 { 0 } else { GAP.len() + column };
        if used + with_gap + MIN_BAR > width {
            break;
        }
        used += with_gap;
        shown += 1;
    }
    let bar_width = width.saturating_sub(used).min(MAX_BAR);

    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let mut line = Line::indented(2);
        line.append(&row.name.truncated(name));
        line.pad_to(fixed);
        if bar_width >= MIN_BAR {
            line.append(&bar(row.share, bar_width, row.bar));
        }
        for (cell, column) in row.cells.iter().zip(columns).take(shown) {
            if column == 0 {
                continue;
            }
            line.push(Role::Text, GAP);
            line.push(Role::Text, &" ".repeat(column - cell.width()));
            line.append(cell);
        }
        lines.push(line);
    }
    lines
}

struct Row {
    name: Line,
    share: f64,
    bar: Role,
    cells: [Line; Row::CELLS],
}

impl Row {
    /// Percent, time or iterations, virtual users, iterations per second, errors.
    const CELLS: usize = 5;

    fn new(scenario: &ScenarioProgress, rates: &Rates, users: Users) -> Row {
        let share = share_done(scenario);
        let rates = rates.scenarios.get(&scenario.name).copied().unwrap_or_default();
        let waiting = scenario.state == ScenarioState::Waiting;
        let name_role = if waiting { Role::Dim } else { Role::Text };
        let bar = match scenario.state {
            ScenarioState::Waiting => Role::Dim,
            ScenarioState::Running => Role::Active,
            ScenarioState::Stopping => Role::Warning,
            ScenarioState::Done => Role::Good,
        };
        Row {
            name: Line::new().with(name_role, &scenario.name),
            share,
            bar,
            cells: cells(scenario, share, rates, users),
        }
    }
}

fn cells(scenario: &ScenarioProgress, share: f64, rates: ScenarioRates, users: Users) -> [Line; Row::CELLS] {
    let text = |role: Role, text: String| Line::new().with(role, &text);
    let done = text(Role::Value, units::whole_percent(share));
    let progress = text(Role::Dim, position(scenario));
    let vus = text(Role::Text, format!("{} {}", scenario.vus, users.short()));
    let (role, rate) = match scenario.state {
        ScenarioState::Waiting => {
            return [Line::new(), progress, Line::new(), text(Role::Dim, "waiting".into()), Line::new()];
        }
        ScenarioState::Done => (Role::Dim, "done".to_owned()),
        ScenarioState::Stopping => (Role::Warning, "stopping".to_owned()),
        ScenarioState::Running => (Role::Text, format!("{}/s", short(rates.iterations_per_s))),
    };
    let (errors, error_role) = errors(rates.shares);
    [done, progress, vus, text(role, rate), text(error_role, errors)]
}

/// Where a scenario stands, in iterations when their number is known, else in time.
pub(super) fn position(scenario: &ScenarioProgress) -> String {
    match (scenario.total, scenario.duration) {
        (Some(total), _) => format!("{}/{total}", scenario.completed + scenario.interrupted),
        (None, Some(duration)) => {
            format!("{}/{}", units::clock(scenario.elapsed.min(duration)), units::clock(duration))
        }
        (None, None) => units::clock(scenario.elapsed),
    }
}

/// The share of a scenario that is over, 0 to 1.
pub(super) fn share_done(scenario: &ScenarioProgress) -> f64 {
    if scenario.state == ScenarioState::Done {
        return 1.0;
    }
    let share = match (scenario.total, scenario.duration) {
        (Some(total), _) if total > 0 => (scenario.completed + scenario.interrupted) as f64 / total as f64,
        (None, Some(duration)) if !duration.is_zero() => {
            scenario.elapsed.as_secs_f64() / duration.as_secs_f64()
        }
        _ => 0.0,
    };
    share.clamp(0.0, 1.0)
}

/// The larger of the two shares that people look for: failed requests, failed checks.
pub(super) fn errors(shares: Shares) -> (String, Role) {
    match (shares.failed_requests, shares.failed_checks) {
        (Some(requests), checks) if requests >= checks.unwrap_or(0.0) => {
            (format!("{} failed", short_percent(requests)), error_role(requests))
        }
        (_, Some(checks)) => (format!("{} checks failed", short_percent(checks)), error_role(checks)),
        _ => (String::new(), Role::Dim),
    }
}

fn error_role(share: f64) -> Role {
    if share > 0.0 { Role::Bad } else { Role::Dim }
}

/// A rate without false precision: three digits, or the whole number.
pub(super) fn short(rate: f64) -> String {
    if !rate.is_finite() {
        return units::plain(rate);
    }
    let places = match rate {
        0.0 | 99.95.. => 0,
        9.995.. => 1,
        _ => 2,
    };
    format!("{rate:.places$}")
}

/// A latency without decimals that change too fast to be read.
fn rough(ms: f64) -> String {
    units::time(if (10.0..1000.0).contains(&ms) { ms.round() } else { ms })
}

/// A share without false precision: `0%`, `0.25%`, `12%`.
fn short_percent(share: f64) -> String {
    if share == 0.0 {
        "0%".to_owned()
    } else if share < 0.1 {
        units::percent(share)
    } else {
        units::whole_percent(share)
    }
}

fn bar(share: f64, width: usize, role: Role) -> Line {
    let filled = (share * width as f64).floor().clamp(0.0, width as f64) as usize;
    Line::new().with(role, &"━".repeat(filled)).with(Role::Dim, &"─".repeat(width - filled))
}
