//! The API's door: keys, faults, time, and then the ledger.
//!
//! A fault before the work leaves no trace, not even under its idempotency key; a dropped connection comes after the work, when the
//! answer is already kept under its key. The two together are what a client must survive.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    StripeSimulatorSettings, WebhookTarget,
    ledger::{Form, Key, Ledger, Outcome},
    objects::error,
    pending::Pending,
    webhooks::Sender,
};
use crate::{
    clock::now,
    payments::chance,
    web::{HangUp, body},
};

struct Simulator {
    settings: StripeSimulatorSettings,
    ledger: Mutex<Ledger>,
    sender: OnceLock<Arc<Sender>>,
    pending: Pending,
}

/// A handle on a running simulator.
#[derive(Clone)]
pub(crate) struct Control(Arc<Simulator>);

/// A new, empty Stripe.
pub(crate) fn simulator(settings: StripeSimulatorSettings) -> (Router, Control) {
    let webhook = settings.webhook.clone();
    let simulator = Arc::new(Simulator {
        settings,
        ledger: Mutex::default(),
        sender: OnceLock::new(),
        pending: Pending::default(),
    });
    let control = Control(Arc::clone(&simulator));
    if let Some(target) = webhook {
        control.send_to(target);
    }
    (Router::new().fallback(handle).with_state(simulator), control)
}

impl Control {
    /// Sends events there from now on, unless they are sent somewhere already: of two servers that must know each other's address,
    /// one can be told only later.
    pub(crate) fn send_webhooks_to(&self, url: &str, secret: &str) {
        self.send_to(WebhookTarget { url: url.to_owned(), secret: secret.to_owned() });
    }

    /// All users who pay have paid, and all events were taken or given up.
    pub(crate) async fn settled(&self) {
        self.0.pending.none().await;
    }

    fn send_to(&self, target: WebhookTarget) {
        let _ = self.0.sender.set(Sender::new(target, self.0.pending.clone()));
    }
}

async fn handle(
    State(simulator): State<Arc<Simulator>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(body) = body::read(&headers, body).await else {
        return answer(400, &error("invalid_request_error", "", "", "the body can't be read"));
    };
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if !text(header::AUTHORIZATION).is_some_and(|value| value.starts_with("Bearer sk_")) {
        return answer(
            401,
            &error("invalid_request_error", "", "", "no API key, or not one like `sk_test_…`"),
        );
    }
    let settings = &simulator.settings;
    if !settings.median_latency.is_zero() {
        tokio::time::sleep(chance::log_normal(settings.median_latency)).await;
    }
    if chance::happens(settings.error_rate) {
        return injected();
    }
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let response = simulator.work(&method, &uri, key.filter(|_| method == Method::POST), &body);
    if chance::happens(settings.drop_rate) { HangUp::response() } else { response }
}

impl Simulator {
    fn work(self: &Arc<Simulator>, method: &Method, uri: &Uri, key: Option<&str>, body: &[u8]) -> Response {
        let request = format!("{method} {uri} {}", String::from_utf8_lossy(body));
        let mut ledger = self.ledger();
        if let Some(key) = key {
            match ledger.recall(key, &request) {
                Key::New => {}
                Key::Done(status, body) => {
                    let mut response = answer(status, &body);
                    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
                    return response;
                }
                Key::Reused => {
                    let message = "this idempotency key was used with other parameters";
                    return answer(400, &error("idempotency_error", "", "", message));
                }
            }
        }
        let form: Form = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .chain(form_urlencoded::parse(body))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let path: Vec<&str> = uri.path().strip_prefix("/v1/").unwrap_or_default().split('/').collect();
        let Outcome { status, body, events } = ledger.answer(method.as_str(), &path, &form, now());
        if let Some(key) = key {
            ledger.remember(key, request, status, body.clone());
        }
        drop(ledger);
        self.tell(events);
        if status == 200 && method == Method::POST && path == ["subscriptions"] {
            self.pay_later(&body);
        }
        answer(status, &body)
    }

    /// Plays the user who pays, or not.
    fn pay_later(self: &Arc<Simulator>, subscription: &Value) {
        if !chance::happens(self.settings.pay_rate) {
            return;
        }
        let intent = &subscription["latest_invoice"]["payment_intent"];
        let Some(intent) = intent["id"].as_str().or(intent.as_str()).map(str::to_owned) else { return };
        let simulator = Arc::clone(self);
        let begun = self.pending.begin();
        tokio::spawn(async move {
            tokio::time::sleep(simulator.settings.pay_after).await;
            let events = simulator.ledger().confirm(&intent, now()).events;
            simulator.tell(events);
            drop(begun);
        });
    }

    fn tell(&self, events: Vec<Value>) {
        if let Some(sender) = self.sender.get() {
            sender.send(events);
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("nothing panics while it is held")
    }
}

fn injected() -> Response {
    const CHOICES: [u16; 4] = [409, 429, 500, 503];
    let status = CHOICES[usize::from(rand::random::<u8>()) % CHOICES.len()];
    let mut response = answer(status, &error("api_error", "", "", "simulated failure"));
    if status == 429 {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
    }
    response
}

fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).expect("the simulator's statuses are valid");
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
