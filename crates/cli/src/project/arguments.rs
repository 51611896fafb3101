//! Flags about the project a command works for.

use std::path::PathBuf;

use clap::Args;

/// Which project file, and what else is known of the system under test.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Project")]
pub(crate) struct ProjectArguments {
    /// The project file, ./loadline.toml by default where there is one; `none` for none
    #[arg(long, global = true, value_name = "FILE", env = "LOADLINE_PROJECT")]
    pub(crate) project: Option<PathBuf>,
}
