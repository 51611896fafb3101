//! One module as the text of a function: its factory.
//!
//! ```text
//! (function (globalThis, $global, $link) {"use strict";const $link1 = $link.m[1],check = $link.b["k6"].check;
//! …the module's statements…
//! return {__proto__: $link.tag,default: main,get count() { return count; }};
//! })
//! ```
//! Everything the compiler adds stands on the first line or after the last, so positions differ from the
//! printed module's by one line and nothing else. Four shapes, from the cheapest:
//! - A module outside of any circle of imports finds all others evaluated when it starts. Imports that can
//!   no longer change become constants of the factory, so a call of `check` costs what a local call costs;
//!   its own exports are plain properties, with a getter only where the variable may change.
//! - With `await` at top level the same function is async.
//! - In a circle, functions of a module are called before it was evaluated. Such a factory is a generator
//!   that first yields its exports, all getters, and runs when resumed; imports are read where they are
//!   used, and a variable that is not there yet throws as it does in an ES module.
//! - CommonJS has its usual parameters, and its text is left alone but for free names, and for `this` where that could
//!   be the global object of the realm rather than the VU's.

use std::fmt::Write as _;

use oxc::allocator::Allocator;
use oxc::ast::ast::Program;
use oxc::ast::builder::AstBuilder;
use oxc::codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc::semantic::Scoping;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile::bind::{Binder, Binding, Missing};
use crate::compile::graph::Code;
use crate::compile::names::Names;
use crate::compile::order::Order;
use crate::compile::positions::Positions;
use crate::compile::rewrite::Rewriter;
use crate::compile::surface::Source;

/// A finished factory.
pub(crate) struct Factory {
    pub(crate) text: String,
    pub(crate) positions: Positions,
}

/// What factories are made from.
pub(crate) struct Factories<'g, 'a> {
    pub(crate) allocator: &'a Allocator,
    pub(crate) binder: Binder<'g, 'a>,
    pub(crate) order: &'g Order,
    pub(crate) polyfills: &'g FxHashSet<String>,
}

impl<'a> Factories<'_, 'a> {
    /// The factory of a JSON file.
    pub(crate) fn json(source: &str) -> Factory {
        let literal = serde_json::Value::from(source).to_string();
        let text = format!(
            "(function (globalThis, $global, $link, exports, require, module) {{\nmodule.exports = $link.json({literal});\n}})"
        );
        Factory { text, positions: Positions::default() }
    }

    /// The factory of a CommonJS module.
    pub(crate) fn commonjs(&self, source: &str, program: &mut Program<'a>, scoping: &Scoping) -> Factory {
        let names = Names::for_source(source);
        self.rewrite(program, scoping, &names, true, false, FxHashMap::default());
        let Names { global, link, real, .. } = &names;
        let head = format!(
            "(function (globalThis, {global}, {link}, exports, require, module, __filename, __dirname, {real}) {{"
        );
        print(&head, program, "")
    }

    /// The factory of ES module number `index`.
    pub(crate) fn es(&self, index: usize, program: &mut Program<'a>, code: &Code<'_>) -> Factory {
        let node = &self.binder.graph.nodes[index];
        let names = Names::for_source(node.source);
        let cyclic = self.order.cyclic[index];
        let mut writer = Writer {
            factories: self,
            index,
            cyclic,
            as_node: node.strict_interop,
            names: &names,
            used: FxHashSet::default(),
        };
        let (constants, live) = writer.imports(code);
        let exports = writer.exports(code, cyclic);
        let mut used: Vec<usize> = writer.used.into_iter().collect();
        used.sort_unstable();

        let Names { global, link, .. } = &names;
        let globals =
            if code.scoping.get_root_binding("globalThis".into()).is_some() { "_" } else { "globalThis" };
        let kind = match (cyclic, code.survey.top_level_await) {
            (true, _) => "function*",
            (false, Some(_)) => "async function",
            (false, None) => "function",
        };
        let mut head = format!("({kind} ({globals}, {global}, {link}) {{\"use strict\";");
        let locals: Vec<String> = used
            .iter()
            .map(|module| format!("{link}{module} = {link}.m[{module}]"))
            .chain(constants)
            .collect();
        if !locals.is_empty() {
            let _ = write!(head, "const {};", locals.join(","));
        }
        let tail = if cyclic {
            let _ = write!(head, "yield {exports};");
            String::new()
        } else {
            format!("return {exports};\n")
        };
        let live = live.into_iter().map(|(symbol, text)| (symbol, self.allocator.alloc_str(&text))).collect();
        self.rewrite(program, &code.scoping, &names, false, cyclic, live);
        print(&head, program, &tail)
    }

    fn rewrite(
        &self,
        program: &mut Program<'a>,
        scoping: &Scoping,
        names: &Names,
        commonjs: bool,
        hoist_default: bool,
        live: FxHashMap<oxc::semantic::SymbolId, &'a str>,
    ) {
        let mut rewriter = Rewriter {
            builder: AstBuilder::new(self.allocator),
            allocator: self.allocator,
            scoping,
            names,
            commonjs,
            hoist_default,
            live,
            polyfills: self.polyfills,
            withs: 0,
            sloppy: Vec::new(),
        };
        rewriter.rewrite(program);
    }
}

/// Writes the imports and exports of one ES module.
struct Writer<'w, 'g, 'a> {
    factories: &'w Factories<'g, 'a>,
    index: usize,
    cyclic: bool,
    /// Default imports of CommonJS are its whole exports.
    as_node: bool,
    names: &'w Names,
    /// Modules whose exports get a constant of their own.
    used: FxHashSet<usize>,
}

type LiveImports = Vec<(oxc::semantic::SymbolId, String)>;

impl Writer<'_, '_, '_> {
    /// Constants for the imports that cannot change any more, and the texts of those that can.
    fn imports(&mut self, code: &Code<'_>) -> (Vec<String>, LiveImports) {
        let mut constants = Vec::new();
        let mut live = Vec::new();
        for import in code.survey.imports.iter().filter(|import| import.uses > 0) {
            // What is missing was reported, or is a type that nothing can use as a value.
            let Ok(binding) = self.factories.binder.imported(self.index, import.request, &import.name) else {
                continue;
            };
            let (text, constant) = self.read(&binding);
            if constant {
                constants.push(format!("{} = {text}", import.local));
            } else {
                live.push((import.symbol, text));
            }
        }
        (constants, live)
    }

    /// The object of everything the module exports.
    fn exports(&mut self, code: &Code<'_>, all_live: bool) -> String {
        let mut properties = vec![format!("__proto__: {}.tag", self.names.link)];
        for star in self.factories.binder.run_time_stars(self.index) {
            let (namespace, _) = self.read(&star);
            properties.push(format!("...{}.star({namespace})", self.names.link));
        }
        for name in self.factories.binder.names(self.index) {
            let own =
                code.survey.exports.iter().find(|export| export.name == name).map(|export| &export.source);
            let (text, constant) = match own {
                Some(Source::Local { binding, mutable }) => (binding.clone(), !mutable),
                Some(Source::Default) => (self.names.default.clone(), true),
                Some(Source::Other { request, name }) => {
                    match self.factories.binder.imported(self.index, *request, name) {
                        Ok(binding) => self.read(&binding),
                        Err(_) => continue,
                    }
                }
                None => match self.factories.binder.exported(self.index, &name) {
                    Ok(binding) => self.read(&binding),
                    Err(_) => continue,
                },
            };
            let key = key(&name);
            properties.push(if constant && !all_live {
                if key == text { text } else { format!("{key}: {text}") }
            } else {
                format!("get {key}() {{ return {text}; }}")
            });
        }
        format!("{{{}}}", properties.join(","))
    }

    /// The expression that reads a binding, and whether its value is final when the module starts.
    fn read(&mut self, binding: &Binding) -> (String, bool) {
        let (link, as_node) = (&self.names.link, self.as_node);
        match binding {
            Binding::Builtin { module, name } => (member(&builtin(link, module), name), true),
            Binding::BuiltinNamespace(module) => (builtin(link, module), true),
            Binding::Nothing => ("undefined".to_owned(), true),
            Binding::NothingNamespace => ("({})".to_owned(), true),
            Binding::Es { module, name, mutable } => {
                let order = self.factories.order;
                let constant = !mutable && order.circle[self.index] != order.circle[*module];
                (member(&self.exports_of(*module), name), constant && !self.cyclic)
            }
            Binding::EsNamespace(module) => (self.exports_of(*module), !self.cyclic),
            Binding::CommonJs { module, name } => (member(&self.exports_of(*module), name), false),
            Binding::CommonJsDefault(module) => {
                (format!("{link}.default({module}, {as_node})"), !self.cyclic)
            }
            Binding::CommonJsNamespace(module) => {
                (format!("{link}.namespace({module}, {as_node})"), !self.cyclic)
            }
        }
    }

    /// The expression for what a module exports.
    fn exports_of(&mut self, module: usize) -> String {
        let link = &self.names.link;
        if self.cyclic {
            return format!("{link}.m[{module}]");
        }
        self.used.insert(module);
        format!("{link}{module}")
    }
}

fn builtin(link: &str, module: &str) -> String {
    format!("{link}.b[{}]", quoted(module))
}

fn member(object: &str, name: &str) -> String {
    if is_identifier(name) { format!("{object}.{name}") } else { format!("{object}[{}]", quoted(name)) }
}

/// A property name of an object literal; `__proto__` would set the prototype.
fn key(name: &str) -> String {
    match name {
        "__proto__" => "[\"__proto__\"]".to_owned(),
        name if is_identifier(name) => name.to_owned(),
        name => quoted(name),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn is_identifier(name: &str) -> bool {
    oxc::syntax::identifier::is_identifier_name(name)
}

/// Prints a program between the first and the last line of its factory.
fn print(head: &str, program: &Program<'_>, tail: &str) -> Factory {
    let options = CodegenOptions {
        comments: CommentOptions::disabled(),
        source_map_path: Some(std::path::PathBuf::new()),
        // Nobody reads it, and a tab for each level is the square of a deep nesting.
        indent_width: 0,
        ..CodegenOptions::default()
    };
    let printed = Codegen::new().with_options(options).build(program);
    let map = printed.map.expect("a path for the source map was given");
    let tokens = map
        .get_tokens()
        .map(|token| [token.get_dst_line(), token.get_dst_col(), token.get_src_line(), token.get_src_col()]);
    let positions = Positions::new(tokens, 1);
    let mut text = String::with_capacity(head.len() + printed.code.len() + tail.len() + 8);
    text.push_str(head);
    text.push('\n');
    text.push_str(&printed.code);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(tail);
    text.push_str("})");
    Factory { text, positions }
}

/// What is said about an import that stands for nothing.
pub(crate) fn missing_message(name: &str, specifier: &str, missing: &Missing) -> String {
    match missing {
        Missing::Unknown if name == "default" => format!("`{specifier}` has no default export"),
        Missing::Unknown => format!("`{specifier}` does not export `{name}`"),
        Missing::Type => {
            format!("`{name}` of `{specifier}` is a type and does not exist when the script runs")
        }
        Missing::Ambiguous => {
            format!("`{name}` of `{specifier}` is ambiguous: two `export *` offer different things under it")
        }
        Missing::Circular => format!("the re-exports of `{name}` of `{specifier}` lead in a circle"),
    }
}
