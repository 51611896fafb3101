//! Sends events: signed, again after failures, and not in order, as the real one does.

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use http_body_util::Full;
use hyper::{Request, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::{sync::Semaphore, time::timeout};

use super::{WebhookTarget, pending::Pending};
use crate::{clock::now, payments::stripe};

/// More events than this are not remembered at once: the rest is dropped and reported.
const MOST_WAITING: usize = 10_000;
const MOST_AT_ONCE: usize = 16;
const ATTEMPTS: u32 = 10;
const FIRST_WAIT: Duration = Duration::from_millis(200);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends events to one receiver.
pub(super) struct Sender {
    target: WebhookTarget,
    client: Client<HttpConnector, Full<Bytes>>,
    waiting: Arc<Semaphore>,
    sending: Semaphore,
    pending: Pending,
}

impl Sender {
    pub(super) fn new(target: WebhookTarget, pending: Pending) -> Arc<Sender> {
        Arc::new(Sender {
            target,
            client: Client::builder(TokioExecutor::new()).build_http(),
            waiting: Arc::new(Semaphore::new(MOST_WAITING)),
            sending: Semaphore::new(MOST_AT_ONCE),
            pending,
        })
    }

    /// Sends these in the background.
    pub(super) fn send(self: &Arc<Sender>, events: Vec<Value>) {
        for event in events {
            let Ok(place) = Arc::clone(&self.waiting).try_acquire_owned() else {
                tracing::warn!(event = %event["id"], "too many events wait for their receiver; this one is dropped");
                continue;
            };
            let sender = Arc::clone(self);
            let begun = self.pending.begin();
            tokio::spawn(async move {
                sender.deliver(Bytes::from(event.to_string())).await;
                drop((place, begun));
            });
        }
    }

    async fn deliver(&self, body: Bytes) {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(FIRST_WAIT * 2_u32.pow(attempt - 1)).await;
            }
            let turn = self.sending.acquire().await;
            let outcome = timeout(ATTEMPT_TIMEOUT, self.attempt(body.clone())).await;
            drop(turn);
            match outcome {
                Ok(Ok(status)) if (200..300).contains(&status) => return,
                outcome => tracing::debug!(attempt, ?outcome, "an event was not taken"),
            }
        }
        tracing::warn!(url = self.target.url, "an event was not taken and is given up");
    }

    async fn attempt(&self, body: Bytes) -> Result<u16, String> {
        let signature = stripe::sign(&self.target.secret, now(), &body);
        let request = Request::post(&self.target.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("stripe-signature", signature)
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| error.to_string())?;
        Ok(response.status().as_u16())
    }
}
