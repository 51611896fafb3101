//! One question to a run, and its answer.

use std::time::Duration;

use anyhow::{Context, Result};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use loadline_client::{Client, ClientConfig, Request, Shared, parse_url};
use loadline_runner::{Ending, Ends as _, Failure};
use loadline_serve::Token;
use loadline_verdict::escape;
use serde_json::Value;

/// A run that takes longer does not answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks a run.
pub(super) struct Sender {
    client: Client,
    address: String,
    headers: HeaderMap,
}

impl Sender {
    pub(super) fn new(address: &str, token: Option<&Token>) -> Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", token.secret()))?);
        }
        let client = Client::new(Shared::new(ClientConfig::default())?);
        Ok(Self { client, address: address.to_owned(), headers })
    }

    /// What it answers, or why it does not.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        let url = parse_url(&format!("http://{}{path}", self.address));
        let url = url.map_err(anyhow::Error::from).ends(Ending::Configuration)?;
        let request = Request {
            timeout: TIMEOUT,
            headers: self.headers.clone(),
            body: body.map(|body| body.to_string()).unwrap_or_default().into(),
            max_redirects: 0,
            ..Request::new(method, url)
        };
        let exchange = self.client.send(request, None).await;
        let response = exchange.last().outcome.as_ref().map_err(Clone::clone);
        let response = response
            .with_context(|| {
                format!(
                    "no run answers at `{}`: is it over, or does it listen elsewhere? `loadline run --address {0}` listens there",
                    self.address
                )
            })
            .ends(Ending::CouldNotRun)?;
        let answer: Option<Value> = serde_json::from_slice(&response.body).ok();
        let detail = answer.as_ref().and_then(|answer| answer["errors"][0]["detail"].as_str());
        match (response.status, answer.clone(), detail) {
            (200..=299, Some(answer), _) => Ok(answer),
            (401, ..) => Err(Failure::new(
                Ending::CouldNotRun,
                format!(
                    "the run at `{}` does not take this token: give the one that it was started with, as `--control-token` or LOADLINE_CONTROL_TOKEN",
                    self.address
                ),
            )),
            (403, _, Some(detail)) => Err(Failure::new(Ending::CouldNotRun, escape(detail).into_owned())),
            (_, _, Some(detail)) => Err(Failure::new(Ending::Failed, escape(detail).into_owned())),
            _ => Err(Failure::new(
                Ending::CouldNotRun,
                format!(
                    "what listens at `{}` is no run that can be steered: it answers {}",
                    self.address,
                    escape(&response.status_text())
                ),
            )),
        }
    }
}
