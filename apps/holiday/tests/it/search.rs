//! Searching, as the load tests do it and as it can go wrong.

use serde_json::Value;

use crate::{
    client::Response,
    service::{Service, settings},
};

/// The load test's own request.
fn find(input: &str) -> Response {
    let headers = [("Content-Type", "application/json"), ("X-Load-Test", "true")];
    Service::shared().post("/api/trpc/search.findPrograms", &headers, input)
}

#[test]
fn every_search_of_the_load_test_has_results() {
    for location in ["2000", "2001", "2010", "2020", "2030"] {
        for ages in ["0-2", "3-4", "5-7", "8-12", "13-17"] {
            let body = format!(r#"{{"json":{{"location":"{location}","ageGroup":"{ages}","radius":10}}}}"#);
            let response = find(&body);
            assert_eq!(response.status, 200);
            assert_eq!(response.header("cache-control"), Some("private, no-store"));
            let json = response.json();
            let programs = json["result"]["data"]["programs"].as_array().unwrap();
            assert!(!programs.is_empty() && programs.len() <= 50, "{location} {ages}: {}", programs.len());
            let distances: Vec<_> =
                programs.iter().map(|program| program["distanceKm"].as_f64().unwrap()).collect();
            assert!(distances.is_sorted() && distances.iter().all(|&km| km <= 10.0), "{distances:?}");
        }
    }
}

#[test]
fn a_query_by_get_gives_the_same_as_by_post() {
    let input = r#"{"json":{"location":"2000","radius":10}}"#;
    let by_get = Service::shared().query("search.findPrograms", input, &[]);
    assert_eq!((by_get.status, by_get.body), (200, find(input).body));
}

#[test]
fn one_programme_has_its_shape() {
    let json = find(r#"{"json":{"location":"2000","ageGroup":"5-7","radius":10}}"#).json();
    let mut program = json["result"]["data"]["programs"][0].as_object().unwrap().clone();
    let id = program["id"].as_i64().unwrap();
    let mut names: Vec<_> = program.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "ages",
            "category",
            "distanceKm",
            "endsOn",
            "id",
            "latitude",
            "longitude",
            "postcode",
            "priceCents",
            "providerId",
            "providerName",
            "startsOn",
            "suburb",
            "title"
        ]
    );
    let response = Service::shared().query("programs.getById", &format!(r#"{{"json":{{"id":{id}}}}}"#), &[]);
    let details = response.json()["result"]["data"]["program"].clone();
    program.remove("distanceKm");
    for (name, value) in &program {
        assert_eq!(&details[name], value, "{name}");
    }
    assert_eq!(details["provider"]["name"], program["providerName"]);
    assert!(details["description"].as_str().unwrap().len() > 50);
}

#[test]
fn wrong_input_names_the_field() {
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    for (input, code, field) in [
        ("", "BAD_REQUEST", Some("location")),
        ("{}", "BAD_REQUEST", Some("location")),
        ("{", "PARSE_ERROR", None),
        ("[]", "BAD_REQUEST", None),
        ("\"2000\"", "BAD_REQUEST", None),
        ("\0\u{1}", "PARSE_ERROR", None),
        (deep.as_str(), "PARSE_ERROR", None),
        (r#"{"json":[]}"#, "BAD_REQUEST", None),
        (r#"{"json":{"location":2000}}"#, "BAD_REQUEST", Some("location")),
        (r#"{"json":{"location":"9999"}}"#, "BAD_REQUEST", Some("location")),
        (r#"{"json":{"location":"2000' OR '1'='1"}}"#, "BAD_REQUEST", Some("location")),
        (r#"{"json":{"location":"2000","radius":0}}"#, "BAD_REQUEST", Some("radius")),
        (r#"{"json":{"location":"2000","radius":-5}}"#, "BAD_REQUEST", Some("radius")),
        (r#"{"json":{"location":"2000","radius":1000000}}"#, "BAD_REQUEST", Some("radius")),
        (r#"{"json":{"location":"2000","radius":1e999}}"#, "PARSE_ERROR", None),
        (r#"{"json":{"location":"2000","radius":"10"}}"#, "BAD_REQUEST", Some("radius")),
        (r#"{"json":{"location":"2000","ageGroup":"7-5"}}"#, "BAD_REQUEST", Some("ageGroup")),
        (
            r#"{"json":{"location":"2000","ageGroup":"5'; DROP TABLE programs; --"}}"#,
            "BAD_REQUEST",
            Some("ageGroup"),
        ),
        (r#"{"json":{"location":"2000","ageGroup":57}}"#, "BAD_REQUEST", Some("ageGroup")),
    ] {
        let response = find(input);
        assert_eq!(response.status, 400, "{input}: {}", response.body);
        assert_eq!(response.header("cache-control"), Some("private, no-store"), "{input}");
        let error = &response.json()["error"];
        assert_eq!(error["data"]["code"], code, "{input}: {error}");
        assert_eq!(error["data"]["field"].as_str(), field, "{input}: {error}");
        assert_eq!(error["data"]["path"], "search.findPrograms");
        if let Some(field) = field {
            assert!(error["message"].as_str().unwrap().starts_with(&format!("`{field}` ")), "{error}");
        }
    }
}

#[test]
fn the_content_type_does_not_matter() {
    let input = r#"{"json":{"location":"2000"}}"#;
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "nonsense", "application/json; charset=latin1"]
    {
        let response =
            Service::shared().post("/api/trpc/search.findPrograms", &[("Content-Type", content_type)], input);
        assert_eq!(response.status, 200, "{content_type}");
    }
}

#[test]
fn programmes_that_do_not_exist() {
    for (input, status) in [
        (r#"{"json":{"id":99999999}}"#, 404),
        (r#"{"json":{"id":0}}"#, 400),
        (r#"{"json":{"id":1.5}}"#, 400),
        (r#"{"json":{"id":"1"}}"#, 400),
        (r#"{"json":{"id":99999999999999999999}}"#, 400),
        (r#"{"json":{}}"#, 400),
    ] {
        let response = Service::shared().query("programs.getById", input, &[]);
        assert_eq!(response.status, status, "{input}");
        assert_eq!(response.json()["error"]["data"]["field"], "id", "{input}");
    }
}

#[test]
fn a_delayed_search_takes_longer() {
    let delay = std::time::Duration::from_millis(60);
    let service = Service::start(&holiday::server::Settings { search_delay: delay, ..settings() });
    let before = tokio::time::Instant::now();
    let response = service.post("/api/trpc/search.findPrograms", &[], r#"{"json":{"location":"2000"}}"#);
    assert_eq!(response.status, 200);
    assert!(before.elapsed() >= delay);
}

#[test]
fn lists_are_read_page_by_page() {
    for (procedure, list, expected) in
        [("public.getPrograms", "programs", None), ("public.getProviders", "providers", Some(200))]
    {
        let (mut cursor, mut ids) = (0, Vec::new());
        loop {
            let input = format!(r#"{{"json":{{"limit":90,"cursor":{cursor}}}}}"#);
            let json = Service::shared().query(procedure, &input, &[]).json();
            let data = &json["result"]["data"];
            ids.extend(data[list].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()));
            match &data["nextCursor"] {
                Value::Null => break,
                next => cursor = next.as_i64().unwrap(),
            }
        }
        assert!(ids.is_sorted_by(|left, right| left < right), "{procedure}");
        assert!(expected.is_none_or(|count| ids.len() == count), "{procedure}: {}", ids.len());
        assert!(ids.len() > 100, "{procedure}");
    }
}

#[test]
fn programmes_near_x_location_come_first() {
    let page = |location: &str, cursor: i64| {
        let input = format!(r#"{{"json":{{"cursor":{cursor}}}}}"#);
        Service::shared().query("public.getPrograms", &input, &[("X-Location", location)]).json()["result"]["data"].clone()
    };
    let first = page("2095", 0);
    let programs = first["programs"].as_array().unwrap();
    assert_eq!((programs.len(), first["nextCursor"].as_i64()), (20, Some(20)));
    assert!(programs[0]["distanceKm"].as_f64().unwrap() < 3.0);
    let second = page("2095", 20);
    assert!(second["programs"][0]["distanceKm"].as_f64() >= programs[19]["distanceKm"].as_f64());
    for strange in ["9999", "-33.86,151.2", "'"] {
        assert!(page(strange, 0)["programs"][0]["distanceKm"].is_null(), "{strange}");
    }
}

#[test]
fn bad_pages_name_the_field() {
    for (input, location, field) in [
        (r#"{"json":{"limit":0}}"#, "", "limit"),
        (r#"{"json":{"limit":101}}"#, "", "limit"),
        (r#"{"json":{"limit":"all"}}"#, "", "limit"),
        (r#"{"json":{"cursor":-1}}"#, "", "cursor"),
        (r#"{"json":{"cursor":2001}}"#, "2000", "cursor"),
    ] {
        let response = Service::shared().query("public.getPrograms", input, &[("X-Location", location)]);
        assert_eq!(
            (response.status, &response.json()["error"]["data"]["field"]),
            (400, &field.into()),
            "{input}"
        );
        assert_eq!(response.header("cache-control"), Some("private, no-store"));
    }
}
