//! What a version did in each round, endpoint by endpoint: answers of a Prometheus taken in.

use std::collections::{BTreeMap, HashMap};

use loadline_prometheus::Answer;

use crate::labelled::Labelled;
use crate::names::Names;

use super::asked::{CanaryReads, PERCENTS};
use super::buckets::{At, Buckets};

/// An endpoint's requests in one round. Times are in the metric's unit.
#[derive(Debug, Clone, Default)]
pub(super) struct Requests {
    pub(super) total: f64,
    pub(super) failed: f64,
    /// For each limit, how many took longer, and how many of all may have; none where nobody can tell.
    pub(super) over: Vec<Option<(f64, f64)>>,
    /// For each percentile, where it lies.
    pub(super) percentiles: [Option<At>; PERCENTS.len()],
}

/// Numbers of one series, by the round.
type Numbers = Vec<Option<f64>>;

/// All series of an endpoint that belong together.
#[derive(Default)]
struct Together {
    buckets: Vec<(f64, Numbers)>,
    others: Vec<(CanaryReads, Numbers)>,
}

/// What one version did: by endpoint, its rounds. The limits are in the metric's unit.
pub(super) fn counted(
    names: &Names,
    labelled: &Labelled,
    answers: &[(CanaryReads, Answer)],
    ends_s: &[i64],
    limits: &[(f64, f64)],
) -> HashMap<usize, Vec<Requests>> {
    let place: HashMap<i64, usize> =
        ends_s.iter().enumerate().map(|(place, end_s)| (end_s * 1000, place)).collect();
    // Shares and percentiles do not add up, so a native histogram's series of several methods stay apart.
    let mut all: BTreeMap<(usize, String), Together> = BTreeMap::new();
    for (reads, answer) in answers {
        for row in &answer.rows {
            let method = names.method.as_ref().filter(|_| names.native).and_then(|method| row.label(method));
            for endpoint in labelled.of_row(names, row) {
                let together = all.entry((endpoint, method.unwrap_or_default().to_owned())).or_default();
                let numbers = match reads {
                    CanaryReads::Buckets => {
                        let Some(bound) = row.label("le").and_then(|bound| bound.parse::<f64>().ok()) else {
                            continue;
                        };
                        together.buckets.push((bound, vec![None; ends_s.len()]));
                        together.buckets.last_mut().map(|(_, numbers)| numbers)
                    }
                    reads => {
                        together.others.push((*reads, vec![None; ends_s.len()]));
                        together.others.last_mut().map(|(_, numbers)| numbers)
                    }
                };
                let Some(numbers) = numbers else { continue };
                for (at_ms, number) in row.points.iter().filter(|(_, number)| number.is_finite()) {
                    if let Some(place) = place.get(at_ms) {
                        numbers[*place] = Some(number.max(0.0));
                    }
                }
            }
        }
    }
    let mut endpoints: HashMap<usize, Vec<Requests>> = HashMap::new();
    for ((endpoint, _), together) in all {
        let rounds = endpoints.entry(endpoint).or_insert_with(|| vec![Requests::default(); ends_s.len()]);
        for (round, requests) in rounds.iter_mut().enumerate() {
            let own = if names.native {
                native(&together, round, limits)
            } else {
                classic(&together, round, limits)
            };
            requests.add(own);
        }
    }
    endpoints
}

impl Requests {
    fn add(&mut self, other: Self) {
        let (before, more) = (self.total, other.total);
        self.total += more;
        self.failed += other.failed;
        if before <= 0.0 {
            (self.over, self.percentiles) = (other.over, other.percentiles);
        } else if more > 0.0 {
            let sums = self.over.iter().zip(&other.over).map(|(left, right)| {
                left.zip(*right).map(|(left, right)| (left.0 + right.0, left.1 + right.1))
            });
            self.over = sums.collect();
            self.percentiles = [None; PERCENTS.len()];
        }
    }
}

fn classic(together: &Together, round: usize, limits: &[(f64, f64)]) -> Requests {
    let buckets = together.buckets.iter().filter_map(|(bound, numbers)| Some((*bound, numbers[round]?)));
    let buckets = Buckets::of(buckets.collect());
    Requests {
        total: buckets.total(),
        failed: sum(together, round, CanaryReads::Failed),
        over: limits.iter().map(|(_, limit)| buckets.over(*limit)).collect(),
        percentiles: PERCENTS.map(|percent| buckets.percentile(percent / 100.0)),
    }
}

fn native(together: &Together, round: usize, limits: &[(f64, f64)]) -> Requests {
    let total = sum(together, round, CanaryReads::Total);
    let one = |reads: CanaryReads| {
        let found = together.others.iter().find(|(known, _)| *known == reads);
        found.and_then(|(_, numbers)| numbers[round])
    };
    let over = |limit_ms: f64| {
        one(CanaryReads::Within { limit_ms }).map(|share| (total * (1.0 - share).clamp(0.0, 1.0), 0.0))
    };
    let percentile =
        |percent: f64| one(CanaryReads::Percentile { percent }).map(|at| At::Within { at, bounds: (at, at) });
    Requests {
        total,
        failed: sum(together, round, CanaryReads::Failed),
        over: limits.iter().map(|(limit_ms, _)| over(*limit_ms)).collect(),
        percentiles: PERCENTS.map(percentile),
    }
}

fn sum(together: &Together, round: usize, reads: CanaryReads) -> f64 {
    let series = together.others.iter().filter(|(known, _)| *known == reads);
    series.filter_map(|(_, numbers)| numbers[round]).sum()
}
