//! `/api/health/live` says that the process runs, `/api/health/ready` that it can answer.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::app::App;

/// The process runs.
pub(crate) async fn live() -> Response {
    answer(StatusCode::OK, r#"{"status":"ok"}"#)
}

/// The database answers.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.readiness.of(app.store.as_ref()).await {
        answer(StatusCode::OK, r#"{"status":"ok"}"#)
    } else {
        answer(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"unavailable"}"#)
    }
}

/// There is no such check.
pub(crate) async fn unknown() -> Response {
    answer(StatusCode::NOT_FOUND, r#"{"status":"no such check"}"#)
}

fn answer(status: StatusCode, body: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
