//! What is assumed where a run is too short to show it.

/// A shorter run is never certain: it may lie wholly within one of the moods of a service, and shows too little to take
/// anything from it, so that what events have in common at most is assumed.
pub(super) const FEWEST_SECONDS: usize = 20;

/// How much of the variance of a value a level has at the most, but rarely: of latencies with a deviation of e^±0.5, a
/// level that wanders by e^±0.29.
pub(super) const LIKENESS: f64 = 0.25;
