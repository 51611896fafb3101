//! Receivers of all sorts: slow, down, busy, unwilling, closing in mid-answer. What arrives is counted, and what does
//! not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use loadline_measure::{MetricKind, Recorder, Schema, TagSetId, Unit, Window};

use super::{Pace, Sender, Sent, Way};
use crate::endpoint::Endpoint;
use crate::form::{Form, Message};
use crate::receiver::Kind;

/// A form whose messages are numbers: one for each window.
#[derive(Default)]
struct Numbers {
    windows: u32,
    said: u32,
    again: Vec<u32>,
}

impl Form for Numbers {
    fn take(&mut self, window: &Window) {
        assert!(!window.is_empty());
        self.windows += 1;
    }

    fn messages(&mut self, _time_ms: i64) -> Vec<Message> {
        let news = std::mem::replace(&mut self.said, self.windows)..self.windows;
        let numbers = std::mem::take(&mut self.again).into_iter().chain(news);
        let message = |number: u32| Message {
            body: number.to_string().into(),
            fields: &[("x-number", "yes")],
            points: 10,
            series: vec![number],
        };
        numbers.map(message).collect()
    }

    fn repeat(&mut self, series: &[u32]) {
        self.again.extend(series);
    }
}

/// What a receiver does with a request.
enum Does {
    Answers(&'static str),
    /// Closes the connection in the middle of its answer.
    Breaks,
    /// Says nothing until whoever asked is gone.
    Hangs,
}

/// A receiver that does these in turn, the last for ever; the bodies that came, in order.
fn receiver(does: Vec<Does>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/write", listener.local_addr().unwrap());
    let (came, comes) = channel();
    // It ends with the tests.
    std::thread::spawn(move || {
        let mut turn = 0;
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            while let Some(body) = body(&mut reader) {
                let _ = came.send(body);
                let now = &does[turn.min(does.len() - 1)];
                turn += 1;
                if !does_it(now, &stream) {
                    break;
                }
            }
        }
    });
    (url, comes)
}

/// The body of the next request.
fn body(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut length, mut is_ours) = (0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        is_ours |= line == "x-number: yes";
        if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().ok()?;
        }
        if line.is_empty() {
            assert!(is_ours);
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            return String::from_utf8(body).ok();
        }
    }
}

/// Whether the connection stays.
fn does_it(does: &Does, mut stream: &TcpStream) -> bool {
    match does {
        Does::Answers(head) => {
            let (status, text) = head.split_once('|').unwrap_or((head, ""));
            let (status, fields) = status
                .split_once('&')
                .map_or((status, String::new()), |(status, field)| (status, format!("{field}\r\n")));
            let answer = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n{text}", text.len());
            stream.write_all(answer.as_bytes()).is_ok()
        }
        Does::Breaks => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            false
        }
        Does::Hangs => {
            let _ = stream.read(&mut [0]);
            false
        }
    }
}

/// Sends so many windows to a receiver, and says what came of it and what people were told.
fn send(url: &str, windows: u32, patience_ms: u64, at_end_ms: u64) -> (Sent, String) {
    let endpoint = Endpoint::new(Kind::Prometheus, url, "/write").unwrap();
    let way = Way::to(endpoint).unwrap();
    let pace = Pace {
        interval: Duration::from_millis(1),
        patience: Duration::from_millis(patience_ms),
        at_end: Duration::from_millis(at_end_ms),
    };
    let mut sender = Sender::start(Box::new(Numbers::default()), way, pace).unwrap();
    let schema = Schema::new();
    let metric = schema.define("requests", MetricKind::Counter, Unit::Plain).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    for _ in 0..windows {
        recorder.record(metric, 1.0, TagSetId::EMPTY);
        sender.put(recorder.take_window());
    }
    let sent = sender.finish().unwrap();
    (sent, sender.remarks().join("\n"))
}

/// Time enough for everything, on any machine.
const ENOUGH_MS: u64 = 60_000;

#[test]
fn all_of_it_arrives_in_order() {
    let (url, comes) = receiver(vec![Does::Answers("204 No Content")]);
    let (sent, remarks) = send(&url, 20, ENOUGH_MS, ENOUGH_MS);
    assert_eq!((sent, remarks.as_str()), (Sent { points: 200, ..Sent::default() }, ""));
    let all: Vec<String> = comes.try_iter().collect();
    assert_eq!(all, (0..20).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn one_that_is_busy_closes_or_fails_for_a_while_gets_it_all_the_same() {
    let (url, comes) = receiver(vec![
        Does::Answers("429 Too Many Requests&Retry-After: 0"),
        Does::Breaks,
        Does::Answers("503 Service Unavailable|draining"),
        Does::Answers("200 OK"),
    ]);
    let (sent, remarks) = send(&url, 3, ENOUGH_MS, ENOUGH_MS);
    assert_eq!((sent.points, sent.lost, sent.behind), (30, 0, 0), "{sent:?}");
    assert_eq!(comes.try_iter().collect::<Vec<_>>(), ["0", "0", "0", "0", "1", "2"]);
    assert!(remarks.contains("tried again") && remarks.ends_with("takes values again"), "{remarks}");
}

#[test]
fn one_that_refuses_is_not_asked_twice_and_its_words_are_kept() {
    let (url, comes) = receiver(vec![
        Does::Answers("401 Unauthorized|who are you?\u{1b}[31m"),
        Does::Answers("400 Bad Request|out of order"),
        Does::Answers("200 OK"),
    ]);
    let (sent, remarks) = send(&url, 3, ENOUGH_MS, ENOUGH_MS);
    assert_eq!((sent.points, sent.lost, sent.behind), (30, 20, 2), "{sent:?}");
    assert_eq!(comes.try_iter().collect::<Vec<_>>(), ["0", "1", "2"]);
    assert_eq!(sent.trouble.unwrap(), "it answers 400 Bad Request: out of order");
    assert!(remarks.contains("401 Unauthorized: who are you?") && !remarks.contains('\u{1b}'), "{remarks}");
}

#[test]
fn one_that_always_fails_hangs_or_is_down_costs_a_bounded_time_and_is_told() {
    let (fails, _requests) = receiver(vec![Does::Answers("500 Internal Server Error|no space left")]);
    let (hangs, _others) = receiver(vec![Does::Hangs]);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let down = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    for (url, says) in
        [(fails, "500 Internal Server Error: no space left"), (hangs, "time"), (down, "refused")]
    {
        let (sent, _) = send(&url, 4, 200, 700);
        assert_eq!((sent.points, sent.lost, sent.behind), (40, 40, 4), "{sent:?}");
        let trouble = sent.trouble.unwrap();
        assert!(trouble.contains(says), "{trouble}");
    }
}
