//! What is known of a set-up's noise: kept by `aa`, used by `compare`.

use anyhow::Result;
use loadline_measure::{Figure, Producer, RunMeta};
use loadline_verdict::NoiseFloors;

use crate::common::{HistoryPlace, ProjectFile, open, open_to_read, tell_damage};

/// What was measured and where, as noise is kept by. The address of a hit is no part of it: a build that is started
/// gets another port each time.
fn set_up(meta: &RunMeta) -> String {
    match meta.origin.workload.producer {
        Producer::Hit => format!("hit | {} | {}", meta.origin.plan, meta.machines()),
        _ => meta.fingerprint(),
    }
}

/// What the history knows of the noise of what a Run is of. A history that is not there, or cannot be read, knows
/// nothing: comparisons are less sure without it.
pub(super) fn known(meta: &RunMeta, place: &HistoryPlace, found: &ProjectFile) -> Vec<Figure> {
    let floors = open_to_read(place, found).and_then(|mut history| {
        let floors = history.noise(&set_up(meta))?;
        tell_damage(&history);
        Ok(floors)
    });
    floors.unwrap_or_default()
}

/// Keeps what was measured.
pub(super) fn keep(
    meta: &RunMeta,
    floors: &NoiseFloors,
    place: &HistoryPlace,
    found: &ProjectFile,
) -> Result<()> {
    let now = i64::try_from(loadline_measure::unix_time().as_millis()).unwrap_or_default();
    Ok(open(place, found)?.keep_noise(&set_up(meta), now, &floors.kept())?)
}
