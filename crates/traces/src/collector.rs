//! Requests that wait for their spans, and spans that wait for their requests.
//!
//! Which comes first nobody knows: a server may export a request's spans before the caller has its answer. A request is
//! settled when its server span is there and its trace has been quiet for a while, which is longer than exporters hold
//! back what they have; or when it is given up, because no server span came in time or because there is no more room.
//!
//! Traces that begin with the run's own prefix are told from those of others at once. Others are kept as well, because
//! a script may have named its traces itself, but never take the room of the run's own: they have an eighth of it.

use std::collections::VecDeque;
use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::account::Account;
use crate::parts::{Explained, Unexplained, explain};
use crate::span::Span;

/// How much may wait, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Traces that wait.
    pub traces: usize,
    /// What spans take that wait, in bytes.
    pub bytes: usize,
    /// Spans of one trace; what is beyond is counted.
    pub spans_of_trace: usize,
    /// How long nothing more has come of a trace that is taken to be whole.
    pub quiet: Duration,
    /// How long a request waits for its server span, and a span for its request.
    pub longest: Duration,
}

impl Default for Limits {
    /// 100,000 traces and 64 MiB of spans, 2,000 of one trace; six seconds of quiet, because exporters hold spans back
    /// for five unless told otherwise; half a minute.
    fn default() -> Self {
        Self {
            traces: 100_000,
            bytes: 64 << 20,
            spans_of_trace: 2_000,
            quiet: Duration::from_secs(6),
            longest: Duration::from_secs(30),
        }
    }
}

/// What became of a request.
pub type Settled<T> = (T, Result<Explained, Unexplained>);

/// Requests of one trace that are waited for; more are shared ones.
const MOST_REQUESTS: usize = 64;
/// What is taken to be used beside spans' names and a span itself: entries of the table and the queue.
const ENTRY_BYTES: usize = 160;

/// Requests and spans on their way to each other. `T` is what is needed of a request when it is settled.
#[derive(Debug)]
pub struct Collector<T> {
    limits: Limits,
    /// The first 64 bits of the run's own traces.
    prefix: u64,
    waiting: FxHashMap<u128, Waiting<T>>,
    own: Shelf,
    others: Shelf,
    settled: Vec<Settled<T>>,
    account: Account,
}

/// A trace that somebody waits for, or that waits for somebody.
#[derive(Debug)]
struct Waiting<T> {
    requests: Vec<Request<T>>,
    spans: Vec<Span>,
    /// When the first of it came, and the last.
    first: Duration,
    last: Duration,
    /// Its place in the order of traces.
    sequence: u64,
    /// What its requests take.
    requests_bytes: usize,
}

#[derive(Debug)]
struct Request<T> {
    caller: u64,
    token: T,
    /// When it ended.
    since: Duration,
    /// Another one had the same span.
    is_shared: bool,
}

/// Traces in the order in which they came, with what they take.
#[derive(Debug, Default)]
struct Shelf {
    order: VecDeque<(u128, u64)>,
    traces: usize,
    bytes: usize,
    next: u64,
}

impl<T> Collector<T> {
    /// One without anything, for a run whose traces begin with these 64 bits.
    pub fn new(prefix: u64, limits: Limits) -> Self {
        Self {
            limits,
            prefix,
            waiting: FxHashMap::default(),
            own: Shelf::default(),
            others: Shelf::default(),
            settled: Vec::new(),
            account: Account::default(),
        }
    }

    /// A request has ended that carried this trace, with `caller` as its own span. Times are since any fixed moment.
    pub fn ended(&mut self, trace: u128, caller: u64, token: T, now: Duration) {
        self.account.requests += 1;
        let waiting = self.of(trace, now);
        if let Some(other) = waiting.requests.iter_mut().find(|request| request.caller == caller) {
            other.is_shared = true;
            self.settle(token, Err(Unexplained::Shared));
        } else if waiting.requests.len() >= MOST_REQUESTS {
            self.settle(token, Err(Unexplained::Evicted));
        } else {
            waiting.requests.push(Request { caller, token, since: now, is_shared: false });
            waiting.requests_bytes += std::mem::size_of::<Request<T>>();
            self.shelf(trace).bytes += std::mem::size_of::<Request<T>>();
            self.make_room();
        }
    }

    /// A span has come.
    pub fn came(&mut self, span: Span, now: Duration) {
        self.account.spans += 1;
        let (trace, bytes, most) = (span.trace, size_of(&span), self.limits.spans_of_trace);
        let waiting = self.of(trace, now);
        if waiting.spans.len() >= most {
            self.account.beyond += 1;
            return;
        }
        waiting.spans.push(span);
        waiting.last = now;
        self.shelf(trace).bytes += bytes;
        self.make_room();
    }

    /// Takes note of spans that cannot be.
    pub fn invalid(&mut self, count: u64) {
        self.account.invalid += count;
    }

    /// The requests that are settled by now. To be asked about once a second.
    pub fn due(&mut self, now: Duration) -> Vec<Settled<T>> {
        let Limits { quiet, longest, .. } = self.limits;
        let whole = |waiting: &Waiting<T>| now.saturating_sub(waiting.last) >= quiet;
        let given_up = |since: Duration| now.saturating_sub(since) >= longest;
        self.settle_where(|waiting, request| {
            waiting.has_answer(request) && whole(waiting) || given_up(request.since)
        });
        self.forget_where(|waiting| waiting.requests.is_empty() && given_up(waiting.first));
        std::mem::take(&mut self.settled)
    }

    /// Requests that are not settled.
    pub fn requests(&self) -> usize {
        self.waiting.values().map(|waiting| waiting.requests.len()).sum()
    }

    /// Settles everything with what there is: nothing more is to come.
    pub fn finish(&mut self) -> Vec<Settled<T>> {
        self.settle_where(|_, _| true);
        self.forget_where(|_| true);
        std::mem::take(&mut self.settled)
    }

    /// What became of requests and spans so far.
    pub fn account(&self) -> Account {
        self.account
    }

    /// Traces that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Bytes that are taken to be used.
    pub fn bytes(&self) -> usize {
        self.own.bytes + self.others.bytes
    }

    fn is_own(&self, trace: u128) -> bool {
        (trace >> 64) as u64 == self.prefix
    }

    fn shelf(&mut self, trace: u128) -> &mut Shelf {
        if self.is_own(trace) { &mut self.own } else { &mut self.others }
    }

    /// What waits of a trace; new where nothing does.
    fn of(&mut self, trace: u128, now: Duration) -> &mut Waiting<T> {
        let shelf = if (trace >> 64) as u64 == self.prefix { &mut self.own } else { &mut self.others };
        self.waiting.entry(trace).or_insert_with(|| {
            let sequence = shelf.next;
            shelf.next += 1;
            shelf.traces += 1;
            shelf.bytes += ENTRY_BYTES;
            shelf.order.push_back((trace, sequence));
            Waiting {
                requests: Vec::new(),
                spans: Vec::new(),
                first: now,
                last: now,
                sequence,
                requests_bytes: 0,
            }
        })
    }

    /// Lets the oldest go until there is room.
    fn make_room(&mut self) {
        let Limits { traces, bytes, .. } = self.limits;
        while let Some(trace) = self.others.oldest_beyond((traces / 8).max(1), bytes / 8) {
            self.evict(trace);
        }
        while let Some(trace) = self.own.oldest_beyond(traces, bytes) {
            self.evict(trace);
        }
    }

    /// Lets go of a trace, if it is still the one that was put on the shelf then.
    fn evict(&mut self, (trace, sequence): (u128, u64)) {
        if self.waiting.get(&trace).is_none_or(|waiting| waiting.sequence != sequence) {
            return;
        }
        let waiting = self.forget(trace);
        for request in waiting.into_iter().flat_map(|waiting| waiting.requests) {
            self.settle(request.token, Err(Unexplained::Evicted));
        }
    }

    /// Settles requests of which this is so, with what there is.
    fn settle_where(&mut self, is_due: impl Fn(&Waiting<T>, &Request<T>) -> bool) {
        let (mut done, mut outcomes) = (Vec::new(), Vec::new());
        for (trace, waiting) in &mut self.waiting {
            if !waiting.requests.iter().any(|request| is_due(waiting, request)) {
                continue;
            }
            for request in std::mem::take(&mut waiting.requests) {
                if is_due(waiting, &request) {
                    outcomes.push((request.token, waiting.outcome(request.caller, request.is_shared)));
                } else {
                    waiting.requests.push(request);
                }
            }
            if waiting.requests.is_empty() {
                done.push(*trace);
            }
        }
        for (token, outcome) in outcomes {
            self.settle(token, outcome);
        }
        for trace in done {
            // What else came of it belongs to it.
            if let Some(waiting) = self.waiting.get_mut(&trace) {
                let bytes: usize = waiting.spans.drain(..).map(|span| size_of(&span)).sum();
                self.shelf(trace).bytes -= bytes;
            }
            self.forget(trace);
        }
    }

    fn forget_where(&mut self, is_over: impl Fn(&Waiting<T>) -> bool) {
        let over = self.waiting.iter().filter(|(_, waiting)| is_over(waiting));
        let over: Vec<u128> = over.map(|(trace, _)| *trace).collect();
        for trace in over {
            self.forget(trace);
        }
    }

    /// Lets go of a trace; its spans are of nobody.
    fn forget(&mut self, trace: u128) -> Option<Waiting<T>> {
        let waiting = self.waiting.remove(&trace)?;
        let spans = waiting.spans.len() as u64;
        if self.is_own(trace) {
            self.account.late += spans;
        } else {
            self.account.foreign += spans;
        }
        let bytes = waiting.spans.iter().map(size_of).sum::<usize>() + waiting.requests_bytes;
        let shelf = self.shelf(trace);
        shelf.bytes -= bytes + ENTRY_BYTES;
        shelf.traces -= 1;
        // The front of the order is never of what is gone, so that it has no more than a while of traces.
        let (own, others, known) = (&mut self.own, &mut self.others, &self.waiting);
        for shelf in [own, others] {
            let is_gone = |(trace, sequence): &(u128, u64)| {
                known.get(trace).is_none_or(|waiting| waiting.sequence != *sequence)
            };
            while shelf.order.front().is_some_and(is_gone) {
                shelf.order.pop_front();
            }
        }
        Some(waiting)
    }

    fn settle(&mut self, token: T, outcome: Result<Explained, Unexplained>) {
        self.account.count(&outcome);
        self.settled.push((token, outcome));
    }
}

impl<T> Waiting<T> {
    fn has_answer(&self, request: &Request<T>) -> bool {
        self.spans.iter().any(|span| span.parent == request.caller)
    }

    fn outcome(&self, caller: u64, is_shared: bool) -> Result<Explained, Unexplained> {
        if is_shared {
            return Err(Unexplained::Shared);
        }
        explain(&self.spans, caller).ok_or(Unexplained::NeverCame)
    }
}

impl Shelf {
    /// The oldest trace, when there are too many or they take too much.
    fn oldest_beyond(&mut self, traces: usize, bytes: usize) -> Option<(u128, u64)> {
        if self.traces <= traces && self.bytes <= bytes {
            return None;
        }
        self.order.pop_front()
    }
}

fn size_of(span: &Span) -> usize {
    std::mem::size_of::<Span>() + span.name.len()
}

#[cfg(test)]
mod tests;
