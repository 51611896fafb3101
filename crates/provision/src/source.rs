//! What the files are made of: a project's budgets on endpoints, and what is known of its metrics.

use loadline_verdict::{Endpoints, ProjectBudget};
use loadline_watch::{Bounds, Indicator, Names, Objective, Place, Settings, Unwatched, objectives};

use crate::document::number;

/// The bounds of `loadline-monitor`'s `api_request_duration_ms`.
const STORY: [&str; 11] = ["10", "50", "100", "250", "500", "1000", "2000", "2500", "3000", "5000", "+Inf"];
/// Those that OpenTelemetry advises for `http.server.request.duration`.
///
/// Source: <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration>.
const OPENTELEMETRY: [&str; 15] = [
    "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1", "2.5", "5", "7.5", "10",
    "+Inf",
];

/// A project, as the files need it.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// How it is watched.
    pub settings: Settings,
    /// Its budgets as shares of requests, by endpoint in the order of the project.
    pub(crate) objectives: Vec<Counted>,
    /// What is in no file.
    pub left: Left,
}

/// What is in no file, or not as exactly as it might be, and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Left {
    /// Budgets that counters cannot tell.
    pub unwatched: Vec<Unwatched>,
    /// Anything else, in words.
    pub remarks: Vec<String>,
}

/// A budget, and how its bad requests are counted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counted {
    pub(crate) objective: Objective,
    /// Where the limit lies among the bounds; `None` where none is needed.
    pub(crate) place: Option<Place>,
}

impl Source {
    /// Of these budgets. The bounds are those that buckets have in a Prometheus that was asked; without them the usual
    /// ones of the names.
    pub fn of<'b>(
        budgets: impl IntoIterator<Item = &'b ProjectBudget>,
        endpoints: &Endpoints,
        settings: &Settings,
        asked: Option<Bounds>,
    ) -> Self {
        let (objectives, unwatched) = objectives(budgets, endpoints);
        let mut left = Left { unwatched, remarks: Vec::new() };
        let bounds = asked.or_else(|| usual(&settings.names));
        let mut counted = Vec::new();
        for objective in objectives {
            let place = match objective.indicator {
                Indicator::Slow { limit_ms } if !settings.names.native => {
                    let limit = limit_ms * settings.names.unit.per_ms();
                    Some(bounds.as_ref().map_or(Place::On(limit), |bounds| bounds.place(limit)))
                }
                _ => None,
            };
            match place {
                Some(Place::Beyond) => left.unwatched.push(Unwatched {
                    budget: objective.key(),
                    why: "no bucket of the histogram reaches so far",
                }),
                Some(Place::Between { below, above, .. }) => {
                    left.remarks.push(format!(
                        "{} is estimated, because no bucket ends at its limit: those beside it end at {} and {}",
                        objective.key(),
                        number(below),
                        number(above),
                    ));
                    counted.push(Counted { objective, place });
                }
                Some(Place::On(limit)) if bounds.is_none() => {
                    left.remarks.push(format!(
                        "{} needs a bucket that ends at {}: `--prometheus URL` looks",
                        objective.key(),
                        number(limit),
                    ));
                    counted.push(Counted { objective, place });
                }
                _ => counted.push(Counted { objective, place }),
            }
        }
        let none = counted.iter().filter(|counted| counted.objective.permitted <= 0.0);
        left.remarks.extend(none.map(|counted| {
            let key = counted.objective.key();
            format!("{key} is no objective of OpenSLO: it permits nothing, and targets there are below 1")
        }));
        // Budgets of one endpoint stand together, in the order in which endpoints come up.
        let first = |endpoint: &str| counted.iter().position(|one| one.objective.endpoint == endpoint);
        let order: Vec<Option<usize>> = counted.iter().map(|one| first(&one.objective.endpoint)).collect();
        let mut sorted: Vec<(Option<usize>, Counted)> = order.into_iter().zip(counted).collect();
        sorted.sort_by_key(|(first, _)| *first);
        let objectives = sorted.into_iter().map(|(_, counted)| counted).collect();
        Self { settings: settings.clone(), objectives, left }
    }

    /// How many budgets the files are about.
    pub fn budgets(&self) -> usize {
        self.objectives.len()
    }

    /// Budgets by endpoint.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &[Counted]> {
        self.objectives.chunk_by(|left, right| left.objective.endpoint == right.objective.endpoint)
    }

    /// The lengths of all windows, the short ones first.
    pub(crate) fn lengths_s(&self) -> Vec<u64> {
        let windows = self.settings.windows.iter();
        let mut lengths: Vec<u64> = windows.flat_map(|window| [window.short_s, window.long_s]).collect();
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }
}

/// The bounds that usual libraries give these metrics; `None` where nothing is usual.
fn usual(names: &Names) -> Option<Bounds> {
    if *names == Names::story() {
        Some(Bounds::of_texts(STORY))
    } else if *names == Names::opentelemetry() {
        Some(Bounds::of_texts(OPENTELEMETRY))
    } else {
        None
    }
}
