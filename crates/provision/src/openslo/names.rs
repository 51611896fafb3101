//! Annotations that say which budget an objective was.

/// The endpoint's name.
pub(super) const ENDPOINT: &str = "loadline.dev/endpoint";
/// Its route.
pub(super) const ROUTE: &str = "loadline.dev/route";
/// The budget: `p95<=500ms`.
pub(super) const BUDGET: &str = "loadline.dev/budget";
