//! The place of one virtual user of a closed model.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::task::AbortHandle;

use crate::vu::Interrupt;

/// The place of one virtual user.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) wanted: Cell<bool>,
    pub(super) running: Cell<bool>,
    /// The iterations it has started.
    pub(super) laps: Cell<u64>,
    pub(super) interrupt: RefCell<Interrupt>,
    pub(super) task: RefCell<Option<AbortHandle>>,
}

impl Slot {
    /// Interrupts what runs here, unless it is wanted. Whether it did.
    pub(super) fn interrupt_unwanted(&self) -> bool {
        let unwanted = !self.wanted.get() && self.running.get();
        if unwanted {
            self.interrupt.borrow().set();
        }
        unwanted
    }

    pub(super) fn abort(&self) {
        if let Some(task) = self.task.borrow().as_ref() {
            task.abort();
        }
    }
}

/// A slot with a task; free again when the task is gone.
pub(super) struct Occupied(pub(super) Rc<Slot>);

impl Drop for Occupied {
    fn drop(&mut self) {
        self.0.running.set(false);
    }
}
