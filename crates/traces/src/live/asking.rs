//! Tempo and Jaeger are asked for the traces of the slowest requests, after the run.
//!
//! Traces take a while from a service to its store. One that is not there, or not whole, is asked for again until there
//! is no more time.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use loadline_client::{Client, ClientConfig, ConfigErrors, Request, Shared};
use loadline_measure::SlowRequests;
use tokio::time::{Instant, sleep};
use url::Url;

use super::wanted::Wanted;
use crate::jaeger::read_jaeger;
use crate::parts::{Explained, explain};
use crate::tempo::read_tempo;

/// Traces that are asked for, the slowest first.
const MOST: usize = 100;
/// How long is asked.
const LONGEST: Duration = Duration::from_secs(20);
/// How long one answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long is waited before what was not there is asked for again.
const AGAIN: Duration = Duration::from_secs(1);
/// The most bytes of an answer.
const LARGEST: u64 = 16 << 20;

/// What is needed to ask.
///
/// # Errors
/// When the machine's certificates cannot be used.
pub(super) fn client() -> Result<Arc<Shared>, ConfigErrors> {
    Shared::new(ClientConfig { body_limit: LARGEST, ..ClientConfig::default() })
}

/// Asks for the traces of the slowest requests and takes note of what their time went into. What went wrong, if
/// anything did.
pub(super) async fn ask(wanted: &Wanted, shared: &Arc<Shared>, slowest: &mut SlowRequests) -> Option<String> {
    let client = Client::aside(Arc::clone(shared));
    let begun = Instant::now();
    let mut open: Vec<_> = slowest.iter_mut().collect();
    open.sort_by_key(|slow| std::cmp::Reverse(slow.took_ns));
    open.truncate(MOST);
    loop {
        let mut missing = Vec::new();
        for slow in open {
            let Ok(caller) = u64::from_str_radix(&slow.span, 16) else { continue };
            if begun.elapsed() >= LONGEST {
                return Some(format!(
                    "not all traces of the slowest requests were found within {} s",
                    LONGEST.as_secs()
                ));
            }
            match one(wanted, &client, &slow.trace, caller).await {
                Ok(Some(explained)) => (slow.server_ns, slow.parts) = (explained.server_ns, explained.parts),
                Ok(None) => missing.push(slow),
                Err(problem) => return Some(problem),
            }
        }
        if missing.is_empty() {
            return None;
        }
        open = missing;
        sleep(AGAIN).await;
    }
}

/// Asks for one trace; nothing as long as it is not there.
async fn one(
    wanted: &Wanted,
    client: &Client,
    trace: &str,
    caller: u64,
) -> Result<Option<Explained>, String> {
    let (name, base) = match wanted {
        Wanted::Tempo(url) => ("Tempo", url),
        Wanted::Jaeger(url) => ("Jaeger", url),
        Wanted::Sent(_) => return Ok(None),
    };
    let mut headers = HeaderMap::new();
    if name == "Tempo" {
        headers.insert(ACCEPT, HeaderValue::from_static("application/protobuf"));
    }
    let request = Request { headers, timeout: PATIENCE, ..Request::get(place(base, trace)) };
    let exchange = client.send(request, None).await;
    let answer =
        exchange.last().outcome.as_ref().map_err(|failure| format!("{name} cannot be asked: {failure}"))?;
    match answer.status {
        200 => {}
        204 | 404 => return Ok(None),
        _ => return Err(format!("{name} answered {} when it was asked for a trace", answer.status_text())),
    }
    let content_type = answer.headers.get(CONTENT_TYPE.as_str()).unwrap_or_default();
    let read = match wanted {
        Wanted::Jaeger(_) => read_jaeger(&answer.body),
        _ => read_tempo(&content_type, &answer.body),
    };
    let batch = read.map_err(|error| format!("what {name} answered for a trace cannot be read: {error}"))?;
    let spans: Vec<_> =
        batch.spans.into_iter().filter(|span| format!("{:032x}", span.trace) == trace).collect();
    Ok(explain(&spans, caller))
}

/// Where a trace is, below the address that was given.
fn place(base: &Url, trace: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("{}/api/traces/{trace}", base.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_what_was_given() {
        let at = |base: &str| place(&base.parse().unwrap(), "12ab").to_string();
        assert_eq!(at("http://127.0.0.1:3200"), "http://127.0.0.1:3200/api/traces/12ab");
        assert_eq!(at("http://j.test/jaeger/?x#y"), "http://j.test/jaeger/api/traces/12ab");
    }
}
