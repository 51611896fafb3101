//! The account of a run: what each statement cost, taken in snapshot by snapshot, given out second by second.
//!
//! A Run has room for the names of some statements, and which are the most expensive is known only at the end. So what
//! a statement costs is held back until it is among the most expensive, and goes into the Run under its name then; what
//! never is goes there at the end, under one name for all of them. Sums are exact in this way, and a statement that
//! rises late is a little late in its seconds.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use loadline_measure::{Schema, Window};

use super::activity::{Activity, Watched};
use super::apportion::{Apportioning, Part};
use super::difference::{Difference, Spent};
use super::hearing::Hearings;
use super::metrics::CostMetrics;
use super::missing::{Missing, Part as Of};
use super::name::{OTHER, StatementName};
use super::record::Filling;
use super::snapshot::{DatabaseCounters, Snapshot, StatementKey};
use super::timeline::Timeline;
use super::told::{Gap, Notes};

/// Statements that are looked at for names, as a multiple of those that are wanted: they may be overtaken.
const OVERTAKEN: usize = 2;

/// Requests of one endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Requests {
    /// How many there were.
    pub requests: f64,
    /// How many of them were answered, with their response times.
    pub answered: f64,
    /// These together, in milliseconds.
    pub time_ms: f64,
}

/// The queue of a connection pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// `database/user`.
    pub name: String,
    /// Clients that wait for a connection.
    pub waiting: u64,
    /// How long the first of them has waited, in milliseconds.
    pub longest_ms: f64,
}

/// The account of a run.
#[derive(Debug)]
pub struct Ledger {
    pub(super) top: usize,
    pub(super) block_bytes: u64,
    /// Statements of our own, by their numbers.
    pub(super) own: HashSet<i64>,
    before: Option<(Snapshot, f64)>,
    pub(super) accounts: HashMap<StatementKey, Account>,
    pub(super) names: HashMap<i64, StatementName>,
    texts: HashMap<i64, String>,
    pub(super) apportioning: Apportioning,
    pub(super) endpoints: BTreeMap<String, Requests>,
    /// The newest second of the run.
    pub(super) second: u64,
    timeline: Timeline,
    windows: VecDeque<Counted>,
    /// Until when executions were held against requests.
    counted_until: Option<f64>,
    pub(super) database: DatabaseCounters,
    pub(super) unrecorded: DatabaseCounters,
    pub(super) watched: Watched,
    held: Watched,
    pub(super) heard: Hearings,
    pools: Vec<Pool>,
    pub(super) pool_queue: u64,
    pub(super) pool_seen: bool,
    pub(super) flips: BTreeMap<String, u64>,
    pub(super) flipped: Vec<(StatementName, String)>,
    pub(super) unobserved: f64,
    pub(super) blind: Option<(f64, String)>,
    recorded_any: bool,
    /// Statements that went back or away.
    pub(super) lost: HashSet<StatementKey>,
    /// What is missing of which metrics.
    pub(super) missing: Missing,
    /// What is missing, for people.
    pub notes: Notes,
}

/// What is known of a statement.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) total: Spent,
    /// Not in the Run yet.
    held: Spent,
    pub(super) named: bool,
    /// Whether some of it is not known.
    pub(super) lost: bool,
    pub(super) part: Part,
}

/// Executions between two snapshots that are not held against requests yet.
#[derive(Debug)]
struct Counted {
    from_s: f64,
    to_s: f64,
    seconds: f64,
    calls: Vec<(StatementKey, f64)>,
}

impl Ledger {
    /// An account that names so many statements; the server's blocks are that large.
    pub fn new(top: usize, block_bytes: u64) -> Self {
        Self {
            top: top.max(1),
            block_bytes,
            own: HashSet::new(),
            before: None,
            accounts: HashMap::new(),
            names: HashMap::new(),
            texts: HashMap::new(),
            apportioning: Apportioning::default(),
            endpoints: BTreeMap::new(),
            second: 0,
            timeline: Timeline::default(),
            windows: VecDeque::new(),
            counted_until: None,
            database: DatabaseCounters::default(),
            unrecorded: DatabaseCounters::default(),
            watched: Watched::default(),
            held: Watched::default(),
            heard: Hearings::default(),
            pools: Vec::new(),
            pool_queue: 0,
            pool_seen: false,
            flips: BTreeMap::new(),
            flipped: Vec::new(),
            unobserved: 0.0,
            blind: None,
            recorded_any: false,
            lost: HashSet::new(),
            missing: Missing::default(),
            notes: Notes::default(),
        }
    }

    /// Leaves these statements out: they are those of whoever looks.
    pub fn leave_out(&mut self, own: impl IntoIterator<Item = i64>) {
        self.own.extend(own);
        let own = &self.own;
        self.accounts.retain(|key, _| !own.contains(&key.query));
    }

    /// The load begins with the next snapshot: what was counted until there is not of it.
    pub fn begin(&mut self) {
        self.before = None;
        self.watched = Watched::default();
        self.held = Watched::default();
        self.heard.begin();
        self.pools.clear();
        self.pool_queue = 0;
        self.missing = Missing::default();
    }

    /// Takes in the requests of a second of the run, heard of at this moment by the clock of snapshots.
    pub fn requests(
        &mut self,
        second: u64,
        heard_s: f64,
        by_endpoint: impl IntoIterator<Item = (String, Requests)>,
    ) {
        self.second = second;
        let mut numbers = BTreeMap::new();
        for (endpoint, requests) in by_endpoint {
            *numbers.entry(endpoint.clone()).or_default() += requests.requests;
            self.endpoints.entry(endpoint).or_default().add(&requests);
        }
        self.timeline.second(second, heard_s, numbers);
        self.hold_against_requests(false);
    }

    /// Takes in a snapshot, taken at this moment: what was spent since the one before.
    pub fn snapshot(&mut self, snapshot: Snapshot, at_s: f64) {
        self.notes.hidden_statements = self.notes.hidden_statements.max(snapshot.hidden);
        let Some((before, from_s)) = self.before.replace((snapshot, at_s)) else { return };
        let Some((now, _)) = &self.before else { return };
        let window = Difference::between(&before, now);
        let blind = self.blind.take();
        if let Some(void) = window.void {
            self.void(window.seconds, void);
            return;
        }
        if now.reset_us.is_none() {
            self.uncounted(window.seconds);
        }
        if let Some((seconds, why)) = blind {
            self.unobserved += seconds;
            self.notes.blind.push(Gap { second: self.second, seconds, why });
        }
        let mut calls = Vec::with_capacity(window.statements.len());
        for (key, spent) in window.statements.iter().filter(|(key, _)| !self.own.contains(&key.query)) {
            let account = self.accounts.entry(*key).or_default();
            account.total.add(spent);
            account.held.add(spent);
            calls.push((*key, spent.calls as f64));
        }
        self.account_for(&window);
        self.windows.push_back(Counted { from_s, to_s: at_s, seconds: window.seconds, calls });
        self.hold_against_requests(false);
    }

    /// Holds executions against requests, in those windows whose requests are known.
    pub(super) fn hold_against_requests(&mut self, last: bool) {
        while let Some(window) = self.windows.pop_front_if(|window| last || self.timeline.covers(window.to_s))
        {
            if self.counted_until.replace(window.to_s).is_some_and(|until| until < window.from_s) {
                self.apportioning.gap();
            }
            let requests = self.timeline.between(window.from_s, window.to_s);
            self.timeline.forget(window.to_s);
            let row = self.apportioning.window(window.seconds, &requests);
            for (key, calls) in window.calls {
                if let Some(account) = self.accounts.get_mut(&key) {
                    account.part.add(&row, calls);
                }
            }
        }
    }

    /// Takes in a look at sessions, so long after the one before. `endpoint` knows endpoints by what comments call
    /// them.
    pub fn look(&mut self, look: &Activity, since_ms: f64, endpoint: &dyn Fn(&str) -> Option<String>) {
        let mut look = look.clone();
        look.sessions.retain(|session| session.query.is_none_or(|query| !self.own.contains(&query)));
        self.notes.hidden_sessions = self.notes.hidden_sessions.max(look.hidden);
        if look.hidden > 0 {
            self.missing.note(&[Of::Sessions], 0.0, "sessions of other users are hidden from this role");
        }
        let mut now = Watched::default();
        now.add(&look, since_ms);
        self.heard.hear(&look, endpoint);
        self.notes.cut_texts = self.heard.cut;
        self.watched.merge(&now);
        self.held.merge(&now);
    }

    /// Takes in the queues of a pool.
    pub fn pools(&mut self, pools: Vec<Pool>) {
        self.pool_queue = self.pool_queue.max(pools.iter().map(|pool| pool.waiting).sum());
        self.pool_seen = true;
        self.pools.extend(pools);
    }

    /// Numbers of statements that are among the most expensive and have no name yet.
    pub fn unnamed(&self) -> Vec<i64> {
        let wanted = self.ranked().into_iter().take(self.top);
        let mut unnamed: Vec<i64> =
            wanted.filter(|(_, account)| !account.named).map(|(key, _)| key.query).collect();
        unnamed.dedup();
        if self.named() >= self.top * OVERTAKEN { Vec::new() } else { unnamed }
    }

    /// Names statements by their texts. `endpoint` knows endpoints by what comments call them.
    pub fn name(
        &mut self,
        texts: impl IntoIterator<Item = (i64, String)>,
        endpoint: &dyn Fn(&str) -> Option<String>,
    ) {
        for (query, text) in texts {
            self.heard.keep(query, &text, endpoint);
            self.names.insert(query, StatementName::of(&text, query));
            self.texts.insert(query, text);
        }
        for (key, account) in &mut self.accounts {
            account.named |= self.names.contains_key(&key.query);
        }
    }

    /// The texts of those that have names, the most expensive first.
    pub fn texts(&self) -> Vec<(i64, &str)> {
        let mut known = HashSet::new();
        let ranked = self.ranked().into_iter().filter(|(key, _)| known.insert(key.query));
        ranked.filter_map(|(key, _)| Some((key.query, self.texts.get(&key.query)?.as_str()))).collect()
    }

    fn named(&self) -> usize {
        self.accounts.values().filter(|account| account.named).count()
    }

    /// The most expensive first.
    pub(super) fn ranked(&self) -> Vec<(StatementKey, &Account)> {
        let mut all: Vec<_> = self.accounts.iter().map(|(key, account)| (*key, account)).collect();
        all.sort_by(|left, right| {
            right.1.total.time_ms.total_cmp(&left.1.total.time_ms).then(left.0.cmp(&right.0))
        });
        all
    }

    /// Gives what was taken in since the last time, as values of a Run; at the end also what was held back.
    pub fn record(
        &mut self,
        window: &mut Window,
        (schema, metrics): (&Schema, &CostMetrics),
        unix_ns: i64,
        last: bool,
    ) {
        let mut filling = Filling { window, schema, metrics, unix_ns };
        let mut others = Spent::default();
        for (key, account) in self.accounts.iter_mut().filter(|(_, account)| account.held.calls > 0) {
            match self.names.get(&key.query) {
                Some(name) => {
                    filling.statement(name.as_str(), &std::mem::take(&mut account.held), self.block_bytes);
                }
                None if last => others.add(&std::mem::take(&mut account.held)),
                None => {}
            }
        }
        if others.calls > 0 {
            filling.statement(OTHER, &others, self.block_bytes);
            filling.rest(Of::Statements.metrics());
            filling.rest(Of::Sessions.metrics());
        }
        let names = &self.names;
        let known = |query: &Option<i64>| last || query.is_none_or(|query| names.contains_key(&query));
        let mut now = Watched { sessions: self.held.sessions.take(), ..Watched::default() };
        now.active_ms = self.held.active_ms.extract_if(.., |(query, _), _| known(query)).collect();
        now.looks = self.held.looks.extract_if(.., |query, _| known(query)).collect();
        self.held = Watched {
            active_ms: std::mem::take(&mut self.held.active_ms),
            looks: std::mem::take(&mut self.held.looks),
            ..Watched::default()
        };
        filling.watched(&now, &|query| {
            query
                .and_then(|query| names.get(&query))
                .map_or_else(|| OTHER.to_owned(), |name| name.as_str().to_owned())
        });
        if self.before.is_some() {
            filling.database(&std::mem::take(&mut self.unrecorded));
        }
        for pool in self.pools.drain(..) {
            filling.pool(&pool.name, pool.waiting, pool.longest_ms);
        }
        let flips = std::mem::take(&mut self.flips);
        if !flips.is_empty() {
            filling.rest(Of::Plans.metrics());
        }
        for (name, flips) in flips {
            filling.plan(&name, flips);
        }
        let names = &self.names;
        self.missing.record(&mut filling, |query| names.get(&query).map(StatementName::as_str));
        if self.unobserved > 0.0 || !self.recorded_any {
            filling.unobserved(std::mem::take(&mut self.unobserved));
        }
        self.recorded_any = true;
    }
}

impl Requests {
    /// Adds those of another second.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.answered += other.answered;
        self.time_ms += other.time_ms;
    }

    /// Their mean response time in milliseconds, where any was answered.
    pub(super) fn response_ms(&self) -> Option<f64> {
        (self.answered > 0.0).then(|| self.time_ms / self.answered)
    }
}

impl DatabaseCounters {
    /// Adds what was counted in another window.
    pub(super) fn add(&mut self, other: &Self) {
        self.commits += other.commits;
        self.rollbacks += other.rollbacks;
        self.deadlocks += other.deadlocks;
        self.temp_files += other.temp_files;
    }
}
