//! Origins that are asked for more than they take, and origins that go away and come back.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use loadline_edge_server::Settings;

use crate::support::{Got, TestEdge, TestOrigin, answer};

/// An origin that says when it is asked, and answers each request when it is told to, or nobody can tell it any more;
/// and the most requests that it has had at once.
fn held() -> (TestOrigin, Receiver<()>, Sender<()>, Arc<AtomicUsize>) {
    let (asked, is_asked) = channel();
    let (let_go, go) = channel();
    let (asked, go) = (Mutex::new(asked), Mutex::new(go));
    let (now, most) = (AtomicUsize::new(0), Arc::<AtomicUsize>::default());
    let told = Arc::clone(&most);
    let origin = TestOrigin::answering(move |request| {
        told.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        asked.lock().unwrap().send(()).unwrap();
        let _ = go.lock().unwrap().recv();
        now.fetch_sub(1, Ordering::SeqCst);
        answer("200 OK", &["Cache-Control: max-age=60"], request.path())
    });
    (origin, is_asked, let_go, most)
}

fn one_at_once(settings: &mut Settings) {
    settings.origin_limits.at_once = 1;
    settings.origin_limits.queue = 2;
    settings.waits.queue = Duration::from_hours(1);
}

fn ask(edge: &Arc<TestEdge>, path: &'static str) -> thread::JoinHandle<Got> {
    let edge = Arc::clone(edge);
    thread::spawn(move || edge.get(path))
}

#[test]
fn beyond_what_the_origin_takes_requests_wait_and_beyond_that_they_are_503() {
    let (origin, is_asked, let_go, most) = held();
    let edge = Arc::new(TestEdge::with(&origin, "", one_at_once));
    let first = ask(&edge, "/a");
    is_asked.recv().unwrap();
    let waiting = [ask(&edge, "/b"), ask(&edge, "/c")];
    edge.until("origin_queue", 2);
    let refused = edge.get("/d");
    assert_eq!((refused.status, refused.field("retry-after")), (503, Some("1")));
    assert_eq!(refused.body, "the origin is busy: it has 1 requests at once, and 2 more wait already\n");
    assert!(refused.did().contains("detail=\"origin-queue-full\""), "{}", refused.head);
    assert_eq!(edge.metric("origin_kept_from_total{why=\"queue-full\"}"), Some(1));
    assert_eq!(edge.metric("origin_in_flight"), Some(1));
    drop(let_go);
    for (one, path) in [first].into_iter().chain(waiting).zip(["/a", "/b", "/c"]) {
        let got = one.join().unwrap();
        assert_eq!((got.status, got.body.as_str()), (200, path));
    }
    assert_eq!(most.load(Ordering::SeqCst), 1);
    edge.until("origin_in_flight", 0);
    assert_eq!((edge.metric("origin_queue"), origin.count()), (Some(0), 3));
}

#[test]
fn nobody_waits_for_the_origin_for_ever() {
    let (origin, is_asked, let_go, _) = held();
    let edge = Arc::new(TestEdge::with(&origin, "", |settings| {
        one_at_once(settings);
        settings.waits.queue = Duration::from_millis(20);
    }));
    let first = ask(&edge, "/a");
    is_asked.recv().unwrap();
    let late = edge.get("/b");
    assert_eq!(
        (late.status, late.body.as_str()),
        (503, "the origin is busy: it took no further request within 20ms\n")
    );
    assert!(late.did().contains("detail=\"origin-queue-timeout\""), "{}", late.head);
    assert_eq!(edge.metric("origin_kept_from_total{why=\"queue-timeout\"}"), Some(1));
    drop(let_go);
    assert_eq!(first.join().unwrap().status, 200);
}

#[test]
fn a_client_that_leaves_gives_its_place_back() {
    let (origin, is_asked, let_go, _) = held();
    let edge = Arc::new(TestEdge::with(&origin, "", one_at_once));
    let mut leaving = edge.connect();
    leaving.write_all(b"POST /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n").unwrap();
    is_asked.recv().unwrap();
    let next = ask(&edge, "/b");
    edge.until("origin_queue", 1);
    drop(leaving);
    // It has a place although the origin has not answered the first.
    is_asked.recv().unwrap();
    drop(let_go);
    assert_eq!(next.join().unwrap().body, "/b");
}

#[test]
fn what_is_stale_stands_in_for_an_origin_that_is_busy_and_is_not_asked_for_in_the_background() {
    let (let_go, go) = channel::<()>();
    let (go, (asked, is_asked)) = (Mutex::new(go), channel());
    let asked = Mutex::new(asked);
    let origin = TestOrigin::answering(move |request| {
        if request.path() == "/slow" {
            asked.lock().unwrap().send(()).unwrap();
            let _ = go.lock().unwrap().recv();
        }
        let control = if request.path() == "/refreshed" { ", stale-while-revalidate=600" } else { "" };
        answer(
            "200 OK",
            &[&format!("Cache-Control: max-age=1{control}"), "Age: 5", "ETag: \"1\""],
            request.path(),
        )
    });
    let edge = Arc::new(TestEdge::with(&origin, "", |settings| {
        one_at_once(settings);
        settings.origin_limits.queue = 0;
    }));
    for path in ["/stale", "/refreshed"] {
        edge.get(path);
    }
    edge.until("origin_in_flight", 0);
    let slow = ask(&edge, "/slow");
    is_asked.recv().unwrap();
    let stale = edge.get("/stale");
    assert_eq!((stale.status, stale.body.as_str()), (200, "/stale"));
    assert!(stale.did().contains("origin-unreachable"), "{}", stale.head);
    assert_eq!(edge.get("/refreshed").status, 200);
    edge.until("origin_kept_from_total{why=\"queue-full\"}", 2);
    drop(let_go);
    assert_eq!((slow.join().unwrap().status, origin.count()), (200, 3));
}

#[test]
fn an_origin_that_hangs_is_soon_not_waited_for_and_is_found_again() {
    let is_hanging = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let hangs = Arc::clone(&is_hanging);
    let origin = TestOrigin::new(move |request, stream| {
        if hangs.load(Ordering::SeqCst) {
            // Until the edge has had enough.
            let _ = stream.read(&mut [0]);
            return false;
        }
        stream.write_all(answer("200 OK", &[], request.path()).as_bytes()).is_ok()
    });
    let edge = TestEdge::with(&origin, "", |settings| {
        settings.waits.connect = Duration::from_millis(10);
        settings.waits.head = Duration::from_millis(10);
    });
    for attempt in 0..5 {
        assert_eq!(edge.get(&format!("/{attempt}")).status, 504);
    }
    assert_eq!((edge.metric("origin_up"), edge.metric("origin_down_total")), (Some(0), Some(1)));
    // By now one may try, and hangs as well; the others do not.
    while edge.metric("origin_tries_total") == Some(0) {
        edge.get("/tries");
    }
    is_hanging.store(false, Ordering::SeqCst);
    while edge.metric("origin_up") == Some(0) {
        let got = edge.get("/again");
        assert!([200, 502, 504].contains(&got.status), "{}", got.head);
    }
    assert_eq!(edge.get("/after").body, "/after");
    assert!(edge.metric("origin_kept_from_total{why=\"down\"}").is_some_and(|count| count > 0));
}

#[test]
fn an_origin_that_dies_is_stood_in_for_until_it_is_there_again() {
    let says = |word: &'static str| {
        move |_: &crate::support::Wire, stream: &mut std::net::TcpStream| {
            let fields = [
                "Cache-Control: max-age=1, stale-if-error=600",
                "Age: 5",
                "ETag: \"1\"",
                "Connection: close",
            ];
            let _ = stream.write_all(answer("200 OK", &fields, word).as_bytes());
            false
        }
    };
    let origin = TestOrigin::new(says("before"));
    let address = origin.address;
    let edge = TestEdge::of(&origin);
    assert_eq!(edge.get("/a").body, "before");
    drop(origin);
    while edge.metric("origin_up") == Some(1) {
        let got = edge.get("/a");
        assert_eq!((got.status, got.body.as_str()), (200, "before"));
        assert!(got.did().contains("origin-unreachable"), "{}", got.head);
    }
    // At once: nobody tries.
    assert_eq!(edge.get("/a").body, "before");
    assert_eq!(edge.get("/b").status, 502);
    let _origin = TestOrigin::at(address, says("after"));
    while edge.get("/a").body == "before" {
        thread::yield_now();
    }
    assert_eq!((edge.metric("origin_up"), edge.metric("origin_down_total")), (Some(1), Some(1)));
}
