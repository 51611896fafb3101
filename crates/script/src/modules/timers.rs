//! Module `k6/timers` and the global timers. An iteration is over when its timers are.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable};
use rquickjs::{Ctx, Function, Persistent};
use rustc_hash::FxHashMap;

use super::registry::{Definition, Natives};
use super::state::{VuState, vu};
use crate::vm::{self, Completion};

pub(super) const MODULE: Definition = Definition {
    name: "k6/timers",
    exports: &["setTimeout", "setInterval", "clearTimeout", "clearInterval"],
    script: include_str!("timers.js"),
    natives,
};

/// The timers of one user that have not ended.
#[derive(Default)]
pub(crate) struct Timers {
    last: Cell<u32>,
    running: RefCell<FxHashMap<u32, AbortHandle>>,
}

impl Timers {
    /// Forgets the timers of the iteration before; its end has dropped them already.
    pub(super) fn clear(&self) {
        self.running.borrow_mut().clear();
    }
}

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("start", start)?;
    natives.add("clear", clear)
}

fn start<'js>(ctx: Ctx<'js>, callback: Function<'js>, delay_ms: f64, repeat: bool) -> rquickjs::Result<u32> {
    let vu = vu(&ctx)?;
    let id = vu.timers.last.get() + 1;
    vu.timers.last.set(id);
    // A browser's shortest interval; none would keep the event loop from ever waiting.
    let delay_ms = if repeat { delay_ms.max(1.0) } else { delay_ms.max(0.0) };
    let delay = Duration::from_secs_f64(delay_ms.min(1e12) / 1000.0);
    arm(vu, id, Persistent::save(&ctx, callback), delay, repeat);
    Ok(id)
}

/// `id` is whole; a number that no timer can have clears none.
fn clear(ctx: Ctx<'_>, id: f64) -> rquickjs::Result<()> {
    let Some(id) = number(id) else { return Ok(()) };
    if let Some(timer) = vu(&ctx)?.timers.running.borrow_mut().remove(&id) {
        timer.abort();
    }
    Ok(())
}

/// The number of a timer, if it can be one.
fn number(id: f64) -> Option<u32> {
    (id >= 1.0 && id <= f64::from(u32::MAX) && id.fract() == 0.0).then_some(id as u32)
}

fn arm(vu: Rc<VuState>, id: u32, callback: Persistent<Function<'static>>, delay: Duration, repeat: bool) {
    let (handle, registration) = AbortHandle::new_pair();
    vu.timers.running.borrow_mut().insert(id, handle);
    let sleeping = Abortable::new(tokio::time::sleep(delay), registration);
    vm::defer(async move {
        sleeping.await.ok()?;
        let completion: Completion = Box::new(move |ctx: &Ctx<'_>| {
            // Cleared by a completion that ran just before this one.
            if vu.timers.running.borrow_mut().remove(&id).is_none() {
                return Ok(());
            }
            if repeat {
                arm(Rc::clone(&vu), id, callback.clone(), delay, true);
            }
            callback.restore(ctx)?.call(())
        });
        Some(completion)
    });
}
