//! What a run's budgets say of a database, against what the database really did: a server that is made up executes,
//! forgets, evicts and goes away as chance has it, and nothing that was not seen makes a budget pass.

use std::collections::HashSet;
use std::sync::Arc;

use loadline_measure::{Run, RunMeta, Schema, Sink, ThresholdText, Window};
use loadline_pg::cost::{
    Activity, ActivitySample, CostMetrics, Counters, Ledger, Snapshot, StatementKey, Wait,
};
use loadline_verdict::{Budgets, Outcome, judge};
use proptest::prelude::*;

/// The server's blocks have so many bytes.
const BLOCK: u64 = 8_192;

/// What happens between two looks, or at one.
#[derive(Clone, Copy, Debug)]
enum Happens {
    /// A statement is executed so often, each time for so long, with so many blocks of temporary files.
    Executes { query: i64, calls: u64, ms: u64, blocks: u64 },
    /// A look at a session at work, which may wait for a lock.
    Works { waits: bool },
    /// All statistics of statements are forgotten.
    Reset,
    /// Those of one are.
    ResetOne(i64),
    /// An entry makes room for others.
    Evicts(i64),
    /// The server is started again; it may keep its statistics.
    Restarts { keeps: bool },
    /// The database's own statistics are forgotten.
    ResetDatabase,
    /// The role loses the right to see what others do, or gets it back.
    Hides,
    /// Snapshot.
    Snapshot,
    /// The server cannot be asked for a while, and goes on.
    Away,
}

fn happens() -> impl Strategy<Value = Happens> {
    let executes = (1..4_i64, 1..50_u64, 1..20_u64, 0..2_u64)
        .prop_map(|(query, calls, ms, blocks)| Happens::Executes { query, calls, ms, blocks });
    prop_oneof![
        12 => executes,
        6 => any::<bool>().prop_map(|waits| Happens::Works { waits }),
        12 => Just(Happens::Snapshot),
        1 => Just(Happens::Reset),
        1 => (1..4_i64).prop_map(Happens::ResetOne),
        1 => (1..4_i64).prop_map(Happens::Evicts),
        1 => any::<bool>().prop_map(|keeps| Happens::Restarts { keeps }),
        1 => Just(Happens::ResetDatabase),
        1 => Just(Happens::Hides),
        2 => Just(Happens::Away),
    ]
}

/// The server, and what it really did since the load began.
struct Server {
    now: Snapshot,
    /// Whether it tells when an entry was made, as it does since version 17.
    tells_since: bool,
    hides: bool,
    away: bool,
    calls: u64,
    blocks: u64,
    files: u64,
    of_one: (u64, u64),
    looks: (u64, u64),
    /// What the last snapshot had.
    seen: HashSet<StatementKey>,
}

fn key(query: i64) -> StatementKey {
    StatementKey { user: 10, database: 5, query, top_level: true }
}

impl Server {
    fn execute(&mut self, query: i64, calls: u64, ms: u64, blocks: u64) {
        let (since, at) = (self.tells_since.then_some(self.now.at_us), self.now.statements.entry(key(query)));
        let counters = at.or_insert(Counters { since_us: since, ..Counters::default() });
        counters.calls += calls;
        counters.time_ms += (calls * ms) as f64;
        counters.mean_ms = counters.time_ms / counters.calls as f64;
        counters.temp_blocks_written += calls * blocks;
        self.now.database.temp_files += calls * blocks;
        self.calls += calls;
        self.blocks += calls * blocks;
        self.files += calls * blocks;
        if query == 1 {
            self.of_one = (self.of_one.0 + calls, self.of_one.1 + calls * ms);
        }
    }

    fn snapshot(&self) -> Snapshot {
        let mut told = self.now.clone();
        if self.hides {
            let all = std::mem::take(&mut told.statements);
            told.hidden = all.len() as u64;
            told.hidden_calls = all.values().map(|counters| counters.calls).sum();
        }
        told
    }
}

/// A run while all of this happens: what is judged, and the server that knows the truth.
fn observed(course: &[Happens], tells_since: bool, thresholds: &[(&str, String)]) -> (Run, Server) {
    let schema = Schema::new();
    let metrics = CostMetrics::define(&schema).unwrap();
    let texts = thresholds.iter().map(|(selector, expression)| ThresholdText {
        selector: (*selector).to_owned(),
        expression: expression.clone(),
        ..ThresholdText::default()
    });
    let mut run =
        Run::new(RunMeta { thresholds: texts.collect(), ..RunMeta::default() }, Arc::clone(&schema));
    let now = Snapshot { started_us: 1, reset_us: Some(1), evictions: Some(0), ..Snapshot::default() };
    let mut server = Server {
        now,
        tells_since,
        hides: false,
        away: false,
        calls: 0,
        blocks: 0,
        files: 0,
        of_one: (0, 0),
        looks: (0, 0),
        seen: HashSet::new(),
    };
    // It was at work before the load.
    (1..3).for_each(|query| server.execute(query, 40, 3, 1));
    (server.calls, server.blocks, server.files, server.of_one) = (0, 0, 0, (0, 0));
    // One statement has a name of its own, the others are kept together.
    let mut ledger = Ledger::new(1, BLOCK);
    let mut second = 0;
    let mut look = |server: &mut Server, ledger: &mut Ledger, run: &mut Run| {
        server.now.at_us += 1_000_000;
        if std::mem::take(&mut server.away) {
            ledger.blind(1.0, "it was away");
        }
        server.seen = server.now.statements.keys().copied().collect();
        ledger.snapshot(server.snapshot(), second as f64);
        ledger.name([(1, "SELECT a".to_owned())], &|_| None);
        let mut window = Window::default();
        ledger.record(&mut window, (&schema, &metrics), 0, false);
        run.push(second, window);
        second += 1;
    };
    look(&mut server, &mut ledger, &mut run);
    for happens in course {
        match *happens {
            Happens::Executes { query, calls, ms, blocks } => server.execute(query, calls, ms, blocks),
            Happens::Works { waits } => {
                server.looks.0 += 1;
                server.looks.1 += u64::from(waits);
                let wait = Wait::of(waits.then_some("Lock"));
                let session = ActivitySample {
                    process: 1,
                    query: Some(1),
                    active: true,
                    idle_in_transaction: false,
                    wait,
                    transaction_ms: None,
                    text: String::new(),
                    is_cut: false,
                    started_us: None,
                    age_ms: None,
                };
                let hidden = u64::from(server.hides);
                let sessions = if server.hides { Vec::new() } else { vec![session] };
                if !server.away {
                    ledger.look(&Activity { sessions, hidden, ..Activity::default() }, 100.0, &|_| None);
                }
            }
            Happens::ResetOne(query) if tells_since && server.seen.contains(&key(query)) => {
                server.now.statements.remove(&key(query));
            }
            // No server leaves a trace of an entry that was made and reset between two looks, nor, before version 17,
            // of one that was executed more often since it was reset than before.
            Happens::Reset | Happens::ResetOne(_) => {
                server.now.statements.clear();
                server.now.reset_us = Some(server.now.at_us + 1 + second_of(&server.now));
            }
            Happens::Evicts(query) => {
                server.now.statements.remove(&key(query));
                server.now.evictions = server.now.evictions.map(|evictions| evictions + 1);
            }
            Happens::Restarts { keeps } => {
                server.now.started_us += 1;
                if !keeps {
                    server.now.statements.clear();
                    server.now.database = loadline_pg::cost::DatabaseCounters::default();
                }
                server.away = true;
            }
            Happens::ResetDatabase => {
                server.now.database = loadline_pg::cost::DatabaseCounters::default();
                server.now.database_reset_us = Some(server.now.database_reset_us.unwrap_or_default() + 1);
            }
            Happens::Hides => server.hides = !server.hides,
            Happens::Away => server.away = true,
            Happens::Snapshot => look(&mut server, &mut ledger, &mut run),
        }
        // Moments differ.
        server.now.at_us += 1;
    }
    if server.away {
        ledger.never_back(1.0, "it was away");
    } else {
        look(&mut server, &mut ledger, &mut run);
    }
    let mut window = Window::default();
    ledger.finish(&mut window, (&schema, &metrics), 0);
    run.push(second, window);
    (run, server)
}

fn second_of(snapshot: &Snapshot) -> i64 {
    snapshot.reset_us.unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_budget_passes_on_what_was_not_seen(
        course in prop::collection::vec(happens(), 0..40),
        tells_since in any::<bool>(),
        calls in 0_u64..400,
        blocks in 0_u64..40,
        mean in 1_u64..20,
    ) {
        let mean_limit = mean as f64 + 0.37;
        let asked = [
            ("db_calls", format!("count<={calls}")),
            ("db_calls", format!("count>={calls}")),
            ("db_temp_bytes", format!("count<={}", blocks * BLOCK)),
            ("db_temp_bytes", "count==0".to_owned()),
            ("db_temp_files", format!("count<={blocks}")),
            ("db_mean_time{query:SELECT a}", format!("avg<{mean_limit}")),
            ("db_calls{query:SELECT a}", format!("count<={calls}")),
            ("db_calls{query:SELECT b}", "count==0".to_owned()),
            ("db_lock_waits", "rate<0.25".to_owned()),
        ];
        let (run, server) = observed(&course, tells_since, &asked);
        let verdicts = judge(&run, &Budgets::of_run(&run).unwrap());
        let others = course.iter().any(|one| matches!(one, Happens::Executes { query: 2, .. }));
        let truths = [
            server.calls <= calls,
            server.calls >= calls,
            server.blocks <= blocks,
            server.blocks == 0,
            server.files <= blocks,
            server.of_one.0 > 0 && (server.of_one.1 as f64) < mean_limit * server.of_one.0 as f64,
            server.of_one.0 <= calls,
            !others,
            server.looks.0 > 0 && server.looks.1 * 4 < server.looks.0,
        ];
        for (verdict, truth) in verdicts.iter().zip(truths) {
            prop_assert!(
                verdict.outcome != Outcome::Pass || truth,
                "{} {} passes: {}", verdict.selector, verdict.expression, verdict.evidence
            );
        }
        // What certainly fails fails: what is known is already too much.
        let known = |metric: &str| match run.select(run.schema().find(metric).unwrap(), &[] as &[(&str, &str)]) {
            Some(Sink::Counter(counter)) => counter.sum,
            _ => 0.0,
        };
        prop_assert!(known("db_calls") <= server.calls as f64, "nothing is made up");
        if known("db_calls") > calls as f64 {
            prop_assert_eq!(verdicts[0].outcome, Outcome::Fail);
            prop_assert_eq!(verdicts[1].outcome, Outcome::Pass);
        }
        if known("db_temp_bytes") > 0.0 {
            prop_assert_eq!(verdicts[3].outcome, Outcome::Fail);
        }
        // Where nothing happened to the server, each verdict is the truth.
        let quiet = |one: &Happens| {
            matches!(one, Happens::Executes { .. } | Happens::Works { .. } | Happens::Snapshot)
        };
        if course.iter().all(quiet) {
            for (position, truth) in truths.into_iter().enumerate().filter(|(position, _)| *position != 7) {
                let verdict = &verdicts[position];
                prop_assert!(
                    verdict.outcome == if truth { Outcome::Pass } else { Outcome::Fail }
                        || verdict.outcome == Outcome::NoData && verdict.values == 0,
                    "{} {}: {}", verdict.selector, verdict.expression, verdict.evidence
                );
            }
        }
    }
}
