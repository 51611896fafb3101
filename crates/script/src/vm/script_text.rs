//! What a realm is made of: a compiled script, and the limits within which it runs.

use std::sync::Arc;
use std::time::Duration;

use super::error::StackMapper;
use super::sharing::Sharing;
use super::stop_when::StopWhen;

/// A text to evaluate and the name its stack frames carry.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// Name in stack traces; the [`StackMapper`] is asked with it.
    pub file: String,
    /// An expression: the factory function of one module, or the link function.
    pub text: String,
}

/// A compiled script, shared by all realms of a process.
pub struct ScriptText {
    /// The entry file, for messages.
    pub entry: String,
    /// One factory expression per module.
    pub factories: Vec<SourceText>,
    /// A function expression `(factories, builtins, globalThis, sharePackages) => namespace of the entry`, or a
    /// promise of it.
    pub link: SourceText,
    /// Maps stacks into the user's sources.
    pub mapper: Option<Arc<dyn StackMapper + Send + Sync>>,
}

/// Limits of one realm, and what its users share.
#[derive(Clone, Debug)]
pub struct RealmSettings {
    /// Bytes that the users of the realm may hold together; `None` is without limit.
    pub memory_limit_bytes: Option<usize>,
    /// How long the init code of one user may run.
    pub init_limit: Duration,
    /// Whether modules of packages live once in the realm, not once per user.
    pub share_packages: bool,
    /// When the init code of a user has to end before its limit.
    pub stop_init: StopWhen,
    /// Who lives in it.
    pub sharing: Sharing,
}

impl Default for RealmSettings {
    fn default() -> Self {
        RealmSettings {
            memory_limit_bytes: None,
            init_limit: Duration::from_mins(1),
            share_packages: false,
            stop_init: StopWhen::never(),
            sharing: Sharing::Alone,
        }
    }
}
