//! Requests by their rules, and rules that are read again.

use std::sync::{Arc, Mutex};

use loadline_edge::rules::Rules;
use loadline_edge_server::{Origin, Settings};

use crate::support::{TestEdge, TestOrigin, answer};

const PUBLIC: &str = "[[rule]]\nname = 'shop'\npath = '/**'\ncache = { public = true, max_age = '1h' }\nkey = { query = 'sorted', without = ['utm_*'] }\n";

#[test]
fn what_is_not_in_the_key_does_not_reach_the_origin() {
    let origin = TestOrigin::answering(|request| answer("200 OK", &[], request.path()));
    let edge = TestEdge::with(&origin, PUBLIC, |_| {});
    let got =
        edge.ask("GET", "/a?z=1&utm_source=mail&b=2", &["Cookie: session=1", "X-Forwarded-Host: evil.test"]);
    assert_eq!(got.body, "/a?b=2&z=1");
    assert_eq!(got.field("cache-control"), Some("public, max-age=3600"));
    assert_eq!(
        (origin.last().field("cookie"), origin.last().field("x-forwarded-host")),
        (None, Some("shop.test"))
    );
    assert!(edge.ask("GET", "/a?b=2&z=1", &[]).did().contains("hit"));
    assert_eq!(edge.metric("rule_requests_total{rule=\"shop\",outcome=\"hit\"}"), Some(1));
}

#[test]
fn what_a_rule_calls_private_is_neither_kept_nor_looked_for() {
    let origin = TestOrigin::answering(|request| {
        answer("200 OK", &["Cache-Control: max-age=60"], request.field("cookie").unwrap_or("nobody"))
    });
    let rules = Arc::new(Mutex::new(PUBLIC.to_owned()));
    let settings = Settings::new(Origin::new(&origin.url(), None).unwrap());
    let read = Arc::clone(&rules);
    let edge = TestEdge::start(
        settings,
        move || Rules::parse("test.toml", &read.lock().unwrap()).map_err(|error| error.to_string()),
        |bound| bound,
    );
    assert_eq!(edge.ask("GET", "/a", &["Cookie: ann"]).body, "nobody");
    assert!(edge.get("/a").did().contains("hit"));
    *rules.lock().unwrap() =
        "[[rule]]\npath = '/**'\ncache = { private = true, no_store = true }\n".to_owned();
    assert_eq!(edge.edge.reload(), Ok(1));
    for name in ["ann", "bob"] {
        let got = edge.ask("GET", "/a", &[&format!("Cookie: {name}")]);
        assert_eq!(got.body, name);
        assert!(got.did().contains("fwd=bypass"), "{}", got.head);
    }
    // What was kept is found again by those rules.
    *rules.lock().unwrap() = PUBLIC.to_owned();
    assert_eq!(edge.edge.reload(), Ok(1));
    let got = edge.get("/a");
    assert!(got.did().contains("hit") && got.body == "nobody", "{}", got.head);
}

#[test]
fn rules_that_are_none_leave_the_old_ones() {
    let origin = TestOrigin::answering(|_| answer("200 OK", &[], "a"));
    let rules = Arc::new(Mutex::new(PUBLIC.to_owned()));
    let settings = Settings::new(Origin::new(&origin.url(), None).unwrap());
    let read = Arc::clone(&rules);
    let edge = TestEdge::start(
        settings,
        move || Rules::parse("test.toml", &read.lock().unwrap()).map_err(|error| error.to_string()),
        |bound| bound,
    );
    *rules.lock().unwrap() = "[[rule]]\npath = '/**'\ncache = { max_age = 300 }\n".to_owned();
    let error = edge.edge.reload().unwrap_err();
    assert!(error.contains("--> test.toml:3"), "{error}");
    edge.get("/a");
    assert!(edge.get("/a").did().contains("hit"));
    assert_eq!((edge.metric("failed_reloads_total"), edge.metric("reloads_total")), (Some(1), Some(0)));
}
