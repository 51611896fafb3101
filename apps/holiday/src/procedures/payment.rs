//! `payment.createSubscription`: needs a session, and gives the account's subscription of a price.

use axum::http::HeaderMap;
use serde::Serialize;

use crate::{
    app::App,
    auth::account_of,
    payments::subscribe,
    store::Mode,
    trpc::{CallError, Code, Input, Success, success},
    web::Traffic,
};

const LONGEST_TEXT_BYTES: usize = 255;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    subscription_id: &'a str,
    client_secret: &'a str,
    status: &'static str,
}

/// Input: `priceId`, `testMode`.
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
    let test_mode = input.flag("testMode")?;
    check_idempotency_key(headers)?;
    let traffic = Traffic::of(headers, app.load_test_secret.as_deref());
    let gateway = app.gateways.of(traffic).ok_or_else(|| {
        CallError::new(
            Code::ServiceUnavailable,
            "load tests can't pay: no key of the gateway's test mode is configured",
        )
    })?;
    // Only the operator chooses what is not charged: who asks for a test and would be charged is told so.
    if test_mode && gateway.mode() == Mode::Live {
        return Err(CallError::field(
            "testMode",
            "asks for a test, and this would be charged: a test needs the headers `X-Load-Test: true` and `X-Load-Test-Secret`",
        ));
    }
    let subscription = subscribe(app.store.as_ref(), gateway, account, price).await?;
    Ok(app.timers.render.run(|| {
        success(&Created {
            subscription_id: &subscription.id,
            client_secret: &subscription.client_secret,
            status: subscription.status.as_str(),
        })
    }))
}

/// The header is accepted for clients that send it; repeating is safe without it too.
fn check_idempotency_key(headers: &HeaderMap) -> Result<(), CallError> {
    match headers.get("idempotency-key").map(|value| value.to_str().unwrap_or_default()) {
        Some(key) if !(1..=LONGEST_TEXT_BYTES).contains(&key.len()) => {
            let message =
                format!("the header `Idempotency-Key` must be 1 to {LONGEST_TEXT_BYTES} ASCII characters");
            Err(CallError::new(Code::BadRequest, message))
        }
        _ => Ok(()),
    }
}
