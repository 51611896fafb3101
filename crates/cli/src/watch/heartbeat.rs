//! A heartbeat: an address that is asked for after each look that found something out, so that somebody notices when
//! it is not.
//!
//! It is asked beside the looks, which wait for nobody: while one hangs, what is due is one more, and not one for each.

use std::time::Duration;

use anyhow::{Context, Result};
use loadline_client::{Client, ClientConfig, Request, Shared, parse_url};
use loadline_secrets::{learn_listed, learn_url, masked};
use loadline_verdict::escape;
use loadline_watch::notify::Place;
use tokio::sync::Notify;
use url::Url;

use super::receivers::found;
use super::trouble::Trouble;

/// Whoever takes longer has not heard it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where it is heard, and whether it is due.
pub(super) struct Heartbeat {
    client: Client,
    url: Url,
    due: Notify,
}

impl Heartbeat {
    /// At this place.
    pub(super) fn new(place: &Place) -> Result<Self> {
        let what = || "the `heartbeat` of `[watch]`";
        let url = found(place).with_context(what)?;
        if !place.is_said() {
            learn_listed(std::slice::from_ref(&url));
        }
        learn_url(&url);
        let url = parse_url(&url).with_context(what)?;
        Ok(Self { client: Client::new(Shared::new(ClientConfig::default())?), url, due: Notify::new() })
    }

    /// The watch is alive.
    pub(super) fn beat(&self) {
        self.due.notify_one();
    }

    /// Says so whenever it is, for ever.
    pub(super) async fn beating(&self) {
        let mut unheard = Trouble::default();
        loop {
            self.due.notified().await;
            let wrong = self.heard().await.err().map(|why| format!("the heartbeat is not taken: {why}"));
            unheard.is(wrong.as_deref(), "the heartbeat is taken again");
        }
    }

    async fn heard(&self) -> Result<(), String> {
        let request = Request { timeout: TIMEOUT, ..Request::get(self.url.clone()) };
        let exchange = self.client.send(request, None).await;
        match &exchange.last().outcome {
            Ok(response) if (200..300).contains(&response.status) => Ok(()),
            Ok(response) => Err(format!("it answers {}", escape(&response.status_text()))),
            Err(failure) => Err(escape(&masked(&failure.to_string())).into_owned()),
        }
    }
}
