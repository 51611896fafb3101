//! Whether the users of shared realms have left the language as it was.
//!
//! The language's own objects belong to the realm. Nothing can be added to them there, but to make what is there
//! read-only would break scripts that only seem to write to it (`this.toString = …` in an object of their own), and
//! would cost every realm the memory of a thousand functions that it never calls. So realms are compared with a fresh
//! one when the run is over: to look takes milliseconds, which no iteration should have to wait for, and makes those
//! functions, so it is done to one realm of a worker. Users run the same script; what it does to one realm it does to
//! others. What is found makes the whole run one that cannot be trusted.

use crate::vm::{CallError, Realm, SHARED_REALM_REMEDY};

/// How many realms of a worker are looked at.
const MOST: usize = 1;

/// The realms of a worker, where they are shared.
#[derive(Default)]
pub(super) struct Watch {
    /// The language of a realm before its users came.
    language: Option<String>,
    realms: Vec<Realm>,
}

impl Watch {
    /// Watches a realm that has no users yet.
    ///
    /// # Errors
    /// [`CallError::Machine`] without memory.
    pub(super) fn add(&mut self, realm: &Realm) -> Result<(), CallError> {
        if self.language.is_none() {
            self.language = realm.language()?;
        }
        // A realm without a description has one user.
        if self.language.is_some() {
            self.realms.push(realm.clone());
        }
        Ok(())
    }

    /// What users have changed under each other's feet, as a sentence.
    pub(super) fn changed(&self) -> Option<String> {
        let language = self.language.as_deref()?;
        let step = self.realms.len().div_ceil(MOST).max(1);
        let mut realms = self.realms.iter().step_by(step);
        let changed = realms.find_map(|realm| realm.findings(Some(language)).ok()?.language)?;
        Some(format!("the script changes `{changed}`, {SHARED_REALM_REMEDY}"))
    }
}
