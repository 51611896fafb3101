//! Several calls in one request.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use holiday::server::{Limits, Settings};

use crate::service::Service;

const SEARCH: &str = r#"{"json":{"location":"2000"}}"#;

#[test]
fn a_batch_is_answered_by_an_array() {
    let body = format!(r#"{{"0":{SEARCH},"1":{{"json":{{"limit":1}}}}}}"#);
    let path = "/api/trpc/search.findPrograms,public.getProviders?batch=1";
    let response = Service::shared().post(path, &[], &body);
    assert_eq!(response.status, 200);
    assert_eq!(response.header("cache-control"), Some("private, no-store"), "a search is not cached");
    let json = response.json();
    assert_eq!(json.as_array().unwrap().len(), 2);
    assert!(!json[0]["result"]["data"]["programs"].as_array().unwrap().is_empty());
    assert_eq!(json[1]["result"]["data"]["providers"].as_array().unwrap().len(), 1);
}

#[test]
fn a_batch_by_get() {
    let input: String = form_urlencoded::byte_serialize(format!(r#"{{"0":{SEARCH}}}"#).as_bytes()).collect();
    let path = format!("/api/trpc/search.findPrograms,public.getPrograms?batch=1&input={input}");
    let response = Service::shared().get(&path);
    assert_eq!((response.status, response.json().as_array().unwrap().len()), (200, 2));
}

#[test]
fn members_stand_alone() {
    for (path, body, statuses) in [
        ("search.findPrograms,nothing", format!(r#"{{"0":{SEARCH}}}"#), (207, [200, 404])),
        ("search.findPrograms,payment.createSubscription", r#"{"1":{}}"#.to_owned(), (207, [400, 401])),
        ("search.findPrograms,search.findPrograms", String::new(), (400, [400, 400])),
    ] {
        let response = Service::shared().post(&format!("/api/trpc/{path}?batch=1"), &[], &body);
        assert_eq!(response.status, statuses.0, "{path}");
        for (member, status) in response.json().as_array().unwrap().iter().zip(statuses.1) {
            let found = member["error"]["data"]["httpStatus"].as_i64().unwrap_or(200);
            assert_eq!(found, status, "{path}: {member}");
        }
    }
}

#[test]
fn bad_batches() {
    let eleven = ["search.findPrograms"; 11].join(",");
    for (path, body) in [(eleven.as_str(), "{}"), ("a,b", "[]"), ("a,b", "{")] {
        let response = Service::shared().post(&format!("/api/trpc/{path}?batch=1"), &[], body);
        assert_eq!(response.status, 400, "{path} {body}");
        assert!(response.json()["error"]["message"].is_string());
    }
}

/// Clients ask for public lists in batches of one; any mixture is as cacheable as its least.
#[test]
fn a_batch_is_as_cacheable_as_its_least() {
    let programs = "public, max-age=300, stale-while-revalidate=60";
    let place: &[&str] = &["accept-encoding", "trpc-accept", "x-location"];
    let encoded: &[&str] = &["accept-encoding", "trpc-accept"];
    for (path, rule, expected_vary) in [
        ("public.getPrograms", programs, place),
        ("public.getProviders", "public, max-age=3600, stale-while-revalidate=300", encoded),
        ("public.getProviders,public.getPrograms", programs, place),
        ("public.getProviders,programs.getById", "private, no-store", encoded),
        ("public.getProviders,nothing", "private, no-store", encoded),
    ] {
        let response = Service::shared().get(&format!("/api/trpc/{path}?batch=1"));
        assert_eq!(response.header("cache-control"), Some(rule), "{path}");
        let mut vary: Vec<&str> = response.headers("vary").collect();
        vary.sort_unstable();
        assert_eq!(vary, expected_vary, "{path}");
    }
}

/// What is sent one by one takes its place until the last is sent, or nobody waits any more.
#[test]
fn a_streamed_batch_keeps_its_place() {
    let service = Service::start(&Settings {
        limits: Limits { in_flight: 1, ..Limits::default() },
        search_delay: Duration::from_mins(10),
        ..crate::service::settings()
    });
    let path =
        "/api/trpc/search.findPrograms?batch=1&input=%7B%220%22%3A%7B%22location%22%3A%222000%22%7D%7D";
    let mut stream = TcpStream::connect(service.address()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\ntrpc-accept: application/jsonl\r\n\r\n").unwrap();
    let mut told = Vec::new();
    while !told.ends_with(b"{\"0\":[[0],[null,0,0]]}\n\r\n") {
        let mut part = [0; 512];
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&told));
        told.extend_from_slice(&part[..read]);
    }
    assert_eq!(service.get("/api/trpc/public.getProviders").status, 503);
    drop(stream);
    while service.get("/api/trpc/public.getProviders").status != 200 {
        thread::yield_now();
    }
}

/// Two searches that wait are answered after one wait: both run before either is done.
#[test]
fn members_run_side_by_side() {
    let service =
        Service::start(&Settings { search_delay: Duration::from_mins(10), ..crate::service::settings() });
    let body = format!(r#"{{"0":{SEARCH},"1":{{"json":{{"limit":1}}}}}}"#);
    let path = "/api/trpc/search.findPrograms,public.getProviders?batch=1";
    let mut stream = TcpStream::connect(service.address()).unwrap();
    write!(stream, "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .unwrap();
    // The second has asked the database while the first still waits.
    let series = r#"db_query_duration_ms_count{operation="select",model="providers"} 1"#;
    while !service.metrics().contains(series) {
        thread::yield_now();
    }
}
