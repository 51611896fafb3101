//! What a webhook tells: events about subscriptions change the store, once each; all others are ignored.

use serde_json::Value;

use super::gateway;
use crate::store::{Mode, Store, StoreError};

/// Why an event was not applied.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// It is signed but not understood; sending it again won't help.
    #[error("{0}")]
    Malformed(String),
    /// The store failed; the sender should come again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Applies an event of which the signature was verified; whether it changed anything. `modes` are those that the signature's secret is for.
///
/// # Errors
/// It is no event, or the store fails.
pub async fn apply_event(
    store: &dyn Store,
    body: &[u8],
    modes: &[Mode],
    now: i64,
) -> Result<bool, EventError> {
    let malformed = |what: &str| EventError::Malformed(what.to_owned());
    let event: Value = serde_json::from_slice(body)
        .map_err(|error| EventError::Malformed(format!("the event is not valid JSON: {error}")))?;
    let text = |name: &str| event[name].as_str().filter(|text| !text.is_empty());
    let id = text("id").ok_or_else(|| malformed("`id` is missing"))?;
    let kind = text("type").ok_or_else(|| malformed("`type` is missing"))?;
    if !kind.starts_with("customer.subscription.") {
        return Ok(false);
    }
    let told_at = event["created"].as_i64().ok_or_else(|| malformed("`created` is missing"))?;
    let subscription = gateway::read(&event["data"]["object"], told_at)
        .map_err(|error| EventError::Malformed(format!("`data.object` is not understood: {error}")))?;
    if !modes.contains(&subscription.mode) {
        return Err(malformed("it is of another mode than the secret that signed it"));
    }
    let Some(account) = subscription.account else {
        // Not made by this service.
        return Ok(false);
    };
    if store.payer(account, subscription.mode).await?.is_none() {
        tracing::error!(
            subscription = subscription.id,
            account,
            "an event is about an account that is not there"
        );
        return Ok(false);
    }
    let kept = subscription.kept(account, &subscription.price);
    Ok(store.apply_event(id.to_owned(), kept, now).await?)
}
