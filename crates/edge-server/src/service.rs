//! A request's way: brought into one form, asked of the cache, and of the origin where the cache says so.
//!
//! Most requests are answered at once, without a future that has to be kept somewhere. What waits for somebody is
//! boxed.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use loadline_edge::rules::{Applied, Asked};
use loadline_edge::{Asking, Sharing, Step};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};
use tower_service::Service;

use crate::account::{Account, Written};
use crate::answer;
use crate::arrival::{Arrival, Client, Refusal};
use crate::ask::Told;
use crate::body::Body;
use crate::clock::now;
use crate::collect::{Collecting, For, coming};
use crate::flights::{Boarding, Flight, Landing, landed};
use crate::origin::{ContentEnded, Failure, Outgoing, Urgency};
use crate::timing;
use crate::worker::{EdgeService, Question, Worker};

/// What became of a request, and the rule that it has.
struct Answered {
    response: Result<Response<Body>, Refusal>,
    rule: Option<Applied>,
    /// How long it waited for the origin, if it did.
    waited: Option<Duration>,
}

/// Where a request is once it has been looked at.
#[expect(clippy::large_enum_variant, reason = "what is large is what most requests are, and goes on at once")]
enum Begun {
    /// Answered.
    Done(Answered),
    /// Waiting for somebody.
    Going(Going<Answered>),
}

type Going<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What is to be known of a request at its end.
struct Noted {
    is_head: bool,
    /// When it came, where its client is told how long it took.
    began: Option<Instant>,
    written: Option<Written>,
}

impl Begun {
    fn of(response: Result<Response<Body>, Refusal>, rule: Option<Applied>) -> Self {
        Self::Done(Answered { response, rule, waited: None })
    }

    /// Waiting for the origin.
    fn going<F>(rule: Option<Applied>, going: F) -> Self
    where
        F: Future<Output = Result<Response<Body>, Refusal>> + Send + 'static,
    {
        Self::Going(Box::pin(async move {
            let began = Instant::now();
            let response = going.await;
            Answered { response, rule, waited: Some(began.elapsed()) }
        }))
    }
}

impl Worker {
    /// Looks at a request; most are answered by that.
    fn begin(self: &Arc<Self>, request: Request<Incoming>) -> Begun {
        let arrival = match Arrival::of(request, &self.edge.loops) {
            Ok(arrival) => arrival,
            Err(refusal) => return Begun::of(Err(refusal), None),
        };
        let Arrival { request, content, client, upgrade } = arrival;
        let worker = Arc::clone(self);
        if let Some(upgrade) = upgrade {
            return Begun::going(None, async move { worker.upgraded(request, client, upgrade).await });
        }
        match request.method().as_str() {
            "PURGE" => Begun::Going(Box::pin(async move {
                let response = worker.purge(&request, &client).await;
                Answered { response, rule: None, waited: None }
            })),
            "QUERY" => Begun::Going(Box::pin(async move {
                let (read, outgoing) = match worker.content(content).await {
                    Ok(content) => content,
                    Err(refusal) => return Answered { response: Err(refusal), rule: None, waited: None },
                };
                match worker.asked(request, &read, outgoing, client) {
                    Begun::Done(answered) => answered,
                    Begun::Going(going) => going.await,
                }
            })),
            _ => {
                let outgoing = Outgoing::of(content, self.edge.settings.waits.content);
                self.asked(request, &[], outgoing, client)
            }
        }
    }

    /// Asks the cache.
    fn asked(
        self: &Arc<Self>,
        request: Request<()>,
        read: &[u8],
        outgoing: Outgoing,
        client: Client,
    ) -> Begun {
        let Ok(asked) = self.edge.rules().ask(request, read) else {
            let words = "the host is missing, malformed, or there twice";
            return Begun::of(Err(Refusal::new(StatusCode::BAD_REQUEST, words)), None);
        };
        let Asked { request, key, applied } = asked;
        let is_private = applied.as_ref().is_some_and(|applied| !applied.rule.is_cacheable());
        let rule = applied.clone();
        let question = Question { client, applied, urgency: Urgency::Awaited };
        let worker = Arc::clone(self);
        if is_private && is_asking(request.method()) {
            return Begun::going(rule, async move { Ok(worker.passed(request, outgoing, &question).await) });
        }
        match self.edge.cache.request(now(), &key, &request) {
            Step::Done(reply) => Begun::of(Ok(answer::of(reply)), rule),
            Step::DoneAndAsk(reply, refresh) => {
                self.refresh(refresh, &outgoing, question);
                Begun::of(Ok(answer::of(reply)), rule)
            }
            Step::Ask(asking) => {
                Begun::going(rule, async move { worker.missed(asking, outgoing, question).await })
            }
        }
    }

    /// Asks the origin, alone or together with others.
    async fn missed(
        self: &Arc<Self>,
        asking: Box<Asking>,
        outgoing: Outgoing,
        question: Question,
    ) -> Result<Response<Body>, Refusal> {
        match self.edge.flights.board(asking.sharing) {
            Boarding::Alone => Ok(self.alone(asking, outgoing, &question).await),
            Boarding::Lead(flight) => self.lead(asking, outgoing, question, flight).await,
            Boarding::Follow(landing) => self.follow(landing, asking, outgoing, question).await,
        }
    }

    /// What goes to the client, with all that is noted of it.
    fn finished(&self, answered: Answered, noted: Noted) -> Response<Body> {
        let Answered { response, rule, waited } = answered;
        let mut response = response.unwrap_or_else(|refusal| self.refused(&refusal));
        answer::finish(&mut response, noted.is_head);
        if let Some(began) = noted.began {
            timing::tell(&mut response, began.elapsed(), waited);
        }
        let outcome = response.body().outcome();
        let name = rule.as_ref().map_or("", |applied| name(applied));
        self.counters.answered(response.status().as_u16(), outcome, name);
        let line = noted.written.map(|written| Box::new(written.answered(response.status(), name)));
        let counters = Arc::clone(&self.counters);
        let account = Account { counters, outcome, sent: 0, is_whole: false, line };
        response.map(|body| body.on_account(account))
    }

    /// Waits for another's answer, and takes it if it may be had; if it is for others only, asks together with those
    /// for whom it is not, once.
    async fn follow(
        self: &Arc<Self>,
        mut landing: watch::Receiver<Landing>,
        mut asking: Box<Asking>,
        outgoing: Outgoing,
        question: Question,
    ) -> Result<Response<Body>, Refusal> {
        let mut has_followed = false;
        loop {
            let landed = {
                let _waiting = self.edge.common.one_waits();
                landed(landing).await
            };
            let mut sharing = Sharing::Alone;
            match landed {
                Landing::Failed(failure) => return Ok(answer::of(self.unreachable(&asking, &failure))),
                Landing::Coming(coming) => {
                    if let Some(response) = coming.shared(&self.edge.cache, &asking) {
                        return Ok(response);
                    }
                    if !std::mem::replace(&mut has_followed, true) {
                        sharing = self.edge.cache.apart(&asking, &coming.underway);
                    }
                }
                Landing::Flying | Landing::Look => {}
            }
            asking = match self.edge.cache.waited(now(), &asking) {
                Step::Done(reply) => return Ok(answer::of(reply)),
                Step::DoneAndAsk(reply, refresh) => {
                    self.refresh(refresh, &outgoing, question);
                    return Ok(answer::of(reply));
                }
                Step::Ask(asking) => asking,
            };
            asking.sharing = sharing;
            landing = match self.edge.flights.board(sharing) {
                Boarding::Alone => return Ok(self.alone(asking, outgoing, &question).await),
                Boarding::Lead(flight) => return self.lead(asking, outgoing, question, flight).await,
                Boarding::Follow(landing) => landing,
            };
        }
    }

    /// Asks for one client.
    async fn alone(&self, asking: Box<Asking>, outgoing: Outgoing, question: &Question) -> Response<Body> {
        let (response, collecting) = coming(self.ask(asking, outgoing, question).await, For::One);
        if let Some(collecting) = collecting {
            let edge = Arc::clone(&self.edge);
            tokio::spawn(async move { collecting.run(&edge.cache, None).await });
        }
        response
    }

    /// Asks for all who wait; on its own, so that it goes on for the others when this client is gone.
    async fn lead(
        self: &Arc<Self>,
        asking: Box<Asking>,
        outgoing: Outgoing,
        question: Question,
        flight: Flight,
    ) -> Result<Response<Body>, Refusal> {
        let (sender, receiver) = oneshot::channel();
        let worker = Arc::clone(self);
        tokio::spawn(async move {
            let told = worker.ask(asking, outgoing, &question).await;
            let landing = match &told {
                Told::Failed(_, failure) => Landing::Failed(failure.clone()),
                Told::Reply(_) | Told::Passing(..) => Landing::Look,
            };
            let (response, collecting) = coming(told, For::All);
            if let Some(coming) = collecting.as_ref().and_then(Collecting::coming) {
                flight.approach(coming);
            }
            // Its client may be gone.
            let _ = sender.send(response);
            match collecting {
                Some(collecting) => collecting.run(&worker.edge.cache, Some(flight)).await,
                None => flight.land(landing),
            }
        });
        let gone = Refusal::new(StatusCode::BAD_GATEWAY, "the request to the origin was given up");
        receiver.await.map_err(|_| gone)
    }

    /// Asks again for whoever comes next, while a client has what was there.
    fn refresh(self: &Arc<Self>, refresh: Box<Asking>, outgoing: &Outgoing, question: Question) {
        self.edge.common.refreshes.fetch_add(1, Ordering::Relaxed);
        let content = outgoing.again().unwrap_or(Outgoing::None);
        let question = Question { urgency: Urgency::Background, ..question };
        let worker = Arc::clone(self);
        tokio::spawn(async move {
            if let (_, Some(collecting)) = coming(worker.ask(refresh, content, &question).await, For::One) {
                collecting.run(&worker.edge.cache, None).await;
            }
        });
    }

    /// The content of a `QUERY`, which its key needs, and as it goes on.
    async fn content(&self, content: Incoming) -> Result<(Bytes, Outgoing), Refusal> {
        let settings = &self.edge.settings;
        let too_large =
            || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the content of a QUERY is too large here");
        // Without having asked for it, where the client waits to be asked.
        if content.size_hint().lower() > settings.largest_query as u64 {
            return Err(too_large());
        }
        let reading = Limited::new(content, settings.largest_query).collect();
        let too_slow = || Failure::Content(ContentEnded::TooSlow);
        let read = timeout(settings.waits.content, reading).await;
        let refusal =
            |failure: &Failure| Refusal::new(failure.status(), "the content of the request is not whole");
        match read {
            Err(_) => Err(refusal(&too_slow())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => Err(refusal(&Failure::Content(ContentEnded::Early))),
            Ok(Ok(read)) => {
                let read = read.to_bytes();
                Ok((read.clone(), Outgoing::Whole((!read.is_empty()).then_some(read))))
            }
        }
    }

    fn refused(&self, refusal: &Refusal) -> Response<Body> {
        answer::refused(&self.edge.settings.policy.name, refusal)
    }
}

/// What the rule of a request is called; batches are too many to be told apart.
fn name(applied: &Applied) -> &str {
    if applied.calls.is_empty() { &applied.rule.name } else { "batch" }
}

/// Whether a method asks for something and changes nothing.
fn is_asking(method: &Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "QUERY")
}

/// An answer, there already or coming.
pub struct Answering(Inner);

#[expect(clippy::large_enum_variant, reason = "a box for most answers is what this is there to save")]
enum Inner {
    Done(Option<Response<Body>>),
    Going(Going<Response<Body>>),
}

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            Inner::Done(response) => Poll::Ready(Ok(response.take().expect("asked once"))),
            Inner::Going(going) => going.as_mut().poll(context).map(Ok),
        }
    }
}

impl Service<Request<Incoming>> for EdgeService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let worker = &self.0;
        let is_head = *request.method() == Method::HEAD;
        let written = worker.pen.as_ref().map(|pen| Written::of(&request, pen.clone()));
        let began = worker.edge.settings.tells_timing.then(Instant::now);
        let noted = Noted { is_head, began, written };
        Answering(match worker.begin(request) {
            Begun::Done(answered) => Inner::Done(Some(worker.finished(answered, noted))),
            Begun::Going(going) => {
                let worker = Arc::clone(worker);
                Inner::Going(Box::pin(async move { worker.finished(going.await, noted) }))
            }
        })
    }
}
