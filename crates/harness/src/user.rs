//! A virtual user's hands: requests that are recorded, checks, cookies.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use loadline_client::{
    Client, CookieJar, Exchange, Failure, Request, Response, Shared, masked_text, parse_url,
};
use loadline_edge::observed::Outcomes;
use loadline_load::Iteration;
use loadline_measure::{Builtin, HttpRequest, LateStart};

use crate::record::{RequestTags, record_hops, record_request};

/// A virtual user: its own connections and its own cookies, for as long as it lives. Clones are the same user.
#[derive(Clone)]
pub struct User(Rc<State>);

struct State {
    client: Client,
    jar: CookieJar,
    builtin: Builtin,
    caches: Arc<Outcomes>,
    /// The number of the iteration that asked last.
    asked_in: Cell<Option<u64>>,
    /// How late that one has started, until its first request has it.
    late: LateStart,
}

impl User {
    pub(crate) fn new(shared: Arc<Shared>, builtin: Builtin, caches: Arc<Outcomes>) -> Self {
        Self(Rc::new(State {
            client: Client::new(shared),
            jar: CookieJar::new(),
            builtin,
            caches,
            asked_in: Cell::new(None),
            late: LateStart::default(),
        }))
    }

    /// Its cookies. They stay from iteration to iteration; [`CookieJar::reset`] forgets them.
    pub fn jar(&self) -> &CookieJar {
        &self.0.jar
    }

    /// Sends a GET and records it.
    ///
    /// # Errors
    /// Why there is no response; that is recorded too, and a URL that cannot be read is a request that failed.
    pub async fn get(&self, iteration: &Iteration, url: &str) -> Result<Response, Failure> {
        match parse_url(url) {
            Ok(url) => self.send(iteration, Request::get(url)).await,
            Err(failure) => {
                let name = masked_text(url);
                let unsent = HttpRequest::unsent("GET", &name, failure.code, &failure.message);
                let mut recorder = iteration.recorder.borrow_mut();
                let (late, outer) = (self.late(iteration), iteration.scenario.tags());
                record_request(&mut recorder, &self.0.builtin, outer, &unsent, late, &[]);
                Err(failure)
            }
        }
    }

    /// Sends a request and records it. A status of 400 or more is a response, and counts in `http_req_failed`.
    ///
    /// # Errors
    /// Why there is no response; that is recorded too.
    pub async fn send(&self, iteration: &Iteration, request: Request) -> Result<Response, Failure> {
        answer(self.exchange(iteration, request, RequestTags::default()).await)
    }

    /// Sends a request and records it under a name, so that a thousand addresses are one series.
    ///
    /// # Errors
    /// Why there is no response; that is recorded too.
    pub async fn send_as(
        &self,
        iteration: &Iteration,
        name: &str,
        request: Request,
    ) -> Result<Response, Failure> {
        answer(self.exchange(iteration, request, RequestTags { name: Some(name), more: &[] }).await)
    }

    /// Sends a request, records it with these tags, and hands back all that was measured of it.
    pub async fn exchange(&self, iteration: &Iteration, request: Request, tags: RequestTags<'_>) -> Exchange {
        let exchange = self.0.client.send(request, Some(&self.0.jar)).await;
        let mut recorder = iteration.recorder.borrow_mut();
        let (late, outer) = (self.late(iteration), iteration.scenario.tags());
        let State { builtin, caches, .. } = &*self.0;
        record_hops(&mut recorder, builtin, Some(caches), outer, &exchange, late, tags);
        exchange
    }

    /// How late the iteration has started, for the first that asks in it.
    fn late(&self, iteration: &Iteration) -> &LateStart {
        if self.0.asked_in.replace(Some(iteration.in_vu)) != Some(iteration.in_vu) {
            self.0.late.begin(iteration.lag);
        }
        &self.0.late
    }

    /// Records a check, and hands back whether it passed.
    pub fn check(&self, iteration: &Iteration, name: &str, passed: bool) -> bool {
        iteration.recorder.borrow_mut().set_time(loadline_measure::unix_ns());
        iteration.record(self.0.builtin.checks, f64::from(u8::from(passed)), &[("check", name)]);
        passed
    }
}

fn answer(mut exchange: Exchange) -> Result<Response, Failure> {
    exchange.hops.pop().expect("an exchange has at least one hop").outcome
}
