//! `payment.createSubscription`: needs a session, asks the gateway, stores what it made.

use axum::http::HeaderMap;
use serde::Serialize;

use crate::{
    app::App,
    auth::{account_of, now},
    payments::Order,
    store::{NewSubscription, SubscriptionStatus},
    trpc::{CallError, Code, Input, Success, success},
};

const LONGEST_TEXT_BYTES: usize = 255;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    subscription_id: &'a str,
    client_secret: &'a str,
    status: &'static str,
}

/// Input: `priceId`, `testMode`. The header Idempotency-Key makes repeating safe.
pub(super) async fn create_subscription(
    app: &App,
    headers: &HeaderMap,
    input: &Input,
) -> Result<Success, CallError> {
    let account = account_of(app.store.as_ref(), headers)
        .await?
        .ok_or_else(|| CallError::new(Code::Unauthorized, "log in first: there is no valid session"))?;
    let price = input.text("priceId")?;
    if price.is_empty() || price.len() > LONGEST_TEXT_BYTES {
        return Err(CallError::field("priceId", format_args!("must have 1 to {LONGEST_TEXT_BYTES} bytes")));
    }
    // The gateway in this process never moves money, so both modes are the same; a wrong value is still a mistake.
    input.flag("testMode")?;
    let order =
        Order { account, price: price.to_owned(), idempotency_key: idempotency_key(account, headers)? };
    let made = app.gateway.create_subscription(order).await?;
    let status = SubscriptionStatus::Incomplete;
    let subscription = NewSubscription {
        id: made.id.clone(),
        account,
        price: price.to_owned(),
        payment_intent: made.payment_intent,
        status,
        created_at: now(),
    };
    app.store.add_subscription(subscription).await?;
    let created =
        Created { subscription_id: &made.id, client_secret: &made.client_secret, status: status.as_str() };
    Ok(success(&created))
}

/// The caller's key within its account, so that no one meets another's; a random one when there is none.
fn idempotency_key(account: i64, headers: &HeaderMap) -> Result<String, CallError> {
    match headers.get("idempotency-key").map(|value| value.to_str().unwrap_or_default()) {
        None => Ok(format!("{account}:{:032x}", rand::random::<u128>())),
        Some(key) if (1..=LONGEST_TEXT_BYTES).contains(&key.len()) => Ok(format!("{account}:client:{key}")),
        Some(_) => {
            let message =
                format!("the header `Idempotency-Key` must be 1 to {LONGEST_TEXT_BYTES} ASCII characters");
            Err(CallError::new(Code::BadRequest, message))
        }
    }
}
