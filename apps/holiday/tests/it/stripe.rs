//! Payments through Stripe's API with a simulator that fails, breaks connections and charges: afterwards both sides must agree.

use std::{collections::HashSet, net::SocketAddr, process::Command, sync::Mutex, thread, time::Duration};

use holiday::{
    payments::{
        Reconciliation, Stripe, reconcile,
        stripe::{StripeGateway, StripeSettings, sign},
        stripe_simulator::{StripeSimulatorSettings, WebhookTarget},
    },
    server::{LoadTestAccounts, Secrets, Server, Settings},
    store::{Database, postgres::Throwaway},
};
use loadline_serve::Bound;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    client::{Response, send},
    service::{PASSWORD, Service, settings},
};

const WEBHOOK: &str = "/api/webhooks/stripe";
const WEBHOOK_SECRET: &str = "whsec_test";
const SUBSCRIBE: &str = "/api/trpc/payment.createSubscription";
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A database that the service and whoever compares both use.
enum Kept {
    Sqlite(tempfile::TempDir),
    Postgres(Throwaway),
}

impl Kept {
    fn sqlite() -> Kept {
        Kept::Sqlite(tempfile::tempdir().unwrap())
    }

    fn postgres() -> Kept {
        Kept::Postgres(Throwaway::start().unwrap())
    }

    /// As an operator writes it.
    fn text(&self) -> String {
        match self {
            Kept::Sqlite(folder) => folder.path().join("holiday.sqlite").to_str().unwrap().to_owned(),
            Kept::Postgres(server) => {
                format!("postgres:///postgres?user=holiday&host={}", server.folder().display())
            }
        }
    }

    fn database(&self) -> Database {
        self.text().parse().unwrap()
    }
}

/// A service, a simulated Stripe that may tell it about payments, and the file both are compared by.
struct Shop {
    service: Service,
    stripe: StripeSettings,
    kept: Kept,
    runtime: Runtime,
}

/// Asks again while the service says that it is busy and is to be asked again: it is, on a machine that others use.
fn until_taken(ask: impl Fn() -> Response) -> Response {
    let mut answers = std::iter::repeat_with(ask).take(100);
    answers.find(|answer| answer.status != 503).expect("the service is not busy for ever")
}

impl Shop {
    fn open(simulated: &StripeSimulatorSettings, accounts: u32, webhooks: bool) -> Shop {
        Shop::with(Kept::sqlite(), simulated, accounts, webhooks)
    }

    fn with(kept: Kept, simulated: &StripeSimulatorSettings, accounts: u32, webhooks: bool) -> Shop {
        let runtime = Runtime::new().unwrap();
        let bound = runtime.block_on(Bound::new(LOOPBACK)).unwrap();
        let stripe =
            StripeSettings { url: format!("http://{}", bound.address()), secret_key: "sk_test_1".to_owned() };
        let service = Service::start(&Settings {
            database: kept.database(),
            load_test: Some(LoadTestAccounts { count: accounts, password: PASSWORD.to_owned() }),
            stripe: Some(Stripe { settings: stripe.clone(), test_key: None }),
            secrets: Secrets { webhook: Some(WEBHOOK_SECRET.to_owned()), ..Secrets::default() },
            ..settings()
        });
        let target = || WebhookTarget {
            url: format!("http://{}{WEBHOOK}", service.address()),
            secret: WEBHOOK_SECRET.to_owned(),
        };
        let simulated = StripeSimulatorSettings {
            median_latency: Duration::ZERO,
            pay_after: Duration::from_millis(5),
            webhook: webhooks.then(target),
            ..simulated.clone()
        };
        runtime.spawn(Server::stripe_simulator(bound, simulated).unwrap().run(std::future::pending()));
        Shop { service, stripe, kept, runtime }
    }

    fn session(&self, account: u32) -> String {
        let name = format!("loadtest-{account}@test.holiday-aggregator.com");
        until_taken(|| self.service.login(&name, PASSWORD)).cookie().to_owned()
    }

    fn subscribe(&self, cookie: &str, price: &str) -> Response {
        let order = json!({ "json": { "priceId": price } }).to_string();
        until_taken(|| self.service.post(SUBSCRIBE, &[("Cookie", cookie)], &order))
    }

    fn reconcile(&self, repair: bool) -> Reconciliation {
        self.runtime.block_on(async {
            let store = self.kept.database().open(Some(1), 1).await.unwrap();
            let gateway = StripeGateway::new(&self.stripe).unwrap();
            reconcile(store.as_ref(), &gateway, repair).await.unwrap()
        })
    }

    /// `holiday reconcile`, as an operator runs it: its exit code and what it prints.
    fn command(&self, flags: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_holiday"))
            .args(["reconcile", "--database", &self.kept.text(), "--stripe-url", &self.stripe.url])
            .args(flags)
            .env("STRIPE_SECRET_KEY", &self.stripe.secret_key)
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    }

    fn webhook(&self, signature: &str, body: &str) -> Response {
        self.service.post(WEBHOOK, &[("Stripe-Signature", signature)], body)
    }
}

fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}

#[test]
fn faults_lose_nothing_and_double_nothing_in_sqlite() {
    faults_lose_nothing_and_double_nothing(Kept::sqlite());
}

#[test]
fn faults_lose_nothing_and_double_nothing_in_postgres() {
    faults_lose_nothing_and_double_nothing(Kept::postgres());
}

fn faults_lose_nothing_and_double_nothing(kept: Kept) {
    const ACCOUNTS: u32 = 80;
    let faults = StripeSimulatorSettings {
        error_rate: 0.02,
        drop_rate: 0.02,
        pay_rate: 1.0,
        ..StripeSimulatorSettings::default()
    };
    let shop = Shop::with(kept, &faults, ACCOUNTS, true);
    let made = Mutex::new(HashSet::new());
    thread::scope(|scope| {
        for worker in 0..8 {
            let (shop, made) = (&shop, &made);
            scope.spawn(move || {
                for account in (1..=ACCOUNTS).filter(|account| account % 8 == worker) {
                    let cookie = shop.session(account);
                    for price in ["price_a", "price_b"] {
                        // Two clicks at once, and one more.
                        let mut answers = thread::scope(|clicks| {
                            let clicks: Vec<_> =
                                (0..2).map(|_| clicks.spawn(|| shop.subscribe(&cookie, price))).collect();
                            clicks.into_iter().map(|click| click.join().unwrap()).collect::<Vec<_>>()
                        });
                        answers.push(shop.subscribe(&cookie, price));
                        for answer in answers {
                            assert_eq!(answer.status, 200, "{}", answer.body);
                            let data = &answer.json()["result"]["data"];
                            assert!(data["clientSecret"].as_str().unwrap().contains("_secret_"));
                            let id = data["subscriptionId"].as_str().unwrap().to_owned();
                            made.lock().unwrap().insert((account, price, id));
                        }
                    }
                }
            });
        }
    });
    // One for each account and price, whatever failed.
    assert_eq!(made.into_inner().unwrap().len(), 2 * ACCOUNTS as usize);
    // The last events may still be on their way.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    let found = loop {
        let found = shop.reconcile(false);
        if (found.is_clean() && found.charged == found.at_gateway) || tokio::time::Instant::now() > deadline {
            break found;
        }
        thread::yield_now();
    };
    assert!(found.is_clean(), "{found}");
    assert_eq!((found.at_gateway, found.charged, found.in_store), (160, 160, 160), "{found}");
    let agrees =
        "both sides agree: 160 subscriptions at the gateway, 160 of them charged; 160 in the database";
    let (code, text) = shop.command(&[]);
    assert!(code == Some(0) && text.starts_with(agrees), "{code:?}: {text}");
}

#[test]
fn the_command_finds_and_repairs_what_sqlite_lacks() {
    the_command_finds_and_repairs_what_the_database_lacks(Kept::sqlite());
}

#[test]
fn the_command_finds_and_repairs_what_postgres_lacks() {
    the_command_finds_and_repairs_what_the_database_lacks(Kept::postgres());
}

/// Charged, and nobody told the service.
fn the_command_finds_and_repairs_what_the_database_lacks(kept: Kept) {
    let charging = StripeSimulatorSettings { pay_rate: 1.0, ..StripeSimulatorSettings::default() };
    let shop = Shop::with(kept, &charging, 2, false);
    for account in 1..=2 {
        assert_eq!(shop.subscribe(&shop.session(account), "price_a").status, 200);
    }
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while shop.reconcile(false).charged < 2 {
        assert!(tokio::time::Instant::now() < deadline, "nobody paid");
    }
    let (code, text) = shop.command(&[]);
    assert_eq!(code, Some(1), "{text}");
    assert_eq!(text.matches("charged, but not active in the database: sub_").count(), 2, "{text}");
    assert!(text.contains("the sides differ: 2 subscriptions at the gateway, 2 of them charged"), "{text}");
    let (code, text) = shop.command(&["--repair"]);
    assert!(code == Some(0) && text.contains("2 repaired"), "{code:?}: {text}");
    let (code, text) = shop.command(&[]);
    assert!(code == Some(0) && text.starts_with("both sides agree"), "{code:?}: {text}");
}

#[test]
fn what_webhooks_did_not_tell_is_found_and_repaired() {
    let charging = StripeSimulatorSettings { pay_rate: 1.0, ..StripeSimulatorSettings::default() };
    let shop = Shop::open(&charging, 3, false);
    for account in 1..=3 {
        assert_eq!(shop.subscribe(&shop.session(account), "price_a").status, 200);
    }
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    let found = loop {
        let found = shop.reconcile(false);
        if found.charged == 3 || tokio::time::Instant::now() > deadline {
            break found;
        }
        thread::yield_now();
    };
    assert_eq!((found.lost.len(), found.is_clean()), (3, false), "{found}");
    assert!(shop.reconcile(true).is_clean());
    let after = shop.reconcile(false);
    assert!(after.is_clean() && after.lost.is_empty(), "{after}");
    // Who has paid gets the same one, as paid.
    let again = shop.subscribe(&shop.session(1), "price_a").json();
    assert_eq!(again["result"]["data"]["status"], "active");
}

#[test]
fn a_gateway_that_is_down_is_502_and_comes_back() {
    let shop = Shop::open(
        &StripeSimulatorSettings { error_rate: 1.0, ..StripeSimulatorSettings::default() },
        1,
        false,
    );
    let answer = shop.subscribe(&shop.session(1), "price_a");
    assert_eq!(answer.status, 502, "{}", answer.body);
    assert_eq!(answer.json()["error"]["data"]["code"], "BAD_GATEWAY");
}

#[test]
fn calls_of_the_gateway_are_timed() {
    let shop = Shop::open(&StripeSimulatorSettings::default(), 1, false);
    assert_eq!(shop.subscribe(&shop.session(1), "price_a").status, 200);
    let text = shop.service.metrics();
    let series = r#"http_client_request_duration_seconds_count{http_request_method="POST",server_address="127.0.0.1",http_response_status_code="200"} 2"#;
    assert!(text.lines().any(|line| line == series), "a customer and a subscription\n{text}");
}

#[test]
fn an_unknown_price_names_the_field() {
    let shop = Shop::open(&StripeSimulatorSettings::default(), 1, false);
    let answer = shop.subscribe(&shop.session(1), "gold");
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(answer.json()["error"]["data"]["field"], "priceId");
}

#[test]
fn the_simulator_speaks_the_api() {
    let shop = Shop::open(&StripeSimulatorSettings::default(), 1, false);
    let stripe: SocketAddr = shop.stripe.url.trim_start_matches("http://").parse().unwrap();
    let call = |method: &str, path: &str, key: &str, body: &str| {
        let headers = [("Authorization", "Bearer sk_test_1"), ("Idempotency-Key", key)];
        send(stripe, method, path, &headers, body)
    };
    assert_eq!(send(stripe, "GET", "/v1/subscriptions", &[], "").status, 401);
    let customer = call("POST", "/v1/customers", "c", "email=a%40b.c&metadata[account]=1");
    let id = customer.json()["id"].as_str().unwrap().to_owned();
    let again = call("POST", "/v1/customers", "c", "email=a%40b.c&metadata[account]=1");
    assert_eq!((again.json(), again.header("idempotent-replayed")), (customer.json(), Some("true")));
    assert_eq!(call("POST", "/v1/customers", "c", "email=other").status, 400, "the key was used");
    assert_eq!(call("GET", &format!("/v1/customers/{id}"), "", "").json()["email"], "a@b.c");
    let price = call("POST", "/v1/prices", "p", "currency=aud&unit_amount=4900").json();
    let order = format!(
        "customer={id}&items[0][price]={}&payment_behavior=default_incomplete",
        price["id"].as_str().unwrap()
    );
    let made =
        call("POST", "/v1/subscriptions", "s", &format!("{order}&expand[]=latest_invoice.payment_intent"));
    let made = made.json();
    assert_eq!(made["status"], "incomplete");
    let intent = made["latest_invoice"]["payment_intent"]["id"].as_str().unwrap();
    assert_eq!(
        call("POST", &format!("/v1/payment_intents/{intent}/confirm"), "i", "").json()["status"],
        "succeeded"
    );
    let path = format!("/v1/subscriptions/{}", made["id"].as_str().unwrap());
    assert_eq!(call("GET", &path, "", "").json()["status"], "active");
    assert_eq!(call("DELETE", &path, "", "").json()["status"], "canceled");
    assert_eq!(call("POST", "/v1/subscriptions", "t", &order).status, 200);
    let page = call("GET", "/v1/subscriptions?status=all&limit=1", "", "").json();
    assert_eq!((page["data"].as_array().unwrap().len(), page["has_more"].as_bool()), (1, Some(true)));
    for (method, path, body, status) in [
        ("POST", "/v1/subscriptions", "customer=cus_none&items[0][price]=price_1", 400),
        ("POST", "/v1/prices", "currency=aud", 400),
        ("GET", "/v1/subscriptions?limit=0", "", 400),
        ("GET", "/v1/subscriptions?starting_after=sub_none", "", 400),
        ("GET", "/v1/subscriptions/sub_none", "", 404),
        ("GET", "/v2/anything", "", 404),
    ] {
        let answer = call(method, path, &format!("{method}{path}"), body);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.json()["error"]["message"].is_string());
    }
}

/// An event about loadtest-1's subscription.
fn event(id: &str, subscription: &str, status: &str) -> Value {
    json!({
        "id": id, "type": "customer.subscription.updated", "created": 1_700_000_000, "livemode": false,
        "data": { "object": {
            "id": subscription, "status": status, "created": 1, "livemode": false, "metadata": { "account": "1" },
            "items": { "data": [{ "price": { "id": "price_w" } }] },
            "latest_invoice": { "payment_intent": "pi_1" },
        } },
    })
}

#[test]
fn webhooks_are_verified_and_count_once() {
    let shop = Shop::open(&StripeSimulatorSettings::default(), 1, false);
    let paid = event("evt_1", "sub_w", "active").to_string();
    let good = sign(WEBHOOK_SECRET, now(), paid.as_bytes());
    let old = sign(WEBHOOK_SECRET, now() - 301, paid.as_bytes());
    let early = sign(WEBHOOK_SECRET, now() + 400, paid.as_bytes());
    let forged = sign("whsec_other", now(), paid.as_bytes());
    for (name, signature, body) in [
        ("none", "", paid.as_str()),
        ("malformed", "v1=abc", &paid),
        ("forged", &forged, &paid),
        ("old", &old, &paid),
        ("from the future", &early, &paid),
        ("another body", &good, "{}"),
    ] {
        let answer = shop.webhook(signature, body);
        assert_eq!(answer.status, 400, "{name}: {}", answer.body);
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    }
    assert_eq!(shop.reconcile(false).in_store, 0, "nothing was believed");
    for applied in [true, false] {
        let answer = shop.webhook(&good, &paid);
        assert_eq!((answer.status, answer.json()["applied"].as_bool()), (200, Some(applied)));
    }
    for (body, status) in [
        (json!({ "id": "evt_2", "type": "invoice.paid" }), 200),
        (json!({ "id": "evt_2" }), 400),
        (json!({ "type": "customer.subscription.updated" }), 400),
        (json!({ "id": "evt_3", "created": 1, "type": "customer.subscription.updated", "data": {} }), 400),
        (event("evt_4", "sub_w", "odd"), 400),
        (json!([]), 400),
    ] {
        let body = body.to_string();
        let answer = shop.webhook(&sign(WEBHOOK_SECRET, now(), body.as_bytes()), &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
    assert_eq!(Service::shared().post(WEBHOOK, &[("Stripe-Signature", &good)], &paid).status, 404);
}
