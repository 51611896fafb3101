//! Answers taken in: from series by endpoint and bucket to requests and bad requests of each objective.

use std::collections::{BTreeMap, HashMap};

use loadline_prometheus::{Answer, Row};

use crate::bounds::{Bounds, Place, is_same};
use crate::labelled::Labelled;
use crate::ledger::{Cell, Ledger};
use crate::objective::{Indicator, Objective};
use crate::promql::{Query, Reads, queries};
use crate::settings::Settings;

/// Stretches older than this many steps are put together …
const RECENT: u64 = 480;
/// … by so many at least, …
const TOGETHER: u64 = 15;
/// … and to this many seconds at least: three days of many objectives, looked at often, take little memory.
const COARSE_S: u64 = 900;
/// Bounds of buckets are asked for again after this time.
const BOUNDS_LAST_S: i64 = 600;

/// All objectives of a project with what counters said of them.
#[derive(Debug, Clone)]
pub struct Tally {
    settings: Settings,
    objectives: Vec<Objective>,
    ledgers: Vec<Ledger>,
    bounds: Bounds,
    /// Of each objective, which endpoint it is on.
    endpoint_of: Vec<usize>,
    labelled: Labelled,
    /// Until when everything was asked for.
    until_s: Option<i64>,
    /// When bounds were asked for.
    bounds_s: Option<i64>,
}

/// Stretches of one length that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// When the first begins, in seconds since 1970 UTC.
    pub from_s: i64,
    /// When the last ends.
    pub to_s: i64,
    /// How long each is, in seconds.
    pub stretch_s: u64,
}

impl Part {
    /// When its stretches end, in groups of so many.
    pub fn ends(self, most: usize) -> Vec<Vec<i64>> {
        let ends: Vec<i64> = (self.from_s..self.to_s)
            .step_by(self.stretch_s.max(1) as usize)
            .map(|at_s| at_s + self.stretch_s as i64)
            .collect();
        ends.chunks(most.max(1)).map(<[i64]>::to_vec).collect()
    }
}

/// What a series is of, for one endpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Bucket(f64),
    Total,
    Failed,
    Within(f64),
}

/// Series of an endpoint over several stretches.
type Series = Vec<(Kind, Vec<Option<f64>>)>;

impl Tally {
    /// Without any answer yet.
    pub fn new(settings: Settings, objectives: Vec<Objective>) -> Self {
        let ledgers = vec![Ledger::default(); objectives.len()];
        let mut labelled = Labelled::default();
        let endpoint_of = objectives
            .iter()
            .map(|objective| {
                let Objective { endpoint, method, path, .. } = objective;
                labelled.add(&settings, endpoint, method.as_deref(), path)
            })
            .collect();
        Self {
            settings,
            objectives,
            ledgers,
            bounds: Bounds::default(),
            endpoint_of,
            labelled,
            until_s: None,
            bounds_s: None,
        }
    }

    /// What is watched.
    pub fn objectives(&self) -> &[Objective] {
        &self.objectives
    }

    /// How.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What counters said of each.
    pub fn ledgers(&self) -> &[Ledger] {
        &self.ledgers
    }

    /// The bounds that buckets have.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Takes in the bounds that buckets have at a time.
    pub fn set_bounds(&mut self, bounds: Bounds, now_s: i64) {
        self.bounds_s = (!bounds.is_empty()).then_some(now_s);
        self.bounds = bounds;
    }

    /// Whether the bounds should be asked for: a new release may have others.
    pub fn wants_bounds(&self, now_s: i64) -> bool {
        self.bounds_s.is_none_or(|at_s| now_s - at_s >= BOUNDS_LAST_S)
    }

    /// The queries of stretches of so many seconds.
    pub fn queries(&self, stretch_s: u64) -> Vec<Query> {
        queries(&self.settings, &self.objectives, &self.bounds, stretch_s)
    }

    /// What has to be asked for to know all windows at this time, and the last `reach_s` seconds: stretches of one
    /// length after another, the old ones long.
    pub fn plan(&self, now_s: i64, reach_s: u64) -> Vec<Part> {
        let step_s = self.settings.step_s as i64;
        let coarse_s = self.coarse_s() as i64;
        let end_s = now_s - now_s.rem_euclid(step_s);
        let begin_s = end_s - self.settings.longest_s().max(reach_s).max(self.settings.step_s) as i64;
        let recent_s = end_s - step_s * RECENT as i64;
        let split_s = recent_s - recent_s.rem_euclid(coarse_s);
        if let Some(from_s) = self.until_s.filter(|until_s| *until_s >= split_s) {
            return vec![Part { from_s, to_s: end_s, stretch_s: step_s as u64 }];
        }
        let mut parts = Vec::new();
        let mut fine_s = begin_s - begin_s.rem_euclid(step_s);
        if begin_s < split_s {
            let from_s = begin_s - begin_s.rem_euclid(coarse_s);
            parts.push(Part { from_s, to_s: split_s, stretch_s: coarse_s as u64 });
            fine_s = split_s;
        }
        parts.push(Part { from_s: fine_s, to_s: end_s, stretch_s: step_s as u64 });
        parts
    }

    /// Where an objective's limit lies; `None` where nothing is estimated or missing.
    pub fn place(&self, objective: &Objective) -> Option<Place> {
        match objective.indicator {
            Indicator::Slow { limit_ms } if !self.settings.names.native => {
                Some(self.bounds.place(limit_ms * self.settings.names.unit.per_ms()))
            }
            _ => None,
        }
    }

    /// Takes in what was answered for the stretches of so many seconds that end at these times, which ascend.
    pub fn take(&mut self, answers: &[(Reads, Answer)], ends_s: &[i64], stretch_s: u64) {
        let cells = self.cells(answers, ends_s);
        for (position, end_s) in ends_s.iter().enumerate() {
            self.add(*end_s, stretch_s, cells.iter().map(|cells| cells[position]));
        }
    }

    /// Adds one stretch of each objective, in their order.
    pub fn add(&mut self, end_s: i64, stretch_s: u64, cells: impl Iterator<Item = Option<Cell>>) {
        self.until_s = Some(end_s).max(self.until_s);
        for (ledger, cell) in self.ledgers.iter_mut().zip(cells) {
            ledger.add(end_s, stretch_s, cell);
        }
    }

    /// What was answered for the stretches that end at these times, which ascend: of each objective, its cells.
    pub fn cells(&self, answers: &[(Reads, Answer)], ends_s: &[i64]) -> Vec<Vec<Option<Cell>>> {
        let positions: HashMap<i64, usize> =
            ends_s.iter().enumerate().map(|(position, end_s)| (*end_s * 1000, position)).collect();
        // By endpoint, and within it by the labels that tell its series apart: shares do not add up.
        let mut all: HashMap<usize, BTreeMap<&str, Series>> = HashMap::new();
        for (reads, answer) in answers {
            for row in &answer.rows {
                let Some(kind) = kind(*reads, row) else { continue };
                let method = self.settings.names.method.as_ref().and_then(|method| row.label(method));
                for endpoint in self.labelled.of_row(&self.settings.names, row) {
                    let of_method = all.entry(endpoint).or_default();
                    let series = of_method.entry(method.unwrap_or_default()).or_default();
                    let index = series.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
                        series.push((kind, vec![None; ends_s.len()]));
                        series.len() - 1
                    });
                    for (at_ms, number) in row.points.iter().filter(|(_, number)| number.is_finite()) {
                        // Two spellings of one bound add up.
                        if let Some(position) = positions.get(at_ms) {
                            *series[index].1[*position].get_or_insert(0.0) += number.max(0.0);
                        }
                    }
                }
            }
        }
        let nothing = BTreeMap::new();
        let objectives = self.objectives.iter().zip(&self.endpoint_of);
        objectives
            .map(|(objective, endpoint)| {
                let methods = all.get(endpoint).unwrap_or(&nothing);
                let place = self.place(objective);
                let at = |position: usize| {
                    let cells = methods
                        .values()
                        .filter_map(|series| cell(series, objective.indicator, place, position));
                    cells.reduce(Cell::and)
                };
                (0..ends_s.len()).map(at).collect()
            })
            .collect()
    }

    /// Forgets what no window reaches any more, and puts together what is old.
    pub fn tidy(&mut self, now_s: i64) {
        let longest_s = self.settings.longest_s().max(self.settings.step_s);
        let (step_s, longest_s, coarse_s) = (self.settings.step_s, longest_s as i64, self.coarse_s());
        for ledger in &mut self.ledgers {
            ledger.forget(now_s - longest_s - coarse_s as i64);
            ledger.coarsen(now_s - (RECENT * step_s) as i64, coarse_s);
        }
    }

    /// How long old stretches are, in seconds: a multiple of the step.
    fn coarse_s(&self) -> u64 {
        let step_s = self.settings.step_s.max(1);
        step_s * TOGETHER.max(COARSE_S.div_ceil(step_s))
    }
}

fn kind(reads: Reads, row: &Row) -> Option<Kind> {
    Some(match reads {
        Reads::Buckets => Kind::Bucket(row.label("le")?.parse().ok()?),
        Reads::Total => Kind::Total,
        Reads::Failed => Kind::Failed,
        Reads::Within { limit_ms } => Kind::Within(limit_ms),
    })
}

fn cell(series: &Series, indicator: Indicator, place: Option<Place>, position: usize) -> Option<Cell> {
    let find = |wanted: &dyn Fn(Kind) -> bool| {
        series.iter().find(|(kind, _)| wanted(*kind)).and_then(|(_, values)| values[position])
    };
    let within = |bound: f64| find(&|kind| matches!(kind, Kind::Bucket(at) if is_same(at, bound)));
    let counted = |bad: f64, doubt: f64, total: f64| Cell { bad: bad.clamp(0.0, total), doubt, total };
    match (indicator, place) {
        (Indicator::Failed, _) => {
            let total = find(&|kind| kind == Kind::Total)?;
            // A service that never failed has no series of failures.
            Some(counted(find(&|kind| kind == Kind::Failed).unwrap_or(0.0), 0.0, total))
        }
        (Indicator::Slow { limit_ms }, None) => {
            let total = find(&|kind| kind == Kind::Total)?;
            match find(&|kind| kind == Kind::Within(limit_ms)) {
                Some(share) => Some(counted(total * (1.0 - share), 0.0, total)),
                // A share of nothing is no number.
                None => (total == 0.0).then(Cell::default),
            }
        }
        (Indicator::Slow { .. }, Some(Place::On(at))) => {
            let total = within(f64::INFINITY)?;
            Some(counted(total - within(at)?, 0.0, total))
        }
        (Indicator::Slow { .. }, Some(Place::Between { below, above, part })) => {
            let total = within(f64::INFINITY)?;
            let below = within(below).unwrap_or(0.0);
            let doubt = (within(above)? - below).max(0.0);
            Some(counted(total - below - doubt * part, doubt, total))
        }
        (Indicator::Slow { .. }, Some(Place::Beyond)) => None,
    }
}

#[cfg(test)]
#[path = "tally_tests.rs"]
mod tests;
