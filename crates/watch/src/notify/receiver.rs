//! A receiver as a project names it. Of an address or a key that is a secret, the project says where it is.

use crate::burn::Severity;

use super::kind::Kind;

/// Where a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the project itself.
    Said(String),
    /// In a variable of the environment.
    Environment(String),
    /// In a file, whose last line break does not count.
    File(String),
}

impl Place {
    /// Reads `env:NAME`, `file:PATH`, or the text itself.
    pub fn of(text: &str) -> Self {
        if let Some(name) = text.strip_prefix("env:") {
            Self::Environment(name.trim().to_owned())
        } else if let Some(path) = text.strip_prefix("file:") {
            Self::File(path.trim().to_owned())
        } else {
            Self::Said(text.to_owned())
        }
    }

    /// Whether the text stands in the project.
    pub fn is_said(&self) -> bool {
        matches!(self, Self::Said(_))
    }
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// What it is called: by what it is, unless the project says otherwise.
    pub name: String,
    /// How it wants to hear it.
    pub kind: Kind,
    /// Its address; none where there is only one.
    pub url: Option<Place>,
    /// The key that it wants.
    pub key: Option<Place>,
    /// It hears of nothing less urgent.
    pub from: Severity,
    /// Who mail is from and to; of no other kind.
    pub mail: Option<Addresses>,
}

/// Who mail is from and to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Whom it is from.
    pub sender: String,
    /// Whom it is to; each of them is told on its own.
    pub to: Vec<String>,
    /// The name that the mail server knows the sender by, with the receiver's key as its password.
    pub user: Option<Place>,
}
