//! What keeps the service answering when more is asked than it can do.
//!
//! A request beyond the limit is refused at once, with 503 and Retry-After: it costs almost nothing, while a line without end would
//! make everybody wait until nobody waits any more. Health checks are not counted, or an overloaded service would look dead and be
//! restarted, which helps no one.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much the service takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests at the same time.
    pub in_flight: usize,
    /// From the end of a request's head to the begin of its answer.
    pub request: Duration,
    /// For a request's head to arrive; an idle connection is closed after it too.
    pub head: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { in_flight: 1_024, request: Duration::from_secs(30), head: Duration::from_secs(30) }
    }
}

/// Lets in what the limits allow.
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    request: Duration,
}

impl Gate {
    pub(crate) fn new(limits: Limits) -> Gate {
        Gate { places: Arc::new(Semaphore::new(limits.in_flight)), request: limits.request }
    }

    /// A place, given back when dropped.
    pub(crate) fn enter(&self) -> Option<Place> {
        Arc::clone(&self.places).try_acquire_owned().ok().map(Place)
    }

    /// The response, or a part of it.
    ///
    /// # Errors
    /// It takes too long: what to tell the client.
    pub(crate) async fn within_time<T>(&self, response: impl Future<Output = T>) -> Result<T, &'static str> {
        let timed = tokio::time::timeout(self.request, response).await;
        timed.map_err(|_| "the request took too long, try again")
    }
}

/// A place of a request.
pub(crate) struct Place(#[expect(dead_code, reason = "kept for what its end does")] OwnedSemaphorePermit);

/// In the extensions of a response whose body is still being worked on: its place is kept until the last of these is dropped.
#[derive(Clone, Default)]
pub(crate) struct KeepsPlace(Arc<Mutex<Option<Place>>>);

impl KeepsPlace {
    /// Takes the place over.
    pub(crate) fn keep(&self, place: Place) {
        *self.0.lock().expect("nothing panics while it is held") = Some(place);
    }
}

/// 503 with the advice to come back.
pub(crate) fn unavailable(message: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::RETRY_AFTER, "1")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, message).into_response()
}
