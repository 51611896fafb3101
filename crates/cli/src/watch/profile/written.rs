//! What was written.

use loadline_traffic::{Mix, Script};

/// What was written.
pub(super) struct Written {
    pub(super) script: Script,
    pub(super) mix: Mix,
    pub(super) path: String,
    pub(super) source: String,
    pub(super) times: f64,
}
