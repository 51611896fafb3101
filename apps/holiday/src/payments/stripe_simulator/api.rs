//! The API's door: keys, faults, time, and then the ledger.
//!
//! What Stripe does under an idempotency key is done here too: a failure with 500 is kept and given again, while a refusal at the door
//! (409, 429, 503) leaves no trace. A dropped connection comes after the work, when the answer is already kept. All of it together is
//! what a client must survive. Live and test keys see nothing of each other.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

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
    form::Form,
    journal::Journal,
    ledger::{Asked, Kept, Key, Ledger, Outcome},
    objects::error,
    pending::Pending,
    webhooks::Sender,
};
use crate::{
    clock::now,
    payments::{chance, identifier::identifier},
    store::Mode,
    web::{HangUp, body},
};

struct Simulator {
    settings: StripeSimulatorSettings,
    books: Mutex<Books>,
    sender: OnceLock<Arc<Sender>>,
    pending: Pending,
}

/// What is known, in each mode, and where it is kept.
struct Books {
    live: Ledger,
    test: Ledger,
    journal: Option<Journal>,
}

/// A handle on a running simulator.
#[derive(Clone)]
pub(crate) struct Control(Arc<Simulator>);

/// A Stripe that knows what its file holds, or nothing.
///
/// # Errors
/// The file can't be read.
pub(crate) fn simulator(settings: StripeSimulatorSettings) -> io::Result<(Router, Control)> {
    let mut books = Books { live: Ledger::new(true), test: Ledger::new(false), journal: None };
    if let Some(path) = &settings.store {
        let opened = Journal::open(path, |mode, change| books.of(mode).restore(change));
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot keep the ledger in `{}`: {error}", path.display()))
        };
        books.journal = Some(opened.map_err(named)?);
    }
    let webhook = settings.webhook.clone();
    let simulator = Arc::new(Simulator {
        settings,
        books: Mutex::new(books),
        sender: OnceLock::new(),
        pending: Pending::default(),
    });
    let control = Control(Arc::clone(&simulator));
    if let Some(target) = webhook {
        control.send_to(target);
    }
    Ok((Router::new().fallback(handle).with_state(simulator), control))
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

impl Books {
    fn of(&mut self, mode: Mode) -> &mut Ledger {
        match mode {
            Mode::Live => &mut self.live,
            Mode::Test => &mut self.test,
        }
    }

    /// Writes down what is new, before anybody is told.
    fn keep(&mut self, mode: Mode) -> io::Result<()> {
        let changes = self.of(mode).take_changes();
        match &mut self.journal {
            Some(journal) if !changes.is_empty() => journal.write(mode, changes),
            _ => Ok(()),
        }
    }
}

/// One call.
struct Call<'a> {
    /// Like `req_…`.
    id: String,
    mode: Mode,
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl Call<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn key(&self) -> Option<&str> {
        self.text("idempotency-key").filter(|key| *self.method == Method::POST && !key.is_empty())
    }
}

async fn handle(
    State(simulator): State<Arc<Simulator>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let id = identifier("req_");
    let request_id = HeaderValue::from_str(&id).expect("letters and digits");
    let mut response = match (body::read(&headers, body).await, mode_of(&headers)) {
        (Err(_), _) => answer(400, &error("invalid_request_error", "", "", "the body can't be read")),
        (_, None) => answer(
            401,
            &error("invalid_request_error", "", "", "no API key, or none like `sk_test_…` or `sk_live_…`"),
        ),
        (Ok(body), Some(mode)) => {
            let call = Call { id, mode, method: &method, uri: &uri, headers: &headers, body: &body };
            simulator.call(&call).await
        }
    };
    response.headers_mut().insert("request-id", request_id);
    response
}

/// The mode of the key that a request shows, as a bearer or as the user of basic authentication without a password.
fn mode_of(headers: &HeaderMap) -> Option<Mode> {
    let key = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let rest = key.strip_prefix("sk_").or_else(|| key.strip_prefix("rk_"))?;
    if rest.starts_with("live_") { Some(Mode::Live) } else { rest.starts_with("test_").then_some(Mode::Test) }
}

impl Simulator {
    async fn call(self: &Arc<Simulator>, call: &Call<'_>) -> Response {
        let settings = &self.settings;
        if !settings.median_latency.is_zero() {
            tokio::time::sleep(chance::log_normal(settings.median_latency)).await;
        }
        let fault = chance::happens(settings.error_rate).then(fault);
        if let Some(status) = fault.filter(|status| *status != 500) {
            return refused_at_the_door(status);
        }
        let response = self.work(call, fault.is_some());
        if chance::happens(settings.drop_rate) { HangUp::response() } else { response }
    }

    fn work(self: &Arc<Simulator>, call: &Call<'_>, fails: bool) -> Response {
        let request = format!("{} {} {}", call.method, call.uri, String::from_utf8_lossy(call.body));
        let mut books = self.books();
        let ledger = books.of(call.mode);
        if let Some(key) = call.key() {
            match ledger.recall(key, &request) {
                Key::New => {}
                Key::Done(kept) => return replay(&kept),
                Key::Reused => {
                    let message = format!(
                        "Keys for idempotent requests can only be used with the same parameters they were first used with. \
                         Try using a key other than '{key}' if you meant to execute a different request."
                    );
                    return answer(400, &error("idempotency_error", "", "", &message));
                }
            }
        }
        let path: Vec<&str> = call.uri.path().strip_prefix("/v1/").unwrap_or_default().split('/').collect();
        let outcome = if fails {
            Outcome { status: 500, body: error("api_error", "", "", "simulated failure"), events: Vec::new() }
        } else {
            ledger.answer(&Asked {
                method: call.method.as_str(),
                path: &path,
                form: Form::parse(call.uri.query().unwrap_or_default().as_bytes(), call.body),
                version: call.text("stripe-version"),
                now: now(),
            })
        };
        let Outcome { status, body, events } = outcome;
        if let Some(key) = call.key() {
            let (key, id) = (key.to_owned(), call.id.clone());
            ledger.remember(Kept { key, request, id, status, body: body.clone() });
        }
        if let Err(error) = books.keep(call.mode) {
            tracing::error!(%error, "the ledger can't be kept");
        }
        drop(books);
        self.tell(events);
        if status == 200
            && *call.method == Method::POST
            && path == ["subscriptions"]
            && let Some(id) = body["id"].as_str()
        {
            self.pay_later(call.mode, id);
        }
        answer(status, &body)
    }

    /// Plays the user who pays, or not.
    fn pay_later(self: &Arc<Simulator>, mode: Mode, subscription: &str) {
        if !chance::happens(self.settings.pay_rate) {
            return;
        }
        let Some(intent) = self.books().of(mode).intent_of(subscription) else { return };
        let simulator = Arc::clone(self);
        let begun = self.pending.begin();
        tokio::spawn(async move {
            tokio::time::sleep(simulator.settings.pay_after).await;
            let events = {
                let mut books = simulator.books();
                let events = books.of(mode).confirm(&intent, now()).events;
                if let Err(error) = books.keep(mode) {
                    tracing::error!(%error, "the ledger can't be kept");
                }
                events
            };
            simulator.tell(events);
            drop(begun);
        });
    }

    fn tell(&self, events: Vec<Value>) {
        if let Some(sender) = self.sender.get() {
            sender.send(events);
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("nothing panics while it is held")
    }
}

fn fault() -> u16 {
    const CHOICES: [u16; 4] = [409, 429, 500, 503];
    CHOICES[usize::from(rand::random::<u8>()) % CHOICES.len()]
}

/// Before anything is done, and not kept under a key.
fn refused_at_the_door(status: u16) -> Response {
    let (kind, code) = match status {
        409 => ("idempotency_error", "idempotency_key_in_use"),
        429 => ("invalid_request_error", "rate_limit"),
        _ => ("api_error", ""),
    };
    let mut response = answer(status, &error(kind, code, "", "simulated failure"));
    if status == 429 {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
    }
    response
}

fn replay(kept: &Kept) -> Response {
    let mut response = answer(kept.status, &kept.body);
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::from_str(&kept.id) {
        response.headers_mut().insert("original-request", id);
    }
    response
}

fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).expect("the simulator's statuses are valid");
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
