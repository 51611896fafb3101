//! Manifests as files: all of them or none, and none over what is there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use loadline_report::{Content, check_file, replace_file};
use loadline_scale::manifests::Written;
use loadline_verdict::escape;

/// A file, and whether it has to be written.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) is_there: bool,
}

/// Where they go, once it is sure that all of them can.
pub(super) fn places(folder: &Path, files: &[Written], overwrite: bool) -> Result<Vec<Place>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", shown(folder)))?;
    let mut places = Vec::new();
    for file in files {
        let path = folder.join(file.name);
        let is_there = match fs::read(&path) {
            Ok(bytes) if bytes == file.text.as_bytes() => true,
            Ok(_) if overwrite => false,
            Ok(_) => bail!(
                "`{}` is there and says something else: nothing is written\nhint: look at the difference, then say `--overwrite`",
                shown(&path)
            ),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read `{}`", shown(&path)));
            }
        };
        if !is_there {
            check_file(&path, Content::Text).with_context(|| format!("cannot write `{}`", shown(&path)))?;
        }
        places.push(Place { path, is_there });
    }
    Ok(places)
}

/// Writes those that are not there yet.
pub(super) fn write(places: &[Place], files: &[Written]) -> Result<()> {
    for (place, file) in places.iter().zip(files).filter(|(place, _)| !place.is_there) {
        replace_file(&place.path, Content::Text, file.text.as_bytes())
            .with_context(|| format!("cannot write `{}`", shown(&place.path)))?;
    }
    Ok(())
}

pub(super) fn shown(path: &Path) -> String {
    escape(&path.display().to_string()).into_owned()
}
