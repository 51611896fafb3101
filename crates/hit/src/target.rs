//! From settings to the request and to what the clients have in common.

use std::sync::Arc;

use loadline_client::{ClientConfig, ConfigErrors, Http2, Request, Shared, Tls, without_credentials};
use url::Url;

use crate::settings::HitSettings;

/// The request as it will be sent.
pub(crate) fn request(settings: &HitSettings) -> Request {
    let mut request = Request::new(settings.method.clone(), settings.url.clone());
    request.headers = settings.headers.clone();
    request.body = settings.body.clone();
    request.timeout = settings.timeout;
    request
}

/// What all connections have in common.
pub(crate) fn shared(settings: &HitSettings) -> Result<Arc<Shared>, ConfigErrors> {
    let config = ClientConfig {
        user_agent: concat!("loadline/", env!("CARGO_PKG_VERSION")).to_owned(),
        reuse_connections: settings.keep_alive,
        connections_per_host: None,
        connect_timeout: settings.timeout,
        http2: match (settings.http2, settings.url.scheme()) {
            (false, _) => Http2::Off,
            (true, "https") => Http2::Negotiated,
            (true, _) => Http2::PriorKnowledge,
        },
        tls: Tls { insecure_skip_verify: settings.insecure, ..Tls::default() },
        ..ClientConfig::default()
    };
    Shared::new(config)
}

/// A URL as it may be shown and kept: without credentials.
pub(crate) fn shown(url: &Url) -> String {
    without_credentials(url).to_string()
}
