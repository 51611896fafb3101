//! `POST /api/webhooks/stripe`: news from the payment gateway.
//!
//! 2xx tells the sender not to come again, so a message that is no use gets 400 and a store that fails gets 503.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{body, decoding::UNDERSTOOD};
use crate::{
    app::App,
    clock::now,
    payments::stripe::{EventError, SignatureError, apply_event, verify},
    store::Mode,
};

/// Takes an event.
pub(crate) async fn stripe(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    if app.webhook_secret.is_none() && app.test_webhook_secret.is_none() {
        return refuse(StatusCode::NOT_FOUND, "no webhooks are expected: no secret is configured");
    }
    let body = match body::read(&headers, body).await {
        Ok(body) => body,
        Err(error @ body::BodyError::TooLarge) => {
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string());
        }
        Err(error @ body::BodyError::Unsupported) => {
            let mut refused = refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, &error.to_string());
            refused.headers_mut().insert(header::ACCEPT_ENCODING, UNDERSTOOD);
            return refused;
        }
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let modes = match signed_for(&app, signature, &body) {
        Ok(modes) => modes,
        Err(error) => {
            tracing::warn!(%error, "a webhook is refused");
            return refuse(StatusCode::BAD_REQUEST, &error.to_string());
        }
    };
    match apply_event(app.store.as_ref(), &body, modes, now()).await {
        Ok(applied) => answer(StatusCode::OK, &json!({ "received": true, "applied": applied })),
        Err(EventError::Malformed(problem)) => {
            tracing::error!(problem, "a signed webhook is not understood");
            refuse(StatusCode::BAD_REQUEST, &problem)
        }
        Err(EventError::Store(error)) => {
            tracing::warn!(%error, "an event could not be stored");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "the event could not be stored, send it again")
        }
    }
}

/// The modes that the message may be about: those of the secret that signed it.
fn signed_for(app: &App, signature: &str, body: &[u8]) -> Result<&'static [Mode], SignatureError> {
    // With one secret for everything, the message itself says of which mode it is.
    let first: &[Mode] =
        if app.test_webhook_secret.is_some() { &[Mode::Live] } else { &[Mode::Live, Mode::Test] };
    let secrets = [(&app.webhook_secret, first), (&app.test_webhook_secret, &[Mode::Test])];
    let mut refused = SignatureError::Wrong;
    for (secret, modes) in secrets {
        let Some(secret) = secret else { continue };
        match verify(secret, signature, body, now()) {
            Ok(()) => return Ok(modes),
            Err(error) if refused == SignatureError::Wrong => refused = error,
            Err(_) => {}
        }
    }
    Err(refused)
}

fn refuse(status: StatusCode, problem: &str) -> Response {
    answer(status, &json!({ "error": problem }))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
