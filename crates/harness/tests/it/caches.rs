//! What a cache did with the requests of a scenario, told by the cache, and held against what its origin has seen.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use loadline_edge::rules::Rules;
use loadline_edge_server::{Edge, Origin, Settings, serve};
use loadline_harness::{LoadTest, User};
use loadline_load::{Executor, Iteration, Scenario, SharedIterations};
use loadline_measure::{Run, Sink};
use loadline_runner::Ending;
use loadline_serve::{Bound, Patience};
use tokio::sync::oneshot;

const RULES: &str = "[[rule]]\nname = 'items'\npath = '/item/*'\ncache = { public = true, max_age = '1h' }\n\n[[rule]]\nname = 'own'\npath = '/own'\ncache = { private = true, no_store = true }\n";

const PROJECT: &str = "[edge]\nrules = 'edge.toml'\nregion = 'x-region'\n\n[[budget]]\nmetric = 'cache_hits{rule:items}'\nhit_rate = '50%'\n\n[[budget]]\nmetric = 'cache_hits{rule:own}'\nhit_rate = '50%'\n";

/// A server that says where it is, and how often it was asked.
fn origin() -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::<AtomicU64>::default());
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let count = Arc::clone(&count);
            std::thread::spawn(move || answer(&stream, &count));
        }
    });
    (address, asked)
}

fn answer(mut stream: &TcpStream, count: &AtomicU64) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while lines.next().is_some() {
        while lines.next().is_some_and(|line| !line.is_empty()) {}
        count.fetch_add(1, Ordering::SeqCst);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-Region: SYD\r\nContent-Length: 5\r\n\r\nhello");
    }
}

/// An edge in front of it, until the first is dropped.
fn edge(origin: SocketAddr) -> (oneshot::Sender<()>, JoinHandle<()>, SocketAddr) {
    let settings = Settings::new(Origin::new(&format!("http://{origin}"), None).unwrap());
    let rules = || Rules::parse("edge.toml", RULES).map_err(|error| error.to_string());
    let edge = Edge::new(settings, Box::new(rules)).unwrap();
    let (stop, stopped) = oneshot::channel();
    let (told, address) = std::sync::mpsc::channel();
    let serving = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bound = Bound::new(([127, 0, 0, 1], 0).into()).await.unwrap();
            told.send(bound.address()).unwrap();
            let stopped = async {
                let _ = stopped.await;
            };
            let patience = Patience { drain: Duration::ZERO, ..Patience::default() };
            serve(&edge, vec![bound], 1, patience, stopped).await.unwrap();
        });
    });
    (stop, serving, address.recv().unwrap())
}

/// Of a rate, what has passed and all there was.
fn rate(run: &Run, name: &str, tags: &[(&str, &str)]) -> (u64, u64) {
    match run.select(run.schema().find(name).unwrap(), tags) {
        Some(Sink::Rate(rate)) => (rate.passes, rate.total),
        other => panic!("{name} {tags:?}: {other:?}"),
    }
}

#[test]
fn a_scenario_records_what_caches_did_and_is_judged_by_it() {
    let (origin, asked) = origin();
    let (stop, serving, address) = edge(origin);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("edge.toml"), RULES).unwrap();
    std::fs::write(folder.path().join("loadline.toml"), PROJECT).unwrap();
    let executor = Executor::SharedIterations(SharedIterations {
        vus: 4,
        iterations: 60,
        max_duration: Duration::from_mins(5),
    });
    let test = LoadTest::new("behind a cache").project(folder.path().join("loadline.toml")).scenario(
        Scenario::new("browse", executor),
        async move |user: User, it: Iteration| {
            for path in ["item/1", "item/2", "own"] {
                user.get(&it, &format!("http://{address}/{path}")).await.unwrap();
            }
        },
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = runtime.block_on(test.run()).unwrap();
    drop(stop);
    serving.join().unwrap();

    // One of the two budgets is on what no cache may keep.
    assert_eq!((ended.ending, ended.verdicts.len()), (Ending::Failed, 2), "{:?}", ended.trouble);
    let run = &ended.run;
    let (hits, items) = rate(run, "cache_hits", &[("rule", "items"), ("region", "SYD")]);
    assert!(items == 120 && hits >= 112, "at most four users wait for each of two: {hits} of {items}");
    assert_eq!(rate(run, "cache_hits", &[("rule", "own")]), (0, 60));
    // What a run says of the origin is what the origin has seen.
    let (spared, all) = rate(run, "cache_offload", &[]);
    assert_eq!(all - spared, asked.load(Ordering::SeqCst));
    assert_eq!((all, asked.load(Ordering::SeqCst)), (180, 62));
    let count = |name: &str, tags: &[(&str, &str)]| {
        let sink = run.select(run.schema().find(name).unwrap(), tags);
        sink.map_or(0, |sink| sink.count())
    };
    assert_eq!(count("cache_misses", &[("why", "bypass")]), 60);
    assert_eq!(count("cache_misses", &[("why", "uri-miss")]), items - hits);
    assert_eq!(count("cache_collapsed", &[]), items - hits - 2);
}
