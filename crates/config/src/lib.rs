//! The project file, `loadline.toml`: where the system is, what its routes are called, what they may take, and where
//! runs are kept.
//!
//! Every section is optional, an unknown key is an error that suggests the one meant, and all problems are told at
//! once, each with its line. Reading is pure: who finds the file and opens it is the command line's business.
//!
//! ```
//! use loadline_config::Project;
//! let text = r#"
//! [endpoints]
//! "search.findPrograms" = "POST /api/trpc/search.findPrograms"
//!
//! [[budget]]
//! endpoint = "search.findPrograms"
//! p95 = "500ms"
//! p99 = "1s"
//! errors = "1%"
//! "#;
//! let project = Project::parse("loadline.toml", text)?;
//! assert_eq!(project.budgets.len(), 3);
//! let wrong = text.replace("500ms", "500");
//! let problems = Project::parse("loadline.toml", &wrong).unwrap_err();
//! assert!(problems.to_string().contains("loadline.toml:7"));
//! # Ok::<(), loadline_verdict::Problems>(())
//! ```

mod budgets;
mod calls;
mod database;
mod edge;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod judges;
mod project;
mod sections;
mod settings;
mod watch;

pub use budgets::ScopedBudget;
pub use calls::CallsBudget;
pub use database::DatabaseSection;
pub use edge::EdgeSection;
pub use judges::{Elsewhere, Workload};
pub use project::Project;
pub use settings::{CompareSettings, HistorySettings, JudgeSettings, Target};

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Reads any bytes as a project file.
    pub fn project_file(bytes: &[u8]) {
        crate::fuzz::project_file(bytes);
    }
}
