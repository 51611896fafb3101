//! `/api/health/live` says that the process runs, `/api/health/ready` that it can answer.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use tokio::{sync::Mutex, time::Instant};

use super::caching;
use crate::{
    app::App,
    store::{Store, StoreError},
};

/// The process runs.
pub(crate) async fn live() -> Response {
    answer(StatusCode::OK, r#"{"status":"ok"}"#)
}

/// What was found when the database was asked last: many who want to know at once, or often, ask it once.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, bool)>>);

/// For how long it counts.
const GOOD_FOR: Duration = Duration::from_secs(1);

impl Readiness {
    /// Whether the database answers. That all its connections are in use is no reason to send the users elsewhere: they would find the
    /// same there, and a restart would mend nothing.
    pub(crate) async fn of(&self, store: &dyn Store) -> bool {
        let mut found = self.0.lock().await;
        if let Some((at, ready)) = *found
            && at.elapsed() < GOOD_FOR
        {
            return ready;
        }
        let ready = match store.ping().await {
            Ok(()) | Err(StoreError::Busy) => true,
            Err(error) => {
                tracing::warn!(%error, "not ready");
                false
            }
        };
        *found = Some((Instant::now(), ready));
        ready
    }
}

/// The database answers.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.readiness.of(app.store.as_ref()).await {
        answer(StatusCode::OK, r#"{"status":"ok"}"#)
    } else {
        answer(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"unavailable"}"#)
    }
}

/// There is no such check; what a cache in front must not keep either.
pub(crate) async fn unknown() -> Response {
    answer(StatusCode::NOT_FOUND, r#"{"status":"no such check"}"#)
}

fn answer(status: StatusCode, body: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, caching::HEALTH)];
    (status, headers, body).into_response()
}
