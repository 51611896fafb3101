//! The data that `setup()` returns, or that somebody brings in its place before it has run.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The data of a setup, as JSON.
#[derive(Debug, Default)]
pub struct SetupData(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    data: Option<String>,
    /// Whether somebody brought it.
    brought: bool,
    /// Whether setup has begun, so that nobody can bring anything any more.
    begun: bool,
}

impl SetupData {
    /// What it is, once that is known.
    pub fn known(&self) -> Option<String> {
        self.state().data.clone()
    }

    /// Takes data in place of what `setup()` would return, which then does not run. Whether that was in time.
    pub fn bring(&self, data: Option<String>) -> bool {
        let mut state = self.state();
        if !state.begun {
            (state.data, state.brought) = (data, true);
        }
        !state.begun
    }

    /// Setup begins. Whether somebody brought data in its place.
    pub(crate) fn begin(&self) -> bool {
        let mut state = self.state();
        state.begun = true;
        state.brought
    }

    pub(crate) fn returned(&self, data: Option<String>) {
        self.state().data = data;
    }

    fn state(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_brought_before_setup_or_not_at_all() {
        let data = SetupData::default();
        assert!(data.bring(Some("1".to_owned())) && data.bring(Some("2".to_owned())));
        assert!(data.begin());
        assert!(!data.bring(Some("3".to_owned())));
        assert_eq!(data.known().as_deref(), Some("2"));
        let own = SetupData::default();
        assert_eq!((own.begin(), own.known()), (false, None));
        own.returned(Some("4".to_owned()));
        assert_eq!(own.known().as_deref(), Some("4"));
    }
}
