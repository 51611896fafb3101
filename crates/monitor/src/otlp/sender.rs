//! One export: posted until it is taken, within its time.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#failures-1>: 429, 502, 503 and 504 may be tried again, other answers not.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use prost::Message;
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::{OtlpError, Target};

const FIRST_WAIT: Duration = Duration::from_millis(200);
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
/// A collector says little.
const LARGEST_ANSWER_BYTES: usize = 64 * 1024;

/// Posts messages to one target.
pub(super) struct Sender {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    target: Target,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    #[error("{}", chain(.0))]
    Unreachable(#[source] legacy::Error),
    #[error("the collector answered {0}")]
    Refused(StatusCode),
    #[error("the collector did not answer in time")]
    Silent,
}

/// What became of one try.
enum Try {
    Taken,
    /// Why; and whether to try again.
    Refused(ExportError, bool),
}

impl Sender {
    pub(super) fn new(target: Target) -> Result<Sender, OtlpError> {
        let builder = HttpsConnectorBuilder::new();
        let builder = if target.url.scheme_str() == Some("https") {
            builder
                .with_provider_and_native_roots(ring::default_provider())
                .map_err(OtlpError::Certificates)?
        } else {
            // Plain HTTP: reading the machine's certificates would take time for nothing.
            let config = ClientConfig::builder_with_provider(ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .expect("the provider knows the default versions")
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
            builder.with_tls_config(config)
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(builder.https_or_http().enable_http1().build());
        Ok(Sender { client, target })
    }

    /// Posts a message until it is taken.
    ///
    /// # Errors
    /// What the last try met.
    pub(super) async fn send(&self, message: &impl Message) -> Result<(), ExportError> {
        let body = Bytes::from(message.encode_to_vec());
        let mut last = ExportError::Silent;
        let trying = async {
            let mut wait = FIRST_WAIT;
            loop {
                match self.try_once(body.clone()).await {
                    Try::Taken => return Ok(()),
                    Try::Refused(problem, false) => return Err(problem),
                    Try::Refused(problem, true) => last = problem,
                }
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
        };
        let outcome = tokio::time::timeout(self.target.timeout, trying).await;
        outcome.unwrap_or(Err(last))
    }

    async fn try_once(&self, body: Bytes) -> Try {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.url.clone();
        *request.headers_mut() = self.target.headers.clone();
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let agent = concat!("OTel-OTLP-Exporter-Loadline/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) => return Try::Refused(ExportError::Unreachable(error), true),
        };
        let status = response.status();
        // Read to its end, so that the connection can be used again.
        let _ = Limited::new(response.into_body(), LARGEST_ANSWER_BYTES).collect().await;
        if status.is_success() {
            return Try::Taken;
        }
        let again = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        Try::Refused(ExportError::Refused(status), again)
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
