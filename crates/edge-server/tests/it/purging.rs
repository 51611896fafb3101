//! What is purged, and by whom.

use loadline_serve::Token;

use crate::support::{TestEdge, TestOrigin, answer};

const RULES: &str = r#"
[[rule]]
path = "/tagged/**"
cache = { public = true, max_age = "1h", stale_while_revalidate = "1h" }
key = { query = "sorted", without = ["utm_*"] }
tags = ["shoes"]
groups = ["shop"]
"#;

fn origin() -> TestOrigin {
    TestOrigin::answering(|request| {
        if request.path().starts_with("/tagged/") {
            return answer("200 OK", &["ETag: \"1\""], "tagged");
        }
        answer("200 OK", &["Cache-Control: max-age=60"], "plain")
    })
}

#[test]
fn an_url_a_tag_a_group_and_a_key_are_purged() {
    let origin = origin();
    let edge = TestEdge::with(&origin, RULES, |_| {});
    for (path, fields, count) in [
        ("/a", &[][..], 1),
        ("/tagged/a", &["Cache-Tag: other, shoes"][..], 2),
        ("/tagged/a", &["Surrogate-Key: shoes"][..], 2),
        ("/tagged/a", &["Cache-Groups: \"shop\""][..], 2),
        ("/x", &["Cache-Key: method=GET origin=http://shop.test path=/a query"][..], 1),
    ] {
        for kept in ["/a", "/tagged/a", "/tagged/b"] {
            edge.get(kept);
            assert!(edge.get(kept).did().contains("hit"), "{kept}");
        }
        let purged = edge.ask("PURGE", path, fields);
        assert_eq!(purged.status, 200, "{}", purged.body);
        assert_eq!(purged.body, format!("{{\"purged\":{count},\"soft\":false}}\n"), "{fields:?}");
        let gone = if count == 1 { "/a" } else { "/tagged/b" };
        assert!(edge.get(gone).did().contains("uri-miss"), "{fields:?}");
    }
    assert!(origin.asked.lock().unwrap().iter().all(|request| !request.line.starts_with("PURGE")));
    let counted = |outcome: &str| edge.metric(&format!("requests_total{{outcome=\"{outcome}\"}}"));
    assert_eq!((counted("purged"), counted("refused")), (Some(5), Some(0)), "a purge is no request refused");
}

#[test]
fn what_is_purged_softly_may_still_be_served() {
    let origin = origin();
    let edge = TestEdge::with(&origin, RULES, |_| {});
    edge.get("/tagged/a");
    edge.ask("PURGE", "/tagged/a", &["Soft-Purge: 1"]);
    let got = edge.get("/tagged/a");
    assert!(got.did().contains("hit") && got.did().contains("stale-while-revalidate"), "{}", got.head);
}

#[test]
fn who_may_not_purge_purges_nothing() {
    let origin = origin();
    let edge = TestEdge::with(&origin, "", |settings| settings.access.token = Token::chosen("s3cret"));
    edge.get("/a");
    for fields in [&[][..], &["Authorization: Bearer wrong"][..], &["X-Forwarded-For: 127.0.0.1"][..]] {
        assert_eq!(edge.ask("PURGE", "/a", fields).status, 403);
    }
    assert!(edge.get("/a").did().contains("hit"));
    assert_eq!(edge.ask("PURGE", "/a", &["Authorization: Bearer s3cret"]).status, 200);
    assert!(edge.get("/a").did().contains("uri-miss"));
    let open = TestEdge::of(&origin);
    assert_eq!(open.ask("PURGE", "/a", &["X-Forwarded-For: 203.0.113.5"]).status, 403);
}

#[test]
fn an_url_is_purged_as_its_rule_keeps_it() {
    let origin = origin();
    let edge = TestEdge::with(&origin, RULES, |_| {});
    edge.get("/tagged/a?b=1&a=%7Bx%7D&utm_source=mail");
    let purged = edge.ask("PURGE", "/tagged/a?a=%7bx%7d&b=1&utm_source=other", &[]);
    assert_eq!(purged.body, "{\"purged\":1,\"soft\":false}\n");
}
