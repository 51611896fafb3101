//! A module's statements as the body of its factory: no `import`, no `export`, free names through the VU.
//!
//! The printer writes an identifier's name as it stands, so a reference becomes any other expression by
//! giving it that expression's text as its name. This keeps the tree and its spans as they are, which is
//! what the source map is made from; no expression is built by hand but the few that need a call.

use oxc::allocator::{Allocator, TakeIn, Vec as ArenaVec};
use oxc::ast::ast::{
    Argument, ArrayExpressionElement, AssignmentTarget, AssignmentTargetMaybeDefault,
    AssignmentTargetProperty, BindingIdentifier, BindingPattern, CallExpression, ClassBody,
    ExportDefaultDeclarationKind, Expression, Function, IdentifierName, IdentifierReference, ObjectProperty,
    ObjectPropertyKind, Program, PropertyKey, PropertyKind, Statement, TaggedTemplateExpression,
    UnaryExpression, VariableDeclaration, VariableDeclarationKind, VariableDeclarator, WithStatement,
};
use oxc::ast::builder::AstBuilder;
use oxc::ast_visit::{VisitMut, walk_mut};
use oxc::semantic::{Scoping, SymbolId};
use oxc::span::{GetSpan, SPAN, Span};
use oxc::syntax::operator::UnaryOperator;
use oxc::syntax::scope::ScopeFlags;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile::globals;
use crate::compile::names::Names;

/// What the rewriting of one module needs to know.
pub(crate) struct Rewriter<'a, 'r> {
    pub(crate) builder: AstBuilder<'a>,
    pub(crate) allocator: &'a Allocator,
    pub(crate) scoping: &'r Scoping,
    pub(crate) names: &'r Names,
    pub(crate) commonjs: bool,
    /// Anonymous default functions must exist before the module runs, for circles of modules.
    pub(crate) hoist_default: bool,
    /// Imported names that are read from their exporter each time, and as what.
    pub(crate) live: FxHashMap<SymbolId, &'a str>,
    /// Standard names that some module replaces on its `globalThis`.
    pub(crate) polyfills: &'r FxHashSet<String>,
    /// How many `with` statements are around the current node.
    pub(crate) withs: usize,
    /// For each function and class around the current node that has a `this` of its own: whether it is sloppy code.
    pub(crate) sloppy: Vec<bool>,
}

/// How a reference is used.
#[derive(Clone, Copy)]
enum Use {
    Read,
    /// `typeof x`, `delete x`: does not throw when there is no `x`.
    Tolerant,
}

impl<'a> Rewriter<'a, '_> {
    pub(crate) fn rewrite(&mut self, program: &mut Program<'a>) {
        program.hashbang = None;
        let body = std::mem::replace(&mut program.body, ArenaVec::new_in(&self.allocator));
        for statement in body {
            if let Some(statement) = self.module_statement(statement) {
                program.body.push(statement);
            }
        }
        self.visit_program(program);
    }

    /// Takes the module syntax off a statement.
    fn module_statement(&self, statement: Statement<'a>) -> Option<Statement<'a>> {
        match statement {
            Statement::ImportDeclaration(_)
            | Statement::ExportAllDeclaration(_)
            | Statement::ExportFromDeclaration(_)
            | Statement::ExportNamedDeclaration(_) => None,
            Statement::ExportDeclaration(export) => Some(Statement::from(export.unbox().declaration)),
            Statement::ExportDefaultDeclaration(export) => {
                let export = export.unbox();
                Some(self.default_export(export.declaration, export.span))
            }
            other => Some(other),
        }
    }

    fn default_export(&self, declaration: ExportDefaultDeclarationKind<'a>, span: Span) -> Statement<'a> {
        let value = match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(mut function) => {
                if function.id.is_some() || self.hoist_default {
                    if function.id.is_none() {
                        let name = self.text(&self.names.default);
                        function.id = Some(BindingIdentifier::new(SPAN, name, &self.builder));
                    }
                    return Statement::FunctionDeclaration(function);
                }
                function.r#type = oxc::ast::ast::FunctionType::FunctionExpression;
                Expression::FunctionExpression(function)
            }
            ExportDefaultDeclarationKind::ClassDeclaration(mut class) => {
                if class.id.is_some() {
                    return Statement::ClassDeclaration(class);
                }
                class.r#type = oxc::ast::ast::ClassType::ClassExpression;
                Expression::ClassExpression(class)
            }
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => {
                return Statement::new_empty_statement(span, &self.builder);
            }
            other => other.into_expression(),
        };
        // A property's value takes the property's name when it has none of its own: `default`.
        let builder = &self.builder;
        let key = PropertyKey::new_static_identifier(SPAN, "default", builder);
        let property =
            ObjectProperty::boxed(SPAN, PropertyKind::Init, key, value, false, false, false, builder);
        let properties =
            ArenaVec::from_value_in(ObjectPropertyKind::ObjectProperty(property), &self.allocator);
        let object = Expression::new_object_expression(SPAN, properties, builder);
        let property = IdentifierName::new(SPAN, "default", builder);
        let value = Expression::new_static_member_expression(SPAN, object, property, false, builder);
        let id = BindingPattern::new_binding_identifier(SPAN, self.text(&self.names.default), builder);
        let declarator = VariableDeclarator::new(span, id, None, Some(value), false, builder);
        let declarations = ArenaVec::from_value_in(declarator, &self.allocator);
        let kind = VariableDeclarationKind::Const;
        Statement::VariableDeclaration(VariableDeclaration::boxed(span, kind, declarations, false, builder))
    }

    fn text(&self, text: &str) -> &'a str {
        self.allocator.alloc_str(text)
    }

    /// The text that stands for a reference; `None` when it stays as it is.
    fn replacement(&self, it: &IdentifierReference<'a>, how: Use) -> Option<String> {
        let name = it.name.as_str();
        let reference = self.scoping.get_reference(it.reference_id.get()?);
        if let Some(symbol) = reference.symbol_id() {
            return self.live.get(&symbol).map(|&text| text.to_owned());
        }
        if self.commonjs && globals::is_commonjs(name) {
            return None;
        }
        if globals::is_standard(name) && !self.polyfills.contains(name) {
            return None;
        }
        let Names { global, link, .. } = self.names;
        if self.withs > 0 {
            // The name may be a property of the object of a `with`; nothing but the name can find that out.
            let read = format!("(typeof {name} !== \"undefined\" ? {name} : {global}.{name})");
            return (!reference.is_write() && !matches!(how, Use::Tolerant)).then_some(read);
        }
        if matches!(name, "open" | "require") && !reference.is_write() {
            return Some(format!("{link}.{name}"));
        }
        let strict = self.scoping.scope_flags(reference.scope_id()).is_strict_mode();
        Some(match how {
            _ if globals::is_always_there(name) => format!("{global}.{name}"),
            Use::Tolerant => format!("{global}.{name}"),
            // Sloppy code may assign to a name that is not there, but not read it on the way.
            Use::Read if reference.is_read() && reference.is_write() => format!("{link}.unknown.{name}"),
            Use::Read if reference.is_write() && !strict => format!("{global}.{name}"),
            Use::Read if reference.is_write() => format!("{link}.unknown.{name}"),
            Use::Read => format!("({global}.{name} ?? {link}.unknown.{name})"),
        })
    }

    /// Replaces a reference that is called: the callee must not become a method call.
    fn callee(&self, callee: &mut Expression<'a>) -> bool {
        let Expression::Identifier(it) = callee else { return false };
        if let Some(text) = self.replacement(it, Use::Read) {
            it.name = self.text(&format!("(0, {text})")).into();
        }
        true
    }
}

impl<'a> VisitMut<'a> for Rewriter<'a, '_> {
    fn visit_identifier_reference(&mut self, it: &mut IdentifierReference<'a>) {
        if let Some(text) = self.replacement(it, Use::Read) {
            it.name = self.text(&text).into();
        }
    }

    fn visit_expression(&mut self, it: &mut Expression<'a>) {
        match it {
            Expression::ImportExpression(import) => {
                let source = import.source.take_in(&self.allocator);
                let later = self.text(&format!("{}.later", self.names.link));
                let callee = Expression::new_identifier(import.span, later, &self.builder);
                let arguments = ArenaVec::from_value_in(Argument::from(source), &self.allocator);
                *it = Expression::new_call_expression(
                    import.span,
                    callee,
                    None,
                    arguments,
                    false,
                    &self.builder,
                );
            }
            Expression::ImportMeta(meta) => {
                let name = self.text(&format!("{}.meta", self.names.link));
                *it = Expression::new_identifier(meta.span, name, &self.builder);
                return;
            }
            Expression::ThisExpression(this) if self.sloppy.last() == Some(&true) => {
                let Names { global, real, .. } = self.names;
                let text = self.text(&format!("(this === {real} ? {global} : this)"));
                *it = Expression::new_identifier(this.span, text, &self.builder);
                return;
            }
            Expression::CallExpression(call) if takes_many(call) => {
                let (call, builder) = (call.as_mut(), &self.builder);
                let Expression::StaticMemberExpression(callee) = call.callee.take_in(&self.allocator) else {
                    return;
                };
                let callee = callee.unbox();
                let name = self.text(callee.property.name.as_str());
                let name = Expression::new_string_literal(callee.property.span, name, None, builder);
                let given = call.arguments.take_in(&self.allocator);
                let mut list = ArenaVec::new_in(&self.allocator);
                list.extend(given.into_iter().map(ArrayExpressionElement::from));
                let list = Expression::new_array_expression(SPAN, list, builder);
                let many = self.text(&format!("{}.many", self.names.link));
                call.arguments =
                    ArenaVec::from_iter_in([callee.object, name, list].map(Argument::from), &self.allocator);
                call.callee = Expression::new_identifier(callee.span, many, builder);
                self.visit_arguments(&mut call.arguments);
                return;
            }
            Expression::CallExpression(call) if is_global_by_function(call) => {
                let name = self.text(&self.names.global);
                *it = Expression::new_identifier(call.span, name, &self.builder);
                return;
            }
            _ => {}
        }
        walk_mut::walk_expression(self, it);
    }

    fn visit_function(&mut self, it: &mut Function<'a>, flags: ScopeFlags) {
        let strict = it.scope_id.get().is_none_or(|scope| self.scoping.scope_flags(scope).is_strict_mode());
        self.sloppy.push(!strict);
        walk_mut::walk_function(self, it, flags);
        self.sloppy.pop();
    }

    fn visit_class_body(&mut self, it: &mut ClassBody<'a>) {
        self.sloppy.push(false);
        walk_mut::walk_class_body(self, it);
        self.sloppy.pop();
    }

    fn visit_call_expression(&mut self, it: &mut CallExpression<'a>) {
        if self.callee(&mut it.callee) {
            self.visit_arguments(&mut it.arguments);
        } else {
            walk_mut::walk_call_expression(self, it);
        }
    }

    fn visit_tagged_template_expression(&mut self, it: &mut TaggedTemplateExpression<'a>) {
        if self.callee(&mut it.tag) {
            self.visit_template_literal(&mut it.quasi);
        } else {
            walk_mut::walk_tagged_template_expression(self, it);
        }
    }

    /// QuickJS notes a position at calls and at expression statements only; an exception in `return a.b` or
    /// `const x = a.b` would show some line before it. So an expression statement goes in front of these:
    /// `0;` leaves its position and no instruction behind.
    fn visit_statements(&mut self, it: &mut ArenaVec<'a, Statement<'a>>) {
        let statements = std::mem::replace(it, ArenaVec::new_in(&self.allocator));
        for mut statement in statements {
            if may_throw_unseen(&statement) {
                let zero = Expression::new_number_0(&self.builder);
                it.push(Statement::new_expression_statement(statement.span(), zero, &self.builder));
            }
            self.visit_statement(&mut statement);
            it.push(statement);
        }
    }

    fn visit_with_statement(&mut self, it: &mut WithStatement<'a>) {
        self.visit_expression(&mut it.object);
        self.withs += 1;
        self.visit_statement(&mut it.body);
        self.withs -= 1;
    }

    fn visit_unary_expression(&mut self, it: &mut UnaryExpression<'a>) {
        if let (UnaryOperator::Typeof | UnaryOperator::Delete, Expression::Identifier(name)) =
            (it.operator, &mut it.argument)
        {
            if let Some(text) = self.replacement(name, Use::Tolerant) {
                name.name = self.text(&text).into();
            }
            return;
        }
        walk_mut::walk_unary_expression(self, it);
    }

    /// `({ a } = b)` has no room for another target than `a`, so it becomes `({ a: target } = b)`.
    fn visit_assignment_target_property(&mut self, it: &mut AssignmentTargetProperty<'a>) {
        if let AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(short) = it
            && let Some(text) = self.replacement(&short.binding, Use::Read)
        {
            let builder = &self.builder;
            let key = PropertyKey::new_static_identifier(short.binding.span, short.binding.name, builder);
            let target = AssignmentTarget::new_assignment_target_identifier(
                short.binding.span,
                self.text(&text),
                builder,
            );
            let binding = match short.init.take() {
                Some(init) => AssignmentTargetMaybeDefault::new_assignment_target_with_default(
                    short.span, target, init, builder,
                ),
                None => AssignmentTargetMaybeDefault::from(target),
            };
            *it = AssignmentTargetProperty::new_assignment_target_property_property(
                short.span, key, binding, false, builder,
            );
        }
        walk_mut::walk_assignment_target_property(self, it);
    }
}

/// Functions of the language that scripts call with a whole list.
const TAKE_MANY: [&str; 9] =
    ["push", "unshift", "concat", "max", "min", "hypot", "fromCharCode", "fromCodePoint", "of"];

/// Whether a call spreads a list over a function that may be one of these.
fn takes_many(call: &CallExpression<'_>) -> bool {
    let Expression::StaticMemberExpression(callee) = &call.callee else { return false };
    !call.optional
        && !is_optional(&call.callee)
        && !matches!(callee.object, Expression::Super(_))
        && TAKE_MANY.contains(&callee.property.name.as_str())
        && call.arguments.iter().any(Argument::is_spread)
}

/// Whether an expression is part of a chain that may end before it: `a?.b`, `a?.b.c`.
fn is_optional(mut expression: &Expression<'_>) -> bool {
    loop {
        let (optional, inner) = match expression {
            Expression::StaticMemberExpression(it) => (it.optional, &it.object),
            Expression::ComputedMemberExpression(it) => (it.optional, &it.object),
            Expression::PrivateFieldExpression(it) => (it.optional, &it.object),
            Expression::CallExpression(it) => (it.optional, &it.callee),
            _ => return false,
        };
        if optional {
            return true;
        }
        expression = inner;
    }
}

/// Whether a statement begins with an expression that can throw without a call.
fn may_throw_unseen(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::VariableDeclaration(it) => it.declarations.iter().any(|declarator| {
            declarator.init.as_ref().is_some_and(|init| !init.is_function() && !init.is_literal())
        }),
        Statement::ReturnStatement(it) => it.argument.as_ref().is_some_and(|argument| !argument.is_literal()),
        Statement::IfStatement(_)
        | Statement::ForStatement(_)
        | Statement::ForInStatement(_)
        | Statement::ForOfStatement(_)
        | Statement::SwitchStatement(_)
        | Statement::WhileStatement(_) => true,
        _ => false,
    }
}

/// `Function('return this')()`: how older packages ask for the global object.
pub(crate) fn is_global_by_function(call: &CallExpression<'_>) -> bool {
    let arguments = match &call.callee {
        Expression::CallExpression(inner) if inner.callee.is_specific_id("Function") => &inner.arguments,
        Expression::NewExpression(inner) if inner.callee.is_specific_id("Function") => &inner.arguments,
        _ => return false,
    };
    call.arguments.is_empty()
        && matches!(arguments.as_slice(), [Argument::StringLiteral(body)] if body.value == "return this")
}
