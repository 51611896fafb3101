//! Caching rules, files, images, health, and requests that are not well formed.

use crate::{
    client::{raw, send},
    service::Service,
};

#[test]
fn the_caching_rules() {
    for (path, rule) in [
        ("/_next/static/chunks/app-4f1c2a90.js", "public, immutable, max-age=31536000"),
        ("/_next/static/css/app-7be0d135.css", "public, immutable, max-age=31536000"),
        ("/images/programs/1.svg", "public, max-age=604800, stale-while-revalidate=86400"),
        ("/api/trpc/public.getPrograms", "public, max-age=300, stale-while-revalidate=60"),
        ("/api/trpc/public.getProviders", "public, max-age=3600, stale-while-revalidate=300"),
        ("/api/health/live", "no-cache, no-store, must-revalidate"),
        ("/api/health/ready", "no-cache, no-store, must-revalidate"),
    ] {
        let response = Service::shared().get(path);
        assert_eq!((response.status, response.header("cache-control")), (200, Some(rule)), "{path}");
        assert_eq!(response.header("set-cookie"), None, "{path}");
        let mut vary: Vec<&str> = response.headers("vary").collect();
        vary.sort_unstable();
        let expected: &[&str] = match path {
            "/api/trpc/public.getPrograms" => &["accept-encoding", "x-location"],
            // By its rule, or as large as it is worth compressing.
            _ if path.starts_with("/api/trpc/") || response.body.len() >= 1_024 => &["accept-encoding"],
            _ => &[],
        };
        assert_eq!(vary, expected, "{path}");
    }
}

#[test]
fn what_is_not_there_is_not_cached() {
    for path in [
        "/nothing",
        "/images/programs/one.svg",
        "/images/programs/1.png",
        "/images/programs/-1.svg",
        "/images/programs/99999999999.svg",
        "/_next/static/chunks/app-00000000.js",
        "/_next/static/../secret",
        "/api/trpc/nothing",
        "/api/trpc/search.findprograms",
    ] {
        let response = Service::shared().get(path);
        assert_eq!(response.status, 404, "{path}");
        assert_eq!(response.header("cache-control"), Some("private, no-store"), "{path}");
    }
}

#[test]
fn no_cache_keeps_what_is_said_of_health() {
    let service = Service::shared();
    for (method, path, status) in [
        ("GET", "/api/health/live", 200),
        ("HEAD", "/api/health/ready", 200),
        ("POST", "/api/health/live", 405),
        ("GET", "/api/health/nothing", 404),
        ("GET", "/api/health/live/", 404),
        ("GET", "/api/health/", 404),
        ("DELETE", "/api/health/a/b/c", 405),
    ] {
        let response = send(service.address(), method, path, &[], "");
        assert_eq!(response.status, status, "{method} {path}");
        let rule = response.header("cache-control");
        assert_eq!(rule, Some("no-cache, no-store, must-revalidate"), "{method} {path}");
    }
}

#[test]
fn an_image_is_not_sent_twice() {
    let service = Service::shared();
    let first = service.get("/images/programs/42.svg");
    assert_eq!(first.header("content-type"), Some("image/svg+xml"));
    let tag = first.header("etag").unwrap();
    let second = send(service.address(), "GET", "/images/programs/42.svg", &[("If-None-Match", tag)], "");
    assert_eq!((second.status, second.body.as_str()), (304, ""));
}

/// The strong tag of each encoding is its own, and a client has what has the tag that it would get now.
#[test]
fn each_encoding_has_a_tag_of_its_own() {
    let service = Service::shared();
    for path in ["/", "/_next/static/chunks/app-4f1c2a90.js", "/_next/static/css/app-7be0d135.css"] {
        let get = |headers: &[(&str, &str)]| send(service.address(), "GET", path, headers, "");
        let plain = get(&[]).header("etag").unwrap().to_owned();
        assert!(plain.starts_with('"') && plain.ends_with('"'), "{path}: {plain}");
        let gzip = get(&[("Accept-Encoding", "gzip")]);
        let encoded = gzip.header("content-encoding").is_some();
        let tag = gzip.header("etag").unwrap();
        let expected =
            if encoded { format!("{}-gzip\"", plain.trim_end_matches('"')) } else { plain.clone() };
        assert_eq!(tag, expected, "{path}");
        for (accepts, named, status) in [
            ("gzip", tag, 304),
            ("identity", plain.as_str(), 304),
            ("gzip", "\"other\", *", 200),
            ("gzip", "*", 304),
            ("identity", tag, if encoded { 200 } else { 304 }),
        ] {
            let answer = get(&[("Accept-Encoding", accepts), ("If-None-Match", named)]);
            assert_eq!(answer.status, status, "{path} {accepts} {named}");
            assert!(answer.header("cache-control").is_some_and(|said| said.starts_with("public")), "{path}");
            if status == 304 {
                assert_eq!(answer.body, "", "{path}");
                assert_eq!(
                    answer.header("etag"),
                    Some(if accepts == "gzip" { tag } else { &plain }),
                    "{path}"
                );
            }
        }
    }
}

#[test]
fn parts_are_of_the_content_and_of_this_version() {
    let service = Service::shared();
    let path = "/images/programs/42.svg";
    let get = |headers: &[(&str, &str)]| send(service.address(), "GET", path, headers, "");
    let whole = get(&[]);
    let length = whole.body.len();
    let tag = whole.header("etag").unwrap();
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    for (range, status, said, body) in [
        ("bytes=0-3", 206, format!("bytes 0-3/{length}"), "<svg"),
        ("bytes=-6", 206, format!("bytes {}-{}/{length}", length - 6, length - 1), "</svg>"),
        ("bytes=99999-", 416, format!("bytes */{length}"), ""),
    ] {
        let part = get(&[("Range", range), ("Accept-Encoding", "gzip")]);
        assert_eq!((part.status, part.header("content-range")), (status, Some(said.as_str())), "{range}");
        assert_eq!(part.body, body, "{range}");
    }
    assert_eq!(get(&[("Range", "bytes=0-3"), ("If-Range", tag)]).status, 206);
    assert_eq!(get(&[("Range", "bytes=0-3"), ("If-Range", "\"other\"")]).status, 200);
    assert_eq!(get(&[("Range", "bytes=0-3"), ("If-None-Match", tag)]).status, 304);
    assert_eq!(get(&[("Range", "bytes=0-1,4-5")]).body.len(), length, "several are answered as none");
    let head = send(service.address(), "HEAD", path, &[("Range", "bytes=0-3")], "");
    assert_eq!((head.status, head.header("etag")), (200, Some(tag)));
}

#[test]
fn the_start_page_and_its_files() {
    let service = Service::shared();
    let page = service.get("/");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    for path in page.body.split('"').filter(|text| text.starts_with("/_next/")) {
        assert_eq!(service.get(path).status, 200, "{path}");
    }
}

#[test]
fn a_large_body_is_refused_with_an_answer() {
    let body = "x".repeat(10 * 1024 * 1024);
    for path in ["/api/trpc/search.findPrograms", "/api/auth/callback/credentials"] {
        assert_eq!(Service::shared().post(path, &[], &body).status, 413, "{path}");
    }
}

#[test]
fn strange_methods_and_paths() {
    let service = Service::shared();
    for (method, path, status) in [
        ("DELETE", "/api/trpc/search.findPrograms", 405),
        ("GET", "/api/auth/callback/credentials", 405),
        ("GET", "/api/trpc/%ff", 400),
        ("GET", "/api/trpc/a?input=%ff%", 404),
        ("GET", "/api/trpc/search.findPrograms?input=%ff%", 400),
        ("GET", "/api/trpc/search.findPrograms?batch=1&batch=2", 400),
    ] {
        let response = send(service.address(), method, path, &[], "");
        assert_eq!(response.status, status, "{method} {path}: {}", response.body);
    }
}

#[test]
fn a_request_that_is_no_http_is_refused() {
    assert_eq!(raw(Service::shared().address(), b"NONSENSE\r\n\r\n").status, 400);
}

#[test]
fn a_browser_is_told_what_it_may_do() {
    for (path, policy) in [
        ("/", Some("default-src 'self'")),
        ("/images/programs/1.svg", Some("default-src 'none'; sandbox")),
        ("/_next/static/css/app-7be0d135.css", None),
        ("/api/trpc/public.getPrograms", None),
        ("/nothing", None),
    ] {
        let response = Service::shared().get(path);
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{path}");
        let found = response.header("content-security-policy");
        assert_eq!(found.is_some(), policy.is_some(), "{path}");
        assert!(found.unwrap_or_default().starts_with(policy.unwrap_or_default()), "{path}: {found:?}");
    }
}

#[test]
fn another_sites_pages_change_nothing_here() {
    let service = Service::shared();
    let own = format!("http://{}", service.address());
    for (path, body) in [
        ("/api/auth/signout", "csrfToken=x"),
        ("/api/auth/callback/credentials", "email=a&password=b"),
        ("/api/trpc/payment.createSubscription", "{}"),
    ] {
        let foreign = service.post(path, &[("Origin", "https://elsewhere.example")], body);
        assert_eq!(foreign.status, 403, "{path}: {}", foreign.body);
        assert_ne!(service.post(path, &[("Origin", &own)], body).status, 403, "{path}");
    }
    for hosts in ["", "Host: a\r\nHost: b\r\n"] {
        let request = format!("GET / HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        assert_eq!(raw(service.address(), request.as_bytes()).status, 400, "{hosts}");
    }
}
