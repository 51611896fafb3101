//! What a script is prepared from.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use loadline_config::EdgeSection;
use loadline_script::compile::Files;
use loadline_script::options::variables_of;

/// What is needed to prepare a script.
pub struct Source {
    /// Where files come from.
    pub files: Arc<dyn Files>,
    /// The script.
    pub entry: PathBuf,
    /// What names are shown relative to.
    pub folder: PathBuf,
    /// `__ENV`.
    pub environment: BTreeMap<String, String>,
    /// All variables of this process.
    pub variables: Vec<(String, String)>,
    /// The configuration file: path and content.
    pub config: Option<(String, String)>,
    /// Options given as flags, by their names in scripts; a list has one entry for each value.
    pub flags: Vec<(&'static str, String)>,
    /// Whether thresholds without data pass.
    pub allow_no_data: bool,
    /// Whether requests without an answer count with the latency that k6 gives them.
    pub as_k6: bool,
    /// Metrics that are scraped from somewhere, by their names.
    pub scraped: Vec<String>,
    /// Whether a database is followed, so that there are metrics of its cost.
    pub database: bool,
    /// The caches in front of the system, as the project has them.
    pub edge: EdgeSection,
}

impl Source {
    /// What a flag or a variable says of an option that is needed before the script is known.
    pub fn text_of(&self, option: &str) -> Option<String> {
        let flag = self.flags.iter().rev().find(|(name, _)| *name == option).map(|(_, text)| text);
        let variable = || {
            variables_of(option).into_iter().find_map(|name| {
                let found =
                    self.variables.iter().find(|(variable, value)| *variable == name && !value.is_empty());
                found.map(|(_, value)| value)
            })
        };
        flag.or_else(variable).cloned()
    }
}
