//! From arguments to the request and to what the clients have in common.

use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{HeaderMap, Method};
use loadline_client::{ClientConfig, Http2, Request, Shared, Tls, without_credentials};

use url::Url;

use super::HitArguments;
use crate::input;

/// The most bytes of a request's body.
const LARGEST_BODY: u64 = 1 << 30;

/// The request as it will be sent.
pub(super) fn request(arguments: &HitArguments) -> Result<Request> {
    let body: Bytes = match (&arguments.body, arguments.body_file()) {
        (_, Some(path)) => input::bytes(&path, LARGEST_BODY)
            .with_context(|| format!("cannot read the body from `{}`", path.display()))?
            .into(),
        (Some(text), None) => text.clone().into(),
        (None, None) => Bytes::new(),
    };
    let usual = if arguments.body.is_some() { Method::POST } else { Method::GET };
    let mut request = Request::new(arguments.method.clone().unwrap_or(usual), arguments.url.clone());
    request.headers = headers(arguments);
    request.body = body;
    request.timeout = arguments.timeout;
    Ok(request)
}

fn headers(arguments: &HitArguments) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for header in &arguments.headers {
        headers.append(header.name.clone(), header.value.clone());
    }
    headers
}

/// What all connections have in common.
pub(super) fn shared(arguments: &HitArguments) -> Result<Arc<Shared>> {
    let config = ClientConfig {
        user_agent: concat!("loadline/", env!("CARGO_PKG_VERSION")).to_owned(),
        reuse_connections: !arguments.no_keepalive,
        connections_per_host: None,
        connect_timeout: arguments.timeout,
        http2: match (arguments.http2, arguments.url.scheme()) {
            (false, _) => Http2::Off,
            (true, "https") => Http2::Negotiated,
            (true, _) => Http2::PriorKnowledge,
        },
        tls: Tls { insecure_skip_verify: arguments.insecure, ..Tls::default() },
        ..ClientConfig::default()
    };
    Ok(Shared::new(config)?)
}

/// A URL as it may be shown and kept: without credentials.
pub(super) fn shown(url: &Url) -> String {
    without_credentials(url).to_string()
}
