//! A script that this program has in itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use loadline_config::EdgeSection;
use loadline_script::compile::Memory;
use loadline_scripted::Source;

/// The source of one: it is always the same test, so that no option of this process's environment applies.
pub(crate) fn own_script(files: Memory, entry: &str, environment: &[(&str, String)]) -> Source {
    Source {
        files: Arc::new(files),
        entry: PathBuf::from(entry),
        folder: PathBuf::from("/"),
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect::<BTreeMap<_, _>>(),
        variables: Vec::new(),
        config: None,
        flags: Vec::new(),
        allow_no_data: false,
        as_k6: false,
        scraped: Vec::new(),
        database: false,
        edge: EdgeSection::default(),
    }
}
