//! `/api/health/live` says that the process runs, `/api/health/ready` that it can answer.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::caching;
use crate::app::App;

/// The process runs.
pub(crate) async fn live() -> Response {
    answer(StatusCode::OK, r#"{"status":"ok"}"#)
}

/// The database answers.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.store.ping().await {
        Ok(()) => answer(StatusCode::OK, r#"{"status":"ok"}"#),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            answer(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"unavailable"}"#)
        }
    }
}

fn answer(status: StatusCode, body: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, caching::HEALTH)];
    (status, headers, body).into_response()
}
