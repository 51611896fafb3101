//! The project that a run belongs to: its file found and read, and what of it is about a run.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use loadline_config::Project;
use loadline_edge::rules::Rules;
use loadline_measure::RunMeta;
use loadline_verdict::Problems;
use serde_json::Value;

/// The file that is read where nobody names another.
const USUAL: &str = "loadline.toml";

/// What stands for no project file.
const NONE: &str = "none";

/// The most bytes that it may have.
const LARGEST: u64 = 16 << 20;

/// A project file and what it says.
#[derive(Debug, Default)]
pub struct ProjectFile {
    /// Nothing when there is no project file.
    pub path: Option<PathBuf>,
    /// What it says; nothing when there is none.
    pub project: Project,
}

/// Why a project is not known.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The file does not read.
    #[error("cannot read the project file `{}`", _0.display())]
    Read(PathBuf, #[source] io::Error),
    /// The cache rules that it names do not read.
    #[error("cannot read the cache rules `{}` that the project file names in `[edge]`", _0.display())]
    Rules(PathBuf, #[source] io::Error),
    /// What it says is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
}

/// The project of a command or a test: the file that was named, none for `none`, or the usual one of the working
/// directory if it is there.
///
/// # Errors
/// When the named file is not there, or what is there does not read.
pub fn find_project(named: Option<&Path>) -> Result<ProjectFile, ProjectError> {
    if named == Some(Path::new(NONE)) {
        return Ok(ProjectFile::default());
    }
    let path = named.unwrap_or(Path::new(USUAL)).to_path_buf();
    let text = match text(&path) {
        Ok(text) => text,
        // A link that leads nowhere is a file that was meant to be there.
        Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() && !path.is_symlink() => {
            return Ok(ProjectFile::default());
        }
        Err(error) => return Err(ProjectError::Read(path, error)),
    };
    let mut project = Project::parse(&path.display().to_string(), &text)?;
    if let Some(file) = &project.edge.rules_file {
        project.edge.rules = rules(&path.with_file_name(file))?;
    }
    loadline_secrets::learn_listed(&project.secrets);
    let database = &project.database;
    for url in [&database.url, &database.pgbouncer].into_iter().flatten() {
        learn_password(url);
    }
    let urls = [&project.target.url, &project.history.store, &project.watch.prometheus];
    for url in urls.into_iter().flatten() {
        loadline_secrets::learn_url(url);
    }
    Ok(ProjectFile { path: Some(path), project })
}

/// Cache rules that a project file names.
fn rules(path: &Path) -> Result<Rules, ProjectError> {
    let text = text(path).map_err(|error| ProjectError::Rules(path.to_path_buf(), error))?;
    Ok(Rules::parse(&path.display().to_string(), &text)?)
}

/// Learns the password of a database's URL; a user's name alone is no secret.
pub(crate) fn learn_password(url: &str) {
    let user = url.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    if user.is_some_and(|(user, _)| user.contains(':')) || url.contains("password=") {
        loadline_secrets::learn_url(url);
    }
}

/// Learns what is secret of this process's environment.
pub fn learn_environment() {
    let variables = std::env::vars_os();
    loadline_secrets::learn_variables(
        variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    );
}

/// It may be a pipe, so its size is known only when it is read.
fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if read as u64 > LARGEST {
        let why = format!("it has more than the {} MiB that are read of it", LARGEST >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

/// Method and URL of a Run that made one request only, as its options say.
pub fn only_request(meta: &RunMeta) -> Option<(String, String)> {
    let options: Value = serde_json::from_str(&meta.options).ok()?;
    let (method, url) = options.get("hit")?.get("request")?.as_str()?.split_once(' ')?;
    Some((method.to_owned(), url.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_request_of_a_run() {
        let of = |options: &str| only_request(&RunMeta { options: options.to_owned(), ..RunMeta::default() });
        let hit = of(r#"{"hit":{"request":"GET http://h/a b","connections":1}}"#);
        assert_eq!(hit, Some(("GET".to_owned(), "http://h/a b".to_owned())));
        for none in ["", "{}", r#"{"vus":1}"#, r#"{"hit":{"request":"GET"}}"#] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn a_project_is_named_or_none_or_usual() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("strict.toml");
        std::fs::write(&file, "[target]\nurl = \"http://h/\"\n").unwrap();
        let found = find_project(Some(&file)).unwrap();
        assert_eq!(found.project.target.url.as_deref(), Some("http://h"));
        assert!(find_project(Some(Path::new("none"))).unwrap().path.is_none());
        let absent = find_project(Some(&folder.path().join("absent.toml"))).unwrap_err();
        assert!(absent.to_string().contains("absent.toml"), "{absent}");
        std::fs::write(&file, "[edge]\nrules = \"edge.toml\"\n").unwrap();
        let no_rules = find_project(Some(&file)).unwrap_err();
        assert!(
            matches!(&no_rules, ProjectError::Rules(path, _) if path.ends_with("edge.toml")),
            "{no_rules}"
        );
        std::fs::write(folder.path().join("edge.toml"), "[[rule]]\npath = \"/a\"\n").unwrap();
        assert_eq!(find_project(Some(&file)).unwrap().project.edge.rules.rules.len(), 1);
        std::fs::write(folder.path().join("edge.toml"), "[[rule]]\n").unwrap();
        let wrong = find_project(Some(&file)).unwrap_err().to_string();
        assert!(wrong.contains("edge.toml:1"), "{wrong}");
        std::fs::write(&file, [0xff]).unwrap();
        assert!(matches!(find_project(Some(&file)), Err(ProjectError::Read(..))));
        assert!(find_project(Some(Path::new("/dev/zero"))).is_err());
    }
}
