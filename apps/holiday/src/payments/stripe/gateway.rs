//! The payment gateway contract over Stripe's REST API.

use std::fmt;

use hyper::Method;
use loadline_monitor::Monitor;
use serde_json::Value;

use super::transport::{Answer, Call, Transport};
use crate::{
    payments::{GatewayError, GatewayPage, GatewaySubscription, NewCustomer, Order, PaymentGateway, Reply},
    store::SubscriptionStatus,
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
        Ok(StripeGateway { transport: Transport::new(&settings.url, &settings.secret_key, host)? })
    }

    /// Times every attempt of a call.
    #[must_use]
    pub(crate) fn monitored(mut self, monitor: &Monitor) -> StripeGateway {
        self.transport.monitor(monitor);
        self
    }

    async fn send(&self, call: Call) -> Result<Value, GatewayError> {
        let Answer { status, body } = self.transport.call(&call).await.map_err(GatewayError::Failed)?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let error = &body["error"];
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        let message = text("message").to_owned();
        Err(match (status, text("param")) {
            (400 | 404, "customer") if text("code") == "resource_missing" => GatewayError::NoSuchCustomer,
            (400 | 404, param) if param.ends_with("[price]") => {
                GatewayError::Invalid { field: "priceId", message }
            }
            _ => GatewayError::Failed(format!("status {status}, `{}`: {message}", text("type"))),
        })
    }
}

impl PaymentGateway for StripeGateway {
    fn create_customer(&self, customer: NewCustomer) -> Reply<'_, String> {
        Box::pin(async move {
            let call = Call {
                method: Method::POST,
                path: "/v1/customers".to_owned(),
                idempotency_key: Some(format!("customer:{}:{}", customer.account, customer.email)),
                form: vec![("email", customer.email), ("metadata[account]", customer.account.to_string())],
            };
            let body = self.send(call).await?;
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
            let made = read(&self.send(call).await?)?;
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
            let Answer { status, body } = self.transport.call(&call).await.map_err(GatewayError::Failed)?;
            match status {
                200 => read(&body).map(Some),
                404 => Ok(None),
                _ => Err(GatewayError::Failed(format!("status {status}"))),
            }
        })
    }

    fn subscriptions(&self, after: Option<String>) -> Reply<'_, GatewayPage> {
        Box::pin(async move {
            let mut path = format!("/v1/subscriptions?status=all&limit={PAGE}");
            if let Some(after) = after {
                path.push_str("&starting_after=");
                path.extend(form_urlencoded::byte_serialize(after.as_bytes()));
            }
            let body = self.send(get(path)).await?;
            let data = body["data"].as_array().ok_or_else(|| strange("a list without `data`"))?;
            let subscriptions = data.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let more = body["has_more"].as_bool().unwrap_or_default();
            let next = subscriptions.last().filter(|_| more).map(|last| last.id.clone());
            Ok(GatewayPage { subscriptions, next })
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

/// A subscription object of the API, also as events carry it.
pub(super) fn read(object: &Value) -> Result<GatewaySubscription, GatewayError> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let id = object["id"].as_str().ok_or_else(|| strange("a subscription without `id`"))?;
    let price = object["items"]["data"][0]["price"]["id"].as_str();
    let intent = &object["latest_invoice"]["payment_intent"];
    Ok(GatewaySubscription {
        id: id.to_owned(),
        account: object["metadata"]["account"].as_str().and_then(|account| account.parse().ok()),
        price: price.ok_or_else(|| strange("a subscription without a price"))?.to_owned(),
        status: status(object["status"].as_str().unwrap_or_default())?,
        // Not expanded, it is the bare identifier.
        payment_intent: text(if intent.is_object() { &intent["id"] } else { intent }),
        client_secret: text(&intent["client_secret"]),
        created_at: object["created"].as_i64().unwrap_or_default(),
    })
}

/// Stripe has more states than matter here: in some the customer has what was paid for, in others not any more.
fn status(word: &str) -> Result<SubscriptionStatus, GatewayError> {
    Ok(match word {
        "incomplete" => SubscriptionStatus::Incomplete,
        "incomplete_expired" => SubscriptionStatus::IncompleteExpired,
        "active" | "trialing" | "past_due" | "paused" => SubscriptionStatus::Active,
        "canceled" | "unpaid" => SubscriptionStatus::Canceled,
        other => return Err(strange(&format!("a subscription in the unknown state `{other}`"))),
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

    #[test]
    fn answers_that_are_not_understood_are_errors() {
        for text in [
            "null",
            "{}",
            r#"{"id":"sub_1"}"#,
            r#"{"id":"sub_1","items":{"data":[{"price":{"id":"price_1"}}]}}"#,
            r#"{"id":"sub_1","status":"odd","items":{"data":[{"price":{"id":"price_1"}}]}}"#,
        ] {
            assert!(read(&serde_json::from_str(text).unwrap()).is_err(), "{text}");
        }
    }
}
