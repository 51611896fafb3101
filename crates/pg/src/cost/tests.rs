//! A run's account, with a server that is made up second by second.

use std::collections::BTreeMap;
use std::sync::Arc;

use loadline_measure::{Run, RunMeta, Schema, Sink, Window};

use super::*;

/// A server with statements that are executed as told.
struct Server {
    snapshot: Snapshot,
}

fn key(query: i64) -> StatementKey {
    StatementKey { user: 10, database: 5, query, top_level: true }
}

impl Server {
    fn new() -> Self {
        Self {
            snapshot: Snapshot {
                started_us: 1,
                reset_us: Some(1),
                evictions: Some(0),
                ..Snapshot::default()
            },
        }
    }

    /// Executes a statement so often, each time for so long.
    fn execute(&mut self, query: i64, calls: u64, ms: f64) {
        let counters = self.snapshot.statements.entry(key(query)).or_default();
        let squares = counters.squares() + calls as f64 * ms * ms;
        counters.calls += calls;
        counters.rows += 3 * calls;
        counters.time_ms += calls as f64 * ms;
        counters.mean_ms = counters.time_ms / counters.calls as f64;
        counters.deviation_ms = (squares / counters.calls as f64 - counters.mean_ms.powi(2)).max(0.0).sqrt();
        counters.blocks_hit += 9 * calls;
        counters.blocks_read += calls;
    }

    fn second(&mut self) -> Snapshot {
        self.snapshot.at_us += 1_000_000;
        self.snapshot.clone()
    }
}

struct Account {
    ledger: Ledger,
    run: Run,
    schema: Arc<Schema>,
    metrics: CostMetrics,
    second: u64,
}

impl Account {
    fn new(top: usize) -> Self {
        let schema = Schema::new();
        let metrics = CostMetrics::define(&schema).unwrap();
        let run = Run::new(RunMeta::default(), Arc::clone(&schema));
        Self { ledger: Ledger::new(top, 8_192), run, schema, metrics, second: 0 }
    }

    fn second(&mut self, server: &mut Server, requests: &[(&str, f64)]) {
        let of = |requests: f64| Requests { requests, answered: requests, time_ms: 10.0 * requests };
        let requests = requests.iter().map(|(name, number)| ((*name).to_owned(), of(*number)));
        // A snapshot is taken a little later than the second ends.
        let ends = (self.second + 1) as f64;
        self.ledger.requests(self.second, ends, requests);
        self.ledger.snapshot(server.second(), ends);
        let unnamed = self.ledger.unnamed();
        let texts = unnamed.into_iter().map(|query| (query, format!("SELECT a{query}")));
        self.ledger.name(texts, &|name| Some(name.to_owned()));
        let mut window = Window::default();
        self.ledger.record(&mut window, (&self.schema, &self.metrics), 0, false);
        self.run.push(self.second, window);
        self.second += 1;
    }

    fn finish(&mut self) -> DatabaseCost {
        let mut window = Window::default();
        let cost = self.ledger.finish(&mut window, (&self.schema, &self.metrics), 0);
        self.run.push(self.second, window);
        cost
    }

    /// The sum of a metric over the run.
    fn sum(&self, metric: &str, tags: &[(&str, &str)]) -> f64 {
        match self.run.select(self.schema.find(metric).unwrap(), tags) {
            Some(Sink::Counter(counter)) => counter.sum,
            Some(Sink::Trend(trend)) => trend.sum(),
            Some(Sink::Rate(rate)) => rate.share().unwrap(),
            other => panic!("{metric}: {other:?}"),
        }
    }
}

/// Numbers of requests that vary as chance has it, the same every time.
fn varying(second: u64, salt: u64) -> f64 {
    // The finalizer of SplitMix64: numbers in a row have nothing in common.
    let seed = (second * 31 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 59;
    (10 + mixed) as f64
}

#[test]
fn a_run_has_what_the_server_counted_and_whose_it_is() {
    let (mut server, mut account) = (Server::new(), Account::new(10));
    server.execute(1, 500, 7.0);
    account.second(&mut server, &[]);
    let mut made: BTreeMap<&str, f64> = BTreeMap::new();
    for second in 0..40 {
        let (list, show) = (varying(second, 1), varying(second, 977));
        *made.entry("list").or_default() += list;
        *made.entry("show").or_default() += show;
        // One statement and four more for each of its rows; and two.
        server.execute(1, list as u64, 2.0);
        server.execute(2, 4 * list as u64, 0.5);
        server.execute(3, 2 * show as u64, 3.0);
        account.second(&mut server, &[("list", list), ("show", show)]);
    }
    let cost = account.finish();
    let (list, show) = (made["list"], made["show"]);
    assert_eq!(account.sum("db_calls", &[]), 5.0 * list + 2.0 * show);
    assert_eq!(account.sum("db_calls", &[("query", "SELECT a1")]), list);
    assert_eq!(account.sum("db_rows", &[("query", "SELECT a3")]), 6.0 * show);
    assert!((account.sum("db_time", &[]) - (4.0 * list + 6.0 * show)).abs() < 1e-6);
    assert!((account.sum("db_mean_time", &[("query", "SELECT a3")]) - 6.0 * show).abs() < 1e-6);
    assert!((account.sum("db_cache_hits", &[]) - 0.9).abs() < 1e-12);
    let told = |name: &str| {
        let endpoint = cost.endpoints.iter().find(|endpoint| endpoint.name == name).unwrap();
        assert_eq!(endpoint.told, Told::Inferred);
        (endpoint.calls, endpoint.time_ms, endpoint.share)
    };
    let close = |found: f64, truth: f64| (found - truth).abs() < 0.02 * truth;
    let (calls, time_ms, share) = told("list");
    assert!(close(calls, 5.0) && close(time_ms, 4.0), "{calls} {time_ms}");
    assert!(close(share, 4.0 * list / (4.0 * list + 6.0 * show)));
    let (calls, time_ms, _) = told("show");
    assert!(close(calls, 2.0) && close(time_ms, 6.0), "{calls} {time_ms}");
    let kept = account.sum("db_calls_per_request", &[("endpoint", "show")]);
    assert!(close(kept, 2.0 * show), "{kept}");
    assert!(cost.lines()[1].contains("of its 10ms"), "{:#?}", cost.lines());
}

#[test]
fn only_the_most_expensive_have_names_and_nothing_is_lost() {
    let (mut server, mut account) = (Server::new(), Account::new(2));
    account.second(&mut server, &[]);
    for second in 0..10 {
        for query in 1..=8 {
            // The last one is the most expensive, and comes late.
            let ms = if query == 8 && second > 5 { 90.0 } else { query as f64 };
            server.execute(query, 10, ms);
        }
        account.second(&mut server, &[]);
    }
    let cost = account.finish();
    assert_eq!(account.sum("db_calls", &[]), 800.0);
    assert_eq!(account.sum("db_calls", &[("query", "SELECT a8")]), 100.0);
    let named = cost.statements.iter().filter(|statement| statement.name != OTHER).count();
    assert!((2..=4).contains(&named), "{named}");
    assert!(account.sum("db_calls", &[("query", OTHER)]) > 0.0);
}

#[test]
fn a_reset_and_a_restart_are_said_and_give_no_wrong_figure() {
    let (mut server, mut account) = (Server::new(), Account::new(10));
    account.second(&mut server, &[]);
    let mut counted = 0.0;
    for second in 0..30 {
        let requests = varying(second, 5);
        server.execute(1, 3 * requests as u64, 1.0);
        match second {
            10 => {
                server.snapshot.statements.clear();
                server.snapshot.reset_us = Some(99);
                server.execute(1, 1, 1.0);
            }
            20 => {
                server.snapshot.statements.clear();
                server.snapshot.started_us = 99;
                server.snapshot.reset_us = Some(100);
            }
            _ => counted += requests,
        }
        account.second(&mut server, &[("a", requests)]);
    }
    let cost = account.finish();
    // What was counted without a doubt, and per request what it is.
    assert_eq!(account.sum("db_calls", &[]), 3.0 * counted);
    assert!((cost.endpoints[0].calls - 3.0).abs() < 1e-9 && cost.endpoints[0].told == Told::Inferred);
    assert_eq!(account.sum("db_unobserved", &[]), 2.0);
    let lines = cost.notes.lines().join("\n");
    assert!(
        lines.contains("were reset at second 11") && lines.contains("started again at second 21"),
        "{lines}"
    );
}

#[test]
fn evictions_are_said_and_endpoints_are_not_told() {
    let (mut server, mut account) = (Server::new(), Account::new(10));
    account.second(&mut server, &[]);
    for second in 0..20 {
        let requests = varying(second, 5);
        server.execute(1, requests as u64, 1.0);
        server.execute(2, requests as u64, 1.0);
        if second == 8 {
            server.snapshot.statements.remove(&key(2));
            server.snapshot.evictions = Some(1);
        }
        account.second(&mut server, &[("a", requests)]);
    }
    let cost = account.finish();
    assert_eq!(cost.endpoints[0].told, Told::No);
    let lost: Vec<&str> =
        cost.statements.iter().filter(|one| one.lost).map(|one| one.name.as_str()).collect();
    assert_eq!(lost, ["SELECT a2"]);
    assert!(cost.notes.lines()[0].contains("evicted"), "{:?}", cost.notes.lines());
    assert!(
        account
            .run
            .select(account.schema.find("db_calls_per_request").unwrap(), &[("endpoint", "a")])
            .is_none()
    );
}

#[test]
fn our_own_statements_are_left_out() {
    let (mut server, mut account) = (Server::new(), Account::new(10));
    account.ledger.leave_out([7]);
    account.second(&mut server, &[]);
    server.execute(7, 10, 1.0);
    server.execute(1, 10, 1.0);
    account.second(&mut server, &[]);
    assert_eq!(account.finish().calls, 10);
    assert_eq!(account.sum("db_calls", &[]), 10.0);
}

#[test]
fn comments_that_name_endpoints_are_believed() {
    let (mut server, mut account) = (Server::new(), Account::new(10));
    account.second(&mut server, &[]);
    for second in 0..20 {
        // Both always rise together: nothing could be inferred.
        let requests = f64::from(10 + second);
        server.execute(1, 4 * requests as u64, 1.0);
        let session = |endpoint: &str| ActivitySample {
            process: 1,
            query: Some(1),
            active: true,
            idle_in_transaction: false,
            wait: Wait::Cpu,
            transaction_ms: None,
            text: format!("SELECT a1 /*route='{endpoint}'*/"),
            is_cut: false,
            started_us: None,
            age_ms: None,
        };
        let look = Activity {
            sessions: vec![session("a"), session("b"), session("b"), session("b")],
            ..Activity::default()
        };
        account.ledger.look(&look, 100.0, &|name| Some(name.to_owned()));
        account.second(&mut server, &[("a", requests), ("b", requests)]);
    }
    let cost = account.finish();
    let of = |name: &str| cost.endpoints.iter().find(|one| one.name == name).unwrap();
    assert_eq!((of("a").told, of("b").told), (Told::ByComments, Told::ByComments));
    assert!((of("a").calls - 1.0).abs() < 1e-9 && (of("b").calls - 3.0).abs() < 1e-9);
}
