//! A virtual user's hands: requests that are recorded, checks, cookies.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use loadline_client::{Client, CookieJar, Exchange, Failure, Request, Response, Shared, parse_url};
use loadline_load::Iteration;
use loadline_measure::Builtin;

use crate::record::{RequestTags, record_exchange};

/// A virtual user: its own connections and its own cookies, for as long as it lives. Clones are the same user.
#[derive(Clone)]
pub struct User(Rc<State>);

struct State {
    client: Client,
    jar: CookieJar,
    builtin: Builtin,
    /// The number of the iteration that asked last.
    asked_in: Cell<Option<u64>>,
}

impl User {
    pub(crate) fn new(shared: Arc<Shared>, builtin: Builtin) -> Self {
        Self(Rc::new(State {
            client: Client::new(shared),
            jar: CookieJar::new(),
            builtin,
            asked_in: Cell::new(None),
        }))
    }

    /// Its cookies. They stay from iteration to iteration; [`CookieJar::reset`] forgets them.
    pub fn jar(&self) -> &CookieJar {
        &self.0.jar
    }

    /// Sends a GET and records it.
    ///
    /// # Errors
    /// Why there is no response; that is recorded too, unless the URL cannot be read.
    pub async fn get(&self, iteration: &Iteration, url: &str) -> Result<Response, Failure> {
        self.send(iteration, Request::get(parse_url(url)?)).await
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
        recorder.set_time(loadline_measure::unix_ns());
        let first = self.0.asked_in.replace(Some(iteration.in_vu)) != Some(iteration.in_vu);
        let late = iteration.lag.map(|late| if first { late } else { Duration::ZERO });
        record_exchange(&mut recorder, &self.0.builtin, iteration.scenario.tags(), &exchange, late, tags);
        exchange
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
