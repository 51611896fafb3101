//! Whether this process can answer, asked of the database now and then.

use std::time::Duration;

use tokio::{sync::Mutex, time::Instant};

use crate::store::{Store, StoreError};

/// What was found when the database was asked last: many who want to know at once, or often, ask it once.
#[derive(Default)]
pub(crate) struct Readiness {
    found: Mutex<Option<(Instant, bool)>>,
    never: bool,
}

/// For how long it counts.
const GOOD_FOR: Duration = Duration::from_secs(1);

impl Readiness {
    /// Of a process that is never ready, whatever the database says.
    pub(crate) fn never() -> Readiness {
        Readiness { never: true, ..Readiness::default() }
    }

    /// Whether the database answers. That all its connections are in use is no reason to send the users elsewhere: they
    /// would find the same there, and a restart would mend nothing.
    pub(crate) async fn of(&self, store: &dyn Store) -> bool {
        if self.never {
            return false;
        }
        let mut found = self.found.lock().await;
        if let Some((at, ready)) = *found
            && at.elapsed() < GOOD_FOR
        {
            return ready;
        }
        let ready = match store.ping().await {
            Ok(()) | Err(StoreError::Busy) => true,
            Err(error) => {
                tracing::warn!(%error, "not ready");
                false
            }
        };
        *found = Some((Instant::now(), ready));
        ready
    }
}
