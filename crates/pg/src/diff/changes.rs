//! All that is different between two portraits.

use std::collections::BTreeMap;

use super::growth::{Growth, growth};
use super::indexes::{self, IndexChange, Unused};
use super::schema::{self, Piece};
use super::statements::{self, StatementChange, Window, window};
use crate::portrait::Portrait;

/// A setting with two values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value in the first portrait, if it is there.
    pub before: Option<String>,
    /// Its value in the second.
    pub after: Option<String>,
}

/// The differences.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// How much later the second portrait was made, in milliseconds; below zero, how much earlier.
    pub later_ms: i64,
    /// What grew, what grew most first.
    pub growth: Vec<Growth>,
    /// Indexes that are new, gone or others.
    pub indexes: Vec<IndexChange>,
    /// Indexes that nobody used between the two.
    pub unused: Vec<Unused>,
    /// Whether counts of scans and writes were reset between the two, so that use is not known.
    pub use_was_reset: bool,
    /// Statements whose share moved, what moved most first.
    pub statements: Vec<StatementChange>,
    /// How statements of the two can be held against each other.
    pub window: Window,
    /// Settings, versions of the server and of extensions.
    pub settings: Vec<Setting>,
    /// Parts of the schema, without indexes.
    pub schema: Vec<Piece>,
}

impl Changes {
    /// The differences between two portraits.
    ///
    /// ```
    /// use loadline_pg::diff::Changes;
    /// use loadline_pg::portrait::{Portrait, Setting};
    ///
    /// let with = |value: &str| Portrait {
    ///     settings: vec![Setting { name: "work_mem".into(), value: value.into() }],
    ///     ..Portrait::default()
    /// };
    /// assert!(Changes::between(&with("4096"), &with("4096")).is_empty());
    /// let changes = Changes::between(&with("4096"), &with("65536"));
    /// assert_eq!(changes.settings[0].after.as_deref(), Some("65536"));
    /// ```
    pub fn between(before: &Portrait, after: &Portrait) -> Self {
        Self {
            later_ms: after.made_ms - before.made_ms,
            growth: growth(before, after),
            indexes: indexes::changes(before, after),
            // A portrait beside itself has no time in between.
            unused: if before.made_ms == after.made_ms { Vec::new() } else { indexes::unused(before, after) },
            use_was_reset: !indexes::counts_went_on(before, after),
            statements: statements::changes(before, after),
            window: window(before, after),
            settings: settings(before, after),
            schema: schema::changes(before, after),
        }
    }

    /// Whether the two are the same but for what was counted.
    pub fn is_empty(&self) -> bool {
        self.growth.is_empty()
            && self.indexes.is_empty()
            && self.unused.is_empty()
            && self.statements.is_empty()
            && self.settings.is_empty()
            && self.schema.is_empty()
    }

    /// The same, read from the second to the first.
    #[must_use]
    pub fn mirrored(self) -> Self {
        Self {
            later_ms: -self.later_ms,
            growth: self.growth.into_iter().map(Growth::mirrored).collect(),
            indexes: self.indexes.into_iter().map(IndexChange::mirrored).collect(),
            statements: self.statements.into_iter().map(StatementChange::mirrored).collect(),
            settings: self
                .settings
                .into_iter()
                .map(|setting| Setting { name: setting.name, before: setting.after, after: setting.before })
                .collect(),
            schema: self.schema.into_iter().map(Piece::mirrored).collect(),
            ..self
        }
    }
}

/// Everything with a name and a value.
fn values(portrait: &Portrait) -> BTreeMap<String, String> {
    let settings = portrait.settings.iter().map(|setting| (setting.name.clone(), setting.value.clone()));
    let extensions = portrait
        .extensions
        .iter()
        .map(|extension| (format!("extension {}", extension.name), extension.version.clone()));
    let server = &portrait.server;
    let of_server =
        [("server_version", &server.version), ("collate", &server.collate), ("encoding", &server.encoding)];
    settings
        .chain(extensions)
        .chain(of_server.map(|(name, value)| (name.to_owned(), value.clone())))
        .collect()
}

fn settings(before: &Portrait, after: &Portrait) -> Vec<Setting> {
    let (then, now) = (values(before), values(after));
    let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    names
        .into_iter()
        .filter(|name| then.get(*name) != now.get(*name))
        .map(|name| Setting {
            name: name.clone(),
            before: then.get(name).cloned(),
            after: now.get(name).cloned(),
        })
        .collect()
}
