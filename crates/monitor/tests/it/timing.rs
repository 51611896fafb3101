//! `Server-Timing`: what each request spent, told to whom it is to be told.

use std::{convert::Infallible, future::pending, io, time::Duration};

use axum::{Router, body::Body, extract::Path, http::Request, response::IntoResponse, routing::get};
use http::{HeaderMap, Method, Response, StatusCode};
use loadline_monitor::{Limits, LoadTest, Monitor, Name, Naming, Part, Query, RequestHead, ThisRequest};
use proptest::prelude::*;
use tokio::time::sleep;
use tower::{Layer, ServiceExt, service_fn};

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// A monitor that tells everybody.
fn telling() -> Monitor {
    let monitor = Monitor::default();
    monitor.tell_timing(|_, _| true);
    monitor
}

/// Lines of the field.
fn lines(headers: &HeaderMap) -> Vec<String> {
    headers.get_all("server-timing").iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}

/// Names and milliseconds of a line.
fn parts(line: &str) -> Vec<(String, f64)> {
    let metric = |metric: &str| {
        let (name, time) = metric.split_once(";dur=").unwrap();
        (name.to_owned(), time.parse().unwrap())
    };
    line.split(", ").map(metric).collect()
}

async fn ask(service: Router, path: &str) -> Response<Body> {
    service.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
}

/// The parts that an answer tells.
async fn told(service: Router, path: &str) -> Vec<(String, f64)> {
    let lines = lines(ask(service, path).await.headers());
    assert_eq!(lines.len(), 1, "{lines:?}");
    parts(&lines[0])
}

fn named(all: &[(&str, f64)]) -> Vec<(String, f64)> {
    all.iter().map(|(name, time)| ((*name).to_owned(), *time)).collect()
}

async fn takes(time: u64) -> Result<(), Infallible> {
    sleep(ms(time)).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_part_has_its_name_and_time() {
    let monitor = telling();
    let (queue, render, rows) = (monitor.part("queue"), monitor.part("render"), monitor.part("render.rows"));
    let (select, insert) = (monitor.query("select", "users"), monitor.query("insert", "visits"));
    let (waits, stripe) = (monitor.pool_waits("main"), monitor.outgoing("api.stripe.com"));
    let handler = get(move || async move {
        queue.add(ms(3));
        for _ in 0..2 {
            // The wait is no part of the query.
            let query = async {
                waits.time(takes(5)).await?;
                takes(20).await
            };
            select.time(query).await.unwrap();
        }
        {
            let _running = insert.start();
            sleep(ms(7)).await;
        }
        {
            let call = stripe.start(&Method::POST);
            sleep(ms(100)).await;
            call.answered(StatusCode::OK);
        }
        render.time(async { rows.time(sleep(ms(2))).await }).await;
        // Given up, and it took its time all the same.
        let _ = tokio::time::timeout(ms(4), render.time(pending::<()>())).await;
        assert_eq!(render.run(|| 7), 7);
        sleep(ms(1)).await;
    });
    let service = Router::new().route("/", handler).layer(monitor.layer());
    let expected = named(&[
        ("queue", 3.0),
        ("pool", 10.0),
        ("db.select-users", 40.0),
        ("db.insert-visits", 7.0),
        ("out.api-stripe-com", 100.0),
        ("render.rows", 2.0),
        ("render", 6.0),
    ]);
    let told = told(service, "/").await;
    let (total, parts) = told.split_first().unwrap();
    // The paused clock goes by whole milliseconds, and a sleep is up to one more.
    assert!(total.0 == "total" && (164.0..190.0).contains(&total.1), "{told:?}");
    assert_eq!(parts.len(), expected.len(), "{told:?}");
    for ((name, time), (expected_name, expected)) in parts.iter().zip(&expected) {
        assert!(name == expected_name && (*expected..expected + 4.0).contains(time), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn parts_at_the_same_time_are_stated_as_they_took() {
    let monitor = telling();
    let (one, two) = (monitor.query("select", "a"), monitor.query("select", "b"));
    let handler = get(move || async move {
        let _ = tokio::join!(one.time(takes(50)), two.time(takes(30)), two.time(takes(30)));
    });
    let told = told(Router::new().route("/", handler).layer(monitor.layer()), "/").await;
    let time = |name: &str| told.iter().find(|(found, _)| found == name).unwrap().1;
    assert!((50.0..53.0).contains(&time("total")), "{told:?}");
    assert!(
        (50.0..53.0).contains(&time("db.select-a")) && (60.0..64.0).contains(&time("db.select-b")),
        "{told:?}"
    );
}

/// Load tests by a header.
struct Marked;

impl Naming for Marked {
    fn name<'a>(&'a self, _: &RequestHead<'a>) -> Name<'a> {
        Name::Route("/")
    }

    fn load_test(&self, request: &RequestHead<'_>) -> LoadTest {
        match request.headers.get("x-load-test").map(|value| value == "secret") {
            None => LoadTest::No,
            Some(false) => LoadTest::Claimed,
            Some(true) => LoadTest::Proven,
        }
    }
}

#[tokio::test]
async fn only_those_are_told_who_are_to_be() {
    let asked = |monitor: &Monitor, mark: Option<&'static str>| {
        let render = monitor.part("render");
        let handler = get(|| async move { render.run(|| "") });
        let service = Router::new().route("/", handler).layer(monitor.layer_named(Marked));
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        if let Some(mark) = mark {
            request.headers_mut().insert("x-load-test", mark.parse().unwrap());
        }
        async move { lines(service.oneshot(request).await.unwrap().headers()).len() }
    };
    let proven = Monitor::default();
    proven.tell_timing(|_, load_test| load_test == LoadTest::Proven);
    // Only the first call counts.
    proven.tell_timing(|_, _| true);
    let by_path = Monitor::default();
    by_path.tell_timing(|request, _| request.uri.path() == "/");
    for (monitor, mark, expected) in [
        (&Monitor::default(), Some("secret"), 0),
        (&proven, None, 0),
        (&proven, Some("guess"), 0),
        (&proven, Some("secret"), 1),
        (&by_path, None, 1),
    ] {
        assert_eq!(asked(monitor, mark).await, expected, "{mark:?}");
    }
}

#[tokio::test]
async fn a_field_of_the_service_s_own_stays() {
    let monitor = telling();
    let own = || async { ([("server-timing", "cdn;desc=\"x\", edge;dur=2")], "").into_response() };
    let service = Router::new().route("/", get(own)).layer(monitor.layer());
    let lines = lines(ask(service, "/").await.headers());
    assert_eq!(lines[0], "cdn;desc=\"x\", edge;dur=2");
    assert!(lines.len() == 2 && lines[1].starts_with("total;dur="), "{lines:?}");
}

#[tokio::test]
async fn errors_have_their_time_too() {
    let monitor = telling();
    let busy = || async { (StatusCode::SERVICE_UNAVAILABLE, "busy") };
    let service = Router::new().route("/", get(busy)).layer(monitor.layer());
    for path in ["/", "/nothing"] {
        let answer = ask(service.clone(), path).await;
        assert!(answer.status().as_u16() >= 400 && lines(answer.headers()).len() == 1, "{path}");
    }
    // Where there is no answer there is nothing to say it on.
    let fails = service_fn(|_: Request<Body>| async { Err::<Response<Body>, _>(io::Error::other("no")) });
    let service = monitor.layer_named(Marked).layer(fails);
    assert!(service.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_leaves_the_task_is_followed_with_a_handle_and_only_then() {
    let monitor = telling();
    let (query, part) = (monitor.query("select", "users"), monitor.part("hash"));
    let handler = |Path(how): Path<String>| async move {
        let this = ThisRequest::current();
        let work = async move {
            let _ = query.time(takes(10)).await;
        };
        match how.as_str() {
            "spawned" => tokio::spawn(work).await.unwrap(),
            "followed" => tokio::spawn(this.follow(work)).await.unwrap(),
            "blocking" => tokio::task::spawn_blocking(move || this.within(|| part.add(ms(8)))).await.unwrap(),
            // Begun here, and ended elsewhere.
            "begun" => {
                let running = part.start();
                tokio::spawn(async move {
                    sleep(ms(6)).await;
                    drop(running);
                })
                .await
                .unwrap();
            }
            _ => drop(tokio::spawn(this.follow(work))),
        }
    };
    let service = Router::new().route("/{how}", get(handler)).layer(monitor.layer());
    for (how, expected) in [
        ("spawned", None),
        ("followed", Some(("db.select-users", 10.0))),
        ("blocking", Some(("hash", 8.0))),
        ("begun", Some(("hash", 6.0))),
        // What has not ended is not there.
        ("later", None),
    ] {
        let told = told(service.clone(), &format!("/{how}")).await;
        let part = told.get(1).map(|(name, time)| (name.as_str(), time.floor()));
        let is_it = match (part, expected) {
            (Some((name, time)), Some((wanted, least))) => {
                name == wanted && (least..least + 3.0).contains(&time)
            }
            (part, expected) => part.is_none() && expected.is_none(),
        };
        assert!(is_it, "{how}: {told:?}");
    }
    // Nobody's work does nothing.
    ThisRequest::current().within(|| monitor.part("x").add(ms(1)));
    ThisRequest::default().follow(async {}).await;
}

#[tokio::test]
async fn another_monitor_s_parts_are_not_this_one_s() {
    let (monitor, other) = (telling(), telling());
    // The same number in both.
    let (_, theirs) = (monitor.part("mine"), other.part("theirs"));
    let none = Part::default();
    let handler = get(move || async move {
        theirs.add(ms(5));
        none.add(ms(5));
        none.time(async {}).await;
    });
    let told = told(Router::new().route("/", handler).layer(monitor.layer()), "/").await;
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn a_request_without_a_layer_has_the_field_by_hand() {
    let monitor = telling();
    let request = Request::get("/items/7").body(()).unwrap();
    let part = monitor.part("render");
    let mut running = monitor.begin(&request, Name::Route("/items/{id}"), LoadTest::No);
    running.around(part.time(async {})).await;
    let value = running.server_timing().unwrap();
    assert!(value.to_str().unwrap().contains(", render;dur="), "{value:?}");
    running.answered(&Response::new(()));
    let quiet = Monitor::default();
    let running = quiet.begin(&request, Name::Route("/items/{id}"), LoadTest::No);
    assert_eq!(running.server_timing(), None);
    drop(running);
}

#[tokio::test]
async fn names_beyond_the_limit_are_other() {
    let monitor = Monitor::new(Limits { queries: 2, ..Limits::default() });
    monitor.tell_timing(|_, _| true);
    let all: Vec<Part> = (0..100).map(|number| monitor.part(&format!("part-{number}"))).collect();
    let last = all.last().unwrap().clone();
    let first = all[0].clone();
    let handler = get(move || async move {
        first.add(ms(1));
        last.add(ms(2));
    });
    let told = told(Router::new().route("/", handler).layer(monitor.layer()), "/").await;
    assert_eq!(told[1..], named(&[("part-0", 1.0), ("other", 2.0)]));
}

/// What one request does: parts by number, each with its time in milliseconds, or a turn for others.
type Work = Vec<Option<(usize, u64)>>;

/// Does it, over as many tasks as there are ways to be followed.
async fn work(parts: &[Part], query: &Query, work: Work) {
    for step in work {
        match step {
            None => tokio::task::yield_now().await,
            Some((number, time)) => {
                let part = parts[number].clone();
                match number % 4 {
                    0 => part.add(ms(time)),
                    1 => {
                        let query = query.time(async {
                            part.add(ms(time));
                            Ok::<_, ()>(())
                        });
                        query.await.unwrap();
                    }
                    2 => {
                        let this = ThisRequest::current();
                        tokio::spawn(this.follow(async move { part.add(ms(time)) })).await.unwrap();
                    }
                    _ => {
                        // Beside others of the same request.
                        tokio::join!(tokio::task::yield_now(), async { part.add(ms(time)) });
                    }
                }
            }
        }
    }
}

fn works() -> impl Strategy<Value = Vec<Work>> {
    let step = prop_oneof![1 => Just(None), 3 => (0_usize..12, 1_u64..1_000).prop_map(Some)];
    prop::collection::vec(prop::collection::vec(step, 0..20), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Many requests at once on several threads, each with parts of its own: every answer has exactly those of its request.
    #[test]
    fn requests_never_mix(all in works()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
        let monitor = telling();
        let parts: Vec<Part> = (0..12).map(|number| monitor.part(&format!("p{number}"))).collect();
        let query = monitor.query("select", "users");
        let expected = all.clone();
        let handler = get(move |Path(number): Path<usize>| {
            let (parts, query, mine) = (parts.clone(), query.clone(), all[number].clone());
            async move { work(&parts, &query, mine).await }
        });
        let service = Router::new().route("/{number}", handler).layer(monitor.layer());
        let asked: Vec<_> = (0..expected.len())
            .map(|number| {
                let service = service.clone();
                runtime.spawn(async move { told(service, &format!("/{number}")).await })
            })
            .collect();
        for (asked, work) in asked.into_iter().zip(expected) {
            let told = runtime.block_on(asked).unwrap();
            for number in 0..12 {
                let own = work.iter().flatten().filter(|(part, _)| *part == number);
                let sum: u64 = own.map(|(_, time)| time).sum();
                let found = told.iter().find(|(name, _)| *name == format!("p{number}"));
                prop_assert_eq!(found.map_or(0.0, |(_, time)| *time), sum as f64, "{:?}", &told);
            }
        }
    }
}
