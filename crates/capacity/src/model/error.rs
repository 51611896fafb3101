//! Why a model cannot be fitted.

/// Measurements from which no model follows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// Fewer different loads than the model has parameters.
    #[error(
        "{found} different loads are too few to fit a model with {needed} parameters\nhint: measure at {needed} loads at least; with one more it can be said how sure the fit is"
    )]
    TooFew {
        /// How many different loads there are.
        found: usize,
        /// How many it takes.
        needed: usize,
    },
    /// A value that is no measurement.
    #[error("a load of {load} with {value} is no measurement: both must be finite, and the load above 0")]
    NotAMeasurement {
        /// The load.
        load: f64,
        /// What was measured at it.
        value: f64,
    },
}

/// Checks that there are enough loads, and that all values are measurements.
pub(super) fn check(points: &[(f64, f64)], needed: usize) -> Result<(), FitError> {
    if let Some((load, value)) = points
        .iter()
        .find(|(load, value)| !load.is_finite() || !value.is_finite() || *load <= 0.0 || *value < 0.0)
    {
        return Err(FitError::NotAMeasurement { load: *load, value: *value });
    }
    let mut loads: Vec<f64> = points.iter().map(|(load, _)| *load).collect();
    loads.sort_by(f64::total_cmp);
    loads.dedup();
    if loads.len() < needed { Err(FitError::TooFew { found: loads.len(), needed }) } else { Ok(()) }
}
