//! Syntax that parses but that QuickJS does not run and the compiler does not lower.
//!
//! Found before the types are stripped, so that the message points at what the author wrote.

use oxc::ast::ast::{
    AccessorProperty, Decorator, ImportDeclaration, JSXElement, JSXFragment, Program, TSExportAssignment,
    TSImportEqualsDeclaration, TSModuleReference,
};
use oxc::ast_visit::{Visit, walk};
use oxc::diagnostics::OxcDiagnostic;
use oxc::span::Span;

pub(crate) fn unsupported(program: &Program<'_>) -> Vec<OxcDiagnostic> {
    let mut finder = Finder { found: Vec::new() };
    finder.visit_program(program);
    finder.found
}

struct Finder {
    found: Vec<OxcDiagnostic>,
}

impl Finder {
    fn report(&mut self, span: Span, message: &'static str, help: &'static str) {
        self.found.push(OxcDiagnostic::error(message).with_help(help).with_label(span));
    }
}

impl<'a> Visit<'a> for Finder {
    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.report(it.span, "decorators are not supported", "call the function on the class instead");
        walk::walk_decorator(self, it);
    }

    fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
        self.report(it.span, "`accessor` fields are not supported", "write a getter and a setter");
        walk::walk_accessor_property(self, it);
    }

    fn visit_jsx_element(&mut self, it: &JSXElement<'a>) {
        self.report(it.span, "JSX is not supported", "scripts have no page to render it to");
    }

    fn visit_jsx_fragment(&mut self, it: &JSXFragment<'a>) {
        self.report(it.span, "JSX is not supported", "scripts have no page to render it to");
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        if it.phase.is_some() {
            self.report(it.span, "import phases are not supported", "remove the word before the binding");
        }
    }

    fn visit_ts_export_assignment(&mut self, it: &TSExportAssignment<'a>) {
        self.report(it.span, "`export =` is not supported", "write `export default`");
    }

    fn visit_ts_import_equals_declaration(&mut self, it: &TSImportEqualsDeclaration<'a>) {
        if matches!(it.module_reference, TSModuleReference::ExternalModuleReference(_)) {
            self.report(it.span, "`import = require()` is not supported", "write `import … from '…'`");
        }
    }
}
