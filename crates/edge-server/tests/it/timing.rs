//! What answers say of where their time went: the cache's part, waiting for the origin, and what the origin says.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

use crate::support::{Got, TestEdge, TestOrigin, answer};

/// The lines of the field.
fn lines(got: &Got) -> Vec<&str> {
    let lines = got.head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(name, _)| name.eq_ignore_ascii_case("server-timing")).map(|(_, value)| value).collect()
}

/// What became of the request, and whether it waited for the origin, by the edge's own line, which is the last.
fn own(got: &Got) -> (&str, Option<f64>) {
    let line = *lines(got).last().unwrap_or_else(|| panic!("nothing is told: {}", got.head));
    let (cache, origin) = line.split_once(", ").map_or((line, None), |(cache, origin)| (cache, Some(origin)));
    let (time, word) = cache.strip_prefix("cache;dur=").unwrap().split_once(";desc=").unwrap();
    assert!(time.parse::<f64>().unwrap() >= 0.0, "{line}");
    (word, origin.map(|origin| origin.strip_prefix("origin;dur=").unwrap().parse().unwrap()))
}

fn telling(origin: &TestOrigin) -> TestEdge {
    TestEdge::with(origin, "", |settings| settings.tells_timing = true)
}

/// An origin that tells its time with each answer: the number of the question.
fn counting(control: &'static str) -> TestOrigin {
    let count = Mutex::new(0);
    TestOrigin::answering(move |request| {
        let mut count = count.lock().unwrap();
        *count += 1;
        let told = format!("Server-Timing: db;dur={count}");
        let fields = [control, "ETag: \"1\"", "Server-Timing: total;dur=7", &told];
        match request.field("if-none-match") {
            Some(_) => format!("HTTP/1.1 304 Not Modified\r\n{}\r\n\r\n", fields.join("\r\n")),
            None => answer("200 OK", &fields, "content"),
        }
    })
}

#[test]
fn the_origin_s_time_is_told_once_and_never_of_a_kept_answer() {
    let origin = counting("Cache-Control: max-age=60");
    let edge = telling(&origin);
    let (first, second) = (edge.get("/a"), edge.get("/a"));
    assert_eq!(lines(&first)[..2], ["total;dur=7", "db;dur=1"], "{}", first.head);
    let (word, waited) = own(&first);
    assert!(word == "miss" && waited.is_some(), "{}", first.head);
    assert_eq!((lines(&second).len(), own(&second)), (1, ("hit", None)), "{}", second.head);
    let head = edge.ask("HEAD", "/a", &[]);
    assert_eq!((lines(&head).len(), own(&head)), (1, ("hit", None)), "{}", head.head);
    let not_modified = edge.ask("GET", "/a", &["If-None-Match: \"1\""]);
    assert_eq!((not_modified.status, lines(&not_modified).len()), (304, 1), "{}", not_modified.head);
}

#[test]
fn a_question_whether_it_is_still_right_has_the_origin_s_time_as_well() {
    let origin = counting("Cache-Control: max-age=0, no-cache");
    let edge = telling(&origin);
    edge.get("/a");
    for number in 2..4 {
        let again = edge.get("/a");
        assert_eq!((again.status, again.body.as_str()), (200, "content"));
        let told = format!("db;dur={number}");
        assert_eq!(lines(&again)[..2], ["total;dur=7", &told], "{}", again.head);
        assert!(own(&again).0 == "revalidated" && own(&again).1.is_some(), "{}", again.head);
    }
}

#[test]
fn what_was_never_asked_of_the_cache_has_the_origin_s_part() {
    let origin = counting("Cache-Control: no-store");
    let rules = "[[rule]]\nname = \"mine\"\npath = \"/mine\"\ncache = { private = true, no_store = true }\n";
    let edge = TestEdge::with(&origin, rules, |settings| settings.tells_timing = true);
    for (method, path, word) in [("GET", "/mine", "bypass"), ("POST", "/a", "method"), ("GET", "/a", "miss")]
    {
        let got = edge.ask(method, path, &["Content-Length: 0"]);
        assert!(own(&got).0 == word && own(&got).1.is_some(), "{method} {path}: {}", got.head);
        assert_eq!(lines(&got).len(), 3, "{}", got.head);
    }
}

#[test]
fn who_shares_an_answer_has_waited_and_is_not_told_the_other_s_time() {
    let (asked, is_asked) = channel();
    let (let_go, go) = channel::<()>();
    let (asked, go) = (Mutex::new(asked), Mutex::new(go));
    let origin = TestOrigin::answering(move |_| {
        asked.lock().unwrap().send(()).unwrap();
        let _ = go.lock().unwrap().recv();
        answer("200 OK", &["Cache-Control: max-age=60", "Server-Timing: db;dur=9"], "shared")
    });
    let edge = Arc::new(telling(&origin));
    let get = || {
        let edge = Arc::clone(&edge);
        thread::spawn(move || edge.get("/a"))
    };
    let first = get();
    is_asked.recv().unwrap();
    let second = get();
    edge.until_waiting(1);
    drop(let_go);
    let (first, second) = (first.join().unwrap(), second.join().unwrap());
    assert!(lines(&first)[0] == "db;dur=9" && own(&first).0 == "miss", "{}", first.head);
    assert_eq!(lines(&second).len(), 1, "{}", second.head);
    assert!(own(&second).0 == "collapsed" && own(&second).1.is_some(), "{}", second.head);
}

#[test]
fn without_being_asked_it_adds_nothing_and_keeps_no_time_all_the_same() {
    let origin = counting("Cache-Control: max-age=60");
    let edge = TestEdge::of(&origin);
    assert_eq!(lines(&edge.get("/a")), ["total;dur=7", "db;dur=1"]);
    assert_eq!(lines(&edge.get("/a")), Vec::<&str>::new());
    // What is not answered by anybody has no time either.
    let telling = telling(&origin);
    let refused = telling.ask("TRACE", "/", &[]);
    assert_eq!((refused.status, lines(&refused).len()), (405, 0), "{}", refused.head);
}

#[test]
fn an_origin_that_is_gone_was_waited_for() {
    let origin = counting("Cache-Control: max-age=60");
    let edge = telling(&origin);
    drop(origin);
    let failed = edge.get("/a");
    assert!(
        failed.status >= 500 && own(&failed).0 == "failed" && own(&failed).1.is_some(),
        "{}",
        failed.head
    );
}
