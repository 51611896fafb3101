//! A page or a picture as a file: what is in the way is refused before there is anything to write, and no secret is in
//! what is written.

use std::path::Path;

use anyhow::{Context, Result};
use loadline_report::{Content, check_file, replace_file};
use loadline_units as units;

use super::print::without_secrets;

/// Refuses a file that is something else, or cannot be there.
///
/// # Errors
/// When it is so.
pub(crate) fn check_page(path: &Path, content: Content) -> Result<()> {
    check_file(path, content).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Writes it, and says where and how large: `run.html written, 264.31 kB`.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_page(path: &Path, content: Content, text: &str) -> Result<String> {
    let text = without_secrets(text.as_bytes());
    replace_file(path, content, &text).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(format!("{} written, {}", path.display(), units::bytes(text.len() as f64)))
}
