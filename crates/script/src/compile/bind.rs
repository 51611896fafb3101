//! What an imported name finally stands for, through any number of re-exports.
//!
//! This is `ResolveExport` of ECMA-262 (16.2.1.7.2.2), done once for all VUs at compile time; a name that
//! nobody exports is found here, before the test starts.

use rustc_hash::FxHashSet;

use crate::compile::builtins::Builtins;
use crate::compile::graph::{Graph, Link, Node};
use crate::compile::surface::{Name, Source};

/// The thing behind a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Binding {
    /// A name that ES module `module` itself declares and exports.
    Es {
        module: usize,
        name: String,
        mutable: bool,
    },
    /// The namespace object of an ES module.
    EsNamespace(usize),
    /// A property of what a CommonJS module exports; it may or may not exist.
    CommonJs {
        module: usize,
        name: String,
    },
    /// The default import of a CommonJS module.
    CommonJsDefault(usize),
    /// The namespace of a CommonJS module.
    CommonJsNamespace(usize),
    Builtin {
        module: String,
        name: String,
    },
    BuiltinNamespace(String),
    /// A name of an empty module: undefined.
    Nothing,
    /// The namespace of an empty module.
    NothingNamespace,
}

/// Why a name stands for nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Missing {
    /// Nobody exports it.
    Unknown,
    /// It is a type, which does not exist when the script runs.
    Type,
    /// Two `export *` offer different things under it.
    Ambiguous,
    /// Re-exports lead in a circle.
    Circular,
}

pub(crate) struct Binder<'g, 'a> {
    pub(crate) graph: &'g Graph<'a>,
    pub(crate) builtins: &'g Builtins,
}

impl Binder<'_, '_> {
    /// What `name` of the module behind request number `request` of `importer` stands for.
    pub(crate) fn imported(&self, importer: usize, request: usize, name: &Name) -> Result<Binding, Missing> {
        self.through(importer, request, name, &mut FxHashSet::default())
    }

    /// What the exported `name` of a module stands for.
    pub(crate) fn exported(&self, module: usize, name: &str) -> Result<Binding, Missing> {
        self.export(module, name, &mut FxHashSet::default())
    }

    fn through(
        &self,
        importer: usize,
        request: usize,
        name: &Name,
        seen: &mut FxHashSet<(usize, String)>,
    ) -> Result<Binding, Missing> {
        match (&self.node(importer).links[request], name) {
            (Link::Builtin(module), Name::Namespace) => Ok(Binding::BuiltinNamespace(module.clone())),
            (Link::Builtin(module), Name::Named(name)) => match self.builtins.exports(module) {
                Some(names) if !names.contains(name) => Err(Missing::Unknown),
                _ => Ok(Binding::Builtin { module: module.clone(), name: name.clone() }),
            },
            (Link::Nothing | Link::Missing(_), Name::Namespace) => Ok(Binding::NothingNamespace),
            (Link::Nothing | Link::Missing(_), Name::Named(_)) => Ok(Binding::Nothing),
            (&Link::Module(module), Name::Namespace) if self.node(module).is_es() => {
                Ok(Binding::EsNamespace(module))
            }
            (&Link::Module(module), Name::Namespace) => Ok(Binding::CommonJsNamespace(module)),
            (&Link::Module(module), Name::Named(name)) => self.export(module, name, seen),
        }
    }

    fn export(
        &self,
        module: usize,
        name: &str,
        seen: &mut FxHashSet<(usize, String)>,
    ) -> Result<Binding, Missing> {
        let Some(code) = self.node(module).code().filter(|code| !code.commonjs) else {
            return Ok(match name {
                "default" => Binding::CommonJsDefault(module),
                name => Binding::CommonJs { module, name: name.to_owned() },
            });
        };
        if !seen.insert((module, name.to_owned())) {
            return Err(Missing::Circular);
        }
        if let Some(export) = code.survey.exports.iter().find(|export| export.name == name) {
            let own = |mutable| Binding::Es { module, name: name.to_owned(), mutable };
            return match &export.source {
                Source::Local { mutable, .. } => Ok(own(*mutable)),
                Source::Default => Ok(own(false)),
                Source::Other { request, name } => self.through(module, *request, name, seen),
            };
        }
        if code.types.contains(name) {
            return Err(Missing::Type);
        }
        if name == "default" {
            return Err(Missing::Unknown);
        }
        self.starred(module, &code.survey.stars, name, seen)
    }

    /// A name that only an `export *` can offer.
    fn starred(
        &self,
        module: usize,
        stars: &[usize],
        name: &str,
        seen: &mut FxHashSet<(usize, String)>,
    ) -> Result<Binding, Missing> {
        let wanted = Name::Named(name.to_owned());
        let mut found: Option<Binding> = None;
        let mut guesses = Vec::new();
        let mut failure = Missing::Unknown;
        for &star in stars {
            match self.through(module, star, &wanted, seen) {
                // What these export is known only when they run, so they are asked last.
                Ok(binding) if self.is_guess(&binding) => guesses.push(binding),
                Ok(Binding::Nothing) | Err(Missing::Unknown | Missing::Circular) => {}
                Ok(binding) => match &found {
                    Some(other) if *other != binding => return Err(Missing::Ambiguous),
                    _ => found = Some(binding),
                },
                Err(other) => failure = other,
            }
        }
        if found.is_some() {
            return found.ok_or(failure);
        }
        match guesses.len() {
            0 => Err(failure),
            1 => guesses.pop().ok_or(failure),
            // Whichever has it: the module's own exports object collects them when it runs.
            _ => Ok(Binding::Es { module, name: name.to_owned(), mutable: false }),
        }
    }

    fn is_guess(&self, binding: &Binding) -> bool {
        match binding {
            Binding::CommonJs { .. } => true,
            Binding::Builtin { module, .. } => self.builtins.exports(module).is_none(),
            _ => false,
        }
    }

    /// All names an ES module exports, `export *` included, in the order of the text.
    pub(crate) fn names(&self, module: usize) -> Vec<String> {
        let mut names = Vec::new();
        self.collect(module, &mut names, &mut FxHashSet::default());
        names
    }

    fn collect(&self, module: usize, names: &mut Vec<String>, seen: &mut FxHashSet<usize>) {
        if !seen.insert(module) {
            return;
        }
        let Some(code) = self.node(module).code().filter(|code| !code.commonjs) else { return };
        let add = |name: &str, names: &mut Vec<String>| {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        };
        for export in &code.survey.exports {
            add(&export.name, names);
        }
        for &star in &code.survey.stars {
            let mut more = Vec::new();
            match &self.node(module).links[star] {
                &Link::Module(module) => self.collect(module, &mut more, seen),
                Link::Builtin(module) => more.extend_from_slice(self.builtins.exports(module).unwrap_or(&[])),
                Link::Nothing | Link::Missing(_) => {}
            }
            for name in more.iter().filter(|name| *name != "default") {
                add(name, names);
            }
        }
    }

    /// Modules whose own names an `export *` of `module` adds when it runs: CommonJS, and built-in modules
    /// with an unknown list.
    pub(crate) fn run_time_stars(&self, module: usize) -> Vec<Binding> {
        let mut found = Vec::new();
        let mut waiting = vec![module];
        let mut seen = FxHashSet::default();
        while let Some(module) = waiting.pop() {
            let Some(code) = self.node(module).code().filter(|code| !code.commonjs) else { continue };
            if !seen.insert(module) {
                continue;
            }
            for &star in &code.survey.stars {
                match &self.node(module).links[star] {
                    &Link::Module(other) if self.node(other).is_es() => waiting.push(other),
                    &Link::Module(other) => found.push(Binding::CommonJsNamespace(other)),
                    Link::Builtin(name) if self.builtins.exports(name).is_none() => {
                        found.push(Binding::BuiltinNamespace(name.clone()));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    fn node(&self, module: usize) -> &Node<'_> {
        &self.graph.nodes[module]
    }
}
