//! The data that a script's `setup()` returns, for whoever asks for it or brings it.

use serde_json::Value;

/// What a run has of a setup.
pub trait Setup: Send + Sync {
    /// What `setup()` returned, or somebody brought in its place; `None` before that, and where there is no setup.
    fn data(&self) -> Option<Value>;

    /// Takes data in place of what `setup()` would return.
    ///
    /// # Errors
    /// It has returned already, or the run has none; in words.
    fn bring(&self, data: Option<Value>) -> Result<(), String>;
}

/// A run without a setup.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSetup;

impl Setup for NoSetup {
    fn data(&self) -> Option<Value> {
        None
    }

    fn bring(&self, _: Option<Value>) -> Result<(), String> {
        Err("this run has no setup".to_owned())
    }
}
