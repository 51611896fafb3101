//! The rows of the table: a kind of history, what is asked about it, and what is wanted.

use loadline_measure::{Figure, FigureScale};
use loadline_verdict::{
    Change, Earlier, Gate, MadeUp, Outcome, PastRun, Way, check_figures, course, worst_figure,
};

/// A row.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) history: MadeUp,
    pub(crate) question: fn(&[(i64, f64)]) -> bool,
    pub(crate) wanted: Wanted,
}

/// What is wanted of a share.
pub(crate) enum Wanted {
    AtMost(f64),
    AtLeast(f64),
    Nothing,
}

fn changes(runs: &[(i64, f64)]) -> Vec<Change> {
    course(runs, &FigureScale::LATENCY).changes
}

fn certain(runs: &[(i64, f64)]) -> bool {
    changes(runs).iter().any(|change| change.certain)
}

fn suspected(runs: &[(i64, f64)]) -> bool {
    changes(runs).iter().any(|change| !change.certain)
}

fn anything(runs: &[(i64, f64)]) -> bool {
    !changes(runs).is_empty()
}

fn drift(runs: &[(i64, f64)]) -> bool {
    changes(runs).iter().any(|change| change.certain && change.way == Way::Drift)
}

/// A certain step within three runs of the sixtieth.
fn step(runs: &[(i64, f64)]) -> bool {
    changes(runs)
        .iter()
        .any(|change| change.certain && change.way == Way::Step && change.at.abs_diff(60) <= 3)
}

/// Something certain about the sixtieth run, and nothing certain elsewhere.
fn step_alone(runs: &[(i64, f64)]) -> bool {
    let certain: Vec<usize> =
        changes(runs).iter().filter(|change| change.certain).map(|change| change.at).collect();
    matches!(certain[..], [at] if at.abs_diff(60) <= 3)
}

pub(crate) fn rows() -> Vec<Row> {
    use Wanted::{AtLeast, AtMost, Nothing};
    let base = MadeUp::default();
    let mut rows = Vec::new();
    let mut row = |name: &str, history: MadeUp, question: fn(&[(i64, f64)]) -> bool, wanted: Wanted| {
        rows.push(Row { name: name.to_owned(), history, question, wanted });
    };
    for resemblance in [0.0, 0.5] {
        for runs in [20, 100, 200, 500, 2000] {
            let flat = MadeUp { runs, resemblance, ..base };
            row(&format!("flat, AR({resemblance}), {runs} runs: certain"), flat, certain, AtMost(0.04));
            row(
                &format!("flat, AR({resemblance}), {runs} runs: suspected at the end"),
                flat,
                suspected,
                AtMost(0.04),
            );
        }
    }
    for runs in [100, 500] {
        let flat = MadeUp { runs, resemblance: 0.7, ..base };
        row(&format!("flat, AR(0.7), {runs} runs: certain (more than is promised)"), flat, certain, Nothing);
    }
    let stepped = |runs, size| MadeUp { runs, step: Some((60, size)), ..base };
    row("step of 10 % at CV 2 %, 3 runs ago: suspected or certain", stepped(63, 1.1), anything, AtLeast(0.9));
    row("step of 10 % at CV 2 %, 5 runs ago: certain", stepped(65, 1.1), step, Nothing);
    row("step of 10 % at CV 2 %, 8 runs ago: certain", stepped(68, 1.1), step, AtLeast(0.95));
    row("step of -10 % at CV 2 %, 8 runs ago: certain", stepped(68, 0.9), step, AtLeast(0.95));
    row("step of 5 % at CV 2 %, 40 runs ago: certain", stepped(100, 1.05), step, AtLeast(0.95));
    let noisy = MadeUp { deviation: 0.05, ..stepped(120, 1.1) };
    row("step of 10 % at CV 5 %, 60 runs ago: certain", noisy, certain, AtLeast(0.9));
    row(
        "step of 10 % at CV 2 %, AR(0.5), 8 runs ago: certain",
        MadeUp { resemblance: 0.5, ..stepped(68, 1.1) },
        step,
        Nothing,
    );
    row(
        "step of 10 % at CV 2 %, AR(0.5), 40 runs ago: certain",
        MadeUp { resemblance: 0.5, ..stepped(100, 1.1) },
        step,
        Nothing,
    );
    for (factor, wanted) in [(1.3, 0.95), (2.0, 0.95)] {
        let drifting = MadeUp { runs: 80, deviation: 0.03, drift: Some((0, 79, factor)), ..base };
        row(&format!("drift to x{factor} over 80 runs, CV 3 %: certain"), drifting, certain, AtLeast(wanted));
        row(
            &format!("drift to x{factor} over 80 runs, CV 3 %: called a drift"),
            drifting,
            drift,
            AtLeast(0.9),
        );
    }
    let slow = MadeUp { runs: 100, drift: Some((60, 100, 1.4)), ..base };
    row("drift of 1 % a run for the last forty of a hundred, CV 2 %: drift", slow, drift, AtLeast(0.95));
    for factor in [1.5, 2.0] {
        let beside = |at| MadeUp { outlier: Some((at, factor)), ..stepped(70, 1.1) };
        for at in [40, 58, 62, 66] {
            row(
                &format!("step of 10 %, ten runs ago, outlier x{factor} in run {at}: certain"),
                beside(at),
                step,
                AtLeast(0.9),
            );
        }
        for at in [50, 97, 99] {
            let alone = MadeUp { outlier: Some((at, factor)), ..base };
            row(&format!("an outlier x{factor} in run {at} alone: anything"), alone, anything, AtMost(0.04));
        }
    }
    for wave in [false, true] {
        let kind = if wave { "wave" } else { "weekend" };
        let weeks = |runs, step| MadeUp { runs, step, weekdays: 0.15, wave, ..base };
        row(
            &format!("±15 % by weekday ({kind}), step of 10 % ten runs ago: certain"),
            weeks(70, Some((60, 1.1))),
            step_alone,
            AtLeast(0.9),
        );
        for runs in [70, 200] {
            row(
                &format!("±15 % by weekday ({kind}) alone, {runs} runs: anything"),
                weeks(runs, None),
                anything,
                AtMost(0.04),
            );
        }
    }
    for outlier in [false, true] {
        let beside = if outlier { ", an outlier of x1.5 among them" } else { "" };
        let past = MadeUp { runs: 11, outlier: outlier.then_some((4, 1.5)), ..base };
        row(
            &format!("check of a build 10 % slower, ten runs at CV 2 %{beside}"),
            past,
            slower_fails,
            AtLeast(0.9),
        );
        row(&format!("check of an equal build, ten runs at CV 2 %{beside}"), past, equal_fails, AtMost(0.01));
        let past = MadeUp { runs: 21, ..past };
        row(
            &format!("check of an equal build, twenty runs at CV 2 %{beside}"),
            past,
            equal_fails,
            AtMost(0.01),
        );
        let wide = MadeUp { deviation: 0.08, ..past };
        row(
            &format!("check of an equal build, twenty runs at CV 8 %{beside}"),
            wide,
            equal_fails,
            AtMost(0.015),
        );
    }
    for last in [1.1, 1.3] {
        let lasting = MadeUp { runs: 80, step: Some((30, last)), ..base };
        row(&format!("check of run 80, x{last} slower since run 30"), lasting, equal_fails, AtLeast(0.95));
    }
    rows
}

/// Whether the last run fails when it is held against the others and is 10 % slower than drawn.
fn slower_fails(runs: &[(i64, f64)]) -> bool {
    fails(runs, 1.1)
}

/// Whether it fails as it is.
fn equal_fails(runs: &[(i64, f64)]) -> bool {
    fails(runs, 1.0)
}

fn fails(runs: &[(i64, f64)], slower: f64) -> bool {
    let figure = |value: f64| Figure {
        subject: "all requests".to_owned(),
        quantity: "p95".to_owned(),
        value,
        scale: FigureScale::LATENCY,
        values: 1000,
    };
    let Some((last, before)) = runs.split_last() else { return false };
    let past: Vec<PastRun> = before
        .iter()
        .zip(1..)
        .map(|((started_unix_ms, value), run)| PastRun {
            run,
            started_unix_ms: *started_unix_ms,
            figures: vec![figure(*value)],
        })
        .collect();
    let earlier = Earlier { runs: &past, accepted: &[], most: 20, gate: Gate::default() };
    worst_figure(&check_figures(vec![figure(last.1 * slower)], &earlier)) == Outcome::Fail
}
