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
    let (began, began_busy) = (SystemTime::now(), busy_s());
    let changes: usize =
        figures.iter().map(|figure| course(figure, &FigureScale::LATENCY).changes.len()).sum();
    // On a shared machine others take their time too, which says nothing of the work.
    let took = began.elapsed().unwrap_or_default().as_secs_f64();
    let busy = busy_s().zip(began_busy).map_or(took, |(now, then)| now - then);
    let (began, began_busy) = (SystemTime::now(), busy_s());
    for figure in &figures {
        let mut values: Vec<f64> = figure.iter().map(|(_, value)| *value).collect();
        values.sort_by(f64::total_cmp);
        assert!(values.is_sorted());
    }
    let sorted = began.elapsed().unwrap_or_default().as_secs_f64();
    let sorted = busy_s().zip(began_busy).map_or(sorted, |(now, then)| now - then);
    println!(
        "\n10,000 runs of 40 figures: {busy:.2} s of a processor ({changes} changes), {took:.2} s by the clock, {:.0} times as long as sorting them (wanted: at most {MOST})",
        busy / sorted
    );
    busy <= MOST * sorted
}

/// How long this thread has had a processor, in seconds, where the system says so.
fn busy_s() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(stat.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}
