//! Finding and reading the project file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use loadline_config::Project;

use super::arguments::ProjectArguments;
use crate::input;

/// The file that is read where nobody names another.
const USUAL: &str = "loadline.toml";

/// The most bytes that it may have.
const LARGEST: u64 = 16 << 20;

/// A project file and what it says.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Nothing when there is no project file.
    pub(crate) path: Option<PathBuf>,
    pub(crate) project: Project,
}

/// The project of a command: the file that was named, or the usual one of the working directory if it is there.
///
/// # Errors
/// When the named file is not there, or what is there does not read.
pub(crate) fn find(arguments: &ProjectArguments) -> Result<Found> {
    let (path, named) = match &arguments.project {
        Some(path) if path == Path::new("none") => return Ok(Found::default()),
        Some(path) => (path.clone(), true),
        None => (PathBuf::from(USUAL), false),
    };
    let text = match input::text(&path, LARGEST) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && !named => return Ok(Found::default()),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read the project file `{}`", path.display()));
        }
    };
    let project = Project::parse(&path.display().to_string(), &text)?;
    Ok(Found { path: Some(path), project })
}
