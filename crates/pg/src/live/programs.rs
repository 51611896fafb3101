//! PostgreSQL's own programs on this machine, by version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where packages put the programs of several versions beside each other: Debian, Red Hat, Homebrew, macOS's app.
const PLACES: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", "bin"),
    ("/usr", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "bin"),
];
/// What a folder's name begins with where it has a version in it.
const NAMES: [&str; 4] = ["", "pgsql-", "postgresql@", "postgresql"];

/// Folders with programs, by major version.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    folders: BTreeMap<u32, PathBuf>,
}

impl Programs {
    /// Those in this folder if one is given, otherwise those that packages installed and those on the path.
    pub fn find(given: Option<&Path>, program: &str) -> Self {
        let mut folders = Vec::new();
        if let Some(folder) = given {
            folders.extend([folder.to_owned(), folder.join("bin")]);
        } else {
            for (place, below) in PLACES {
                let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
                let named = entries.filter(|entry| {
                    entry.file_name().to_str().is_some_and(|name| {
                        let version =
                            NAMES.iter().find_map(|begin| name.strip_prefix(begin)?.parse::<f32>().ok());
                        version.is_some()
                    })
                });
                folders.extend(named.map(|entry| entry.path().join(below)));
            }
            folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
        }
        let mut found = BTreeMap::new();
        for folder in folders {
            let path = folder.join(program);
            if path.is_file()
                && let Some(major) = major(&path)
            {
                found.entry(major).or_insert(folder);
            }
        }
        Self { folders: found }
    }

    /// The folder of exactly this version.
    pub fn of(&self, major: u32) -> Option<&Path> {
        self.folders.get(&major).map(PathBuf::as_path)
    }

    /// The folder of this version or of the next newer one.
    pub fn at_least(&self, major: u32) -> Option<&Path> {
        self.folders.range(major..).next().map(|(_, folder)| folder.as_path())
    }

    /// The versions there are, in words.
    pub fn words(&self) -> String {
        let versions: Vec<String> = self.folders.keys().map(u32::to_string).collect();
        if versions.is_empty() {
            "there is none".to_owned()
        } else {
            format!("there is {}", versions.join(", "))
        }
    }
}

/// The major version that a program says it is of: `postgres (PostgreSQL) 15.18 (Debian …)`.
fn major(program: &Path) -> Option<u32> {
    let output =
        Command::new(program).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    version_in(std::str::from_utf8(&output.stdout).ok()?)
}

fn version_in(text: &str) -> Option<u32> {
    let (_, version) = text.split_once("(PostgreSQL) ")?;
    version.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_say_their_version() {
        assert_eq!(version_in("pg_dump (PostgreSQL) 15.18 (Debian 15.18-1.pgdg12+1)\n"), Some(15));
        assert_eq!(version_in("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(version_in("GNU tar 1.34"), None);
        assert_eq!(Programs::find(Some(Path::new("/missing")), "postgres").words(), "there is none");
    }
}
