//! From arguments to what is sent, and how.

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{HeaderMap, Method};
use loadline_hit::{DURATION, HitSettings};

use super::arguments::HitArguments;
use crate::common::input;

/// The most bytes of a request's body.
const LARGEST_BODY: u64 = 1 << 30;

/// Reads the body, if it is a file's.
pub(super) fn hit_settings(arguments: &HitArguments) -> Result<HitSettings> {
    let body: Bytes = match (&arguments.body, arguments.body_file()) {
        (_, Some(path)) => input::bytes(&path, LARGEST_BODY)
            .with_context(|| format!("cannot read the body from `{}`", path.display()))?
            .into(),
        (Some(text), None) => text.clone().into(),
        (None, None) => Bytes::new(),
    };
    let usual = if arguments.body.is_some() { Method::POST } else { Method::GET };
    Ok(HitSettings {
        url: arguments.url.clone(),
        method: arguments.method.clone().unwrap_or(usual),
        headers: headers(arguments),
        body,
        timeout: arguments.timeout,
        connections: arguments.connections,
        streams: arguments.streams,
        rate: arguments.rate,
        duration: arguments.duration.unwrap_or(DURATION),
        requests: arguments.requests,
        http2: arguments.http2,
        keep_alive: !arguments.no_keepalive,
        insecure: arguments.insecure,
        budgets: arguments.budgets.clone(),
    })
}

fn headers(arguments: &HitArguments) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for header in &arguments.headers {
        headers.append(header.name.clone(), header.value.clone());
    }
    headers
}
