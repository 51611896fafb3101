//! Bodies that are so large that the system sends them by itself, from memory that is sealed.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Got, TestEdge, TestOrigin, answer};

/// Text that differs at each place and with each seed.
fn text(seed: usize, length: usize) -> String {
    let mut text = String::with_capacity(length + 20);
    while text.len() < length {
        text += &format!("{seed}:{};", text.len());
    }
    text.truncate(length);
    text
}

/// One that answers with so many bytes, others each time.
fn large(length: usize) -> TestOrigin {
    let times = AtomicUsize::new(0);
    TestOrigin::answering(move |_| {
        let body = text(times.fetch_add(1, Ordering::Relaxed), length);
        answer("200 OK", &["Cache-Control: max-age=60", "ETag: \"1\"", "Cache-Tag: large"], &body)
    })
}

#[test]
fn all_of_it_and_any_part_of_it_is_served() {
    const LENGTH: usize = 200_000;
    let origin = large(LENGTH);
    let edge = TestEdge::of(&origin);
    let whole = text(0, LENGTH);
    assert!(edge.get("/a").body == whole, "as it came");
    #[cfg(target_os = "linux")]
    assert!(edge.metric("sealed_bodies") > Some(0));
    assert!(edge.get("/a").body == whole, "from the cache");
    for (first, last) in [(0, 0), (0, 99_999), (1_000, 180_000), (150_000, LENGTH - 1)] {
        let part = edge.ask("GET", "/a", &[&format!("Range: bytes={first}-{last}")]);
        assert_eq!(part.status, 206);
        assert!(part.body == whole[first..=last], "{first}-{last}");
    }
    assert_eq!(edge.ask("HEAD", "/a", &[]).body, "");
    assert_eq!(edge.ask("GET", "/a", &["If-None-Match: \"1\""]).status, 304);
    // Many on one connection, which are written one behind the other.
    let asked = "GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n".repeat(4);
    let last = "GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n";
    let all = edge.raw((asked + last).as_bytes());
    assert_eq!((all.matches(&whole).count(), all.matches("HTTP/1.1 200").count()), (5, 5));
    assert_eq!(origin.count(), 1);
}

#[test]
fn whoever_reads_slowly_has_what_was_purged_meanwhile() {
    /// More than connections take before somebody reads.
    const LENGTH: usize = 8 << 20;
    let origin = large(LENGTH);
    let edge = TestEdge::of(&origin);
    assert!(edge.get("/a").body == text(0, LENGTH));
    let mut slow = edge.connect();
    slow.write_all(b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n").unwrap();
    let mut read = vec![0; 10_000];
    slow.read_exact(&mut read).unwrap();
    assert_eq!(edge.ask("PURGE", "/a", &["Cache-Tag: large"]).body, "{\"purged\":1,\"soft\":false}\n");
    // What takes its place, in the cache and in memory.
    for (place, path) in ["/a", "/b", "/c"].into_iter().enumerate() {
        assert!(edge.get(path).body == text(place + 1, LENGTH), "{path}");
        assert!(edge.get(path).body == text(place + 1, LENGTH), "{path}");
    }
    slow.read_to_end(&mut read).unwrap();
    let got = Got::parse(&String::from_utf8(read).unwrap());
    assert!(got.did().starts_with("loadline;hit"), "{}", got.head);
    assert!(got.body == text(0, LENGTH));
}
