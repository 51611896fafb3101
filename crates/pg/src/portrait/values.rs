//! A portrait without the data's values: what can be mailed to somebody who may not see a single row.
//!
//! What goes is whatever shows a value or a place: most common values and elements, bounds of histograms, PostGIS's
//! maps of where geometries lie, combinations over several columns. What stays is how many and how often: shares of
//! nulls, counts of different values, frequencies of common ones by rank, correlation, dependencies between columns.

use super::model::Portrait;
use super::statistics::{Figures, Slot};

/// Kinds of slots that hold nothing but numbers that show no value: correlation, and how many elements arrays have.
const HARMLESS: [i16; 2] = [3, 5];
/// Most common values and most common elements: what stays is how often each rank comes.
const COMMON: [i16; 2] = [1, 4];

impl Portrait {
    /// The same without a value of the data.
    #[must_use]
    pub fn without_values(mut self) -> Self {
        for statistics in &mut self.statistics {
            strip(&mut statistics.figures);
        }
        for extended in &mut self.extended {
            extended.common = None;
            extended.expressions.iter_mut().flatten().flatten().for_each(strip);
        }
        self.has_values = false;
        self
    }
}

fn strip(figures: &mut Figures) {
    figures.slots.retain(|slot| HARMLESS.contains(&slot.kind) || COMMON.contains(&slot.kind));
    for slot in &mut figures.slots {
        slot.values = None;
        slot.ends = None;
    }
}

impl Slot {
    /// Whether a planner can use it: a list of frequencies without their values it refuses.
    pub fn is_usable(&self) -> bool {
        HARMLESS.contains(&self.kind) || self.values.is_some() || self.kind > COMMON[1]
    }
}
