//! The payment gateway contract over Stripe's REST API.

use std::fmt;

use hyper::Method;
use loadline_monitor::Monitor;
use serde_json::Value;

use super::transport::{Answer, Call, Transport};
use crate::{
    payments::{GatewayError, GatewayPage, GatewaySubscription, NewCustomer, Order, PaymentGateway, Reply},
    store::{Mode, SubscriptionStatus},
};

/// The invoice's payment intent comes along with a subscription: one call instead of three.
const EXPAND: &str = "latest_invoice.payment_intent";
const PAGE: u32 = 100;

/// Which Stripe, and on whose account.
#[derive(Clone, PartialEq, Eq)]
pub struct StripeSettings {
    /// Like `https://api.stripe.com`, or a simulator's address.
    pub url: String,
    /// Like `sk_test_…`.
    pub secret_key: String,
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum StripeSettingsError {
    /// The URL is none of the right kind.
    #[error(
        "`{0}` is not a base URL of Stripe's API; write it like `https://api.stripe.com` or `http://127.0.0.1:12111`"
    )]
    Url(String),
    /// The key would go over the network in clear.
    #[error("`{0}` is neither HTTPS nor on this machine: the secret key would be sent in clear")]
    Clear(String),
    /// The machine's certificates can't be read.
    #[error("the machine's trusted certificates can't be read: {0}")]
    Certificates(#[from] std::io::Error),
}

/// Stripe, or something that speaks like it.
pub struct StripeGateway {
    transport: Transport,
    mode: Mode,
}

/// The mode of a key. What is not of Stripe's test mode is taken for one that costs money.
pub(crate) fn mode_of_key(key: &str) -> Mode {
    let is_test = key.starts_with("sk_test_") || key.starts_with("rk_test_");
    if is_test { Mode::Test } else { Mode::Live }
}

impl StripeGateway {
    /// A client; it connects when it is used.
    ///
    /// # Errors
    /// The URL is not one, is not safe, or HTTPS can't be set up.
    pub fn new(settings: &StripeSettings) -> Result<StripeGateway, StripeSettingsError> {
        let bad = || StripeSettingsError::Url(settings.url.clone());
        let url: hyper::Uri = settings.url.parse().map_err(|_| bad())?;
        let host = url.host().ok_or_else(bad)?.trim_matches(['[', ']']);
        match url.scheme_str() {
            Some("https") => {}
            Some("http") => {
                let local = host == "localhost"
                    || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
                if !local {
                    return Err(StripeSettingsError::Clear(settings.url.clone()));
                }
            }
            _ => return Err(bad()),
        }
        let transport = Transport::new(&settings.url, &settings.secret_key, host)?;
        Ok(StripeGateway { transport, mode: mode_of_key(&settings.secret_key) })
    }

    /// Times every attempt of a call.
    #[must_use]
    pub(crate) fn monitored(mut self, monitor: &Monitor) -> StripeGateway {
        self.transport.monitor(monitor);
        self
    }

    async fn send(&self, call: Call) -> Result<Answer, GatewayError> {
        let answer = self.transport.call(&call).await.map_err(GatewayError::Failed)?;
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err(refusal(&answer)) }
    }

    /// The subscription of an answer, which must be of this gateway's mode.
    fn read(&self, object: &Value, as_of: i64) -> Result<GatewaySubscription, GatewayError> {
        let read = read(object, as_of)?;
        if read.mode == self.mode { Ok(read) } else { Err(strange("a subscription of the other mode")) }
    }

    async fn list(&self, path: String) -> Result<GatewayPage, GatewayError> {
        let Answer { body, as_of, .. } = self.send(get(path)).await?;
        let data = body["data"].as_array().ok_or_else(|| strange("a list without `data`"))?;
        let subscriptions = data.iter().map(|one| self.read(one, as_of)).collect::<Result<Vec<_>, _>>()?;
        let more = body["has_more"].as_bool().unwrap_or_default();
        let next = subscriptions.last().filter(|_| more).map(|last| last.id.clone());
        Ok(GatewayPage { subscriptions, next })
    }
}

/// What an answer means that is no success.
///
/// A failure that is kept under the key is the end of what was asked for under it. So is the refusal of a key that was used for something
/// else; but while a call with the same key is running (409), nothing is known.
fn refusal(answer: &Answer) -> GatewayError {
    let Answer { status, body, replayed, .. } = answer;
    let error = &body["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    let message = text("message").to_owned();
    match (*status, text("param")) {
        (400 | 404, "customer") if text("code") == "resource_missing" => GatewayError::NoSuchCustomer,
        (400, _) if text("type") == "idempotency_error" => GatewayError::Spent(message),
        (status, _) if *replayed => {
            GatewayError::Spent(format!("status {status}, `{}`: {message}", text("type")))
        }
        (400 | 404, param) if param.ends_with("[price]") => {
            GatewayError::Invalid { field: "priceId", message }
        }
        (status, _) => GatewayError::Failed(format!("status {status}, `{}`: {message}", text("type"))),
    }
}

impl PaymentGateway for StripeGateway {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn create_customer(&self, customer: NewCustomer) -> Reply<'_, String> {
        Box::pin(async move {
            let call = Call {
                method: Method::POST,
                path: "/v1/customers".to_owned(),
                idempotency_key: Some(customer.idempotency_key),
                form: vec![("email", customer.email), ("metadata[account]", customer.account.to_string())],
            };
            let body = self.send(call).await?.body;
            let id = body["id"].as_str().ok_or_else(|| strange("a customer without `id`"))?;
            Ok(id.to_owned())
        })
    }

    fn create_subscription(&self, order: Order) -> Reply<'_, GatewaySubscription> {
        Box::pin(async move {
            let call = Call {
                method: Method::POST,
                path: "/v1/subscriptions".to_owned(),
                idempotency_key: Some(order.idempotency_key),
                form: vec![
                    ("customer", order.customer),
                    ("items[0][price]", order.price),
                    ("payment_behavior", "default_incomplete".to_owned()),
                    ("metadata[account]", order.account.to_string()),
                    ("expand[]", EXPAND.to_owned()),
                ],
            };
            let answer = self.send(call).await?;
            // What is kept under the key tells how it was then.
            let mut made = self.read(&answer.body, answer.as_of)?;
            if answer.replayed {
                made.told_at = made.created_at;
            }
            if made.client_secret.is_empty() {
                return Err(strange("a subscription without `latest_invoice.payment_intent.client_secret`"));
            }
            Ok(made)
        })
    }

    fn subscription(&self, id: String) -> Reply<'_, Option<GatewaySubscription>> {
        Box::pin(async move {
            let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
            let call = get(format!("/v1/subscriptions/{id}?expand[]={EXPAND}"));
            let answer = self.transport.call(&call).await.map_err(GatewayError::Failed)?;
            match answer.status {
                200 => self.read(&answer.body, answer.as_of).map(Some),
                404 => Ok(None),
                status => Err(GatewayError::Failed(format!("status {status}"))),
            }
        })
    }

    fn subscriptions_of(&self, customer: String, price: String) -> Reply<'_, Vec<GatewaySubscription>> {
        Box::pin(async move {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("customer", &customer)
                .append_pair("price", &price)
                .append_pair("status", "all")
                .append_pair("limit", &PAGE.to_string())
                .finish();
            let page = self.list(format!("/v1/subscriptions?{query}")).await?;
            Ok(page.subscriptions.into_iter().filter(|one| one.price == price).collect())
        })
    }

    fn subscriptions(&self, after: Option<String>) -> Reply<'_, GatewayPage> {
        Box::pin(async move {
            let mut path = format!("/v1/subscriptions?status=all&limit={PAGE}");
            if let Some(after) = after {
                path.push_str("&starting_after=");
                path.extend(form_urlencoded::byte_serialize(after.as_bytes()));
            }
            self.list(path).await
        })
    }
}

impl fmt::Debug for StripeSettings {
    /// Without the key: it must not reach a log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StripeSettings").field("url", &self.url).finish_non_exhaustive()
    }
}

fn get(path: String) -> Call {
    Call { method: Method::GET, path, form: Vec::new(), idempotency_key: None }
}

fn strange(what: &str) -> GatewayError {
    GatewayError::Failed(format!("it answered with {what}"))
}

/// A subscription object of the API, also as events carry it, as it was at a time.
pub(super) fn read(object: &Value, told_at: i64) -> Result<GatewaySubscription, GatewayError> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let id = object["id"].as_str().ok_or_else(|| strange("a subscription without `id`"))?;
    let price = object["items"]["data"][0]["price"]["id"].as_str();
    let livemode =
        object["livemode"].as_bool().ok_or_else(|| strange("a subscription without `livemode`"))?;
    let word = object["status"].as_str().unwrap_or_default();
    let status = SubscriptionStatus::from_word(word)
        .ok_or_else(|| strange(&format!("a subscription in the unknown state `{word}`")))?;
    let intent = &object["latest_invoice"]["payment_intent"];
    Ok(GatewaySubscription {
        id: id.to_owned(),
        mode: Mode::of_livemode(livemode),
        account: object["metadata"]["account"].as_str().and_then(|account| account.parse().ok()),
        price: price.ok_or_else(|| strange("a subscription without a price"))?.to_owned(),
        status,
        told_at,
        // Not expanded, it is the bare identifier.
        payment_intent: text(if intent.is_object() { &intent["id"] } else { intent }),
        client_secret: text(&intent["client_secret"]),
        created_at: object["created"].as_i64().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_urls_are_safe() {
        for (url, good) in [
            ("http://127.0.0.1:12111/", true),
            ("http://[::1]:12111", true),
            ("http://localhost:12111", true),
            ("http://api.stripe.com", false),
            ("ftp://127.0.0.1", false),
            ("127.0.0.1:80", false),
            ("", false),
        ] {
            let settings = StripeSettings { url: url.to_owned(), secret_key: "sk_test_1".to_owned() };
            assert_eq!(StripeGateway::new(&settings).is_ok(), good, "{url}");
            assert!(!format!("{settings:?}").contains("sk_test"));
        }
    }

    /// Only an outcome that is final lets the key go.
    #[test]
    fn which_answers_spend_a_key() {
        let error = |kind: &str, param: &str, code: &str| serde_json::json!({ "error": { "type": kind, "param": param, "code": code, "message": "m" } });
        let plain = error("api_error", "", "");
        for (status, body, replayed, spent) in [
            (500, plain.clone(), false, false),
            (500, plain.clone(), true, true),
            (502, Value::Null, false, false),
            (429, error("invalid_request_error", "", "rate_limit"), false, false),
            (409, error("idempotency_error", "", "idempotency_key_in_use"), false, false),
            (400, error("idempotency_error", "", ""), false, true),
            (402, error("card_error", "", "card_declined"), false, false),
            (402, error("card_error", "", "card_declined"), true, true),
            (401, plain, false, false),
            (400, error("invalid_request_error", "customer", "resource_missing"), true, false),
            (400, error("invalid_request_error", "items[0][price]", "resource_missing"), true, true),
        ] {
            let refused = refusal(&Answer { status, body, replayed, as_of: 0 });
            assert_eq!(matches!(refused, GatewayError::Spent(_)), spent, "{status} {replayed}: {refused}");
        }
    }

    #[test]
    fn answers_that_are_not_understood_are_errors() {
        for text in [
            "null",
            "{}",
            r#"{"id":"sub_1"}"#,
            r#"{"id":"sub_1","items":{"data":[{"price":{"id":"price_1"}}]}}"#,
            r#"{"id":"sub_1","status":"active","items":{"data":[{"price":{"id":"price_1"}}]}}"#,
            r#"{"id":"sub_1","livemode":false,"status":"odd","items":{"data":[{"price":{"id":"price_1"}}]}}"#,
        ] {
            assert!(read(&serde_json::from_str(text).unwrap(), 1).is_err(), "{text}");
        }
    }
}
