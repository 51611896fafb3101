//! The rhythm of it: looks, snapshots, names, and a server that goes away and comes back.

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use loadline_measure::{Window, unix_ns};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::super::connect::Session;
use super::ask::{self, LIMITS, PATIENCE};
use super::facts::Facts;
use super::plans::{Fate, Planner};
use super::pools::{self, HELLO};
use super::read;
use super::reports;
use super::shared::{Following, SecondOver};
use crate::cost::{DatabaseCost, Ledger};

/// Looks at sessions.
const LOOKS: Duration = Duration::from_millis(100);
/// How much more of the past each looks at than since the one before, for what an answer takes.
const AT_LEAST: Duration = Duration::from_millis(50);
/// A pool is looked at with each of so many.
const POOL_LOOKS: u64 = 2;
/// How often names are looked up, at the most: it makes the server read all of its texts.
const NAMES: Duration = Duration::from_secs(2);
/// How long is waited before a server that went away is tried again.
const AGAIN: Duration = Duration::from_millis(300);
/// The last snapshot may take so long, reconnecting included.
const LAST: Duration = Duration::from_secs(5);
/// What is said of a server that takes longer.
const SILENT: &str = "it did not answer in time";

/// What goes on.
struct Course<'f> {
    following: &'f Following,
    facts: Facts,
    session: Option<Session>,
    pooler: Option<Session>,
    ledger: Ledger,
    planner: Option<Planner>,
    idle: u64,
    looks: u64,
    begun: Instant,
    last_look: Instant,
    pool_asked: Instant,
    names_at: Option<Instant>,
    /// Since when nothing is known, and why.
    away: Option<(Instant, String)>,
    told_away: bool,
    told_pooler: bool,
}

/// Follows until all is over; tells when it has begun, or why it can't.
pub(super) async fn follow(
    following: &Following,
    ready: &SyncSender<Result<(), String>>,
) -> (Window, DatabaseCost) {
    let mut course = match Course::begin(following).await {
        Ok(course) => course,
        Err(why) => {
            // Whoever waits for it may be gone.
            let _ = ready.send(Err(why));
            return Default::default();
        }
    };
    let _ = ready.send(Ok(()));
    let mut looks = interval(LOOKS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = following.shared.news.notified() => {
                if following.shared.lock().over {
                    break;
                }
                course.second().await;
            }
            _ = looks.tick() => course.look().await,
        }
    }
    course.end().await
}

impl<'f> Course<'f> {
    async fn begin(following: &'f Following) -> Result<Self, String> {
        let settings = &following.settings;
        let pooled = pools::is_pooled(&settings.address).await.map_err(|error| error.to_string())?;
        if pooled {
            return Err(format!(
                "`{}` is a pooler that shares sessions between transactions, not the server\nhint: name the server itself, and the pooler as `pgbouncer` in `[database]`",
                settings.address
            ));
        }
        let session =
            Session::open_with(&settings.address, LIMITS).await.map_err(|error| error.to_string())?;
        let facts = read::facts(&session).await.map_err(|why| format!("`{}`: {why}", settings.address))?;
        for warning in facts.warnings() {
            (following.voice)(&warning);
        }
        let facts = facts.usable();
        let pooler = match &settings.pgbouncer {
            Some(address) => {
                let pooler = Session::open_with(address, HELLO).await.map_err(|error| error.to_string())?;
                pools::pools(&pooler).await.map_err(|why| {
                    format!("`{address}` does not show its pools: {why}\nhint: name the database `pgbouncer` of the pooler, as one of its `stats_users`")
                })?;
                Some(pooler)
            }
            None => None,
        };
        let mut ledger = Ledger::new(settings.top, facts.block_bytes);
        ledger.notes.most_entries = facts.most;
        let mut course = Self {
            planner: settings.plans.then(|| Planner::new(&settings.address)),
            following,
            facts,
            session: Some(session),
            pooler,
            ledger,
            idle: 0,
            looks: 0,
            begun: Instant::now(),
            last_look: Instant::now(),
            pool_asked: Instant::now(),
            names_at: None,
            away: None,
            told_away: false,
            told_pooler: false,
        };
        course.first().await.map_err(|why| format!("`{}`: {why}", settings.address))?;
        Ok(course)
    }

    /// Asks everything once, so that our own statements are known, and takes the snapshot that all begins with.
    async fn first(&mut self) -> Result<(), String> {
        let Some(session) = &self.session else { return Ok(()) };
        read::snapshot(session, &self.facts).await?;
        read::activity(session, &self.facts, &ask::activity(&self.facts, AT_LEAST)).await?;
        ask::ask(session, &ask::blockers(&[0])).await?;
        self.names(&[]).await?;
        self.names(&[]).await?;
        self.snapshot().await?;
        self.names_at = None;
        Ok(())
    }

    /// A second is over.
    async fn second(&mut self) {
        if self.session.is_none() {
            self.reconnect().await;
        }
        if let Err(why) = self.snapshot().await {
            self.lose(why);
        }
        let unnamed = self.ledger.unnamed();
        let rested = self.names_at.is_none_or(|at| at.elapsed() >= NAMES);
        if !unnamed.is_empty()
            && rested
            && self.session.is_some()
            && let Err(why) = self.names(&unnamed).await
        {
            self.lose(why);
        }
        self.give(false);
    }

    async fn snapshot(&mut self) -> Result<(), String> {
        let Some(session) = &self.session else { return Ok(()) };
        // One that is on its way already has the end of what was before the load.
        let anew = self.following.shared.lock().anew;
        let asked = Instant::now();
        let (snapshot, idle) = read::snapshot(session, &self.facts).await?;
        // Somewhere in between.
        let at = asked + asked.elapsed() / 2;
        self.idle = idle;
        let begun = if anew { self.begin_anew() } else { None };
        self.take_requests();
        self.ledger.snapshot(snapshot, self.since_begun(at));
        if let Some(begun) = begun {
            self.ledger.late(at.saturating_duration_since(begun).as_secs_f64());
        }
        Ok(())
    }

    /// The load is counted from the newest snapshot on; when it began, if it did not wait for that.
    fn begin_anew(&mut self) -> Option<Instant> {
        self.ledger.begin();
        let mut state = self.following.shared.lock();
        state.anew = false;
        self.following.shared.counted.notify_all();
        state.begun.take()
    }

    /// Takes in what was requested until now.
    fn take_requests(&mut self) {
        let seconds = std::mem::take(&mut self.following.shared.lock().seconds);
        for SecondOver { second, heard, requests } in seconds {
            self.ledger.requests(second, self.since_begun(heard), requests);
        }
    }

    fn since_begun(&self, moment: Instant) -> f64 {
        moment.saturating_duration_since(self.begun).as_secs_f64()
    }

    /// Names statements, and finds out which are our own.
    async fn names(&mut self, queries: &[i64]) -> Result<(), String> {
        let (Some(session), Some(text)) = (&self.session, ask::texts(&self.facts, queries)) else {
            return Ok(());
        };
        self.names_at = Some(Instant::now());
        let (mut own, mut texts) = (Vec::new(), BTreeMap::new());
        for row in ask::ask(session, &text).await? {
            let Some(query) = read::number::<i64>(&row, 0) else { continue };
            if row.get(2) == Some("t") {
                own.push(query);
            } else {
                texts.insert(query, row.get(1).unwrap_or_default().to_owned());
            }
        }
        for query in queries.iter().filter(|query| !own.contains(query)) {
            // One that was evicted meanwhile has no text any more.
            texts.entry(*query).or_default();
        }
        self.ledger.leave_out(own);
        if let Some(planner) = &mut self.planner {
            for (query, text) in &texts {
                planner.ask(*query, text);
            }
        }
        self.ledger.name(texts, &*self.following.endpoint);
        Ok(())
    }

    async fn look(&mut self) {
        self.looks += 1;
        if self.looks.is_multiple_of(POOL_LOOKS) {
            self.look_at_pools().await;
        }
        let Some(session) = &self.session else { return };
        // What ran since the look before; one that both find is the same execution.
        let text = ask::activity(&self.facts, self.last_look.elapsed() + AT_LEAST);
        match read::activity(session, &self.facts, &text).await {
            Ok(mut activity) => {
                activity.idle = self.idle;
                let since = self.last_look.elapsed();
                self.last_look = Instant::now();
                if since > PATIENCE {
                    self.ledger.unseen(since.as_secs_f64());
                }
                self.ledger.look(&activity, since.as_secs_f64() * 1_000.0, &*self.following.endpoint);
            }
            Err(why) => self.lose(why),
        }
    }

    async fn look_at_pools(&mut self) {
        let Some(address) = &self.following.settings.pgbouncer else { return };
        if self.pooler.as_ref().is_none_or(|pooler| pooler.is_closed()) {
            self.pooler = Session::open_with(address, HELLO).await.ok();
        }
        let pools = match &self.pooler {
            Some(pooler) => pools::pools(pooler).await,
            None => Err("it can't be reached".to_owned()),
        };
        let since = std::mem::replace(&mut self.pool_asked, Instant::now()).elapsed();
        if pools.is_err() || since > PATIENCE {
            self.ledger.pool_unseen(since.as_secs_f64());
        }
        match pools {
            Ok(pools) => self.ledger.pools(pools),
            Err(why) => {
                self.pooler = None;
                if !std::mem::replace(&mut self.told_pooler, true) {
                    (self.following.voice)(&format!(
                        "the pooler tells nothing of its queues: {why}\nits figures have a gap"
                    ));
                }
            }
        }
    }

    /// The server is gone, or does not answer.
    fn lose(&mut self, why: String) {
        self.session = None;
        if !std::mem::replace(&mut self.told_away, true) {
            (self.following.voice)(&format!(
                "the database tells nothing any more: {why}\nthe load goes on, and its figures have a gap"
            ));
        }
        self.away.get_or_insert((self.last_look, why));
    }

    async fn reconnect(&mut self) {
        let opened = Session::open_with(&self.following.settings.address, LIMITS).await;
        let Ok(session) = opened else { return };
        // It may be another server now: what it is called stays, what it is does not.
        let Ok(facts) = read::facts(&session).await else { return };
        self.facts = facts.usable();
        self.session = Some(session);
        self.last_look = Instant::now();
        if let Some((since, why)) = self.away.take() {
            self.ledger.blind(since.elapsed().as_secs_f64(), &why);
        }
        self.told_away = false;
    }

    /// Puts what is known into the Run.
    fn give(&mut self, last: bool) -> Option<DatabaseCost> {
        let mut window = Window::default();
        let into = (&*self.following.schema, &self.following.metrics);
        let cost = if last {
            Some(self.ledger.finish(&mut window, into, unix_ns()))
        } else {
            self.ledger.record(&mut window, into, unix_ns(), false);
            None
        };
        self.following.shared.lock().window.merge(window);
        cost
    }

    async fn end(mut self) -> (Window, DatabaseCost) {
        let last = async {
            while self.session.is_none() {
                self.reconnect().await;
                if self.session.is_none() {
                    sleep(AGAIN).await;
                }
            }
            self.snapshot().await?;
            let unnamed = self.ledger.unnamed();
            if unnamed.is_empty() { Ok(()) } else { self.names(&unnamed).await }
        };
        let ended = timeout(LAST, last).await.unwrap_or_else(|_| Err(SILENT.to_owned()));
        if let Err(why) = ended {
            self.lose(why);
        }
        if let Some((since, why)) = self.away.take() {
            self.ledger.never_back(since.elapsed().as_secs_f64(), &why);
        }
        self.take_requests();
        if self.following.settings.whole && self.session.is_some() {
            self.count_the_rest().await;
        }
        self.compare_plans().await;
        let cost = self.give(true).unwrap_or_default();
        (Window::default(), cost)
    }

    /// Counts once more what the database as a whole counts, when its sessions have reported it.
    async fn count_the_rest(&mut self) {
        let Some(session) = &self.session else { return };
        let left = match reports::wait(session, &self.facts, &self.following.voice).await {
            Ok(left) => {
                timeout(LAST, self.snapshot()).await.unwrap_or_else(|_| Err(SILENT.to_owned())).map(|()| left)
            }
            Err(why) => Err(why),
        };
        match left {
            Ok(0) => {}
            Ok(left) => self.ledger.unreported(left),
            Err(why) => {
                self.lose(why);
                self.ledger.unreported(0);
            }
        }
    }

    async fn compare_plans(&mut self) {
        let Some(planner) = self.planner.take().filter(|_| self.session.is_some()) else { return };
        let texts: HashMap<i64, String> =
            self.ledger.texts().into_iter().map(|(query, text)| (query, text.to_owned())).collect();
        for (query, fate) in planner.compare(&texts).await {
            match fate {
                Fate::Same => self.ledger.planned(query),
                Fate::Flipped(words) => self.ledger.flip(query, &words),
                Fate::Unknown(why) => self.ledger.unplanned(query, &why),
            }
        }
    }
}
