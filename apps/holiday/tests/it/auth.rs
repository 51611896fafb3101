//! Sessions as next-auth has them, and guessing passwords.

use std::net::{IpAddr, Ipv4Addr};

use holiday::server::Settings;

use crate::{
    client::{Response, send},
    service::{PASSWORD, Service, settings},
};

const EMAIL: &str = "loadtest-1@test.holiday-aggregator.com";
const LOGIN: &str = "/api/auth/callback/credentials";

fn get(service: &Service, path: &str, cookie: &str) -> Response {
    send(service.address(), "GET", path, &[("Cookie", cookie)], "")
}

#[test]
fn a_session_from_login_to_signout() {
    let service = Service::shared();
    assert_eq!(service.get("/api/auth/session").json(), serde_json::json!({}));
    let csrf = service.get("/api/auth/csrf");
    assert!(csrf.header("set-cookie").unwrap().starts_with("next-auth.csrf-token="));
    assert_eq!(csrf.header("cache-control"), Some("private, no-store"));
    let (csrf_cookie, token) = (csrf.cookie(), csrf.json()["csrfToken"].as_str().unwrap().to_owned());
    let same = get(service, "/api/auth/csrf", csrf_cookie);
    assert_eq!((same.json()["csrfToken"].as_str(), same.header("set-cookie")), (Some(token.as_str()), None));

    let session = service.session();
    let cookies = format!("{csrf_cookie}; {session}");
    let open = get(service, "/api/auth/session", &session).json();
    assert_eq!(open["user"]["email"], EMAIL);
    let expires = open["expires"].as_str().unwrap();
    assert!(expires.len() == "2026-01-01T00:00:00.000Z".len() && expires.contains('T'), "{open}");

    for (cookie, body) in [
        (cookies.as_str(), String::new()),
        (cookies.as_str(), "csrfToken=".to_owned()),
        (cookies.as_str(), format!("csrfToken={}", "0".repeat(64))),
        (session.as_str(), format!("csrfToken={token}")),
    ] {
        let refused = service.post("/api/auth/signout", &[("Cookie", cookie)], &body);
        assert_eq!(refused.status, 400, "{body}");
        assert!(refused.json()["error"].as_str().unwrap().starts_with("`csrfToken`"));
    }
    assert_eq!(get(service, "/api/auth/session", &session).json()["user"]["email"], EMAIL, "still there");
    let out = service.post("/api/auth/signout", &[("Cookie", &cookies)], &format!("csrfToken={token}"));
    assert_eq!(out.status, 200, "{}", out.body);
    assert!(out.header("set-cookie").unwrap().starts_with("next-auth.session-token=; Path=/; Max-Age=0"));
    assert_eq!(get(service, "/api/auth/session", &session).json(), serde_json::json!({}));
}

#[test]
fn a_browser_with_the_cookie_must_send_the_token() {
    let service = Service::shared();
    let csrf = service.get("/api/auth/csrf");
    let token = csrf.json()["csrfToken"].as_str().unwrap().to_owned();
    for (token, status) in [("", 400), ("wrong", 400), (token.as_str(), 200)] {
        let body =
            serde_json::json!({ "email": EMAIL, "password": PASSWORD, "csrfToken": token }).to_string();
        assert_eq!(service.post(LOGIN, &[("Cookie", csrf.cookie())], &body).status, status, "{token}");
    }
}

#[test]
fn cookies_are_secure_behind_a_trusted_proxy_with_tls() {
    let trusting = Settings { trusted_proxies: vec![IpAddr::V4(Ipv4Addr::LOCALHOST).into()], ..settings() };
    let body = serde_json::json!({ "email": EMAIL, "password": PASSWORD }).to_string();
    let cookie = |service: &Service, protocol: &str| {
        let login = service.post(LOGIN, &[("X-Forwarded-Proto", protocol)], &body);
        login.header("set-cookie").unwrap().to_owned()
    };
    let trusting = Service::start(&trusting);
    assert!(cookie(&trusting, "https").ends_with("; Secure"));
    assert!(!cookie(&trusting, "http").contains("Secure"));
    assert!(!cookie(Service::shared(), "https").contains("Secure"), "anybody can send the header");
}

#[test]
fn guessing_is_slowed_down_and_load_tests_are_not() {
    let service = Service::start(&settings());
    for _ in 0..50 {
        assert_eq!(service.login(EMAIL, PASSWORD).status, 200);
    }
    for email in [EMAIL, "nobody@example.com"] {
        let answers: Vec<_> = (0..25).map(|_| service.login(email, "wrong")).collect();
        let refused = answers.iter().filter(|answer| answer.status == 401).count();
        assert!((20..=21).contains(&refused), "{email}: {refused}");
        let last = answers.last().unwrap();
        assert_eq!(last.status, 429);
        let wait: u32 = last.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=15).contains(&wait), "{wait}");
    }
    assert_eq!(service.login(EMAIL, PASSWORD).status, 429, "the right guess is not told either");
    assert_eq!(service.login("loadtest-2@test.holiday-aggregator.com", PASSWORD).status, 200);
}

#[test]
fn a_new_login_ends_the_session_before_it() {
    let service = Service::shared();
    let former = service.session();
    let body = serde_json::json!({ "email": EMAIL, "password": PASSWORD }).to_string();
    let login = service.post(LOGIN, &[("Cookie", &former)], &body);
    assert_eq!(get(service, "/api/auth/session", &former).json(), serde_json::json!({}));
    assert_eq!(get(service, "/api/auth/session", login.cookie()).json()["user"]["email"], EMAIL);
}
