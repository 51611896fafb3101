//! Everything a client can get wrong: 4xx with the field's name, never 5xx, whatever is sent.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{client::send, service::Service};

const SQL: [&str; 4] = [
    "' OR 1=1 --",
    "'; DROP TABLE programs; --",
    "2000' UNION SELECT password_hash FROM accounts --",
    "\\'; --",
];
const PROCEDURES: [&str; 5] = [
    "search.findPrograms",
    "programs.getById",
    "public.getPrograms",
    "public.getProviders",
    "payment.createSubscription",
];

fn call(procedure: &str, input: &Value) -> crate::client::Response {
    let cookie = session();
    let body = json!({ "json": input }).to_string();
    Service::shared().post(&format!("/api/trpc/{procedure}"), &[("Cookie", cookie)], &body)
}

/// One session for all of them.
fn session() -> &'static str {
    static SESSION: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    SESSION.get_or_init(|| Service::shared().session())
}

#[test]
fn the_field_is_named() {
    let search = |field: &str, value: Value| {
        let mut input = json!({ "location": "2000", "radius": 10, "ageGroup": "5-7" });
        input[field] = value;
        ("search.findPrograms", field.to_owned(), input)
    };
    let lists = |field: &str, value: Value| ("public.getPrograms", field.to_owned(), json!({ field: value }));
    let pay = |field: &str, value: Value| {
        let mut input = json!({ "priceId": "price_1", "testMode": true });
        input[field] = value;
        ("payment.createSubscription", field.to_owned(), input)
    };
    let mut cases = vec![
        search("location", json!("9999")),
        search("location", json!("")),
        search("location", json!(2000)),
        search("location", json!(null)),
        search("location", json!(["2000"])),
        search("location", json!("２０００")),
        search("location", json!("x".repeat(10_000))),
        search("radius", json!(0)),
        search("radius", json!(-0.0)),
        search("radius", json!(-10)),
        search("radius", json!(1e6)),
        search("radius", json!(1e308)),
        search("radius", json!("10")),
        search("radius", json!({})),
        search("ageGroup", json!("7-5")),
        search("ageGroup", json!("5-99")),
        search("ageGroup", json!(5)),
        search("ageGroup", json!("")),
        lists("limit", json!(0)),
        lists("limit", json!(101)),
        lists("limit", json!(1.5)),
        lists("cursor", json!(-1)),
        lists("cursor", json!(18_446_744_073_709_551_615_u64)),
        pay("priceId", json!("")),
        pay("priceId", json!(null)),
        pay("testMode", json!("true")),
        ("programs.getById", "id".to_owned(), json!({})),
        ("programs.getById", "id".to_owned(), json!({ "id": "1" })),
        ("programs.getById", "id".to_owned(), json!({ "id": 0 })),
    ];
    for text in SQL {
        cases.extend([search("location", json!(text)), search("ageGroup", json!(text))]);
        cases.extend([
            pay("priceId", json!(text)),
            pay("testMode", json!(text)),
            search("radius", json!(text)),
        ]);
        cases.extend([lists("cursor", json!(text)), lists("limit", json!(text))]);
        cases.push(("programs.getById", "id".to_owned(), json!({ "id": text })));
    }
    for (procedure, field, input) in cases {
        let answer = call(procedure, &input);
        assert_eq!(answer.status, 400, "{procedure} {input}: {}", answer.body);
        assert_eq!(answer.json()["error"]["data"]["field"], json!(field), "{procedure} {input}");
        assert!(answer.json()["error"]["message"].as_str().unwrap().starts_with(&format!("`{field}` ")));
    }
}

#[test]
fn sql_in_logins_and_headers_is_only_text() {
    let service = Service::shared();
    for text in SQL {
        assert_eq!(service.login(text, text).status, 401, "{text}");
        let forged = format!("next-auth.session-token={text}");
        for headers in [[("Cookie", forged.as_str())], [("X-Location", text)], [("Idempotency-Key", text)]] {
            let list = send(service.address(), "GET", "/api/trpc/public.getPrograms", &headers, "");
            assert_eq!(list.status, 200, "{headers:?}");
            let session = send(service.address(), "GET", "/api/auth/session", &headers, "");
            assert_eq!((session.status, session.body.as_str()), (200, "{}"), "{headers:?}");
        }
    }
    assert_eq!(call("search.findPrograms", &json!({ "location": "2000" })).status, 200, "all is still there");
}

#[test]
fn bodies_that_are_no_input() {
    let large = "x".repeat(10 * 1024 * 1024);
    let deep = "[".repeat(20_000);
    for (content_type, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "{\"json\":{\"location\":\"2000\"", 400),
        ("application/json", "[]", 400),
        ("application/json", "\"text\"", 400),
        ("application/json", "{'location':'2000'}", 400),
        ("application/json", "{\"json\":{\"location\":\"\u{0}\"}}", 400),
        ("application/json", "{\"json\":{\"location\":\"\\ud800\"}}", 400),
        ("application/json", &deep, 400),
        ("application/json", &large, 413),
        // The content type is not looked at, only the content: the load tests send none.
        ("text/plain", "{\"json\":{\"location\":\"2000\"}}", 200),
        ("application/x-www-form-urlencoded", "location=2000", 400),
        ("application/xml", "<location>2000</location>", 400),
        ("multipart/form-data; boundary=x", "--x\r\n\r\n2000\r\n--x--", 400),
    ] {
        let headers = [("Content-Type", content_type)];
        let answer = Service::shared().post("/api/trpc/search.findPrograms", &headers, body);
        assert_eq!(answer.status, status, "{content_type} {}", &body[..body.len().min(80)]);
        if status != 200 {
            assert!(answer.json()["error"]["message"].is_string());
        }
    }
}

#[test]
fn forged_and_ended_sessions_open_nothing() {
    let good = Service::shared().session();
    let (name, token) = good.split_once('=').unwrap();
    let mut other = token.to_owned();
    let last = if other.pop() == Some('0') { '1' } else { '0' };
    other.push(last);
    for cookie in [
        format!("{name}={other}"),
        format!("{name}={}", "f".repeat(64)),
        format!("{name}={token}{token}"),
        format!("{name}={}", &token[1..]),
        format!("{name}={}", token.to_uppercase() + "g"),
        name.to_owned(),
    ] {
        let order = r#"{"json":{"priceId":"price_1"}}"#;
        let answer =
            Service::shared().post("/api/trpc/payment.createSubscription", &[("Cookie", &cookie)], order);
        assert_eq!(answer.status, 401, "{cookie}");
    }
}

/// JSON of every shape, with the fields' names and likely values among it.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("2000".to_owned()),
        Just("5-7".to_owned()),
        Just("price_1".to_owned()),
        "\\PC{0,12}",
        prop::sample::select(&SQL[..]).prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-5..200_i64).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let name = prop_oneof![
        prop::sample::select(vec![
            "location", "radius", "ageGroup", "id", "limit", "cursor", "priceId", "testMode", "json", "0"
        ])
        .prop_map(str::to_owned),
        "[a-z]{0,3}",
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_input_breaks_a_procedure(
        procedure in prop::sample::select(&PROCEDURES[..]),
        input in value(),
        batch: bool,
        cut in prop::option::of(0..40_usize),
    ) {
        let mut body = if batch { json!({ "0": { "json": input } }) } else { json!({ "json": input }) }.to_string();
        if let Some(cut) = cut.filter(|cut| body.is_char_boundary(*cut)) {
            body.truncate(cut);
        }
        let query = if batch { "?batch=1" } else { "" };
        let path = format!("/api/trpc/{procedure}{query}");
        let answer = Service::shared().post(&path, &[("Cookie", session())], &body);
        prop_assert!([200, 400, 404].contains(&answer.status), "{path} {body}: {} {}", answer.status, answer.body);
        let json = answer.json();
        let json = if json.is_array() { &json[0] } else { &json };
        prop_assert!(json["result"].is_object() || json["error"]["message"].is_string());
    }
}
