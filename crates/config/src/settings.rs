//! What the plain sections of a project file say.

/// `[judge]`: how runs are judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JudgeSettings {
    /// Whether a pass that may be chance fails.
    pub unproven_fails: Option<bool>,
}

/// `[target]`: the system under test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Its base URL.
    pub url: Option<String>,
    /// Its version, when it does not say it itself.
    pub version: Option<String>,
    /// The header of its answers that says its version.
    pub version_header: Option<String>,
}

/// `[history]`: where runs are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistorySettings {
    /// A file, or a `postgres://` URL.
    pub store: Option<String>,
    /// How many runs `loadline history prune` leaves of each kind.
    pub keep: Option<u64>,
}

/// `[compare]`: how builds are compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompareSettings {
    /// The change that does not matter, as a share: 0.05 for 5 %.
    pub delta: Option<f64>,
    /// Rounds before the first look.
    pub rounds: Option<u64>,
    /// Rounds at the most.
    pub max_rounds: Option<u64>,
}
