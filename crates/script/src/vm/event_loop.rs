//! The event loop of a promise-using script: runs on the user's own stack, between the script's turns.
//!
//! A call is over when what it returned has settled, no job waits, and no deferred operation (a timer, an
//! asynchronous request) is left. A rejection that nobody handled by the time the jobs are done ends the call as an
//! exception would: a failed `await` must not pass silently.

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
