//! What a handler says of the calls that one request made.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::StatusCode;

use crate::{
    monitor::Inner,
    record::{Ending, Key},
};

/// One call of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The story's `endpoint`; it becomes a label, so it must come from a small set.
    pub endpoint: Cow<'static, str>,
    /// What the answer would have been if the call had come alone.
    pub status: StatusCode,
    /// From its begin to its end.
    pub elapsed: Duration,
}

/// The calls of a request named [`crate::Name::Batch`]: left in the answer's extensions by a handler that knows what each took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls(pub Vec<Call>);

/// The calls of a request named [`crate::Name::Batch`] whose answers are sent one by one: left in the answer's extensions, and told of each
/// call when it has ended, which is after the answer's head.
#[derive(Clone, Default)]
pub struct StreamedCalls(Arc<OnceLock<(Arc<Inner>, Key)>>);

impl StreamedCalls {
    /// Counts a call. Nothing is counted where nothing measures.
    pub fn record(&self, call: &Call) {
        if let Some((monitor, key)) = self.0.get() {
            let endpoint = monitor.endpoints.find(None, Some(&call.endpoint));
            let key = Key { ending: Ending::Status(call.status.as_u16()), ..*key };
            monitor.endpoints.record(endpoint, key, call.elapsed);
        }
    }

    /// From now on calls are counted, as part of a request with this key.
    pub(crate) fn begin(&self, monitor: &Arc<Inner>, key: Key) {
        let _ = self.0.set((Arc::clone(monitor), key));
    }
}

impl fmt::Debug for StreamedCalls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("StreamedCalls").finish_non_exhaustive()
    }
}
