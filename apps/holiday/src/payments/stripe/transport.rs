//! One call to the gateway: sent until it is answered, within a budget of time.

use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{HeaderMap, Method, Request, StatusCode, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use loadline_monitor::{Monitor, Outgoing};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::retry::{self, Attempt};
use crate::clock::now;

/// The version of the API this client was written for; the account's default would change under it.
const API_VERSION: &str = "2024-06-20";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// One attempt, to the end of its answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(8);
/// All attempts and the waits between them.
const BUDGET: Duration = Duration::from_secs(20);
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const LARGEST_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Sends calls to one base URL with one key.
pub(super) struct Transport {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    host: String,
    authorization: String,
    timer: Option<Outgoing>,
}

/// What is asked for.
pub(super) struct Call {
    pub(super) method: Method,
    /// With the query, like `/v1/customers`.
    pub(super) path: String,
    /// The form's fields; empty for calls without body.
    pub(super) form: Vec<(&'static str, String)>,
    pub(super) idempotency_key: Option<String>,
}

/// What came of the last attempt.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    /// Whether it is kept under the call's key, from an earlier time.
    pub(super) replayed: bool,
    /// A time by the sender's clock before which nothing happened that this does not tell of, in seconds since 1970.
    pub(super) as_of: i64,
}

impl Transport {
    /// # Errors
    /// The machine has no trusted certificates, and the URL needs them.
    pub(super) fn new(base: &str, key: &str, host: &str) -> std::io::Result<Transport> {
        let builder = HttpsConnectorBuilder::new();
        let builder = if base.starts_with("https:") {
            builder.with_provider_and_native_roots(ring::default_provider())?
        } else {
            // Plain HTTP: reading the machine's certificates would take time for nothing.
            let config = ClientConfig::builder_with_provider(ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .map_err(std::io::Error::other)?
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
            builder.with_tls_config(config)
        };
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = builder.https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Ok(Transport {
            client,
            base: base.trim_end_matches('/').to_owned(),
            host: host.to_owned(),
            authorization: format!("Bearer {key}"),
            timer: None,
        })
    }

    /// Times every attempt from now on.
    pub(super) fn monitor(&mut self, monitor: &Monitor) {
        self.timer = Some(monitor.outgoing(&self.host));
    }

    /// Sends the call until it is answered; the last answer, whatever its status.
    ///
    /// # Errors
    /// No attempt was answered: what the last one met.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, String> {
        let start = Instant::now();
        for made in 1.. {
            let (attempt, outcome) = self.attempt(call).await;
            let left = BUDGET.saturating_sub(start.elapsed());
            match retry::wait(attempt, made, rand::random(), left) {
                None => return outcome,
                Some(wait) => {
                    tracing::debug!(path = call.path, made, status = attempt.status, "trying again");
                    tokio::time::sleep(wait).await;
                }
            }
        }
        unreachable!("the number of attempts is bounded")
    }

    async fn attempt(&self, call: &Call) -> (Attempt, Result<Answer, String>) {
        let no_answer = Attempt { status: None, replayed: false, should_retry: None, retry_after: None };
        let timed = self.timer.as_ref().map(|timer| timer.start(&call.method));
        match timeout(ATTEMPT_TIMEOUT, self.exchange(call)).await {
            Err(_) => (no_answer, Err(format!("no answer within {} s", ATTEMPT_TIMEOUT.as_secs()))),
            Ok(Err(error)) => (no_answer, Err(error)),
            Ok(Ok((headers, answer))) => {
                if let (Some(timed), Ok(status)) = (timed, StatusCode::from_u16(answer.status)) {
                    timed.answered(status);
                }
                let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
                let attempt = Attempt {
                    status: Some(answer.status),
                    replayed: answer.replayed,
                    should_retry: text("stripe-should-retry").and_then(|value| value.parse().ok()),
                    retry_after: text("retry-after")
                        .and_then(|value| value.parse().ok())
                        .map(Duration::from_secs),
                };
                (attempt, Ok(answer))
            }
        }
    }

    async fn exchange(&self, call: &Call) -> Result<(HeaderMap, Answer), String> {
        let mut request = Request::builder()
            .method(&call.method)
            .uri(format!("{}{}", self.base, call.path))
            .header(header::AUTHORIZATION, &self.authorization)
            .header("stripe-version", API_VERSION);
        if let Some(key) = &call.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let mut body = String::new();
        if !call.form.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            body = form_urlencoded::Serializer::new(body).extend_pairs(&call.form).finish();
        }
        let begun = Instant::now();
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| chain(&error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER_BYTES)
            .collect()
            .await
            .map_err(|error| chain(error.as_ref()))?
            .to_bytes();
        // An answer that is no JSON comes from something in between; its status says what to do.
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let answered_at = text("date")
            .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
            .map_or_else(now, |date| date.timestamp().as_second());
        let answer = Answer {
            status: parts.status.as_u16(),
            body,
            replayed: text("idempotent-replayed") == Some("true"),
            // The date has whole seconds and was written when all was done.
            as_of: answered_at - begun.elapsed().as_secs() as i64 - 1,
        };
        Ok((parts.headers, answer))
    }
}

/// An error with what caused it: hyper's own text stops at "client error".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
