//! Where the time of each endpoint's requests goes, as its answers tell.

use std::time::Duration;

use holiday::{
    auth::HashCost,
    payments::SimulatorSettings,
    server::{Capacity, Limits, Secrets, Settings, Telemetry, TellTiming},
};

use crate::{
    client::Response,
    service::{PASSWORD, Service, settings},
};

const SEARCH: &str = "/api/trpc/search.findPrograms";
const SEARCHED: &str = r#"{"json":{"location":"2000","radius":50}}"#;

/// Names and milliseconds, the total first.
fn parts(answer: &Response) -> Vec<(String, f64)> {
    let lines: Vec<&str> = answer.headers("server-timing").collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let metric = |metric: &str| {
        let (name, time) = metric.split_once(";dur=").unwrap();
        (name.to_owned(), time.parse().unwrap())
    };
    lines[0].split(", ").map(metric).collect()
}

/// What an answer has spent, where no part is within another: the parts together are no more than the whole.
fn names(what: &str, answer: &Response) -> Vec<String> {
    let parts = parts(answer);
    let (total, parts) = parts.split_first().unwrap();
    assert_eq!(total.0, "total", "{what}");
    let is_within = |name: &str| parts.iter().any(|(parent, _)| name.starts_with(&format!("{parent}.")));
    let top: f64 = parts.iter().filter(|(name, _)| !is_within(name)).map(|(_, time)| time).sum();
    // The sum of numbers with three digits is off by as much as a computer's fractions are.
    assert!(top <= total.1 + 1e-9, "{what}: {total:?} {parts:?}");
    // A body is waited for only where it is not there with its head.
    parts.iter().map(|(name, _)| name.clone()).filter(|name| name != "body").collect()
}

#[test]
fn every_endpoint_tells_its_parts_and_they_fit_into_the_whole() {
    let service = Service::start(&Settings {
        hash_cost: HashCost { memory_kib: 1_024, passes: 1 },
        payments: SimulatorSettings { median_latency: Duration::from_millis(5), error_rate: 0.0 },
        ..settings()
    });
    let login = service.login("loadtest-1@test.holiday-aggregator.com", PASSWORD);
    let cookie = login.cookie().to_owned();
    let cookie = ("Cookie", cookie.as_str());
    let csrf = service.get("/api/auth/csrf");
    let (csrf_cookie, token) =
        (csrf.cookie().to_owned(), csrf.json()["csrfToken"].as_str().unwrap().to_owned());
    let sign_out = format!("csrfToken={token}");
    let both = format!("{}; {csrf_cookie}", cookie.1);
    let order = r#"{"json":{"priceId":"price_test","testMode":true}}"#;
    let trpc = |name: &str| format!("/api/trpc/{name}");
    let list = "pool db.select-programs render";
    let cases: [(&str, &str, Response, &str); 20] = [
        ("login", "200", login, "pool db.select-accounts queue hash db.insert-sessions"),
        (
            "a wrong login",
            "401",
            service.login("loadtest-9@test.holiday-aggregator.com", "guess"),
            "pool db.select-accounts queue hash",
        ),
        ("csrf", "200", csrf, ""),
        ("session", "200", service.asked("/api/auth/session", &[cookie]), "pool db.select-sessions"),
        ("providers", "200", service.get("/api/auth/providers"), ""),
        ("page", "200", service.get("/"), ""),
        ("static", "200", service.get("/_next/static/css/app-7be0d135.css"), ""),
        ("image", "200", service.get("/images/programs/7.svg"), "render"),
        ("search", "200", service.post(SEARCH, &[], SEARCHED), list),
        ("a bad search", "400", service.post(SEARCH, &[], r#"{"json":{"location":"nowhere"}}"#), ""),
        ("programs", "200", service.query("public.getPrograms", r#"{"json":{}}"#, &[]), list),
        (
            "programs nearby",
            "200",
            service.query("public.getPrograms", r#"{"json":{}}"#, &[("X-Location", "2000")]),
            list,
        ),
        (
            "providers of programs",
            "200",
            service.query("public.getProviders", r#"{"json":{}}"#, &[]),
            "pool db.select-providers render",
        ),
        ("one program", "200", service.query("programs.getById", r#"{"json":{"id":7}}"#, &[]), list),
        (
            "payment",
            "200",
            service.post(&trpc("payment.createSubscription"), &[cookie], order),
            "pool db.select-sessions db.select-accounts db.upsert-customers db.select-subscriptions \
             db.select-key_rounds out.gateway db.upsert-subscriptions render",
        ),
        (
            "the same payment",
            "200",
            service.post(&trpc("payment.createSubscription"), &[cookie], order),
            "pool db.select-sessions db.select-accounts db.select-subscriptions out.gateway render",
        ),
        ("live", "200", service.get("/api/health/live"), ""),
        ("ready", "200", service.get("/api/health/ready"), "pool db.ping-database"),
        ("nothing", "404", service.get("/nothing"), ""),
        (
            "sign out",
            "200",
            service.post("/api/auth/signout", &[("Cookie", &both)], &sign_out),
            "pool db.delete-sessions",
        ),
    ];
    for (what, status, answer, expected) in cases {
        assert_eq!(answer.status.to_string(), status, "{what}: {}", answer.body);
        let (mut names, mut expected) =
            (names(what, &answer), expected.split_whitespace().collect::<Vec<_>>());
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected, "{what}");
    }
}

#[test]
fn a_batch_states_what_went_on_at_the_same_time_as_it_took() {
    let service = Service::shared();
    let body = format!(r#"{{"0":{SEARCHED},"1":{SEARCHED},"2":{{"json":{{}}}}}}"#);
    let path = "/api/trpc/search.findPrograms,search.findPrograms,public.getProviders?batch=1";
    let told = parts(&service.post(path, &[], &body));
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["total", "pool", "db.select-programs", "db.select-providers", "render"] {
        assert!(names.contains(&name), "{name}: {told:?}");
    }
    assert!(told.iter().all(|(_, time)| *time <= 2.0 * told[0].1), "{told:?}");
}

#[test]
fn waiting_for_a_worker_is_the_queue() {
    let capacity = Capacity { workers: 1, work: Duration::from_millis(40) };
    let service = Service::start(&Settings { capacity: Some(capacity), ..settings() });
    let both = std::thread::scope(|scope| {
        let asked = [(); 2].map(|()| scope.spawn(|| service.get("/images/programs/7.svg")));
        asked.map(|one| one.join().unwrap())
    });
    let time = |answer: &Response, name: &str| {
        let parts = parts(answer);
        parts.iter().find(|(found, _)| found == name).unwrap().1
    };
    for answer in &both {
        assert_eq!(names("an image", answer), ["queue", "work", "render"]);
        assert!(time(answer, "work") >= 39.0 && time(answer, "total") >= 39.0);
    }
    // Whoever came second has waited until the first was done, unless it came when that was over.
    let longest = both.iter().map(|answer| time(answer, "queue")).fold(0.0, f64::max);
    let total = both.iter().map(|answer| time(answer, "total")).fold(0.0, f64::max);
    assert!(longest + 39.0 <= total, "{longest} {total}");
}

#[test]
fn strangers_are_not_told_where_it_matters() {
    let secrets = Secrets { load_test: Some("s3cret".to_owned()), ..Secrets::default() };
    let for_load_tests = Settings { secrets, tell_timing: TellTiming::LoadTests, ..settings() };
    let told = |settings: &Settings, headers: &[(&str, &str)]| {
        Service::start(settings).post(SEARCH, headers, SEARCHED).header("server-timing").is_some()
    };
    let claim = ("X-Load-Test", "true");
    assert!(told(&for_load_tests, &[claim, ("X-Load-Test-Secret", "s3cret")]));
    assert!(!told(&for_load_tests, &[claim, ("X-Load-Test-Secret", "guess")]));
    assert!(!told(&for_load_tests, &[claim]));
    assert!(!told(&Settings { tell_timing: TellTiming::Nobody, ..settings() }, &[]));
    assert!(!told(&Settings { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..settings() }, &[]));
    let off = Telemetry { metrics: None, otlp: None, edge: None };
    assert!(!told(&Settings { telemetry: off, ..settings() }, &[]), "nothing is measured");
    // Who is refused is told as well: that it took no time.
    let full = Settings { limits: Limits { in_flight: 0, ..Limits::default() }, ..settings() };
    assert!(told(&full, &[]));
}
