//! What is kept, for how many, and what is let go of: sharing of questions, purges, room.

use loadline_edge::policy::Policy;
use loadline_edge::{Answer, Cache, Limits, Purge, Sharing, Step, key};

use super::exchange::{NOW, answer, ask, asked, cache, fill, request, seconds, served};

#[test]
fn who_may_wait_for_whom_is_said_with_the_question() {
    #[derive(Debug, PartialEq)]
    enum Kind {
        Alone,
        Follow,
        Lead,
    }
    for (method, headers, expected) in [
        ("GET", &[][..], Kind::Lead),
        ("HEAD", &[], Kind::Follow),
        ("GET", &[("range", "bytes=0-3")], Kind::Follow),
        ("GET", &[("if-none-match", "\"v1\"")], Kind::Follow),
        ("GET", &[("authorization", "Bearer a")], Kind::Alone),
        ("POST", &[], Kind::Alone),
        ("GET", &[("x-http-method-override", "DELETE")], Kind::Alone),
        ("GET", &[("if-match", "\"v1\"")], Kind::Alone),
    ] {
        let (_, mut request) = request("/a", headers);
        *request.method_mut() = method.parse().unwrap();
        let key = key::plain(&request, b"").unwrap();
        let found = match asked(cache().request(NOW, &key, &request)).sharing {
            Sharing::Alone => Kind::Alone,
            Sharing::Follow(_) => Kind::Follow,
            Sharing::Lead(_) => Kind::Lead,
        };
        assert_eq!(found, expected, "{method} {headers:?}");
    }
    // Those that ask the same have the same number.
    let cache = cache();
    let (key, whole) = request("/a", &[]);
    let (_, part) = request("/a", &[("range", "bytes=0-3")]);
    let numbers = [whole, part].map(|request| match asked(cache.request(NOW, &key, &request)).sharing {
        Sharing::Lead(number) | Sharing::Follow(number) => number,
        Sharing::Alone => panic!("it may wait"),
    });
    assert_eq!(numbers[0], numbers[1]);
}

#[test]
fn whoever_has_waited_takes_what_came_or_goes_on_alone() {
    for (control, expected) in [
        ("max-age=60", true),
        // Fresh for no time, and still an answer to a question that was put before.
        ("max-age=0", true),
        ("no-cache", false),
        ("max-age=0, must-revalidate", false),
        ("private, max-age=60", false),
        ("no-store", false),
    ] {
        let cache = cache();
        let (leader, follower) = (asked(ask(&cache, NOW, "/a")), asked(ask(&cache, NOW, "/a")));
        let headers = [("cache-control", control), ("etag", "\"v1\"")];
        cache.answer_whole(seconds(1), leader, answer(&headers, "one"));
        match cache.waited(seconds(2), &follower) {
            Step::Done(reply) => {
                assert!(expected, "{control}");
                assert_eq!(reply.response.body(), "one");
                let status = reply.response.headers()["cache-status"].to_str().unwrap().to_owned();
                assert!(status.starts_with("loadline;fwd=uri-miss;collapsed"), "{status}");
            }
            Step::Ask(asking) => assert!(!expected && asking.sharing == Sharing::Alone, "{control}"),
            Step::DoneAndAsk(..) => panic!("{control}"),
        }
    }
}

#[test]
fn nobody_waits_for_what_could_not_be_kept_the_last_time() {
    let cache = cache();
    let leads = || matches!(asked(ask(&cache, NOW, "/a")).sharing, Sharing::Lead(_));
    assert!(leads());
    fill(&cache, "/a", &[("cache-control", "private")], "mine");
    assert!(!leads());
    fill(&cache, "/a", &[("cache-control", "max-age=0"), ("etag", "\"v1\"")], "all's");
    assert!(leads());
    // An error says nothing of what comes next.
    let mut error = answer(&[], "broken");
    *error.status_mut() = http::StatusCode::BAD_GATEWAY;
    cache.answer_whole(NOW, asked(ask(&cache, NOW, "/a")), error);
    assert!(leads());
}

#[test]
fn one_asks_again_while_all_are_served_stale() {
    for is_purged in [false, true] {
        let cache = cache();
        fill(
            &cache,
            "/a",
            &[("cache-control", "max-age=60, stale-while-revalidate=60"), ("cache-tag", "t")],
            "old",
        );
        let now = if is_purged {
            assert_eq!(cache.purge(&Purge::Tag("t".to_owned()), Some(seconds(10))), 1);
            seconds(11)
        } else {
            seconds(90)
        };
        let first = ask(&cache, now, "/a");
        let Step::DoneAndAsk(reply, refresh) = first else { panic!("{first:?}") };
        assert_eq!(reply.response.body(), "old");
        for _ in 0..100 {
            let next = ask(&cache, now, "/a");
            assert!(matches!(next, Step::Done(_)), "{next:?}");
        }
        // Whoever gives up lets the next one ask.
        drop(refresh);
        let refresh = asked(ask(&cache, now, "/a"));
        let new = answer(&[("cache-control", "max-age=60")], "new");
        cache.answer_whole(now, refresh, new);
        assert_eq!(served(&cache, now, "/a").unwrap(), "new");
    }
}

#[test]
fn purges_take_what_they_name_and_nothing_else() {
    let all = [
        ("/a", "one, two", "\"g\""),
        ("/b", "two", "\"h\""),
        ("/c?x=1", "three", ""),
        ("/c?x=2", "three", ""),
    ];
    let tag = |tag: &str| Purge::Tag(tag.to_owned());
    let key = request("/b", &[]).0.to_string();
    for (purge, gone) in [
        (tag("one"), &["/a"][..]),
        (tag("two"), &["/a", "/b"]),
        (tag("three"), &["/c?x=1", "/c?x=2"]),
        (tag("four"), &[]),
        (Purge::Group("h".to_owned()), &["/b"]),
        (Purge::Url("http://shop.test/c?x=%31".parse().unwrap()), &["/c?x=1"]),
        (Purge::Key(key), &["/b"]),
        (Purge::All, &["/a", "/b", "/c?x=1", "/c?x=2"]),
    ] {
        let cache = cache();
        for (path, tags, groups) in all {
            let headers = [("cache-control", "max-age=60"), ("cache-tag", tags), ("cache-groups", groups)];
            fill(&cache, path, &headers, path);
        }
        assert_eq!(cache.purge(&purge, None), gone.len(), "{purge:?}");
        for (path, ..) in all {
            assert_eq!(served(&cache, NOW, path).is_some(), !gone.contains(&path), "{purge:?} {path}");
        }
        // Once they are gone they are not counted again, and their room is free.
        assert_eq!(cache.purge(&tag("one"), None), usize::from(!gone.contains(&"/a")), "{purge:?}");
        cache.sweep();
        let left = all.iter().filter(|(path, ..)| *path != "/a" && !gone.contains(path)).count();
        assert_eq!(cache.len(), left, "{purge:?}");
        assert_eq!(cache.counts().answers, left as u64, "{purge:?}");
        if left == 0 {
            assert_eq!(cache.counts().bytes, 0);
        }
    }
}

/// The origin may have answered before what made somebody purge.
#[test]
fn what_was_asked_for_before_a_purge_is_not_served_after_it() {
    for (softly, expected) in [(None, None), (Some(NOW), Some("old"))] {
        let cache = cache();
        let asking = asked(ask(&cache, NOW, "/a"));
        assert_eq!(cache.purge(&Purge::Tag("t".to_owned()), softly), 0);
        let headers = [("cache-control", "max-age=60, stale-while-revalidate=60"), ("cache-tag", "t")];
        cache.answer_whole(NOW, asking, answer(&headers, "old"));
        let step = ask(&cache, seconds(1), "/a");
        match (step, expected) {
            (Step::DoneAndAsk(reply, _), Some(body)) => assert_eq!(reply.response.body(), body),
            (Step::Ask(_), None) => {}
            (step, _) => panic!("{softly:?} {step:?}"),
        }
    }
}

#[test]
fn purges_of_what_nobody_has_are_not_remembered_for_ever() {
    let cache = cache();
    let asking = asked(ask(&cache, NOW, "/a"));
    for number in 0..200_000 {
        cache.purge(&Purge::Tag(number.to_string()), None);
    }
    // One of them may have been meant for it, and nobody knows any more.
    let headers = [("cache-control", "max-age=60"), ("cache-tag", "5")];
    cache.answer_whole(NOW, asking, answer(&headers, "old"));
    assert_eq!((cache.len(), cache.counts().outrun), (0, 1));
    fill(&cache, "/a", &headers, "new");
    assert_eq!(served(&cache, NOW, "/a").unwrap(), "new");
}

#[test]
fn a_body_that_ends_early_or_is_too_large_is_not_kept_and_counted() {
    let cache = Cache::new(Policy::default(), Limits { body: 10, ..Limits::default() });
    let pass = |headers: &[(&str, &str)]| {
        let head = answer(headers, "").map(|_| ());
        match cache.answer(NOW, asked(ask(&cache, NOW, "/a")), &head) {
            Answer::Pass(passing) => *passing,
            other => panic!("{other:?}"),
        }
    };
    let control = ("cache-control", "max-age=60");
    // Its head says already that it is too large.
    let passing = pass(&[control, ("content-length", "11")]);
    assert!(passing.keeping.is_none() && !passing.status.stored);
    assert_eq!(passing.status.detail.as_deref(), Some("too-large"));
    // It becomes so.
    let mut keeping = pass(&[control]).keeping.unwrap();
    assert!(keeping.add(b"123456789") && !keeping.add(b"0!") && !keeping.add(b""));
    assert!(!cache.keep(keeping));
    // It ends before its length.
    let mut keeping = pass(&[control, ("content-length", "5")]).keeping.unwrap();
    assert!(keeping.add(b"1234") && !cache.keep(keeping));
    // Nobody waits for its end.
    drop(pass(&[control]).keeping);
    let counts = cache.counts();
    assert_eq!((counts.too_large, counts.cut_short, counts.answers), (2, 2, 0));
    let mut keeping = pass(&[control, ("content-length", "5")]).keeping.unwrap();
    assert!(keeping.add(b"12") && keeping.add(b"345") && cache.keep(keeping));
    assert_eq!(served(&cache, NOW, "/a").unwrap(), "12345");
}

#[test]
fn a_scan_does_not_push_out_what_is_read() {
    let cache = Cache::new(Policy::default(), Limits { bytes: 1 << 20, ..Limits::default() });
    let control = [("cache-control", "max-age=600")];
    let body = "x".repeat(500);
    let hot: Vec<String> = (0..300).map(|number| format!("/hot/{number}")).collect();
    for path in &hot {
        fill(&cache, path, &control, &body);
    }
    for _ in 0..3 {
        assert!(hot.iter().all(|path| served(&cache, NOW, path).is_some()));
    }
    for number in 0..20_000 {
        fill(&cache, &format!("/scan/{number}"), &control, &body);
    }
    let left = hot.iter().filter(|path| served(&cache, NOW, path).is_some()).count();
    assert!(left > 290, "{left} of 300 are left");
    let counts = cache.counts();
    assert!(counts.bytes <= 1 << 20 && counts.evicted > 15_000, "{counts:?}");
}
