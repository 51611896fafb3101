//! Where workers live: each on a thread of its own, or all on the caller's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::heap;
use super::looping::thread_with_loop;
use super::outcome::EngineError;
use super::reports::{Event, Offer, panic_message};
use super::shared::Shared;
use super::worker::work;
use crate::vu::Program;

/// Where workers live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    /// A thread with an event loop for each.
    Threads,
    /// The caller's `LocalSet`, and so the caller's clock.
    Local,
}

impl Host {
    /// Starts a worker. Whatever becomes of it, the hub is told.
    pub(super) fn spawn<P: Program>(
        self,
        program: Arc<P>,
        shared: Arc<Shared>,
        index: usize,
        offers: mpsc::UnboundedReceiver<Offer>,
    ) -> Result<(), EngineError> {
        let events = shared.events.clone();
        let exited = move |result: Result<(), Box<dyn std::any::Any + Send>>| {
            let panic = result.err().map(|payload| panic_message(&*payload));
            // A hub that is gone need not be told.
            let _ = events.send(Event::Exited { worker: index, panic });
        };
        match self {
            Self::Local => {
                let work = AssertUnwindSafe(work(program, shared, index, offers)).catch_unwind();
                tokio::task::spawn_local(async move { exited(work.await) });
            }
            Self::Threads => {
                heap::prepare(shared.allotment.workers[index].ids.len());
                let leave = shared.settings.leave_users;
                let failed = |source| EngineError::Start { worker: index, source };
                thread_with_loop(format!("load-{index}"), move |runtime| {
                    exited(catch_unwind(AssertUnwindSafe(|| {
                        let local = LocalSet::new();
                        local.block_on(&runtime, work(program, shared, index, offers));
                        if leave {
                            std::mem::forget((local, runtime));
                        }
                    })));
                })
                .map_err(failed)?;
            }
        }
        Ok(())
    }
}
