//! The modules that are not files: what the virtual machine offers under `k6` and `k6/…`.
//!
//! The compiler takes the list as a parameter, so it never promises a module that is not there, and an
//! import of a name that a module lacks fails before the test starts.

use std::collections::BTreeMap;

use crate::compile::suggest::nearest;

/// Modules of k6 itself, so that "not here yet" and "no such thing" get different messages.
const K6: &[&str] = &[
    "k6",
    "k6/browser",
    "k6/crypto",
    "k6/data",
    "k6/encoding",
    "k6/execution",
    "k6/experimental/csv",
    "k6/experimental/fs",
    "k6/experimental/redis",
    "k6/experimental/streams",
    "k6/experimental/timers",
    "k6/experimental/webcrypto",
    "k6/experimental/websockets",
    "k6/html",
    "k6/http",
    "k6/metrics",
    "k6/net/grpc",
    "k6/secrets",
    "k6/timers",
    "k6/websockets",
    "k6/ws",
];

/// The built-in modules and the names that each one exports.
#[derive(Clone, Debug, Default)]
pub struct Builtins {
    modules: BTreeMap<String, Vec<String>>,
}

impl Builtins {
    /// No modules.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same list with one more module, and the names it exports (`default` among them when it has
    /// one). With no names, imports from it are not checked.
    #[must_use]
    pub fn with(mut self, module: &str, exports: &[&str]) -> Self {
        self.modules.insert(module.to_owned(), exports.iter().map(|&name| name.to_owned()).collect());
        self
    }

    /// Whether `specifier` is a name that only a built-in module can have.
    pub(crate) fn claims(&self, specifier: &str) -> bool {
        specifier == "k6" || specifier.starts_with("k6/") || self.modules.contains_key(specifier)
    }

    pub(crate) fn has(&self, module: &str) -> bool {
        self.modules.contains_key(module)
    }

    /// The names a module exports; `None` when they are not known.
    pub(crate) fn exports(&self, module: &str) -> Option<&[String]> {
        self.modules.get(module).map(Vec::as_slice).filter(|names| !names.is_empty())
    }

    /// Why a claimed specifier cannot be imported, and what can be done.
    pub(crate) fn refuse(&self, specifier: &str) -> (String, String) {
        let offered = self.modules.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let there_are = format!("there are {offered}");
        if let Some(extension) = specifier.strip_prefix("k6/x/") {
            let message = format!("`{specifier}` is a k6 extension, which is Go code built into k6 itself");
            let hint = format!(
                "call what `{extension}` talks to over HTTP, or use a JavaScript package from node_modules"
            );
            return (message, hint);
        }
        if specifier == "k6/options" {
            let hint = "write `import type { Options } from 'k6/options'`";
            return ("`k6/options` has only types".to_owned(), hint.to_owned());
        }
        if K6.contains(&specifier) {
            return (format!("module `{specifier}` of k6 is not supported yet"), there_are);
        }
        let hint = match nearest(specifier, self.modules.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`? {there_are}"),
            None => there_are,
        };
        (format!("there is no module `{specifier}`"), hint)
    }
}
