//! What looking at long histories costs: forty figures of ten thousand runs.

use std::time::SystemTime;

use loadline_measure::FigureScale;
use loadline_verdict::{MadeUp, course};

/// How many times the work of sorting each figure's values looking at it may cost.
const MOST: f64 = 60.0;

/// Says what it took, by the clock and beside sorting the same values; whether that is little enough.
pub(crate) fn speed() -> bool {
    let of = |seed: u64| {
        let resemblance = if seed.is_multiple_of(2) { 0.0 } else { 0.5 };
        MadeUp { runs: 10_000, resemblance, step: Some((7000, 1.1)), ..MadeUp::default() }.draw(seed)
    };
    let figures: Vec<Vec<(i64, f64)>> = (0..40).map(of).collect();
    let began = SystemTime::now();
    let changes: usize =
        figures.iter().map(|figure| course(figure, &FigureScale::LATENCY).changes.len()).sum();
    let took = began.elapsed().unwrap_or_default().as_secs_f64();
    let began = SystemTime::now();
    for figure in &figures {
        let mut values: Vec<f64> = figure.iter().map(|(_, value)| *value).collect();
        values.sort_by(f64::total_cmp);
        assert!(values.is_sorted());
    }
    let sorted = began.elapsed().unwrap_or_default().as_secs_f64();
    println!(
        "\n10,000 runs of 40 figures: {took:.2} s ({changes} changes), {:.0} times as long as sorting them (wanted: at most {MOST})",
        took / sorted
    );
    took <= MOST * sorted
}
