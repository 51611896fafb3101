//! Logging in and paying, as the load tests do it and as it can go wrong.

use holiday::{payments::SimulatorSettings, server::Settings};

use crate::{
    client::Response,
    service::{PASSWORD, Service, settings},
};

const LOGIN: &str = "/api/auth/callback/credentials";
const SUBSCRIBE: &str = "/api/trpc/payment.createSubscription";
const ORDER: &str = r#"{"json":{"priceId":"price_test","testMode":true}}"#;

fn subscribe(service: &Service, headers: &[(&str, &str)], body: &str) -> Response {
    service.post(SUBSCRIBE, headers, body)
}

#[test]
fn the_load_tests_payment() {
    let service = Service::shared();
    // No Content-Type: k6 sends a string body without one.
    let login = service.login("loadtest-2@test.holiday-aggregator.com", PASSWORD);
    assert_eq!(login.status, 200);
    let cookie = login.header("set-cookie").unwrap();
    assert!(cookie.starts_with("next-auth.session-token="), "{cookie}");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();
    // The cookie jar adds the same cookie to the header that the script set.
    for cookie in [cookie.to_owned(), format!("{cookie}; {cookie}")] {
        let payment = subscribe(service, &[("Cookie", &cookie), ("X-Load-Test", "true")], ORDER);
        assert_eq!(payment.status, 200, "{}", payment.body);
        assert_eq!(payment.header("cache-control"), Some("private, no-store"));
        let data = payment.json()["result"]["data"].clone();
        let secret = data["clientSecret"].as_str().unwrap();
        assert!(secret.starts_with("pi_") && secret.contains("_secret_"), "{secret}");
        assert!(data["subscriptionId"].as_str().unwrap().starts_with("sub_"));
        assert_eq!(data["status"], "incomplete");
    }
}

#[test]
fn forms_and_upper_case_addresses_log_in_too() {
    let body: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("email", "LoadTest-3@Test.Holiday-Aggregator.com")
        .append_pair("password", PASSWORD)
        .append_pair("csrfToken", "whatever")
        .finish();
    for content_type in ["application/x-www-form-urlencoded", "text/plain"] {
        let response = Service::shared().post(LOGIN, &[("Content-Type", content_type)], &body);
        assert_eq!(response.status, 200, "{}", response.body);
    }
}

#[test]
fn an_unknown_account_and_a_wrong_password_look_the_same() {
    let service = Service::shared();
    let wrong = service.login("loadtest-1@test.holiday-aggregator.com", "wrong");
    let unknown = service.login("loadtest-4@test.holiday-aggregator.com", PASSWORD);
    let injected = service.login("' OR 1=1 --", "' OR '1'='1");
    for response in [&wrong, &unknown, &injected] {
        assert_eq!((response.status, &response.body), (401, &wrong.body));
        assert_eq!(response.header("set-cookie"), None);
        assert_eq!(response.header("cache-control"), Some("private, no-store"));
    }
}

#[test]
fn bad_logins_are_400() {
    for body in ["", "{", "[]", r#"{"email":1,"password":"x"}"#, r#"{"email":"a@b.c"}"#, "\0\0", "email=a"] {
        let response = Service::shared().post(LOGIN, &[], body);
        assert_eq!(response.status, 400, "{body}");
        assert!(response.json()["error"].is_string(), "{body}");
    }
}

#[test]
fn who_has_no_session_cannot_pay() {
    let forged = format!("next-auth.session-token={}", "0".repeat(64));
    for cookie in ["", "next-auth.session-token=", "next-auth.session-token=undefined", &forged, "\u{e4}=1"] {
        let response = subscribe(Service::shared(), &[("Cookie", cookie)], ORDER);
        assert_eq!(response.status, 401, "{cookie}");
        assert_eq!(response.json()["error"]["data"]["code"], "UNAUTHORIZED");
    }
}

#[test]
fn wrong_orders_name_the_field() {
    let cookie = Service::shared().session();
    let long = format!(r#"{{"json":{{"priceId":"price_{}"}}}}"#, "x".repeat(300));
    for (body, field) in [
        ("", "priceId"),
        (r#"{"json":{"testMode":true}}"#, "priceId"),
        (r#"{"json":{"priceId":""}}"#, "priceId"),
        (r#"{"json":{"priceId":7}}"#, "priceId"),
        (r#"{"json":{"priceId":"gold"}}"#, "priceId"),
        (r#"{"json":{"priceId":"price_1","testMode":"yes"}}"#, "testMode"),
        (long.as_str(), "priceId"),
    ] {
        let response = subscribe(Service::shared(), &[("Cookie", &cookie)], body);
        assert_eq!(response.status, 400, "{body}: {}", response.body);
        assert_eq!(response.json()["error"]["data"]["field"], field, "{body}");
    }
}

#[test]
fn an_account_has_one_subscription_of_a_price() {
    let service = Service::start(&settings());
    let cookie = service.session();
    let pay = |price: &str, key: &str| {
        let order = format!(r#"{{"json":{{"priceId":"{price}","testMode":true}}}}"#);
        let headers = [("Cookie", cookie.as_str()), ("Idempotency-Key", key)];
        subscribe(&service, &headers, &order).json()["result"]["data"].clone()
    };
    let first = pay("price_a", "1");
    assert!(first["clientSecret"].is_string(), "{first}");
    assert_eq!(pay("price_a", "1"), first);
    assert_eq!(pay("price_a", "2"), first);
    assert_ne!(pay("price_b", "1")["subscriptionId"], first["subscriptionId"]);
    let bad = subscribe(&service, &[("Cookie", &cookie), ("Idempotency-Key", "")], ORDER);
    assert_eq!(bad.status, 400, "{}", bad.body);
}

#[test]
fn a_mutation_needs_post() {
    let response = Service::shared().query("payment.createSubscription", ORDER, &[]);
    assert_eq!((response.status, response.header("allow")), (405, Some("POST")));
    assert_eq!(response.json()["error"]["data"]["code"], "METHOD_NOT_SUPPORTED");
}

#[test]
fn a_failing_gateway_is_502() {
    let payments = SimulatorSettings { error_rate: 1.0, ..settings().payments };
    let service = Service::start(&Settings { payments, ..settings() });
    let response = subscribe(&service, &[("Cookie", &service.session())], ORDER);
    assert_eq!(response.status, 502);
    assert_eq!(response.json()["error"]["data"]["code"], "BAD_GATEWAY");
}
