//! What is answered: a status and JSON, an error in JSON:API's form.

use http::StatusCode;
use loadline_load::SteerError;
use serde_json::{Value, json};

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// How it went.
    pub status: StatusCode,
    /// The body; a string stands for itself, as text.
    pub body: Value,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body }
    }

    pub(crate) fn created(body: Value) -> Self {
        Self { status: StatusCode::CREATED, body }
    }

    /// An error, as k6 writes one: `{"errors":[{"status":"404","title":"Not Found","detail":"…"}]}`.
    pub fn error(status: StatusCode, detail: &str) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let error = json!({ "status": status.as_str(), "title": title, "detail": detail });
        Self { status, body: json!({ "errors": [error] }) }
    }

    /// Why nothing was changed.
    pub(crate) fn refused(error: &SteerError) -> Self {
        let status = match error {
            SteerError::NoScenario { .. } => StatusCode::NOT_FOUND,
            SteerError::Preparing | SteerError::Over | SteerError::ScenarioOver(_) => StatusCode::CONFLICT,
            SteerError::NoRate { .. }
            | SteerError::NoVus { .. }
            | SteerError::Counted { .. }
            | SteerError::BeyondMax { .. }
            | SteerError::BelowMax { .. }
            | SteerError::TooMuch { .. }
            | SteerError::Nothing => StatusCode::BAD_REQUEST,
        };
        Self::error(status, &error.to_string())
    }
}
