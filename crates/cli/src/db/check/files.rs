//! The files of migrations that were typed.

use std::path::{Path, PathBuf};

use loadline_pg::migration::{Migration, order};
use loadline_runner::{Ending, Failure};
use loadline_verdict::escape;

use super::arguments::CheckArguments;
use crate::common::input;
use crate::db::source::unreadable;

/// The most bytes of a file.
const LARGEST: u64 = 64 << 20;
/// Folders below one another that are looked into: Prisma and Diesel have one for each migration.
const DEEPEST: usize = 3;

/// The migrations, in the order in which they go.
pub(super) fn migrations(arguments: &CheckArguments) -> Result<Vec<Migration>, Failure> {
    let mut paths: Vec<(String, PathBuf)> = Vec::new();
    if let Some(folder) = &arguments.migrations {
        let mut names = Vec::new();
        list(folder, "", DEEPEST, &mut names)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut wanted = order(&names);
        if wanted.is_empty() {
            return Err(wrong(
                &format!("there is no migration in `{}`", shown(folder)),
                "they end in `.sql`",
            ));
        }
        if let Some(last) = &arguments.after {
            let place = wanted.iter().rposition(|name| is_it(name, last));
            let Some(place) = place else {
                let text = format!("there is no migration `{}` in `{}`", escape(last), shown(folder));
                return Err(wrong(&text, &format!("the last one is `{}`", escape(wanted[wanted.len() - 1]))));
            };
            wanted.drain(..=place);
        }
        paths.extend(wanted.iter().map(|name| ((*name).to_owned(), folder.join(name))));
    }
    paths.extend(arguments.migration.iter().map(|path| (path.display().to_string(), path.clone())));
    let mut migrations = Vec::new();
    for (name, path) in paths {
        migrations.push(Migration::read(&name, &read(&path)?));
    }
    Ok(migrations)
}

/// What a file says.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    input::text(path, LARGEST)
        .map_err(|error| unreadable(path, &error, "the path goes by the working directory"))
}

/// Whether a file is the migration of this name: with its folder or without, with its ending or without, or by its
/// number alone.
fn is_it(name: &str, wanted: &str) -> bool {
    let wanted = wanted.trim_end_matches('/');
    name.split('/').any(|part| {
        part == wanted || part.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(['_', '.', '-']))
    }) || name == wanted
}

fn list(folder: &Path, below: &str, deepest: usize, names: &mut Vec<String>) -> Result<(), Failure> {
    if folder.is_file() {
        return Err(wrong(
            &format!("`{}` is no folder", shown(folder)),
            "`--migrations` takes a folder, by the working directory, and `--migration` a file",
        ));
    }
    let hint = "the path goes by the working directory";
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error, hint))?;
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error, hint))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if path.is_dir() {
            if deepest > 1 {
                list(&path, &format!("{below}{name}/"), deepest - 1, names)?;
            }
        } else {
            names.push(format!("{below}{name}"));
        }
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    escape(&path.display().to_string()).into_owned()
}

fn wrong(text: &str, hint: &str) -> Failure {
    Failure::new(Ending::Configuration, format!("{text}\nhint: {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_is_found_by_what_people_call_it() {
        for wanted in ["20260101_a", "20260101_a/migration.sql", "20260101", "20260101_a/"] {
            assert!(is_it("20260101_a/migration.sql", wanted), "{wanted}");
        }
        assert!(
            is_it("V4__b.sql", "V4") && is_it("V4__b.sql", "V4__b.sql") && is_it("004_b.up.sql", "004_b")
        );
        assert!(!is_it("V41__b.sql", "V4") && !is_it("20260101_a/migration.sql", "migrations"));
    }
}
