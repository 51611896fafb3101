//! Many who ask the same at once, and what is asked in the background.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{Got, TestEdge, TestOrigin, answer};

/// An origin that answers when it is told to, and says when it is asked.
fn held(answer: String) -> (TestOrigin, Receiver<()>, Sender<()>) {
    let (asked, is_asked) = channel();
    let (let_go, go) = channel();
    let (asked, go) = (Mutex::new(asked), Mutex::new(go));
    let origin = TestOrigin::answering(move |_| {
        asked.lock().unwrap().send(()).unwrap();
        // Once nobody holds it any more, it answers at once.
        let _ = go.lock().unwrap().recv();
        answer.clone()
    });
    (origin, is_asked, let_go)
}

fn together(edge: &Arc<TestEdge>, count: usize, path: &'static str) -> Vec<thread::JoinHandle<Got>> {
    (0..count)
        .map(|_| {
            let edge = Arc::clone(edge);
            thread::spawn(move || edge.get(path))
        })
        .collect()
}

#[test]
fn one_asks_and_all_are_served() {
    let (origin, is_asked, let_go) = held(answer("200 OK", &["Cache-Control: max-age=60"], "shared"));
    let edge = Arc::new(TestEdge::of(&origin));
    let asking = together(&edge, 8, "/a");
    is_asked.recv().unwrap();
    edge.until_waiting(7);
    drop(let_go);
    let got: Vec<Got> = asking.into_iter().map(|one| one.join().unwrap()).collect();
    assert!(got.iter().all(|got| got.status == 200 && got.body == "shared"));
    assert_eq!(got.iter().filter(|got| got.did().contains("collapsed")).count(), 7);
    assert_eq!((origin.count(), edge.edge.waiting()), (1, 0));
}

#[test]
fn what_may_not_be_shared_is_asked_by_each() {
    let (origin, is_asked, let_go) = held(answer("200 OK", &["Cache-Control: private"], "own"));
    let edge = Arc::new(TestEdge::of(&origin));
    let asking = together(&edge, 4, "/a");
    is_asked.recv().unwrap();
    edge.until_waiting(3);
    drop(let_go);
    for one in asking {
        let got = one.join().unwrap();
        assert_eq!((got.status, got.body.as_str()), (200, "own"));
        assert!(!got.did().contains("collapsed"), "{}", got.head);
    }
    assert_eq!(origin.count(), 4);
}

#[test]
fn an_origin_that_gives_nothing_is_asked_once_for_all() {
    let (asked, is_asked) = channel();
    let (let_go, go) = channel::<()>();
    let (asked, go) = (Mutex::new(asked), Mutex::new(go));
    let origin = TestOrigin::new(move |_, _| {
        asked.lock().unwrap().send(()).unwrap();
        let _ = go.lock().unwrap().recv();
        false
    });
    let edge = Arc::new(TestEdge::of(&origin));
    let asking = together(&edge, 5, "/a");
    is_asked.recv().unwrap();
    edge.until_waiting(4);
    drop(let_go);
    for one in asking {
        assert_eq!(one.join().unwrap().status, 502);
    }
    // Twice: the first connection could have been at its end already.
    assert_eq!(origin.count(), 2);
}

#[test]
fn a_leader_whose_client_has_gone_goes_on_for_the_others() {
    let (origin, is_asked, let_go) = held(answer("200 OK", &["Cache-Control: max-age=60"], "shared"));
    let edge = Arc::new(TestEdge::of(&origin));
    let mut leaving = edge.connect();
    std::io::Write::write_all(&mut leaving, b"GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n").unwrap();
    is_asked.recv().unwrap();
    let asking = together(&edge, 3, "/a");
    edge.until_waiting(3);
    drop(leaving);
    drop(let_go);
    for one in asking {
        assert_eq!(one.join().unwrap().body, "shared");
    }
    assert_eq!(origin.count(), 1);
}

#[test]
fn what_is_stale_is_served_while_one_asks_again() {
    let (asked, is_asked) = channel();
    let (let_go, go) = channel::<()>();
    let (asked, go) = (Mutex::new(asked), Mutex::new(go));
    let origin = TestOrigin::answering(move |request| {
        let fields = ["Cache-Control: max-age=1, stale-while-revalidate=600", "Age: 5", "ETag: \"1\""];
        if request.field("if-none-match").is_some() {
            asked.lock().unwrap().send(()).unwrap();
            let _ = go.lock().unwrap().recv();
            return answer("200 OK", &["Cache-Control: max-age=60", "ETag: \"2\""], "new");
        }
        answer("200 OK", &fields, "old")
    });
    let edge = Arc::new(TestEdge::of(&origin));
    edge.get("/a");
    assert_eq!(edge.get("/a").body, "old");
    is_asked.recv().unwrap();
    // While that one is asked, the others have what is there, and ask for nothing.
    for one in together(&edge, 4, "/a") {
        let got = one.join().unwrap();
        assert_eq!(got.body, "old");
        assert!(got.did().contains("stale-while-revalidate"), "{}", got.head);
    }
    drop(let_go);
    while edge.get("/a").body == "old" {
        thread::yield_now();
    }
    assert_eq!(origin.count(), 2);
    assert_eq!(edge.metric("refreshes_total"), Some(1));
}
