//! From arguments to what is sent, and how.

use anyhow::Result;
use loadline_hit::{DURATION, HitSettings};

use super::arguments::HitArguments;

/// Reads the body, if it is a file's.
pub(super) fn hit_settings(arguments: &HitArguments) -> Result<HitSettings> {
    let mut settings = HitSettings {
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
        ..HitSettings::new(arguments.url.clone())
    };
    arguments.request.enter(&mut settings)?;
    Ok(settings)
}
