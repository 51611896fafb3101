//! Whether the users of a shared realm have left the language as it was.
//!
//! The language's own objects belong to the realm. Nothing can be added to them there, but to make what is there
//! read-only would break scripts that only seem to write to it (`this.toString = …` in an object of their own), and would
//! cost every realm the memory of a thousand functions that it never calls. So each shared realm is compared with the
//! first when its last user has gone, and the first one of a worker early on as well: a script that changes `Date.now`
//! does so in each iteration, or in one of them. Whatever is found makes the whole run one that cannot be trusted.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use crate::modules::{Level, Process, Source};
use crate::vm::{CallError, Realm, SHARED_REALM_REMEDY};

/// A realm, and what its language was before its users came, when they are several.
pub(super) struct WatchedRealm {
    pub(super) realm: Realm,
    process: Arc<Process>,
    language: Option<Rc<str>>,
    /// Iterations so far, where they are counted: in the first realm of a worker.
    iterations: Option<Cell<u64>>,
}

impl WatchedRealm {
    /// Watches a realm that has no users yet. `first` is the language of the worker's first realm, filled by it.
    ///
    /// # Errors
    /// [`CallError::Machine`] without memory.
    pub(super) fn new(
        realm: Realm,
        process: Arc<Process>,
        first: &mut Option<Rc<str>>,
    ) -> Result<Rc<WatchedRealm>, CallError> {
        let is_first = first.is_none();
        if is_first {
            *first = realm.language()?.map(Rc::from);
        }
        let language = first.clone();
        let iterations = (is_first && language.is_some()).then(|| Cell::new(0));
        Ok(Rc::new(WatchedRealm { realm, process, language, iterations }))
    }

    /// An iteration has ended. Why the run has to, if it has.
    pub(super) fn iterated(&self) -> Option<String> {
        let iterations = self.iterations.as_ref()?;
        iterations.set(iterations.get() + 1);
        iterations.get().is_power_of_two().then(|| self.changed()).flatten()
    }

    fn changed(&self) -> Option<String> {
        let changed = self.realm.findings(Some(self.language.as_deref()?)).ok()?.language?;
        Some(format!("the script changes `{changed}`, {SHARED_REALM_REMEDY}"))
    }
}

impl Drop for WatchedRealm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Some(reason) = self.changed()
            && self.process.mix_up(&reason)
        {
            self.process.log.log(Level::Error, Source::Engine, &reason);
        }
    }
}
