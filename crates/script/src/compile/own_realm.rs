//! Why the users of a script cannot share a JavaScript realm.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a script does that belongs to a realm and not to one of its users.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum OwnRealm {
    /// It uses promises, timers or sockets with events: a realm has one job queue.
    Promises,
    /// It makes code from text with this function: such code sees the realm's global object.
    Code(String),
    /// It wants to know when objects are collected, which is when anybody's are.
    Garbage,
    /// It changes this one of the language's own objects.
    Language(String),
}

impl fmt::Display for OwnRealm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Promises => f.write_str("uses promises or timers"),
            Self::Code(how) => write!(f, "makes code from text with `{how}`"),
            Self::Garbage => f.write_str("uses `FinalizationRegistry`"),
            Self::Language(what) => write!(f, "changes `{what}`"),
        }
    }
}
