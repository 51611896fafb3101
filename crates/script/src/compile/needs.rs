//! What in a module's text belongs to a realm rather than to a user, apart from promises.
//!
//! A text can hide what it does (`globalThis['ev' + 'al']`), so this decides nothing alone: what it misses is seen when
//! the script does it. What it finds costs a realm for each user, so it looks for what is hardly ever there in vain.

use oxc::ast::ast::{Argument, Expression, StaticMemberExpression};

use crate::compile::globals;
use crate::compile::own_realm::OwnRealm;
use crate::compile::survey::{Walker, text};

impl Walker<'_> {
    pub(super) fn needs(&mut self, reason: OwnRealm) {
        self.survey.own_realm.get_or_insert(reason);
    }

    /// What is changed when `property` of `object` is, if that belongs to the language.
    fn of_language(&self, object: &Expression<'_>, property: &str) -> Option<String> {
        let path = format!("{}.{property}", self.path(object)?);
        let mut names = path.split('.');
        let mut name = names.next()?;
        while matches!(name, "globalThis" | "global" | "self" | "window") {
            name = names.next()?;
        }
        // What stands on the user's own global object is the user's.
        let inside = names.next().is_some();
        (inside && globals::is_standard(name) && name.starts_with(char::is_uppercase)).then_some(path)
    }

    /// `Array.prototype` and the like: names from a free one on.
    fn path(&self, expression: &Expression<'_>) -> Option<String> {
        match expression {
            Expression::Identifier(it) if self.is_free(it) => Some(it.name.to_string()),
            Expression::StaticMemberExpression(it) => {
                Some(format!("{}.{}", self.path(&it.object)?, it.property.name))
            }
            Expression::ComputedMemberExpression(it) => {
                let name = text(&it.expression).unwrap_or_else(|| "…".to_owned());
                Some(format!("{}.{name}", self.path(&it.object)?))
            }
            Expression::ParenthesizedExpression(it) => self.path(&it.expression),
            _ => None,
        }
    }

    pub(super) fn changes(&mut self, object: &Expression<'_>, property: &str) {
        if let Some(path) = self.of_language(object, property) {
            self.needs(OwnRealm::Language(path));
        }
    }

    /// `Object.defineProperty(Array.prototype, …)` and its like.
    pub(super) fn changes_by_call(
        &mut self,
        callee: &StaticMemberExpression<'_>,
        arguments: &[Argument<'_>],
    ) {
        let name = callee.property.name.as_str();
        let changing = match self.path(&callee.object).as_deref() {
            Some("Object") => {
                matches!(
                    name,
                    "assign"
                        | "defineProperties"
                        | "defineProperty"
                        | "freeze"
                        | "preventExtensions"
                        | "seal"
                        | "setPrototypeOf"
                )
            }
            Some("Reflect") => matches!(
                name,
                "defineProperty" | "deleteProperty" | "preventExtensions" | "set" | "setPrototypeOf"
            ),
            _ => false,
        };
        let Some(object) = arguments.first().and_then(Argument::as_expression).filter(|_| changing) else {
            return;
        };
        let property = arguments.get(1).and_then(Argument::as_expression).and_then(text);
        self.changes(object, property.as_deref().unwrap_or("…"));
    }

    pub(super) fn makes_code(&mut self, callee: &Expression<'_>) {
        if matches!(callee, Expression::Identifier(it) if it.name == "Function" && self.is_free(it)) {
            self.needs(OwnRealm::Code("Function".to_owned()));
        }
    }
}
