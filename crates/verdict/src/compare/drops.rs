//! Iterations that could not start, as a figure of a comparison: a build that keeps users busy for longer makes an open
//! model drop some, and what was never sent is in no latency.

use loadline_measure::{Figure, FigureScale, Run};

/// What the figure is called.
pub(super) const DROPPED: &str = "dropped";
/// What it is of.
const SUBJECT: &str = "iterations";

/// The share of a run's iterations that were due and never started; `None` without iterations.
pub(super) fn dropped(run: &Run) -> Option<Figure> {
    let count = |metric: &str| {
        let sink = run.select::<&str, &str>(run.schema().find(metric)?, &[])?;
        Some(sink.as_counter()?.sum)
    };
    let (started, dropped) = (count("iterations").unwrap_or(0.0), count("dropped_iterations").unwrap_or(0.0));
    let all = started + dropped;
    (all > 0.0).then(|| Figure {
        subject: SUBJECT.to_owned(),
        quantity: DROPPED.to_owned(),
        value: dropped / all,
        scale: FigureScale::ERRORS,
        values: all as u64,
    })
}
