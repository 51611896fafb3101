//! All figures of a run, held against those of the runs before it.

use loadline_measure::Figure;

use super::baseline::{Prediction, predict};
use crate::verdict::Outcome;

/// The chance that an unchanged run fails by any of its figures.
const LEVEL: f64 = 0.01;
/// The chance that the next unchanged run is beyond what is called normal of one figure.
const NORMAL_LEVEL: f64 = 0.005;

/// A figure and what its past says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The figure.
    pub figure: Figure,
    /// What came of it.
    pub prediction: Prediction,
}

/// Judges the figures of a run by those of earlier runs, a list for each run.
pub fn check_figures(figures: Vec<Figure>, past: &[Vec<Figure>]) -> Vec<Checked> {
    // Each may fail by chance with its part of the level (Bonferroni).
    let level = LEVEL / figures.len().max(1) as f64;
    let checked = figures.into_iter().map(|figure| Checked {
        prediction: predict(&values_of(past, &figure), figure.value, &figure.scale, level),
        figure,
    });
    checked.collect()
}

/// What is normal, from the figures of runs of one kind, the newest first: each figure as the newest run has it, with
/// what one more unchanged run stays within, 99.5 times in 100.
pub fn normal_figures(runs: &[Vec<Figure>]) -> Vec<Checked> {
    let mut normal: Vec<Checked> = Vec::new();
    for figure in runs.iter().flatten() {
        if normal.iter().any(|known| same(&known.figure, figure)) {
            continue;
        }
        let prediction = predict(&values_of(runs, figure), figure.value, &figure.scale, NORMAL_LEVEL);
        normal.push(Checked { figure: figure.clone(), prediction });
    }
    normal
}

/// The worst of a run's figures: a fail, or else what too few runs leave open. Where no figure was held against
/// anything there is no data.
pub fn worst_figure(checked: &[Checked]) -> Outcome {
    let has = |outcome: &Outcome| checked.iter().any(|one| one.prediction.outcome == *outcome);
    let order = [Outcome::Fail, Outcome::Inconclusive, Outcome::Pass];
    order.into_iter().find(has).unwrap_or(Outcome::NoData)
}

fn values_of(runs: &[Vec<Figure>], wanted: &Figure) -> Vec<f64> {
    let found = runs.iter().filter_map(|run| run.iter().find(|figure| same(figure, wanted)));
    found.map(|figure| figure.value).collect()
}

fn same(one: &Figure, other: &Figure) -> bool {
    (&one.subject, &one.quantity) == (&other.subject, &other.quantity)
}

#[cfg(test)]
mod tests {
    use loadline_measure::FigureScale;

    use super::*;

    fn run(p95: f64, rate: f64) -> Vec<Figure> {
        let figure = |quantity: &str, value, scale| Figure {
            subject: "all requests".to_owned(),
            quantity: quantity.to_owned(),
            value,
            scale,
            values: 100,
        };
        vec![figure("p95", p95, FigureScale::LATENCY), figure("rate", rate, FigureScale::THROUGHPUT)]
    }

    fn past() -> Vec<Vec<Figure>> {
        (0..12).map(|n| run(100.0 + f64::from(n % 4), 50.0 + f64::from(n % 3))).collect()
    }

    fn outcomes(checked: &[Checked]) -> Vec<Outcome> {
        checked.iter().map(|one| one.prediction.outcome).collect()
    }

    #[test]
    fn what_is_beyond_its_past_fails_whichever_way_is_better() {
        assert_eq!(outcomes(&check_figures(run(101.0, 51.0), &past())), [Outcome::Pass; 2]);
        assert_eq!(outcomes(&check_figures(run(150.0, 30.0), &past())), [Outcome::Fail; 2]);
        assert_eq!(outcomes(&check_figures(run(50.0, 90.0), &past())), [Outcome::Pass; 2]);
        let unknown = check_figures(run(50.0, 90.0), &[]);
        assert_eq!(outcomes(&unknown), [Outcome::NoData; 2]);
        assert_eq!(worst_figure(&unknown), Outcome::NoData, "a check of nothing passes nothing");
        assert_eq!(worst_figure(&[]), Outcome::NoData);
    }

    #[test]
    fn normal_is_what_the_newest_run_has_within_what_all_allow() {
        let mut runs = past();
        runs[0] = run(103.0, 52.0);
        let normal = normal_figures(&runs);
        assert_eq!(normal.len(), 2);
        assert!((normal[0].figure.value - 103.0).abs() < 1e-9);
        assert!(normal[0].prediction.bound > 103.0 && normal[1].prediction.bound < 50.0);
        assert!(normal_figures(&[]).is_empty());
    }
}
