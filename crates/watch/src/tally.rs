//! Answers taken in: from series by endpoint and bucket to requests and bad requests of each objective.

use std::collections::HashMap;

use crate::answer::{Answer, Row};
use crate::bounds::{Bounds, Place, is_same};
use crate::ledger::{Cell, Ledger};
use crate::names::canonical_path;
use crate::objective::{Indicator, Objective};
use crate::promql::{Query, Reads, queries};
use crate::settings::Settings;

/// Stretches older than this many steps are put together …
const RECENT: u64 = 480;
/// … by so many.
const TOGETHER: u64 = 15;

/// All objectives of a project with what counters said of them.
#[derive(Debug, Clone)]
pub struct Tally {
    settings: Settings,
    objectives: Vec<Objective>,
    ledgers: Vec<Ledger>,
    bounds: Bounds,
    /// Of each objective, which endpoint it is on.
    endpoint_of: Vec<usize>,
    /// Endpoints by what their series are called.
    by_label: HashMap<String, usize>,
    by_route: HashMap<String, Vec<(Option<String>, usize)>>,
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
        let mut tally = Self {
            settings,
            objectives,
            ledgers,
            bounds: Bounds::default(),
            endpoint_of: Vec::new(),
            by_label: HashMap::new(),
            by_route: HashMap::new(),
        };
        let mut known: HashMap<&str, usize> = HashMap::new();
        for objective in &tally.objectives {
            let next = known.len();
            let endpoint = *known.entry(&objective.endpoint).or_insert(next);
            tally.endpoint_of.push(endpoint);
            let said = tally.settings.said_label_of(objective);
            if tally.settings.names.method.is_some() && said.is_none() {
                let routes = tally.by_route.entry(objective.path.clone()).or_default();
                let route = (objective.method.clone(), endpoint);
                if !routes.contains(&route) {
                    routes.push(route);
                }
            } else {
                tally.by_label.insert(tally.settings.label_of(objective).to_owned(), endpoint);
            }
        }
        tally
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

    /// Takes in the bounds that buckets have.
    pub fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
    }

    /// The queries of stretches of so many seconds.
    pub fn queries(&self, stretch_s: u64) -> Vec<Query> {
        queries(&self.settings, &self.objectives, &self.bounds, stretch_s)
    }

    /// What has to be asked for to know all windows at this time, and the last `reach_s` seconds: stretches of one
    /// length after another, the old ones long.
    pub fn plan(&self, now_s: i64, reach_s: u64) -> Vec<Part> {
        let step_s = self.settings.step_s as i64;
        let coarse_s = step_s * TOGETHER as i64;
        let end_s = now_s - now_s.rem_euclid(step_s);
        let begin_s = end_s - self.settings.longest_s().max(reach_s).max(self.settings.step_s) as i64;
        let recent_s = end_s - step_s * RECENT as i64;
        let split_s = recent_s - recent_s.rem_euclid(coarse_s);
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
        let positions: HashMap<i64, usize> =
            ends_s.iter().enumerate().map(|(position, end_s)| (*end_s * 1000, position)).collect();
        let mut all: HashMap<usize, Series> = HashMap::new();
        for (reads, answer) in answers {
            for row in &answer.rows {
                let Some(kind) = kind(*reads, row) else { continue };
                for endpoint in self.endpoints(row) {
                    let series = all.entry(endpoint).or_default();
                    let index = series.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
                        series.push((kind, vec![None; ends_s.len()]));
                        series.len() - 1
                    });
                    for (at_ms, number) in &row.points {
                        // Two spellings of one bound, two methods of one endpoint: they add up.
                        if let Some(position) = positions.get(at_ms) {
                            *series[index].1[*position].get_or_insert(0.0) += number.max(0.0);
                        }
                    }
                }
            }
        }
        let nothing = Series::new();
        for (index, objective) in self.objectives.iter().enumerate() {
            let series = all.get(&self.endpoint_of[index]).unwrap_or(&nothing);
            let place = self.place(objective);
            for (position, end_s) in ends_s.iter().enumerate() {
                let cell = cell(series, objective.indicator, place, position);
                self.ledgers[index].add(*end_s, stretch_s, cell);
            }
        }
    }

    /// Forgets what no window reaches any more, and puts together what is old.
    pub fn tidy(&mut self, now_s: i64) {
        let longest_s = self.settings.longest_s().max(self.settings.step_s);
        let (step_s, longest_s) = (self.settings.step_s, longest_s as i64);
        for ledger in &mut self.ledgers {
            ledger.forget(now_s - longest_s - (TOGETHER * step_s) as i64);
            ledger.coarsen(now_s - (RECENT * step_s) as i64, TOGETHER * step_s);
        }
    }

    /// The endpoints that a series is of.
    fn endpoints(&self, row: &Row) -> Vec<usize> {
        let names = &self.settings.names;
        let Some(label) = row.label(&names.endpoint) else { return Vec::new() };
        let mut found: Vec<usize> = self.by_label.get(label).copied().into_iter().collect();
        if let Some(method) = &names.method
            && let Some(routes) = self.by_route.get(&canonical_path(label))
        {
            let method = row.label(method);
            let fits = |wanted: &Option<String>| wanted.is_none() || wanted.as_deref() == method;
            found.extend(routes.iter().filter(|(wanted, _)| fits(wanted)).map(|(_, endpoint)| *endpoint));
        }
        found
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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::burn::WORKBOOK;
    use crate::names::Names;

    fn objective(name: &str, route: (Option<&str>, &str), indicator: Indicator) -> Objective {
        Objective {
            endpoint: name.to_owned(),
            method: route.0.map(str::to_owned),
            path: canonical_path(route.1),
            condition: String::new(),
            indicator,
            permitted: 0.05,
            allow_no_data: false,
        }
    }

    fn row(labels: &[(&str, &str)], points: &[(i64, f64)]) -> Row {
        Row {
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            points: points.iter().map(|(at_s, number)| (at_s * 1000, *number)).collect(),
        }
    }

    fn answer(reads: Reads, rows: Vec<Row>) -> (Reads, Answer) {
        (reads, Answer { rows, warnings: Vec::new() })
    }

    fn slow(limit_ms: f64) -> Indicator {
        Indicator::Slow { limit_ms }
    }

    #[test]
    fn buckets_of_both_spellings_add_up_and_gaps_stay_open() {
        let mut tally = Tally::new(Settings::default(), vec![objective("a", (None, "/a"), slow(500.0))]);
        tally.set_bounds(Bounds::of_texts(["500", "500.0", "+Inf"]));
        let bucket = |le: &str, points: &[(i64, f64)]| row(&[("endpoint", "a"), ("le", le)], points);
        let rows = vec![
            bucket("500", &[(60, 8.0), (180, 9.5)]),
            bucket("500.0", &[(60, 1.0)]),
            bucket("+Inf", &[(60, 10.0), (180, 9.0)]),
            row(&[("endpoint", "b"), ("le", "+Inf")], &[(60, 99.0)]),
        ];
        tally.take(&[answer(Reads::Buckets, rows)], &[60, 120, 180], 60);
        let counted = tally.ledgers()[0].window(180, 180);
        assert_eq!((counted.cell.bad, counted.cell.total, counted.known_s), (1.0, 19.0, 120));
    }

    #[test]
    fn a_limit_between_two_bounds_is_estimated_and_one_beyond_them_is_not_known() {
        let objectives =
            [250.0, 1000.0, 9000.0].map(|limit| objective("a", (None, "/a"), slow(limit))).to_vec();
        let mut tally = Tally::new(Settings::default(), objectives);
        tally.set_bounds(Bounds::of_texts(["500", "2500", "+Inf"]));
        let bucket = |le: &str, number: f64| row(&[("endpoint", "a"), ("le", le)], &[(60, number)]);
        let rows = vec![bucket("500", 40.0), bucket("2500", 80.0), bucket("+Inf", 100.0)];
        tally.take(&[answer(Reads::Buckets, rows)], &[60], 60);
        let cells: Vec<Cell> = tally.ledgers().iter().map(|ledger| ledger.window(60, 60).cell).collect();
        assert_eq!(cells[0], Cell { bad: 80.0, doubt: 40.0, total: 100.0 });
        assert_eq!(
            cells[1],
            Cell { bad: 50.0, doubt: 40.0, total: 100.0 },
            "a quarter of the bucket is below"
        );
        assert!(!tally.ledgers()[2].knows_anything());
    }

    #[test]
    fn routes_find_their_endpoints_and_failures_default_to_none() {
        let settings = Settings { names: Names::opentelemetry(), ..Settings::default() };
        let objectives = vec![
            objective("get", (Some("GET"), "/users/:id"), Indicator::Failed),
            objective("any", (None, "/users/*"), Indicator::Failed),
        ];
        let mut tally = Tally::new(settings, objectives);
        let count = |method: &str, number: f64| {
            row(&[("http_route", "/users/{id}"), ("http_request_method", method)], &[(60, number)])
        };
        let answers = [
            answer(Reads::Total, vec![count("GET", 10.0), count("PUT", 5.0)]),
            answer(Reads::Failed, vec![count("PUT", 2.0)]),
        ];
        tally.take(&answers, &[60], 60);
        let cells: Vec<Cell> = tally.ledgers().iter().map(|ledger| ledger.window(60, 60).cell).collect();
        assert_eq!((cells[0].bad, cells[0].total), (0.0, 10.0));
        assert_eq!((cells[1].bad, cells[1].total), (2.0, 15.0));
    }

    #[test]
    fn the_plan_reaches_back_without_a_gap() {
        let tally = Tally::new(Settings::default(), Vec::new());
        let now_s = 1_783_155_642;
        let parts = tally.plan(now_s, 3600);
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].to_s, parts[0].stretch_s, parts[1].stretch_s), (parts[1].from_s, 900, 60));
        assert!(parts[0].from_s <= now_s - 72 * 3600 && parts[1].to_s == now_s - 42);
        let ends = parts[1].ends(100);
        assert!(ends.iter().all(|group| group.len() <= 100));
        assert_eq!(ends.concat().last(), Some(&parts[1].to_s));
        let settings = Settings { windows: WORKBOOK[..1].to_vec(), ..Settings::default() };
        let parts = Tally::new(settings, Vec::new()).plan(now_s, 60);
        assert_eq!((parts.len(), parts[0].to_s - parts[0].from_s), (1, 3600));
    }

    #[test]
    fn native_histograms_say_shares() {
        let settings = Settings { names: Names { native: true, ..Names::story() }, ..Settings::default() };
        let mut tally = Tally::new(settings, vec![objective("a", (None, "/a"), slow(500.0))]);
        let one = |number: f64, at| row(&[("endpoint", "a")], &[(at, number)]);
        let answers = [
            answer(Reads::Total, vec![one(10.0, 60), one(0.0, 120)]),
            answer(Reads::Within { limit_ms: 500.0 }, vec![one(0.75, 60)]),
        ];
        tally.take(&answers, &[60, 120], 60);
        let counted = tally.ledgers()[0].window(120, 120);
        assert_eq!((counted.cell.bad, counted.cell.total, counted.known_s), (2.5, 10.0, 120));
    }

    proptest! {
        /// However counters are spread over replicas and spellings: no cell has more bad requests than requests.
        #[test]
        fn cells_make_sense(
            rows in prop::collection::vec((0usize..4, -5.0..50.0_f64, 1i64..4), 0..40),
            limit in 1.0..1200.0_f64,
        ) {
            let spellings = ["250", "500", "500.0", "+Inf"];
            let mut tally = Tally::new(Settings::default(), vec![objective("a", (None, "/a"), slow(limit))]);
            tally.set_bounds(Bounds::of_texts(spellings));
            let rows = rows.iter().map(|(le, number, at)| {
                row(&[("endpoint", "a"), ("le", spellings[*le])], &[(at * 60, *number)])
            });
            tally.take(&[answer(Reads::Buckets, rows.collect())], &[60, 120, 180], 60);
            let cell = tally.ledgers()[0].window(180, 180).cell;
            prop_assert!(cell.bad >= 0.0 && cell.bad <= cell.total + 1e-3 && cell.doubt >= 0.0);
        }
    }
}
