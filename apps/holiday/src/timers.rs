//! Parts of requests that are neither queries nor calls over HTTP: what is told of them in `Server-Timing`.

use loadline_monitor::{Monitor, Part};

/// Their timers. The default times nothing.
#[derive(Clone, Default)]
pub(crate) struct Timers {
    /// Waiting for the body of a request, where it is not there yet.
    pub(crate) body: Part,
    /// In line for a worker, or for a turn at hashing.
    pub(crate) queue: Part,
    /// What a worker does, where the capacity is a stated one.
    pub(crate) work: Part,
    /// Hashing a password.
    pub(crate) hash: Part,
    /// A payment gateway inside this process; one over HTTP is timed as an outgoing call.
    pub(crate) gateway: Part,
    /// Making the bytes of an answer.
    pub(crate) render: Part,
}

impl Timers {
    /// Those of a monitor, if there is one.
    pub(crate) fn of(monitor: Option<&Monitor>) -> Timers {
        let part = |name| monitor.map(|monitor| monitor.part(name)).unwrap_or_default();
        Timers {
            body: part("body"),
            queue: part("queue"),
            work: part("work"),
            hash: part("hash"),
            gateway: part("out.gateway"),
            render: part("render"),
        }
    }
}
