//! A response that is none: the connection is closed instead, as when a peer or a network dies.

use axum::response::{IntoResponse, Response};

/// Marks a response for which the connection is closed without a byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HangUp;

impl HangUp {
    /// A response with the mark.
    pub(crate) fn response() -> Response {
        let mut response = ().into_response();
        response.extensions_mut().insert(HangUp);
        response
    }
}
