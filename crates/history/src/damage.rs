//! What was found to be damaged.

use std::fmt;

use crate::runs::said;

/// Something in a history that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Damage {
    /// The run that it is about, if it is about one.
    pub run: Option<i64>,
    /// What is the matter: "run 17 is damaged: …".
    pub what: String,
}

impl Damage {
    /// A run whose row is damaged.
    pub(crate) fn of_run(id: i64, why: &str) -> Self {
        Self { run: Some(id), what: said(id, why) }
    }

    /// Something that no run is named for.
    pub(crate) fn of_all(what: String) -> Self {
        Self { run: None, what }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}
