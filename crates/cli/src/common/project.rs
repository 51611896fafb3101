//! Flags about the project a command works for.

use std::path::PathBuf;

use clap::Args;
pub(crate) use loadline_runner::ProjectFile;
use loadline_runner::{ProjectError, find_project};

/// Which project file, and what else is known of the system under test.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Project")]
pub(crate) struct ProjectArguments {
    /// The project file, ./loadline.toml by default where there is one; `none` for none
    #[arg(long, global = true, value_name = "FILE", env = "LOADLINE_PROJECT")]
    pub(crate) project: Option<PathBuf>,
}

/// The project of a command.
///
/// # Errors
/// When the named file is not there, or what is there does not read.
pub(crate) fn find(arguments: &ProjectArguments) -> Result<ProjectFile, ProjectError> {
    find_project(arguments.project.as_deref())
}
