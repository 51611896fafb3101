//! A run that can be steered from its page.

use http::{Method, StatusCode};

/// Answers what a page asks of the run that it shows: paths under `/v1/`, bodies in JSON.
pub trait Steered: Send + Sync + 'static {
    /// What is answered: a status, and JSON.
    fn ask(&self, method: &Method, path: &str, body: &[u8]) -> (StatusCode, String);
}
