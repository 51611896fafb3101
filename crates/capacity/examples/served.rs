//! A service whose line is known, as an HTTP server: what the search is tried on in real time. `bench/capacity-real`,
//! `bench/capacity-compare` and `bench/capacity-ramps` call it.
//!
//! `served NAME [FACTOR] [PART]` serves one of the made-up services, so many times as fast (`4`), or also so many times
//! as wide (`4x4`), on a free port of 127.0.0.1; with a part, slower by so much that it carries this part of that
//! within the same limit. What it prints first is where it listens (`/metrics` there says how many of its places are
//! taken, and how many it has), its limit for the p95 in seconds, and the rate that it just carries when requests come
//! evenly, as those of a load generator do. Work is waited for, not done, so that two cores are enough for it and for
//! the load.

#![expect(clippy::print_stdout, reason = "it is a program for people")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::convert::Infallible;
use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::Full;
use loadline_capacity::simulate::{CASES, Case, Kind, Service, Trial, truth};
use loadline_serve::{Bound, Patience, Stop, serve, stop_requested};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// So many requests are simulated for each of the rates that are tried for the line.
const FOR_A_LINE: u64 = 1_000_000;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().ok_or("which service?")?;
    let factor = arguments.next().unwrap_or_else(|| "1".to_owned());
    let part: f64 = arguments.next().as_deref().unwrap_or("1").parse()?;
    let case = CASES.into_iter().find(|case| case.name == name);
    let case = case.ok_or_else(|| format!("there is no {name}: {:?}", CASES.map(|case| case.name)))?;
    let case = case.times(&factor).ok_or_else(|| format!("{factor} is no factor: 4, or 4x4"))?;
    let stop = stop_requested(Stop::SignalOrEndOfInput)?;
    let bound = Bound::new(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let (trial, line) = carrying(&case, part);
    println!("http://{} {} {line:.1}", bound.address(), trial.p95_s);
    let served = Arc::new(Served::new(trial.kind));
    let service = tower::service_fn(move |asked: Request<_>| {
        let served = Arc::clone(&served);
        let is_metrics = asked.uri().path() == "/metrics";
        async move {
            if is_metrics {
                return Ok::<_, Infallible>(Response::new(text(served.metrics())));
            }
            let status =
                if served.request().await { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            let mut answer = Response::new(text(String::new()));
            *answer.status_mut() = status;
            Ok(answer)
        }
    });
    serve(bound, service, Patience::default(), stop).await;
    Ok(())
}

fn text(text: String) -> Full<Cursor<Vec<u8>>> {
    Full::new(Cursor::new(text.into_bytes()))
}

/// What carries this part of a service, and the rate that it just carries when requests come evenly, once it has
/// settled.
fn carrying(case: &Case, part: f64) -> (Trial, f64) {
    let whole = Trial { evenly: true, ..case.trial() };
    let around = |line: f64| (line * 0.7, line * 1.8);
    let line = truth(&whole, around(case.truth), FOR_A_LINE);
    if part >= 1.0 {
        return (whole, line);
    }
    let slower = whole.carrying(part, line, FOR_A_LINE);
    let line = truth(&slower, around(line * part), FOR_A_LINE);
    (slower, line)
}

/// The service, and who waits for it.
struct Served {
    began: Instant,
    service: Mutex<Service>,
    clock: Arc<Clock>,
}

impl Served {
    fn new(kind: Kind) -> Self {
        let clock = Arc::new(Clock::default());
        let ticking = Arc::clone(&clock);
        std::thread::spawn(move || ticking.tick());
        Self { began: Instant::now(), service: Mutex::new(Service::new(kind, 1)), clock }
    }

    /// How many of its places are taken, as a Prometheus reads it.
    fn metrics(&self) -> String {
        let now = self.began.elapsed().as_secs_f64();
        let taken = self.service.lock().unwrap_or_else(PoisonError::into_inner).taken(now);
        taken.map_or_else(String::new, |(taken, places)| {
            format!(
                "# TYPE service_places_in_use gauge\nservice_places_in_use {taken}\n\
                 # TYPE service_places_max gauge\nservice_places_max {places}\n"
            )
        })
    }

    /// A request that comes now: whether it was answered well, once it is.
    async fn request(&self) -> bool {
        let now = self.began.elapsed().as_secs_f64();
        let fate = self.service.lock().unwrap_or_else(PoisonError::into_inner).request(now);
        self.clock.until(self.began + Duration::from_secs_f64(fate.at_s)).await;
        fate.well
    }
}

/// Wakes at a time, to the tenth of a millisecond: the runtime's own timer has whole ones, which is a part of a budget
/// of 25 ms that would be seen.
#[derive(Default)]
struct Clock {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    number: u64,
    times: BinaryHeap<Reverse<(Instant, u64)>>,
    woken: std::collections::HashMap<u64, oneshot::Sender<()>>,
}

impl Clock {
    async fn until(&self, time: Instant) {
        let (wake, woken) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.number += 1;
            let number = waiting.number;
            waiting.times.push(Reverse((time, number)));
            waiting.woken.insert(number, wake);
        }
        self.changed.notify_one();
        let _ = woken.await;
    }

    fn tick(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            let next = waiting.times.peek().map(|Reverse(next)| *next);
            match next {
                Some((time, number)) if time <= now => {
                    waiting.times.pop();
                    if let Some(wake) = waiting.woken.remove(&number) {
                        let _ = wake.send(());
                    }
                }
                Some((time, _)) => {
                    let again = self.changed.wait_timeout(waiting, time - now);
                    waiting = again.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}
