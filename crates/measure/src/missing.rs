//! How a run says that it misses values which it should have.
//!
//! Whoever observes something that goes on without being seen for a while (a database that was away, statistics that
//! were reset) says so beside the values it has: a counter of this name, with the metric that misses values, why, and
//! the tags of what is missed where only that is. Its sum is the seconds for which that was so, where it was for some
//! time. What is judged then knows that it has a part.

/// What the counter is called.
pub const MISSING: &str = "missing_values";
/// The key of its tag that names the metric whose values are missing.
pub const MISSING_METRIC: &str = "metric";
/// The key of its tag that says why, in words that follow `no data for part of the run: `.
pub const MISSING_WHY: &str = "why";
/// The key of its tag that names a key of which not all values are kept apart: what has none of its own may be among
/// the others.
pub const MISSING_REST: &str = "rest";
