//! The files, and where they go below the folder that they are written into.

use crate::alertmanager;
use crate::grafana;
use crate::openslo;
use crate::proof;
use crate::rules;
use crate::source::Source;

/// A file, as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it goes, below the folder of all: `prometheus/loadline.rules.yaml`.
    pub path: &'static str,
    /// What is in it.
    pub text: String,
}

/// All files of a project.
pub fn files(source: &Source) -> Vec<File> {
    let mut files = vec![File { path: "prometheus/loadline.rules.yaml", text: rules::document(source) }];
    files.extend(
        proof::document(source).map(|text| File { path: "prometheus/loadline.rules.test.yaml", text }),
    );
    files.push(File { path: "alertmanager/alertmanager.yaml", text: alertmanager::document(source) });
    files.push(File { path: "openslo/loadline.slo.yaml", text: openslo::documents(source) });
    let boards = grafana::boards(source).into_iter();
    files.extend(boards.map(|board| File { path: board.path, text: board.text }));
    files
}
