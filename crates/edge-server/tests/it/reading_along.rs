//! Many who ask the same while the answer is coming: they have what is there of it, and the rest as it comes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use loadline_edge::Purge;

use crate::support::{Got, TestEdge, TestOrigin};

/// An origin that sends a head and the first half of a body, and the second half when it is told to, or when nobody
/// can tell it any more. What is asked of it after that comes at once.
fn halves(fields: &'static str, first: String, second: String) -> (TestOrigin, Sender<()>) {
    let (let_go, go) = channel::<()>();
    let go = Mutex::new(Some(go));
    let origin = TestOrigin::new(move |request, stream| {
        let length = first.len() + second.len();
        let own = request.field("accept-language").unwrap_or_default();
        let head = format!(
            "HTTP/1.1 200 OK\r\n{fields}\r\nContent-Language: {own}\r\nContent-Length: {length}\r\n\r\n"
        );
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(first.as_bytes())).is_err() {
            return false;
        }
        let go = go.lock().unwrap().take();
        if let Some(go) = go
            && go.recv() == Ok(())
        {
            // It dies here.
            return false;
        }
        stream.write_all(second.as_bytes()).is_ok()
    });
    (origin, let_go)
}

const FRESH: &str = "Cache-Control: max-age=60";

/// Asks, and reads until this much of the body is there.
fn reads(edge: &TestEdge, fields: &str, until: &str) -> (TcpStream, String) {
    let mut stream = edge.connect();
    let head = format!("GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n{fields}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut came = Vec::new();
    while !came.ends_with(until.as_bytes()) {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&came));
        came.push(byte[0]);
    }
    (stream, String::from_utf8(came).unwrap())
}

/// The rest of it.
fn rest((mut stream, came): (TcpStream, String)) -> Got {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    Got::parse(&(came + &String::from_utf8_lossy(&rest)))
}

#[test]
fn who_follows_has_what_is_there_before_the_rest_has_come() {
    let (origin, let_go) = halves(FRESH, "first".to_owned(), "second".to_owned());
    let edge = TestEdge::of(&origin);
    let leader = reads(&edge, "", "first");
    let followers: Vec<_> = (0..3).map(|_| reads(&edge, "", "first")).collect();
    assert_eq!(origin.count(), 1);
    drop(let_go);
    assert_eq!(rest(leader).body, "firstsecond");
    for got in followers.into_iter().map(rest) {
        assert_eq!(got.body, "firstsecond");
        assert!(got.did().starts_with("loadline;fwd=uri-miss;collapsed;ttl="), "{}", got.head);
        assert_eq!(got.field("content-length"), Some("11"));
    }
    assert!(edge.get("/a").did().starts_with("loadline;hit"));
    assert_eq!((origin.count(), edge.metric("requests_total{outcome=\"collapsed\"}")), (1, Some(3)));
}

#[test]
fn a_part_and_a_head_of_what_is_coming_are_there_at_once() {
    let (origin, let_go) = halves(FRESH, "first".to_owned(), "second".to_owned());
    let edge = TestEdge::of(&origin);
    let leader = reads(&edge, "", "first");
    let part = edge.ask("GET", "/a", &["Range: bytes=1-3"]);
    assert_eq!((part.status, part.body.as_str()), (206, "irs"));
    assert_eq!(part.field("content-range"), Some("bytes 1-3/11"));
    let head = edge.ask("HEAD", "/a", &[]);
    assert_eq!((head.status, head.field("content-length"), head.body.as_str()), (200, Some("11"), ""));
    assert_eq!(origin.count(), 1);
    drop(let_go);
    assert_eq!(rest(leader).body, "firstsecond");
}

#[test]
fn a_leader_that_leaves_in_the_middle_leaves_the_answer_to_the_others() {
    let (origin, let_go) = halves(FRESH, "first".to_owned(), "second".to_owned());
    let edge = TestEdge::of(&origin);
    let (leader, _) = reads(&edge, "", "first");
    let follower = reads(&edge, "", "first");
    leader.shutdown(Shutdown::Both).unwrap();
    drop(leader);
    // Whoever comes now reads along as well.
    let late = reads(&edge, "", "first");
    drop(let_go);
    assert_eq!((rest(follower).body, rest(late).body), ("firstsecond".to_owned(), "firstsecond".to_owned()));
    assert!(edge.get("/a").did().starts_with("loadline;hit"));
    assert_eq!(origin.count(), 1);
}

#[test]
fn slow_readers_hold_nobody_up() {
    // Far more than sockets on the way can hold.
    let large = || "x".repeat(6 << 20);
    let (origin, let_go) = halves(FRESH, "first".to_owned(), large());
    let edge = TestEdge::of(&origin);
    // The leader and a follower read nothing more from here on.
    let leader = reads(&edge, "", "first");
    let slow = reads(&edge, "", "first");
    let fast = reads(&edge, "", "first");
    drop(let_go);
    assert_eq!(rest(fast).body.len(), 5 + (6 << 20));
    assert!(edge.get("/a").did().starts_with("loadline;hit"));
    for late in [leader, slow] {
        assert_eq!(rest(late).body.len(), 5 + (6 << 20));
    }
    assert_eq!(origin.count(), 1);
}

#[test]
fn half_an_answer_is_half_for_all_and_kept_for_nobody() {
    let (origin, let_go) = halves(FRESH, "first".to_owned(), "second".to_owned());
    let edge = TestEdge::of(&origin);
    let all: Vec<_> = (0..3).map(|_| reads(&edge, "", "first")).collect();
    let_go.send(()).unwrap();
    for got in all.into_iter().map(rest) {
        assert_eq!((got.body.as_str(), got.field("content-length")), ("first", Some("11")));
    }
    assert_eq!(edge.metric("answers"), Some(0));
    assert_eq!(edge.get("/a").body, "firstsecond");
    assert_eq!(origin.count(), 2);
}

#[test]
fn what_is_for_others_is_not_waited_for() {
    let vary = "Cache-Control: max-age=60\r\nVary: Accept-Language";
    let (origin, let_go) = halves(vary, "first".to_owned(), "second".to_owned());
    let edge = TestEdge::of(&origin);
    let leader = reads(&edge, "Accept-Language: de\r\n", "first");
    let other = edge.ask("GET", "/a", &["Accept-Language: fr"]);
    assert_eq!((other.body.as_str(), other.field("content-language")), ("firstsecond", Some("fr")));
    let same = reads(&edge, "Accept-Language: de\r\n", "first");
    assert!(same.1.contains("collapsed") && same.1.contains("content-language: de"), "{}", same.1);
    assert_eq!(origin.count(), 2);
    drop(let_go);
    assert_eq!((rest(leader).status, rest(same).status), (200, 200));
}

#[test]
fn of_those_for_whom_it_is_not_one_asks_for_all() {
    let (asked, is_asked) = channel();
    let (let_go, go) = channel::<()>();
    let (asked, go) = (Mutex::new(asked), Mutex::new(go));
    let origin = TestOrigin::new(move |request, stream| {
        let own = request.field("accept-language").unwrap_or_default();
        let head =
            format!("HTTP/1.1 200 OK\r\n{FRESH}\r\nVary: Accept-Language\r\nContent-Length: 7\r\n\r\n{own}");
        if own == "de" {
            let _ = stream.write_all(head.as_bytes());
        }
        asked.lock().unwrap().send(own.to_owned()).unwrap();
        let _ = go.lock().unwrap().recv();
        let rest = if own == "de" { "-answer".to_owned() } else { format!("{head}-answer") };
        stream.write_all(&rest.as_bytes()[..rest.len() - 2]).is_ok()
    });
    let edge = std::sync::Arc::new(TestEdge::of(&origin));
    let leader = reads(&edge, "Accept-Language: de\r\n", "de");
    assert_eq!(is_asked.recv().unwrap(), "de");
    let others: Vec<_> = (0..6)
        .map(|number| {
            let (edge, language) = (std::sync::Arc::clone(&edge), ["fr", "it"][number % 2]);
            thread::spawn(move || {
                (language, edge.ask("GET", "/a", &[&format!("Accept-Language: {language}")]))
            })
        })
        .collect();
    // One of each asks, and two of each wait for it.
    let mut asking = [is_asked.recv().unwrap(), is_asked.recv().unwrap()];
    asking.sort();
    assert_eq!(asking, ["fr", "it"]);
    edge.until_waiting(4);
    drop(let_go);
    for other in others {
        let (language, got) = other.join().unwrap();
        assert_eq!((got.status, got.body), (200, format!("{language}-answ")));
    }
    assert_eq!((rest(leader).body.as_str(), origin.count()), ("de-answ", 3));
}

#[test]
fn what_is_purged_while_it_comes_is_for_nobody_who_comes_after() {
    let (origin, let_go) = halves(FRESH, "first".to_owned(), "second".to_owned());
    let edge = TestEdge::of(&origin);
    let leader = reads(&edge, "", "first");
    edge.edge.purge(&Purge::All, false);
    let after = edge.get("/a");
    assert!(!after.did().contains("collapsed"), "{}", after.head);
    assert_eq!(origin.count(), 2);
    drop(let_go);
    assert_eq!(rest(leader).body, "firstsecond");
}

#[test]
fn what_turns_out_too_large_goes_to_all_who_read_it() {
    let (let_go, go) = channel::<()>();
    let go = Mutex::new(go);
    let piece = format!("10000\r\n{}\r\n", "x".repeat(0x1_0000));
    let origin = TestOrigin::new(move |_, stream| {
        let head = format!("HTTP/1.1 200 OK\r\n{FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        let _ = stream.write_all(head.as_bytes());
        let _ = go.lock().unwrap().recv();
        for _ in 0..64 {
            let _ = stream.write_all(piece.as_bytes());
        }
        stream.write_all(b"0\r\n\r\n").is_ok()
    });
    let edge = TestEdge::with(&origin, "", |settings| settings.limits.body = 1 << 20);
    let readers: Vec<_> = (0..3).map(|_| reads(&edge, "", "first")).collect();
    drop(let_go);
    let reading: Vec<_> = readers.into_iter().map(|reader| thread::spawn(|| rest(reader))).collect();
    for got in reading {
        assert_eq!(got.join().unwrap().body.len(), 5 + 64 * 0x1_0000);
    }
    assert_eq!(
        (origin.count(), edge.metric("too_large_total"), edge.metric("answers")),
        (1, Some(1), Some(0))
    );
}
