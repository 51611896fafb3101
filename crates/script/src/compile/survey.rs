//! What a module asks for, offers and does: read off its syntax tree in one walk, nothing changed.

use oxc::ast::ast::{
    Argument, ArrowFunctionExpression, AssignmentTarget, AwaitExpression, BindingPattern, CallExpression,
    ConditionalExpression, Declaration, ExportDefaultDeclarationKind, Expression, ForOfStatement, Function,
    IdentifierReference, IfStatement, ImportDeclarationSpecifier, ImportExpression, LogicalExpression,
    NewExpression, Program, SimpleAssignmentTarget, Statement, StaticMemberExpression, TryStatement,
    UnaryExpression, VariableDeclaration, VariableDeclarationKind, WithClause,
};
use oxc::ast_visit::{Visit, walk};
use oxc::diagnostics::OxcDiagnostic;
use oxc::semantic::Scoping;
use oxc::span::{GetSpan, Span};
use oxc::syntax::operator::UnaryOperator;
use oxc::syntax::scope::ScopeFlags;

use crate::compile::globals;
use crate::compile::own_realm::OwnRealm;
use crate::compile::resolve::Asked;
use crate::compile::rewrite::is_global_by_function;
use crate::compile::surface::{Export, Import, Name, Request, Source, Survey};

pub(crate) fn survey(program: &Program<'_>, scoping: &Scoping) -> Survey {
    let mut walker = Walker { scoping, survey: Survey::default(), depth: 0, tries: 0, branches: 0 };
    for statement in &program.body {
        walker.module_statement(statement);
    }
    walker.visit_program(program);
    walker.exported_imports();
    walker.survey
}

pub(super) struct Walker<'s> {
    pub(super) scoping: &'s Scoping,
    pub(super) survey: Survey,
    /// How many functions are around the current node.
    depth: usize,
    /// How many `try` blocks are around it.
    tries: usize,
    /// How many conditions are around it that decide whether it is run.
    branches: usize,
}

impl Walker<'_> {
    fn request(&mut self, specifier: &str, span: Span, asked: Asked) -> usize {
        if asked == Asked::Import && is_event_module(specifier) {
            self.survey.promises = true;
        }
        let is_later = self.depth > 0 || self.branches > 0;
        let guarded = self.tries > 0 || asked == Asked::Require && is_later;
        self.survey.requests.push(Request { specifier: specifier.to_owned(), span, asked, guarded });
        self.survey.requests.len() - 1
    }

    /// The declarations that only a module's top level can have.
    fn module_statement(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::ImportDeclaration(it) => {
                self.attributes(it.with_clause.as_deref());
                let request = self.request(it.source.value.as_str(), it.source.span, Asked::Import);
                for specifier in it.specifiers.iter().flatten() {
                    let (local, name) = match specifier {
                        ImportDeclarationSpecifier::ImportSpecifier(it) => {
                            (&it.local, Name::Named(it.imported.name().to_string()))
                        }
                        ImportDeclarationSpecifier::ImportDefaultSpecifier(it) => {
                            (&it.local, Name::Named("default".to_owned()))
                        }
                        ImportDeclarationSpecifier::ImportNamespaceSpecifier(it) => {
                            (&it.local, Name::Namespace)
                        }
                    };
                    if matches!(&name, Name::Named(name) if is_async_function(name)) {
                        self.survey.promises = true;
                    }
                    let symbol = local.symbol_id();
                    self.survey.imports.push(Import {
                        symbol,
                        local: local.name.to_string(),
                        request,
                        name,
                        span: specifier.span(),
                        uses: self.scoping.get_resolved_reference_ids(symbol).len(),
                    });
                }
            }
            Statement::ExportAllDeclaration(it) => {
                self.attributes(it.with_clause.as_deref());
                let request = self.request(it.source.value.as_str(), it.source.span, Asked::Import);
                match &it.exported {
                    None => self.survey.stars.push(request),
                    Some(name) => {
                        let source = Source::Other { request, name: Name::Namespace };
                        self.export(name.name().as_str(), name.span(), source);
                    }
                }
            }
            Statement::ExportFromDeclaration(it) => {
                self.attributes(it.with_clause.as_deref());
                let request = self.request(it.source.value.as_str(), it.source.span, Asked::Import);
                for specifier in &it.specifiers {
                    let name = Name::Named(specifier.local.name().to_string());
                    self.export(
                        specifier.exported.name().as_str(),
                        specifier.span,
                        Source::Other { request, name },
                    );
                }
            }
            Statement::ExportNamedDeclaration(it) => {
                for specifier in &it.specifiers {
                    self.export_local(
                        specifier.exported.name().as_str(),
                        specifier.local.name().as_str(),
                        specifier.span,
                    );
                }
            }
            Statement::ExportDeclaration(it) => {
                for (name, span) in declared(&it.declaration) {
                    self.export_local(&name, &name, span);
                }
            }
            Statement::ExportDefaultDeclaration(it) => {
                let named = match &it.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(it) => it.id.as_ref(),
                    ExportDefaultDeclarationKind::ClassDeclaration(it) => it.id.as_ref(),
                    _ => None,
                };
                match named {
                    Some(id) => self.export_local("default", id.name.as_str(), id.span),
                    None => self.export("default", it.span, Source::Default),
                }
            }
            _ => {}
        }
    }

    fn export(&mut self, name: &str, span: Span, source: Source) {
        self.survey.exports.push(Export { name: name.to_owned(), span, source });
    }

    fn export_local(&mut self, name: &str, binding: &str, span: Span) {
        let symbol = self.scoping.get_root_binding(binding.into());
        let mutable = symbol.is_none_or(|symbol| self.scoping.symbol_is_mutated(symbol));
        self.export(name, span, Source::Local { binding: binding.to_owned(), mutable });
    }

    /// `import { a } from …; export { a }` offers the other module's name, not a variable of this one.
    fn exported_imports(&mut self) {
        for export in &mut self.survey.exports {
            let Source::Local { binding, .. } = &export.source else { continue };
            if let Some(import) = self.survey.imports.iter_mut().find(|import| import.local == *binding) {
                import.uses = import.uses.saturating_sub(1);
                export.source = Source::Other { request: import.request, name: import.name.clone() };
            }
        }
    }

    /// Attributes other than `type: "json"` ask for something that is not there.
    fn attributes(&mut self, clause: Option<&WithClause<'_>>) {
        for attribute in clause.iter().flat_map(|clause| &clause.with_entries) {
            if attribute.value.value != "json" {
                let message = format!("import attribute `{}` is not supported", attribute.value.value);
                self.survey.problems.push(
                    OxcDiagnostic::error(message)
                        .with_help("only `type: \"json\"` is; read other files with `open`")
                        .with_label(attribute.span),
                );
            }
        }
    }

    pub(super) fn is_free(&self, it: &IdentifierReference<'_>) -> bool {
        it.reference_id
            .get()
            .is_none_or(|reference| self.scoping.get_reference(reference).symbol_id().is_none())
    }

    /// `globalThis.Promise = …` and the like.
    fn polyfill(&mut self, target: &StaticMemberExpression<'_>) {
        if let Expression::Identifier(object) = &target.object
            && matches!(object.name.as_str(), "globalThis" | "global" | "self" | "window")
            && globals::is_standard(target.property.name.as_str())
        {
            self.survey.polyfills.push(target.property.name.to_string());
        }
    }
}

impl<'a> Visit<'a> for Walker<'_> {
    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.survey.promises |= it.r#async;
        self.depth += 1;
        walk::walk_function(self, it, flags);
        self.depth -= 1;
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.survey.promises |= it.r#async;
        self.depth += 1;
        walk::walk_arrow_function_expression(self, it);
        self.depth -= 1;
    }

    fn visit_await_expression(&mut self, it: &AwaitExpression<'a>) {
        self.survey.promises = true;
        if self.depth == 0 {
            self.survey.top_level_await.get_or_insert(it.span);
        }
        walk::walk_await_expression(self, it);
    }

    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        if it.kind == VariableDeclarationKind::AwaitUsing {
            self.survey.promises = true;
            if self.depth == 0 {
                self.survey.top_level_await.get_or_insert(it.span);
            }
        }
        walk::walk_variable_declaration(self, it);
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        if it.r#await {
            self.survey.promises = true;
            if self.depth == 0 {
                self.survey.top_level_await.get_or_insert(it.span);
            }
        }
        walk::walk_for_of_statement(self, it);
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        self.visit_expression(&it.test);
        self.branches += 1;
        self.visit_statement(&it.consequent);
        if let Some(alternate) = &it.alternate {
            self.visit_statement(alternate);
        }
        self.branches -= 1;
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        self.visit_expression(&it.test);
        self.branches += 1;
        self.visit_expression(&it.consequent);
        self.visit_expression(&it.alternate);
        self.branches -= 1;
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        self.visit_expression(&it.left);
        self.branches += 1;
        self.visit_expression(&it.right);
        self.branches -= 1;
    }

    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        self.tries += 1;
        self.visit_block_statement(&it.block);
        self.tries -= 1;
        if let Some(handler) = &it.handler {
            self.visit_catch_clause(handler);
        }
        if let Some(finalizer) = &it.finalizer {
            self.visit_block_statement(finalizer);
        }
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        self.survey.promises = true;
        match text(&it.source) {
            Some(specifier) => {
                self.request(&specifier, it.source.span(), Asked::Later);
            }
            None => self.survey.problems.push(
                OxcDiagnostic::error("`import()` takes a literal string here")
                    .with_help("modules are found before the test starts, so their names must be in the text")
                    .with_label(it.source.span()),
            ),
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if is_global_by_function(it) {
            return;
        }
        self.makes_code(&it.callee);
        match &it.callee {
            Expression::Identifier(callee) if callee.name == "eval" && self.is_free(callee) => {
                self.survey.evaluates = true;
            }
            Expression::Identifier(callee) if callee.name == "require" && self.is_free(callee) => {
                if let Some(specifier) = it.arguments.first().and_then(Argument::as_expression).and_then(text)
                {
                    self.request(&specifier, it.arguments[0].span(), Asked::Require);
                }
            }
            Expression::StaticMemberExpression(callee) => {
                let name = callee.property.name.as_str();
                self.survey.promises |=
                    matches!(name, "then" | "catch" | "finally" | "fromAsync") || is_async_function(name);
                self.changes_by_call(callee, &it.arguments);
            }
            _ => {}
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        self.makes_code(&it.callee);
        walk::walk_new_expression(self, it);
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        if it.operator == UnaryOperator::Delete {
            match &it.argument {
                Expression::StaticMemberExpression(it) => self.changes(&it.object, &it.property.name),
                Expression::ComputedMemberExpression(it) => {
                    self.changes(&it.object, text(&it.expression).as_deref().unwrap_or("…"));
                }
                _ => {}
            }
        }
        walk::walk_unary_expression(self, it);
    }

    fn visit_assignment_target(&mut self, it: &AssignmentTarget<'a>) {
        if let AssignmentTarget::StaticMemberExpression(target) = it {
            self.polyfill(target);
        }
        walk::walk_assignment_target(self, it);
    }

    fn visit_simple_assignment_target(&mut self, it: &SimpleAssignmentTarget<'a>) {
        match it {
            SimpleAssignmentTarget::StaticMemberExpression(target) => {
                self.polyfill(target);
                self.changes(&target.object, &target.property.name);
            }
            SimpleAssignmentTarget::ComputedMemberExpression(target) => {
                self.changes(&target.object, text(&target.expression).as_deref().unwrap_or("…"));
            }
            _ => {}
        }
        walk::walk_simple_assignment_target(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        let name = it.name.as_str();
        let Some(reference) = it.reference_id.get().map(|id| self.scoping.get_reference(id)) else { return };
        let Some(symbol) = reference.symbol_id() else {
            self.survey.promises |= name == "Promise" || globals::is_scheduler(name);
            match name {
                "FinalizationRegistry" => self.needs(OwnRealm::Garbage),
                "eval" => self.needs(OwnRealm::Code("eval".to_owned())),
                _ => {}
            }
            return;
        };
        let Some(import) = self.survey.imports.iter().find(|import| import.symbol == symbol) else { return };
        let flags = reference.flags();
        if flags.is_write() || (flags.is_member_write_target() && import.name == Name::Namespace) {
            let message = format!("cannot assign to the import `{name}`");
            self.survey.problems.push(
                OxcDiagnostic::error(message)
                    .with_help("imports are read-only; export a function that changes the value")
                    .with_label(it.span),
            );
        }
    }
}

/// The text of a literal without substitutions.
pub(super) fn text(expression: &Expression<'_>) -> Option<String> {
    match expression {
        Expression::StringLiteral(it) => Some(it.value.to_string()),
        Expression::TemplateLiteral(it) => Some(it.single_quasi()?.to_string()),
        _ => None,
    }
}

/// The names a declaration binds.
fn declared(declaration: &Declaration<'_>) -> Vec<(String, Span)> {
    match declaration {
        Declaration::VariableDeclaration(it) => it
            .declarations
            .iter()
            .flat_map(|declarator| BindingPattern::get_binding_identifiers(&declarator.id))
            .map(|id| (id.name.to_string(), id.span))
            .collect(),
        Declaration::FunctionDeclaration(it) => {
            it.id.iter().map(|id| (id.name.to_string(), id.span)).collect()
        }
        Declaration::ClassDeclaration(it) => it.id.iter().map(|id| (id.name.to_string(), id.span)).collect(),
        _ => Vec::new(),
    }
}

/// Functions of the k6 modules that return promises.
fn is_async_function(name: &str) -> bool {
    matches!(name, "asyncRequest" | "asyncInvoke")
}

/// Built-in modules that cannot be used without an event loop.
fn is_event_module(specifier: &str) -> bool {
    matches!(
        specifier,
        "k6/browser"
            | "k6/timers"
            | "k6/websockets"
            | "k6/experimental/csv"
            | "k6/experimental/fs"
            | "k6/experimental/redis"
            | "k6/experimental/streams"
            | "k6/experimental/timers"
            | "k6/experimental/websockets"
    )
}
