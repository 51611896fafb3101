//! A project's files in a folder of their own, and the programs that look at them.

use std::path::{Path, PathBuf};
use std::process::Command;

use loadline_config::Project;
use loadline_provision::{Source, files};
use tempfile::TempDir;

/// The files of a project.
pub(crate) struct Written {
    dir: TempDir,
}

impl Written {
    /// Of this project file.
    pub(crate) fn of(project: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for file in files(&source(project)) {
            let path = dir.path().join(file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file.text).unwrap();
        }
        Self { dir }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        std::fs::write(self.path(path), text).unwrap();
    }

    /// What a program says, and whether it is content.
    pub(crate) fn asks(&self, program: &str, words: &[&str]) -> (bool, String) {
        let mut command = Command::new(program);
        let output = command.args(words).current_dir(self.dir.path()).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}: scripts/test installs it"));
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status.success(), said.concat())
    }

    /// Fails the test unless the program is content.
    #[track_caller]
    pub(crate) fn takes(&self, program: &str, words: &[&str]) -> String {
        let (content, said) = self.asks(program, words);
        assert!(content, "{program} {words:?}\n{said}");
        said
    }
}

pub(crate) fn source(project: &str) -> Source {
    let project = Project::parse("loadline.toml", project).unwrap();
    let budgets = project.budgets.iter().map(|scoped| &scoped.budget);
    Source::of(budgets, &project.endpoints, &project.watch, None)
}

/// The reference system's own project file.
pub(crate) fn holiday() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../loadline.toml")).unwrap()
}
