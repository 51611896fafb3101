//! The event loop of a promise-using script: runs on the user's own stack, between the script's turns.
//!
//! A call is over when what it returned has settled, no job waits, and no deferred operation (a timer, an
//! asynchronous request) is left. A rejection that nobody handled by the time the jobs are done ends the call as an
//! exception would: a failed `await` must not pass silently.
//!
//! A job runs in the name of the user whose turn it is, and the queue belongs to the realm. So the queue is empty
//! whenever a user's turn ends: [`settle`] empties it before it waits, [`leave`] when a call ends in any other way, and
//! a user that waits in mid-call with jobs in the queue of a shared realm is stopped
//! ([`block_on`](super::slot::block_on)).

use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Value};

use super::raw;
use super::slot::{Operation, Slot, check_stop};

/// Runs jobs and completions until `value`, if it is a promise, has settled and nothing is pending; its result.
///
/// # Errors
/// The reason of a rejection, and what jobs and completions throw.
pub(super) fn settle<'js>(ctx: &Ctx<'js>, slot: &Slot, value: Value<'js>) -> rquickjs::Result<Value<'js>> {
    loop {
        run_jobs(ctx)?;
        let promise = value.as_promise();
        if promise.is_some_and(|promise| promise.state() == PromiseState::Rejected) {
            slot.rejections.borrow_mut().clear();
        }
        throw_unhandled(ctx, slot)?;
        if slot.completed.borrow().is_empty() && !slot.has_deferred() {
            return match promise {
                None => Ok(value),
                Some(promise) => promise.result().unwrap_or_else(|| {
                    Err(rquickjs::Exception::throw_message(
                        ctx,
                        "the promise that the function returned can never settle: nothing is left to wait for",
                    ))
                }),
            };
        }
        if slot.completed.borrow().is_empty() {
            slot.operation.set(Some(Operation::Completion));
            raw::suspend();
            check_stop(ctx)?;
        }
        let completed = std::mem::take(&mut *slot.completed.borrow_mut());
        for completion in completed {
            completion(ctx)?;
            run_jobs(ctx)?;
        }
    }
}

/// Jobs that a call may leave behind when it ends early. More than that is a chain without an end.
const MOST_JOBS_LEFT: usize = 100_000;

/// Runs what a call has left in the queue, unheard. Whether the queue is empty now.
#[must_use]
pub(super) fn leave(ctx: &Ctx<'_>, slot: &Slot) -> bool {
    slot.leaving.set(true);
    let mut emptied = false;
    for _ in 0..MOST_JOBS_LEFT {
        match raw::run_job(ctx) {
            Ok(false) => {
                emptied = true;
                break;
            }
            Ok(true) => {}
            Err(_) => drop(ctx.catch()),
        }
    }
    slot.leaving.set(false);
    emptied
}

fn run_jobs(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    while raw::run_job(ctx)? {}
    Ok(())
}

fn throw_unhandled(ctx: &Ctx<'_>, slot: &Slot) -> rquickjs::Result<()> {
    let first = std::mem::take(&mut *slot.rejections.borrow_mut()).into_iter().next();
    match first {
        Some((_, reason)) => {
            let reason = reason.restore(ctx)?;
            Err(ctx.throw(reason))
        }
        None => Ok(()),
    }
}
