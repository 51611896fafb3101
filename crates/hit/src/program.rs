//! What the engine runs: every virtual user sends the request, and sends it again.
//!
//! In a closed loop a user has its place on one connection (or on one HTTP/2 connection that it shares). In an open
//! loop users are requests under way: they wait their turn for one of the worker's connections, first come first
//! served, and that wait is part of the latency, as is every other one since the request was due.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use loadline_client::{Failure, FieldNames, Repeat, Request, Shared, Shot, code};
use loadline_edge::observed::{FIELDS, Outcomes};
use loadline_load::{Iteration, IterationEnd, Program, ProgramError, Vu, VuId, Worker, WorkerContext};
use loadline_measure::{Builtin, SERVER_TIMING};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::record::Record;

/// After a connection that could not be opened, a user rests: a server that is down needs no help with that.
const REST: Duration = Duration::from_millis(10);

/// What tells something of caches, or of the server's own part; other headers of answers are not kept.
static WANTED: FieldNames = FieldNames::new(&NAMES);
const NAMES: [(&str, &str); FIELDS.len() + 1] = wanted();

const fn wanted() -> [(&'static str, &'static str); FIELDS.len() + 1] {
    let mut all = [(SERVER_TIMING, ""); FIELDS.len() + 1];
    let mut at = 0;
    while at < FIELDS.len() {
        all[at] = FIELDS[at];
        at += 1;
    }
    all
}

/// How requests are spread.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) connections: u64,
    /// Requests at a time on each of them.
    pub(crate) streams: u64,
    /// Threads that share the connections.
    pub(crate) workers: usize,
    pub(crate) open: bool,
}

/// One request, for all workers.
pub struct HitProgram {
    client: Arc<Shared>,
    request: Request,
    builtin: Builtin,
    caches: Arc<Outcomes>,
    shape: Shape,
    reach: Arc<Reach>,
}

/// Whether anything is there at all.
#[derive(Default)]
struct Reach {
    answered: AtomicBool,
    /// Connections that could not be opened before the first answer.
    refused: AtomicU64,
    /// Why the run was ended for it.
    given_up: OnceLock<String>,
}

/// The program on one thread.
pub struct HitWorker {
    connections: Vec<Rc<Repeat>>,
    turns: Option<Rc<Turns>>,
    record: Rc<Record>,
    reach: Arc<Reach>,
    patience: u64,
    made: usize,
}

/// A virtual user.
pub struct HitVu {
    way: Way,
    record: Rc<Record>,
    reach: Arc<Reach>,
    /// How many refused connections say that nothing is there.
    patience: u64,
}

enum Way {
    Own(Rc<Repeat>),
    Turns(Rc<Turns>),
}

/// Connections that requests take in turn.
struct Turns {
    places: Semaphore,
    /// Each as often as it carries requests at a time; the one used last goes first, so that few are opened.
    free: RefCell<Vec<Rc<Repeat>>>,
}

impl HitProgram {
    /// # Errors
    /// When the request's URL can't be sent to.
    pub(crate) fn new(
        client: Arc<Shared>,
        request: Request,
        builtin: Builtin,
        caches: Arc<Outcomes>,
        shape: Shape,
    ) -> Result<Self, Failure> {
        Repeat::new(Arc::clone(&client), request.clone())?;
        Ok(Self { client, request, builtin, caches, shape, reach: Arc::default() })
    }

    /// Why the run ended at once, if it did.
    pub(crate) fn unreachable(&self) -> Option<String> {
        self.reach.given_up.get().cloned()
    }

    pub(crate) fn answered(&self) -> bool {
        self.reach.answered.load(Ordering::Relaxed)
    }
}

impl Program for HitProgram {
    type Worker = HitWorker;

    fn worker(&self, context: WorkerContext) -> HitWorker {
        let Shape { connections, streams, workers, open } = self.shape;
        let own =
            connections / workers as u64 + u64::from((context.worker as u64) < connections % workers as u64);
        let connections: Vec<Rc<Repeat>> = (0..own.max(1))
            .map(|_| {
                let repeat = Repeat::new(Arc::clone(&self.client), self.request.clone());
                let repeat = repeat.expect("the same request was prepared when the program was made");
                Rc::new(repeat.keep_headers_with(&WANTED))
            })
            .collect();
        let turns = open.then(|| {
            let free: Vec<_> = connections
                .iter()
                .flat_map(|one| std::iter::repeat_n(one, streams as usize))
                .cloned()
                .collect();
            Rc::new(Turns { places: Semaphore::new(free.len()), free: RefCell::new(free) })
        });
        let record = Record::new(self.builtin, &self.request, Arc::clone(&self.caches), context.recorder);
        HitWorker {
            connections,
            turns,
            record: Rc::new(record),
            reach: Arc::clone(&self.reach),
            patience: self.shape.connections,
            made: 0,
        }
    }
}

impl Worker for HitWorker {
    type Vu = HitVu;

    async fn vu(&mut self, _: VuId) -> Result<HitVu, ProgramError> {
        let way = match &self.turns {
            Some(turns) => Way::Turns(Rc::clone(turns)),
            None => Way::Own(Rc::clone(&self.connections[self.made % self.connections.len()])),
        };
        self.made += 1;
        let (record, reach) = (Rc::clone(&self.record), Arc::clone(&self.reach));
        Ok(HitVu { way, record, reach, patience: self.patience })
    }
}

impl Vu for HitVu {
    async fn iterate(&mut self, iteration: &Iteration) -> IterationEnd {
        let due = Instant::now();
        let shot = tokio::select! {
            biased;
            shot = self.way.send(due) => shot,
            () = iteration.interrupt.wait() => {
                self.record.unanswered(iteration, due.elapsed());
                return IterationEnd::Interrupted;
            }
        };
        self.record.shot(iteration, &shot);
        match &shot.outcome {
            Ok(_) => {
                // Read first: a flag that is only read stays in every core's cache.
                if !self.reach.answered.load(Ordering::Relaxed) {
                    self.reach.answered.store(true, Ordering::Relaxed);
                }
                IterationEnd::Complete
            }
            Err(failure) if is_unreachable(failure.code) => self.rest(iteration, failure).await,
            Err(_) => IterationEnd::Complete,
        }
    }
}

impl HitVu {
    async fn rest(&self, iteration: &Iteration, failure: &Failure) -> IterationEnd {
        let refused = self.reach.refused.fetch_add(1, Ordering::Relaxed) + 1;
        if refused >= self.patience && !self.reach.answered.load(Ordering::Relaxed) {
            let why = self.reach.given_up.get_or_init(|| failure.to_string());
            return IterationEnd::Abort(why.clone());
        }
        tokio::select! {
            () = tokio::time::sleep(REST) => {}
            () = iteration.interrupt.wait() => {}
        }
        IterationEnd::Complete
    }
}

impl Way {
    async fn send(&self, due: Instant) -> Shot {
        let turns = match self {
            Way::Own(repeat) => return repeat.send(due).await,
            Way::Turns(turns) => turns,
        };
        let place = turns.places.acquire().await.expect("the semaphore is never closed");
        let free = turns.free.borrow_mut().pop().expect("there is a connection for each place");
        let taken = Taken { turns, repeat: Some(free) };
        let now = Instant::now();
        let mut shot = taken.repeat().send(now).await;
        shot.timings.blocked += now - due;
        drop((taken, place));
        shot
    }
}

/// A connection that goes back when its request ends, however it does.
struct Taken<'a> {
    turns: &'a Turns,
    repeat: Option<Rc<Repeat>>,
}

impl Taken<'_> {
    fn repeat(&self) -> &Repeat {
        self.repeat.as_ref().expect("it is given back only when this is dropped")
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.turns.free.borrow_mut().extend(self.repeat.take());
    }
}

/// Whether a failure says that no connection can be opened.
fn is_unreachable(error: u16) -> bool {
    (code::DNS..code::TCP).contains(&error)
        || (code::DIAL..code::TCP_RESET).contains(&error)
        || (code::TLS..1400).contains(&error)
        || matches!(error, code::BAD_ADDRESS | code::BAD_URL)
}
