//! A compiled script: what the virtual machine evaluates, and the way back to the author's text.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::compile::error::Place;
use crate::compile::own_realm::OwnRealm;
use crate::compile::positions::Positions;
use crate::compile::stack;

/// A script and everything it imports, ready to run.
///
/// An embedder, once per realm, evaluates [`Bundle::link`] and each [`Module::factory`] (global code, with
/// [`Module::name`] as the file name), in the order of [`Bundle::modules`]. Once per VU it calls
/// `link(factories, builtins, global, share_packages)`:
/// - `factories`: the array of the factory functions;
/// - `builtins`: an object from a built-in module's name to its exports (`default` among them);
/// - `global`: the VU's own `globalThis`, an object whose prototype is the real global. It must have
///   `__VU`, `__ITER`, `__ENV` and `console`; `open(path, mode, folder)`, which gets the folder of the
///   file that calls it as an additional argument; and what else the VU offers (timers, `URL`, …);
/// - `share_packages`: whether the shareable modules are evaluated once per realm, by the first VU. Their
///   `globalThis` is then put between the VU's and the real one, so that what they define there is seen.
///
/// The call evaluates the modules in their order and returns the entry's namespace object, or a promise of
/// it if [`Bundle::awaits_at_top_level`]. Its exports may be getters: read them each time.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Bundle {
    /// The modules; the entry is the first.
    pub modules: Vec<Module>,
    /// The modules that are evaluated when the script starts, in order; the others wait until something
    /// requires or imports them.
    pub evaluation: Vec<usize>,
    /// The names which the entry exports; `None` for a CommonJS entry, where only running it tells.
    pub exports: Option<Vec<String>>,
    /// Whether `link` returns a promise.
    pub awaits_at_top_level: bool,
    /// The linker: an expression whose value is the function `link`.
    pub link: String,
}

/// One file of a bundle.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Module {
    /// The file as shown to users, and as the engine's stacks name it; unique in the bundle.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its kind.
    pub kind: ModuleKind,
    /// The package, when it stands in `node_modules`.
    pub package: Option<String>,
    /// Can live once per realm: it is a package's, and so is everything it asks for.
    pub shareable: bool,
    /// The text uses promises, timers or sockets with events.
    pub uses_promises: bool,
    /// The text calls `eval` by its name, so that what it evaluates sees the variables around it.
    pub evaluates: bool,
    /// What else in the text belongs to a realm and not to one user; the first such thing.
    pub own_realm: Option<OwnRealm>,
    /// The author's text.
    pub source: String,
    /// The factory: an expression whose value is a function.
    pub factory: String,
    pub(crate) positions: Positions,
}

/// The kinds of modules.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum ModuleKind {
    /// An ES module.
    Es,
    /// A CommonJS module.
    CommonJs,
    /// A JSON file.
    Json,
}

/// A position in the author's text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Position {
    /// The file as shown to users.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl Bundle {
    /// Whether the script's own modules use promises, timers or sockets with events, so that its VUs cannot
    /// share a job queue.
    ///
    /// Modules in `node_modules` do not count: packages are full of promise code that scripts never reach,
    /// and what a package does with promises reaches a script only through promises of its own, which its
    /// text shows. A package that starts something nobody waits for is seen when it does so, in the run.
    pub fn uses_promises(&self) -> bool {
        self.modules.iter().any(|module| module.package.is_none() && module.uses_promises)
    }

    /// Why the script's users cannot share a realm, as far as its text tells; the rest shows when it runs.
    ///
    /// Of packages only `eval` by its name counts: how their other means are used is seen when they are.
    pub fn own_realm(&self) -> Option<OwnRealm> {
        if self.awaits_at_top_level || self.uses_promises() {
            return Some(OwnRealm::Promises);
        }
        if self.modules.iter().any(|module| module.evaluates) {
            return Some(OwnRealm::Code("eval".to_owned()));
        }
        let mut own = self.modules.iter().filter(|module| module.package.is_none());
        own.find_map(|module| module.own_realm.clone())
    }

    /// The packages whose text uses promises or timers, sorted.
    pub fn packages_with_promises(&self) -> Vec<&str> {
        let mut packages: Vec<&str> = self
            .modules
            .iter()
            .filter(|module| module.uses_promises)
            .filter_map(|module| module.package.as_deref())
            .collect();
        packages.sort_unstable();
        packages.dedup();
        packages
    }

    /// The packages of which at least one module can live once per realm, sorted.
    pub fn shareable_packages(&self) -> Vec<&str> {
        let shareable = self.modules.iter().filter(|module| module.shareable);
        let mut packages: Vec<&str> = shareable.filter_map(|module| module.package.as_deref()).collect();
        packages.sort_unstable();
        packages.dedup();
        packages
    }

    /// The bytes of all source files.
    pub fn source_bytes(&self) -> usize {
        self.modules.iter().map(|module| module.source.len()).sum()
    }

    /// The position in the author's text of a line and column that the engine gave for `file`; both from 1,
    /// and QuickJS counts columns in bytes.
    ///
    /// QuickJS knows the position of statements and calls (there, the one after the opening bracket), so
    /// the line is that of the call or of its last argument, and the column is near it.
    pub fn original(&self, file: &str, line: u32, column: u32) -> Option<Position> {
        let module = self.modules.iter().find(|module| module.name == file)?;
        let text = line_of(&module.factory, line);
        let column = utf16_columns(text.get(..(column as usize).saturating_sub(1)).unwrap_or(text));
        let (line, column) = module.positions.original(line.checked_sub(1)?, column)?;
        let column = characters(line_of(&module.source, line + 1), column);
        Some(Position { file: file.to_owned(), line: line + 1, column: column + 1 })
    }

    /// A stack of the engine in the author's coordinates: one `    at name (file:line:column)` per line.
    ///
    /// Frames of the linker, and native ones outside of all script frames, are left out.
    pub fn original_stack(&self, stack: &str) -> String {
        stack::original(stack, |file, line, column| {
            let at = self.original(file, line, column)?;
            Some(format!("{}:{}:{}", at.file, at.line, at.column))
        })
    }

    /// The source line around a position, for showing it.
    pub fn place(&self, position: &Position) -> Option<Place> {
        let module = self.modules.iter().find(|module| module.name == position.file)?;
        let before: usize =
            module.source.split_inclusive('\n').take(position.line as usize - 1).map(str::len).sum();
        let column = line_of(&module.source, position.line).char_indices();
        let column = column.map(|(at, _)| at).nth(position.column.saturating_sub(1) as usize);
        let start = before + column.unwrap_or(0);
        Some(Place::new(&module.name, &module.source, start, start))
    }
}

/// A line of a text, from 1; empty beyond its end.
fn line_of(text: &str, line: u32) -> &str {
    text.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default()
}

fn utf16_columns(text: &str) -> u32 {
    text.chars().map(|c| c.len_utf16() as u32).sum()
}

/// The number of characters in the first `columns` UTF-16 units of a line.
fn characters(line: &str, columns: u32) -> u32 {
    let mut units = 0;
    let inside = line.chars().take_while(|c| {
        units += c.len_utf16() as u32;
        units <= columns
    });
    inside.count() as u32
}
