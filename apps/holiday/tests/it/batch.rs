//! Several calls in one request.

use crate::service::Service;

const SEARCH: &str = r#"{"json":{"location":"2000"}}"#;

#[test]
fn a_batch_is_answered_by_an_array() {
    let body = format!(r#"{{"0":{SEARCH},"1":{{"json":{{"limit":1}}}}}}"#);
    let path = "/api/trpc/search.findPrograms,public.getProviders?batch=1";
    let response = Service::shared().post(path, &[], &body);
    assert_eq!(response.status, 200);
    assert_eq!(response.header("cache-control"), Some("private, no-store"), "no batch is cached");
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
