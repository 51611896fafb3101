//! A compiled bundle as the virtual machine takes it.

use std::sync::Arc;

use crate::compile::Bundle;
use crate::vm::{Position, ScriptText, SourceText, StackMapper};

/// The text of a bundle's modules and its way back to the author's positions.
pub fn script_text(bundle: &Arc<Bundle>) -> Arc<ScriptText> {
    let factories = bundle
        .modules
        .iter()
        .map(|module| SourceText { file: module.name.clone(), text: module.factory.clone() })
        .collect();
    Arc::new(ScriptText {
        entry: bundle.modules.first().map(|module| module.name.clone()).unwrap_or_default(),
        factories,
        link: SourceText { file: "loadline:link".to_owned(), text: bundle.link.clone() },
        mapper: Some(Arc::new(BundleMapper(Arc::clone(bundle)))),
    })
}

struct BundleMapper(Arc<Bundle>);

impl StackMapper for BundleMapper {
    fn map(&self, file: &str, line: u32, column: u32) -> Option<Position> {
        let original = self.0.original(file, line, column)?;
        Some(Position { file: original.file, line: original.line, column: original.column })
    }
}
