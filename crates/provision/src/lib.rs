//! What the tools that a team already looks at are given for a project: rules for Prometheus with unit tests of them,
//! routes for Alertmanager, and dashboards for Grafana.
//!
//! All of it says what `loadline watch` says, by the same counters, windows and figures (`loadline-watch`), so that a
//! budget means one thing wherever it is looked at. Pure: a project goes in, texts of files come out, and the same
//! project gives the same texts.
//!
//! ```
//! use loadline_provision::{Source, files};
//! # use loadline_config::Project;
//! # let text = "[endpoints]\nlogin = \"POST /login\"\n[[budget]]\nendpoint = \"login\"\np95 = \"1s\"\n";
//! # let project = Project::parse("loadline.toml", text)?; // p95 = "1s"
//! # let budgets = project.budgets.iter().map(|scoped| &scoped.budget);
//! let source = Source::of(budgets, &project.endpoints, &project.watch, None);
//! let files = files(&source);
//! let rules = files.iter().find(|file| file.path == "prometheus/loadline.rules.yaml").unwrap();
//! assert!(rules.text.contains("alert: BudgetBurns"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alertmanager;
mod difference;
mod document;
mod file;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod grafana;
mod openslo;
mod proof;
mod rules;
mod source;

pub use difference::{Difference, DifferenceKind, differences};
pub use file::{File, files};
pub use grafana::{Complaint, Expression, complaints, expressions};
pub use openslo::{Imported, OpenSloError, imported, project_text};
pub use source::{Left, Source};

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Bytes as objectives in the form of `OpenSLO`.
    pub fn openslo(bytes: &[u8]) {
        crate::fuzz::openslo(bytes);
    }
}
