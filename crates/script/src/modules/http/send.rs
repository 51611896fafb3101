//! Sending: one request, a batch, or one in the background.

use std::rc::Rc;

use futures_util::StreamExt as _;
use futures_util::stream;
use loadline_client::{Exchange, Failure};
use rquickjs::{Array, Ctx, Exception, Function, Object, Persistent};
use rustc_hash::FxHashMap;
use tokio::sync::Semaphore;

use super::super::log::{Level, Source};
use super::super::state::{VuState, vu};
use super::params::{self, Call, Prepared};
use super::{debug, record, response};
use crate::vm::{self, Completion, Operation, Text};

/// A call and what came of it.
pub(crate) struct Answer {
    pub(super) call: Call,
    /// `Err` when nothing was sent.
    pub(super) exchange: Result<Exchange, Failure>,
}

/// *Prepare* of a single request: method, URL, body, params.
pub(super) fn prepare(call: &vm::Call<'_, '_>) -> rquickjs::Result<()> {
    let ctx = call.ctx();
    let vu = vu(ctx)?;
    let method = call.argument(0);
    let method = Text::of(ctx, &method)?;
    let (url, body, params) = (call.argument(1), call.argument(2), call.argument(3));
    let prepared = params::prepare(ctx, &vu, &method, &url, &body, &params)?;
    let keep = |vu: &VuState, answer| vu.http.answers.borrow_mut().push(answer);
    vm::block_on(ctx, Operation::Future(Box::pin(send(vu, prepared, keep))))
}

/// *Finish* of a single request: what makes its Response.
pub(super) fn finish<'js>(call: &vm::Call<'_, 'js>) -> rquickjs::Result<Object<'js>> {
    let ctx = call.ctx();
    vm::check_stop(ctx)?;
    let vu = vu(ctx)?;
    let answer = vu.http.answers.borrow_mut().pop();
    let maker = call.argument(0);
    let (Some(answer), Some(maker)) = (answer, maker.as_object()) else {
        return Err(Exception::throw_internal(ctx, "a request ended without an answer"));
    };
    take(ctx, &vu, answer, maker)
}

/// *Prepare* of a batch: `[method, url, body, params]` each.
pub(super) fn prepare_all<'js>(ctx: Ctx<'js>, requests: Array<'js>) -> rquickjs::Result<()> {
    let vu = vu(&ctx)?;
    let prepared = requests
        .iter::<Array<'js>>()
        .map(|request| prepare_one(&ctx, &vu, &request?))
        .collect::<rquickjs::Result<Vec<_>>>()?;
    let limits = &vu.worker.process.http;
    let (limit, limit_per_host) = (limits.batch.max(1), limits.batch_per_host);
    let mut hosts: FxHashMap<String, Rc<Semaphore>> = FxHashMap::default();
    let prepared: Vec<_> = prepared
        .into_iter()
        .map(|prepared| {
            let host = prepared.request.as_ref().ok().and_then(|request| request.url.host_str());
            // 0 is no limit, as in k6.
            let gate = host.filter(|_| limit_per_host > 0).map(|host| {
                let gate = hosts.entry(host.to_owned());
                Rc::clone(gate.or_insert_with(|| Rc::new(Semaphore::new(limit_per_host.min(limit)))))
            });
            (prepared, gate)
        })
        .collect();
    vm::block_on(
        &ctx,
        Operation::Future(Box::pin(async move {
            let sent = prepared.into_iter().map(async |(prepared, gate)| {
                let _place = match &gate {
                    Some(gate) => gate.acquire().await.ok(),
                    None => None,
                };
                send(Rc::clone(&vu), prepared, |_, answer| answer).await
            });
            let answers: Vec<Rc<Answer>> = stream::iter(sent).buffered(limit).collect().await;
            *vu.http.answers.borrow_mut() = answers;
        })),
    )
}

/// *Finish* of a batch.
pub(super) fn finish_all<'js>(ctx: Ctx<'js>, maker: Object<'js>) -> rquickjs::Result<Array<'js>> {
    vm::check_stop(&ctx)?;
    let vu = vu(&ctx)?;
    let mut responses = Vec::new();
    let answers = std::mem::take(&mut *vu.http.answers.borrow_mut());
    let mut failed = None;
    for answer in answers {
        match take(&ctx, &vu, answer, &maker) {
            Ok(response) => responses.push(response),
            Err(_) => failed = failed.or_else(|| Some(ctx.catch())),
        }
    }
    match failed {
        Some(error) => Err(ctx.throw(error)),
        None => vm::list_of(&ctx, responses),
    }
}

/// A request in the background, for `asyncRequest`.
pub(super) fn start<'js>(
    ctx: Ctx<'js>,
    request: Array<'js>,
    maker: Object<'js>,
    resolve: Function<'js>,
    reject: Function<'js>,
) -> rquickjs::Result<()> {
    if !vm::may_block() {
        return Err(Exception::throw_message(&ctx, "requests are not possible in init code"));
    }
    let vu = vu(&ctx)?;
    let prepared = prepare_one(&ctx, &vu, &request)?;
    let maker = Persistent::save(&ctx, maker);
    let settle = (Persistent::save(&ctx, resolve), Persistent::save(&ctx, reject));
    vm::defer(async move {
        let answer = send(Rc::clone(&vu), prepared, |_, answer| answer).await;
        let completion: Completion = Box::new(move |ctx: &Ctx<'_>| {
            let (resolve, reject) = settle;
            match take(ctx, &vu, answer, &maker.restore(ctx)?) {
                Ok(response) => resolve.restore(ctx)?.call((response,)),
                Err(_) => reject.restore(ctx)?.call((ctx.catch(),)),
            }
        });
        Some(completion)
    });
    Ok(())
}

/// A request given as `[method, url, body, params]`.
fn prepare_one<'js>(ctx: &Ctx<'js>, vu: &VuState, request: &Array<'js>) -> rquickjs::Result<Prepared> {
    let method: String = request.get(0)?;
    params::prepare(ctx, vu, &method, &request.get(1)?, &request.get(2)?, &request.get(3)?)
}

/// Sends a call and hands over the answer. Not an `async fn`, which would keep what it is given twice, and with its
/// last act inside for the same reason: every waiting user has one of these.
fn send<T>(
    vu: Rc<VuState>,
    prepared: Prepared,
    last: impl FnOnce(&VuState, Rc<Answer>) -> T,
) -> impl Future<Output = T> {
    let Prepared { call, request, jar } = prepared;
    async move {
        let exchange = match request {
            Ok(request) => {
                if let Some(pace) = &vu.worker.process.http.pace {
                    pace.turn().await;
                }
                Ok(vu.http.client.send(request, jar.as_deref()).await)
            }
            Err(failure) => Err(failure),
        };
        last(&vu, Rc::new(Answer { call, exchange }))
    }
}

/// Records an answer and makes its Response, or throws when the request failed and was to throw.
fn take<'js>(
    ctx: &Ctx<'js>,
    vu: &Rc<VuState>,
    answer: Rc<Answer>,
    maker: &Object<'js>,
) -> rquickjs::Result<Object<'js>> {
    record::record(vu, &answer);
    if let Some(what) = vu.worker.process.http.debug {
        vu.log(Level::Info, Source::Wire, &debug::text(&answer, what));
    }
    if let Some(failure) = response::failure(&answer) {
        if answer.call.throw {
            return Err(Exception::throw_message(ctx, &failure.to_string()));
        }
        vu.log(Level::Warn, Source::Engine, &format!("request failed: {failure}"));
    }
    response::make(answer, maker)
}
