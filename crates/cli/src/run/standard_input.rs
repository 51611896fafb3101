//! A script from standard input: `loadline run -`.
//!
//! It is seen as a file `stdin.ts` in the working directory, so that its relative imports and `open` start there. A
//! file of that name is hidden while it runs.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use loadline_script::compile::{Disk, Files, Kind};

use crate::common::input;

/// The most bytes of a script.
const LARGEST: u64 = 32 << 20;

/// The disk, and the script that was piped in.
pub(super) struct StandardInput {
    path: PathBuf,
    text: Vec<u8>,
}

impl StandardInput {
    /// Reads standard input to its end.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let text =
            input::read(io::stdin().lock(), LARGEST).context("cannot read the script from standard input")?;
        Ok(Self { path: folder.join("stdin.ts"), text })
    }

    /// Where the script appears to be.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Files for StandardInput {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == self.path { Ok(self.text.clone()) } else { Disk.read(path) }
    }

    fn kind(&self, path: &Path, follow: bool) -> io::Result<Kind> {
        if path == self.path { Ok(Kind::File) } else { Disk.kind(path, follow) }
    }

    fn link(&self, path: &Path) -> io::Result<PathBuf> {
        if path == self.path { Err(io::ErrorKind::InvalidInput.into()) } else { Disk.link(path) }
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        Disk.names(folder)
    }
}
