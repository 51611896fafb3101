//! A folder of written files: how each of them stands, and all of them written or none.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use loadline_provision::File;
use loadline_report::{Content, check_file, replace_file};
use loadline_verdict::escape;

use super::sums::Sums;

/// How a file in a folder stands to what it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// It is as it should be.
    Same,
    /// It is not there.
    Missing,
    /// It is as it was written, and would be written otherwise now.
    Old,
    /// Somebody has changed it, or made it.
    Edited,
}

/// A file, and how it stands.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) file: &'a File,
    pub(super) path: PathBuf,
    pub(super) stands: Stands,
    /// What is there, where it is something else.
    pub(super) was: Option<String>,
}

/// How all of them stand.
pub(super) fn places<'a>(folder: &Path, files: &'a [File]) -> Result<Vec<Place<'a>>> {
    let sums = Sums::of(folder)?;
    let place = |file: &'a File| {
        let path = folder.join(file.path);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Place { file, path, stands: Stands::Missing, was: None });
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read `{}`", shown(&path))),
        };
        if bytes == file.text.as_bytes() {
            return Ok(Place { file, path, stands: Stands::Same, was: None });
        }
        let stands = if sums.has(file.path, &bytes) { Stands::Old } else { Stands::Edited };
        Ok(Place { file, path, stands, was: Some(String::from_utf8_lossy(&bytes).into_owned()) })
    };
    files.iter().map(place).collect()
}

/// Files that were written there once, and are none of these.
pub(super) fn no_more(folder: &Path, files: &[File]) -> Result<Vec<String>> {
    let sums = Sums::of(folder)?;
    let are_there = |path: &&str| folder.join(path).exists() && files.iter().all(|file| file.path != *path);
    Ok(sums.paths().filter(are_there).map(str::to_owned).collect())
}

/// Writes those that are not as they should be, if all of them can be.
pub(super) fn write(folder: &Path, places: &[Place<'_>], overwrite: bool) -> Result<()> {
    let edited: Vec<&Place<'_>> = places.iter().filter(|place| place.stands == Stands::Edited).collect();
    if let Some(first) = edited.first().filter(|_| !overwrite) {
        let more = match edited.len() {
            1 => String::new(),
            2 => " and one more file".to_owned(),
            many => format!(" and {} more files", many - 1),
        };
        bail!(
            "`{}`{more}: changed by hand, or not written by this command; nothing is written\nhint: look at the difference with `--check {}`, then say `--overwrite`",
            shown(&first.path),
            shown(folder)
        );
    }
    for place in places.iter().filter(|place| place.stands != Stands::Same) {
        let within = place.path.parent().unwrap_or(folder);
        fs::create_dir_all(within).with_context(|| format!("cannot make the folder `{}`", shown(within)))?;
        check_file(&place.path, Content::Text)
            .with_context(|| format!("cannot write `{}`", shown(&place.path)))?;
    }
    let mut sums = Sums::of(folder)?;
    for place in places {
        if place.stands != Stands::Same {
            replace_file(&place.path, Content::Text, place.file.text.as_bytes())
                .with_context(|| format!("cannot write `{}`", shown(&place.path)))?;
        }
        sums.put(place.file.path, place.file.text.as_bytes());
    }
    sums.keep(folder)
}

/// A path for people.
pub(super) fn shown(path: &Path) -> String {
    escape(&path.display().to_string()).into_owned()
}
