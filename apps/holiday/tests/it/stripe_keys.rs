//! What Stripe keeps under an idempotency key, deletes, and never mixes: the account must not be trapped, charged twice, or charged by a
//! test.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use holiday::{
    payments::{
        Stripe,
        stripe::{StripeSettings, sign},
        stripe_simulator::StripeSimulatorSettings,
    },
    server::{Secrets, Server, Settings},
};
use loadline_serve::{Bound, Patience, serve};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    client::{Response, send},
    service::{Service, settings},
};

const SUBSCRIBE: &str = "/api/trpc/payment.createSubscription";
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const SECRET: &str = "s3cret";

/// A simulated Stripe, and a service with a live and a test key for it.
struct Shop {
    service: Service,
    stripe: SocketAddr,
    _runtime: Runtime,
}

impl Shop {
    fn open() -> Shop {
        let runtime = Runtime::new().unwrap();
        let bound = runtime.block_on(Bound::new(LOOPBACK)).unwrap();
        let stripe = bound.address();
        let simulated =
            StripeSimulatorSettings { median_latency: std::time::Duration::ZERO, ..Default::default() };
        let simulator = Server::stripe_simulator(bound, simulated).unwrap();
        runtime.spawn(simulator.run(std::future::pending()));
        let keys = StripeSettings { url: format!("http://{stripe}"), secret_key: "sk_live_1".to_owned() };
        let service = Service::start(&Settings {
            stripe: Some(Stripe { settings: keys, test_key: Some("sk_test_1".to_owned()) }),
            secrets: Secrets {
                load_test: Some(SECRET.to_owned()),
                webhook: Some("whsec_live".to_owned()),
                test_webhook: Some("whsec_test".to_owned()),
                ..Secrets::default()
            },
            ..settings()
        });
        Shop { service, stripe, _runtime: runtime }
    }

    fn subscribe(&self, cookie: &str, more: &[(&str, &str)], test_mode: bool) -> Response {
        let order = json!({ "json": { "priceId": "price_a", "testMode": test_mode } }).to_string();
        let headers = [&[("Cookie", cookie)], more].concat();
        self.service.post(SUBSCRIBE, &headers, &order)
    }

    fn subscribed(&self, cookie: &str, more: &[(&str, &str)]) -> String {
        let answer = self.subscribe(cookie, more, !more.is_empty());
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["result"]["data"]["subscriptionId"].as_str().unwrap().to_owned()
    }

    fn call(&self, key: &str, method: &str, path: &str, body: &str) -> Value {
        send(self.stripe, method, path, &[("Authorization", &format!("Bearer {key}"))], body).json()
    }
}

const LOAD_TEST: [(&str, &str); 2] = [("X-Load-Test", "true"), ("X-Load-Test-Secret", SECRET)];

#[test]
fn a_load_test_leaves_what_is_paid_alone() {
    let shop = Shop::open();
    let cookie = shop.service.session();
    let live = shop.subscribed(&cookie, &[]);
    let test = shop.subscribed(&cookie, &LOAD_TEST);
    assert_ne!(live, test);
    for _ in 0..2 {
        assert_eq!(shop.subscribed(&cookie, &[]), live, "still the one and only");
        assert_eq!(shop.subscribed(&cookie, &LOAD_TEST), test);
    }
    for (key, id) in [("sk_live_1", &live), ("sk_test_1", &test)] {
        let all = shop.call(key, "GET", "/v1/subscriptions?status=all", "");
        assert_eq!(all["data"].as_array().unwrap().len(), 1, "{all}");
        assert_eq!(all["data"][0]["id"], id.as_str());
        assert_eq!(all["data"][0]["livemode"], key == "sk_live_1");
    }
}

#[test]
fn a_test_that_would_be_charged_is_refused() {
    let shop = Shop::open();
    let cookie = shop.service.session();
    for more in [&[][..], &LOAD_TEST[..1], &[("X-Load-Test", "true"), ("X-Load-Test-Secret", "guess")]] {
        let answer = shop.subscribe(&cookie, more, true);
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert_eq!(answer.json()["error"]["data"]["field"], "testMode");
    }
    let none = shop.call("sk_live_1", "GET", "/v1/subscriptions?status=all", "");
    assert_eq!(none["data"], json!([]), "nobody was charged");
}

#[test]
fn a_test_webhook_says_nothing_of_live_payments() {
    let shop = Shop::open();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    for (secret, livemode, status) in [
        ("whsec_live", true, 200),
        ("whsec_live", false, 400),
        ("whsec_test", true, 400),
        ("whsec_test", false, 200),
        ("whsec_other", false, 400),
    ] {
        let event = json!({
            "id": format!("evt_{secret}{livemode}"), "type": "customer.subscription.updated", "created": now,
            "livemode": livemode,
            "data": { "object": {
                "id": format!("sub_{livemode}"), "status": "active", "created": 1, "livemode": livemode,
                "metadata": { "account": "1" }, "items": { "data": [{ "price": { "id": "price_w" } }] },
                "latest_invoice": "in_1",
            } },
        });
        let body = event.to_string();
        let signature = sign(secret, now, body.as_bytes());
        let answer = shop.service.post("/api/webhooks/stripe", &[("Stripe-Signature", &signature)], &body);
        assert_eq!(answer.status, status, "{secret} {livemode}: {}", answer.body);
    }
}

#[test]
fn a_deleted_customer_does_not_trap_the_account() {
    let shop = Shop::open();
    let cookie = shop.service.session();
    let first = shop.subscribed(&cookie, &[]);
    let customer =
        shop.call("sk_live_1", "GET", &format!("/v1/subscriptions/{first}"), "")["customer"].clone();
    let path = format!("/v1/customers/{}", customer.as_str().unwrap());
    assert_eq!(shop.call("sk_live_1", "DELETE", &path, "")["deleted"], true);
    let second = shop.subscribed(&cookie, &[]);
    assert_ne!(first, second);
    assert_eq!(shop.subscribed(&cookie, &[]), second);
    let its = shop.call("sk_live_1", "GET", &format!("/v1/subscriptions/{second}"), "");
    assert_ne!(its["customer"], customer);
}

/// A Stripe that answers as it is told: 500 for the first orders, some with the work done, all kept under their keys.
#[derive(Clone, Default)]
struct Stubborn(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    by_key: HashMap<String, (u16, Value)>,
    made: Vec<Value>,
    /// For each order to come with a new key: whether it fails, and whether it is made.
    orders: Vec<(bool, bool)>,
}

impl Stubborn {
    fn answer(&self, request: &axum::extract::Request) -> axum::response::Response {
        use axum::response::IntoResponse;
        let path = request.uri().path().to_owned();
        let key = request.headers().get("idempotency-key").map(|key| key.to_str().unwrap().to_owned());
        let mut kept = self.0.lock().unwrap();
        if let Some((status, body)) = key.as_ref().and_then(|key| kept.by_key.get(key)) {
            let status = axum::http::StatusCode::from_u16(*status).unwrap();
            return (status, [("idempotent-replayed", "true")], body.to_string()).into_response();
        }
        let (status, body) = match (path.as_str(), &key) {
            ("/v1/customers", Some(_)) => (200, json!({ "id": "cus_1" })),
            ("/v1/subscriptions", Some(_)) => {
                let (fails, makes) = kept.orders.pop().unwrap_or((false, true));
                let id = format!("sub_{}", kept.made.len() + 1);
                let made = json!({
                    "id": id, "status": "incomplete", "created": 1, "livemode": false,
                    "metadata": { "account": "1" }, "items": { "data": [{ "price": { "id": "price_a" } }] },
                    "latest_invoice": { "payment_intent": { "id": "pi_1", "client_secret": "pi_1_secret_1" } },
                });
                if makes {
                    kept.made.push(made.clone());
                }
                if fails { (500, json!({ "error": { "type": "api_error" } })) } else { (200, made) }
            }
            ("/v1/subscriptions", None) => (200, json!({ "data": kept.made, "has_more": false })),
            (path, _) => {
                let id = path.trim_start_matches("/v1/subscriptions/");
                let found = kept.made.iter().find(|made| made["id"] == id).cloned();
                found.map_or((404, Value::Null), |found| (200, found))
            }
        };
        if let Some(key) = key {
            kept.by_key.insert(key, (status, body.clone()));
        }
        (axum::http::StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
    }
}

#[test]
fn a_kept_failure_traps_nobody_and_makes_no_second_subscription() {
    // Nothing was made; it was made, and the answer is a failure all the same; both in turn.
    for orders in [vec![(true, false)], vec![(true, true)], vec![(true, true), (true, false)]] {
        let runtime = Runtime::new().unwrap();
        let bound = runtime.block_on(Bound::new(LOOPBACK)).unwrap();
        let stripe =
            StripeSettings { url: format!("http://{}", bound.address()), secret_key: "sk_test_1".to_owned() };
        let stubborn = Stubborn::default();
        stubborn.0.lock().unwrap().orders.clone_from(&orders);
        let answering = stubborn.clone();
        let router =
            axum::Router::new().fallback(move |request| std::future::ready(answering.answer(&request)));
        runtime.spawn(serve(bound, router, Patience::default(), std::future::pending()));
        let service = Service::start(&Settings {
            stripe: Some(Stripe { settings: stripe, test_key: None }),
            ..settings()
        });
        let cookie = service.session();
        for _ in 0..2 {
            let order = r#"{"json":{"priceId":"price_a"}}"#;
            let answer = service.post(SUBSCRIBE, &[("Cookie", &cookie)], order);
            assert_eq!(answer.status, 200, "{orders:?}: {}", answer.body);
            assert_eq!(answer.json()["result"]["data"]["subscriptionId"], "sub_1", "{orders:?}");
        }
        assert_eq!(stubborn.0.lock().unwrap().made.len(), 1, "{orders:?}");
    }
}

#[test]
fn load_tests_stay_in_test_mode() {
    let bound = Runtime::new().unwrap();
    let address = bound.block_on(Bound::new(LOOPBACK)).unwrap().address();
    let live = StripeSettings { url: format!("http://{address}"), secret_key: "sk_live_1".to_owned() };
    let service = Service::start(&Settings {
        stripe: Some(Stripe { settings: live, test_key: None }),
        secrets: Secrets { load_test: Some("s3cret".to_owned()), ..Secrets::default() },
        ..settings()
    });
    let cookie = service.session();
    let headers = [("Cookie", cookie.as_str()), ("X-Load-Test", "true"), ("X-Load-Test-Secret", "s3cret")];
    let order = r#"{"json":{"priceId":"price_1"}}"#;
    let answer = service.post(SUBSCRIBE, &headers, order);
    assert_eq!(answer.status, 503, "never with the live key: {}", answer.body);
}
