//! Redirects, cookies, credentials and overrides, seen from the server.

use std::collections::BTreeMap;

use http::Method;
use loadline_client::{ClientConfig, CookieJar, RequestCookie};
use tokio::io::AsyncWriteExt;

use crate::server::{client, failure, get, plain_client, read_request, response, serve, write_ok};

/// Answers what `respond` says to the request's head; connections are kept.
async fn respond(respond: fn(&str) -> String) -> std::net::SocketAddr {
    serve(move |_, mut stream| async move {
        while let Some(request) = read_request(&mut stream).await {
            stream.write_all(respond(&request).as_bytes()).await.unwrap();
        }
    })
    .await
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn redirect(status: u16, to: &str, extra: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {to}\r\n{extra}Content-Length: 0\r\n\r\n")
}

#[tokio::test]
async fn redirects_are_followed_and_measured() {
    let address = respond(|request| match request.split(' ').nth(1).unwrap() {
        "/a" => redirect(302, "b?x=1", ""),
        "/b?x=1" => redirect(307, "/c", ""),
        _ => ok(request),
    })
    .await;
    let mut request = get(&format!("http://{address}/a"));
    request.method = Method::POST;
    request.body = "secret=1".into();
    request.headers.insert("content-type", "text/x".parse().unwrap());
    let exchange = plain_client().send(request, None).await;
    let path: Vec<String> =
        exchange.hops.iter().map(|hop| format!("{} {}", hop.method, hop.url.path())).collect();
    assert_eq!(path, ["POST /a", "GET /b", "GET /c"]);
    let seen = String::from_utf8_lossy(&response(&exchange).body);
    assert!(seen.contains(&format!("Referer: http://{address}/b?x=1\r\n")), "{seen}");
    assert!(
        !seen.contains("Content-Type") && !seen.contains("Content-Length") && !seen.contains("secret"),
        "{seen}"
    );
    assert!(exchange.hops.iter().all(|hop| hop.sent_bytes > 0 && hop.received_bytes > 0));
    assert!(!exchange.redirects_exhausted);
}

#[tokio::test]
async fn a_kept_body_follows_a_temporary_redirect() {
    let address =
        respond(|request| if request.starts_with("PUT /a ") { redirect(308, "/b", "") } else { ok(request) })
            .await;
    let mut request = get(&format!("http://{address}/a"));
    request.method = Method::PUT;
    request.body = "again".into();
    let exchange = plain_client().send(request, None).await;
    let seen = String::from_utf8_lossy(&response(&exchange).body);
    assert!(seen.starts_with("PUT /b ") && seen.ends_with("\r\n\r\nagain"), "{seen}");
}

#[tokio::test]
async fn the_last_redirect_is_the_answer_when_the_limit_is_reached() {
    let address = respond(|_| redirect(302, "/loop", "")).await;
    for (limit, hops) in [(0, 1), (3, 4), (10, 11)] {
        let mut request = get(&format!("http://{address}/loop"));
        request.max_redirects = limit;
        let exchange = plain_client().send(request, None).await;
        assert_eq!((exchange.hops.len(), response(&exchange).status), (hops, 302));
        assert!(exchange.redirects_exhausted);
    }
}

#[tokio::test]
async fn cookies_of_every_hop_are_kept_and_sent() {
    let address = respond(|request| match request.split(' ').nth(1).unwrap() {
        "/login" => {
            redirect(302, "/home", "Set-Cookie: session=1; Path=/; HttpOnly\r\nSet-Cookie: only=login\r\n")
        }
        _ => ok(request.lines().find(|line| line.starts_with("Cookie")).unwrap_or_default()),
    })
    .await;
    let (client, jar) = (plain_client(), CookieJar::new());
    let exchange = client.send(get(&format!("http://{address}/login")), Some(&jar)).await;
    assert_eq!(exchange.hops[0].outcome.as_ref().unwrap().cookies().len(), 2);
    assert_eq!(response(&exchange).body, "Cookie: session=1; only=login");
    let mut request = get(&format!("http://{address}/other"));
    let own = |name: &str, replace| RequestCookie { name: name.into(), value: "mine".into(), replace };
    request.cookies = vec![own("session", true), own("only", false)];
    let exchange = client.send(request.clone(), Some(&jar)).await;
    assert_eq!(response(&exchange).body, "Cookie: session=mine; only=mine; only=login");
    let exchange = client.send(request, None).await;
    assert_eq!(response(&exchange).body, "Cookie: session=mine; only=mine");
}

#[tokio::test]
async fn credentials_are_sent_masked_and_left_behind() {
    let address = respond(|request| match request.split(' ').nth(1).unwrap() {
        "/near" => redirect(302, "/seen", ""),
        "/far" => redirect(302, &format!("http://localhost:{}/seen", port_of(request)), ""),
        _ => ok(request.lines().find(|line| line.starts_with("Authorization")).unwrap_or("none")),
    })
    .await;
    let client = plain_client();
    let port = address.port();
    let exchange = client.send(get(&format!("http://alice:pw@127.0.0.1:{port}/near")), None).await;
    assert_eq!(response(&exchange).body, "Authorization: Basic YWxpY2U6cHc=");
    for hop in &exchange.hops {
        assert!(hop.url.as_str().contains("****:****@") && !hop.url.as_str().contains("pw"), "{}", hop.url);
    }
    let mut request = get(&format!("http://127.0.0.1:{port}/far"));
    request.headers.insert("authorization", "Bearer t".parse().unwrap());
    assert_eq!(response(&client.send(request, None).await).body, "none");
    let refused = get("http://alice:pw@127.0.0.1:1/");
    let shown = failure(&client.send(refused, None).await).to_string();
    assert!(!shown.contains("pw") && !shown.contains("alice"), "{shown}");
}

fn port_of(request: &str) -> &str {
    request.lines().find_map(|line| line.strip_prefix("Host: 127.0.0.1:")).unwrap()
}

#[tokio::test]
async fn hosts_are_overridden() {
    let address = serve(|_, mut stream| async move {
        let request = read_request(&mut stream).await.unwrap();
        write_ok(&mut stream, request.lines().nth(1).unwrap()).await;
    })
    .await;
    let hosts = BTreeMap::from([("*.shop.test".to_owned(), address.to_string())]);
    let client = client(ClientConfig { hosts, ..ClientConfig::default() });
    let exchange = client.send(get("http://www.shop.test/"), None).await;
    assert_eq!(response(&exchange).body, "Host: www.shop.test");
    assert_eq!(exchange.last().remote, Some(address));
    assert!(exchange.last().timings.looking_up.is_zero());
}

#[tokio::test]
async fn the_future_of_a_request_is_small() {
    let client = plain_client();
    let future = client.send(get("http://127.0.0.1:1/"), None);
    let size = std::mem::size_of_val(&future);
    assert!(size < 4096, "{size} bytes for each virtual user");
}
