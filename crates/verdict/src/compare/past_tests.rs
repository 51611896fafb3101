//! Runs held against made-up pasts.

use loadline_measure::FigureScale;

use super::*;
use crate::simulate::MadeUp;

fn figure(quantity: &str, value: f64, scale: FigureScale) -> Figure {
    Figure { subject: "all requests".to_owned(), quantity: quantity.to_owned(), value, scale, values: 1000 }
}

fn run(p95: f64, rate: f64) -> Vec<Figure> {
    vec![figure("p95", p95, FigureScale::LATENCY), figure("rate", rate, FigureScale::THROUGHPUT)]
}

fn past(figures: impl IntoIterator<Item = Vec<Figure>>) -> Vec<PastRun> {
    let runs = figures.into_iter().enumerate();
    runs.map(|(at, figures)| PastRun { run: at as i64 + 1, started_unix_ms: at as i64 * 1000, figures })
        .collect()
}

fn usual() -> Vec<PastRun> {
    past((0..12).map(|n| run(100.0 + f64::from(n % 4), 50.0 + f64::from(n % 3))))
}

fn check(figures: Vec<Figure>, runs: &[PastRun], accepted: &[Accepted]) -> Vec<Checked> {
    check_figures(figures, &Earlier { runs, accepted, most: 20, gate: Gate::default() })
}

fn outcomes(checked: &[Checked]) -> Vec<Outcome> {
    checked.iter().map(|one| one.prediction.outcome).collect()
}

#[test]
fn what_is_beyond_its_past_fails_whichever_way_is_better() {
    for (p95, rate, expected) in
        [(101.0, 51.0, Outcome::Pass), (150.0, 30.0, Outcome::Fail), (50.0, 90.0, Outcome::Pass)]
    {
        assert_eq!(outcomes(&check(run(p95, rate), &usual(), &[])), [expected; 2]);
    }
    let unknown = check(run(50.0, 90.0), &[], &[]);
    assert_eq!(outcomes(&unknown), [Outcome::NoData; 2]);
    assert_eq!(worst_figure(&unknown), Outcome::NoData, "a check of nothing passes nothing");
    assert_eq!(worst_figure(&[]), Outcome::NoData);
}

#[test]
fn few_runs_advise_say_how_many_are_wanted_and_have_no_bound() {
    for count in 1..10 {
        let checked = check(run(500.0, 5.0), &usual()[..count], &[]);
        assert_eq!(outcomes(&checked), [Outcome::Inconclusive; 2], "{count}");
        assert!(checked.iter().all(|one| one.prediction.bound.is_nan()));
        assert_eq!(checked[0].prediction.wanted(), 10 - count);
    }
    assert_eq!(outcomes(&check(run(0.0, 50.0), &usual(), &[])), [Outcome::NoData, Outcome::Pass]);
}

#[test]
fn what_nobody_would_notice_is_no_regression() {
    let steady =
        past((0..12).map(|n| vec![figure("rate", 100.0 + 0.01 * f64::from(n % 2), FigureScale::THROUGHPUT)]));
    let rate = |value| vec![figure("rate", value, FigureScale::THROUGHPUT)];
    assert_eq!(outcomes(&check(rate(99.9), &steady, &[])), [Outcome::Pass]);
    assert_eq!(outcomes(&check(rate(90.0), &steady, &[])), [Outcome::Fail]);
    let clean = past((0..12).map(|_| vec![figure("errors", 0.0, FigureScale::ERRORS)]));
    let errors = |value| vec![figure("errors", value, FigureScale::ERRORS)];
    assert_eq!(
        outcomes(&check(errors(0.001), &clean, &[])),
        [Outcome::Pass],
        "one error in a thousand requests"
    );
    assert_eq!(outcomes(&check(errors(0.02), &clean, &[])), [Outcome::Fail]);
}

#[test]
fn a_lasting_change_fails_until_somebody_accepts_it() {
    let level = |runs| MadeUp { runs, step: Some((30, 1.15)), ..MadeUp::default() }.draw(11);
    for runs in [31, 32, 33, 36, 45, 90] {
        let all = level(runs + 1);
        let (last, before) = all.split_last().unwrap();
        let before = past(before.iter().map(|(_, p95)| run(*p95, 50.0)));
        let checked = check(run(last.1, 50.0), &before, &[]);
        assert_eq!(outcomes(&checked), [Outcome::Fail, Outcome::Pass], "{runs}: {checked:?}");
        if runs >= 36 {
            let left = checked[0].left.unwrap();
            assert!((30..=32).contains(&left.run) && left.certain, "{left:?}");
        }
        let of = |subject: &str, quantity: &str| Accepted {
            since_unix_ms: 30_000,
            subject: subject.to_owned(),
            quantity: quantity.to_owned(),
        };
        let expected = if runs >= 45 { Outcome::Pass } else { Outcome::Inconclusive };
        for (subject, quantity) in [("", ""), ("all requests", ""), ("all requests", "p95")] {
            let accepted = check(run(last.1, 50.0), &before, &[of(subject, quantity)]);
            assert_eq!(accepted[0].prediction.outcome, expected, "{runs}: {accepted:?}");
        }
        let other = check(run(last.1, 50.0), &before, &[of("all requests", "p50")]);
        assert_eq!(other[0].prediction.outcome, Outcome::Fail, "another figure was accepted");
    }
}

/// Of a hundred made-up pasts of ten runs at 2 %, one of them an outlier: how many fail.
fn failing(slower: f64) -> usize {
    let failing = (0..100).filter(|seed| {
        let history = MadeUp { runs: 11, outlier: Some((4, 1.5)), ..MadeUp::default() }.draw(70_000 + seed);
        let before =
            past(history[..10].iter().map(|(_, p95)| vec![figure("p95", *p95, FigureScale::LATENCY)]));
        let now = vec![figure("p95", history[10].1 * slower, FigureScale::LATENCY)];
        worst_figure(&check(now, &before, &[])) == Outcome::Fail
    });
    failing.count()
}

#[test]
fn a_slower_build_fails_beside_an_outlier_and_an_equal_one_does_not() {
    // Of 100 with a chance of .9, fewer than 74 come once in a million times; of .01, more than 8.
    let (slower, equal) = (failing(1.1), failing(1.0));
    assert!(slower >= 74 && equal <= 8, "{slower} and {equal} of 100");
}

#[test]
fn many_figures_that_are_all_slower_do_not_excuse_each_other() {
    let many = |factor: f64, seed: u64| -> Vec<Figure> {
        let noise = MadeUp { runs: 30, ..MadeUp::default() }.draw(seed);
        let names = (0..30).map(|number| format!("p{number}"));
        names
            .zip(noise)
            .map(|(name, (_, value))| figure(&name, value * factor, FigureScale::LATENCY))
            .collect()
    };
    let before = past((0..10).map(|seed| many(1.0, 500 + seed)));
    assert_eq!(worst_figure(&check(many(1.0, 600), &before, &[])), Outcome::Pass);
    let slower = check(many(1.1, 600), &before, &[]);
    let failing = slower.iter().filter(|one| one.prediction.outcome == Outcome::Fail).count();
    assert!(failing >= 20, "{failing} of 30");
}

#[test]
fn normal_is_what_the_newest_run_has_within_what_all_allow() {
    let mut runs = usual();
    runs[11].figures = run(103.0, 52.0);
    let normal = normal_figures(&Earlier { runs: &runs, accepted: &[], most: 20, gate: Gate::default() });
    assert_eq!(normal.len(), 2);
    assert!((normal[0].figure.value - 103.0).abs() < 1e-9);
    assert!(normal[0].prediction.bound > 103.0 && normal[1].prediction.bound < 50.0);
    assert!(
        normal_figures(&Earlier { runs: &[], accepted: &[], most: 20, gate: Gate::default() }).is_empty()
    );
}
