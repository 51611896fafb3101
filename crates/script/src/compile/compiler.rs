//! From an entry file to a [`Bundle`]: load, check, bind, order, write the factories.
//!
//! ```
//! use loadline_script::compile::{Builtins, Memory, Settings, compile};
//!
//! let files = Memory::new()
//!     .with("/work/main.ts", "import { check } from 'k6'; export default () => check(1, {});");
//! let settings = Settings::new(files, "/work", Builtins::new().with("k6", &["check", "sleep"]));
//! let bundle = compile("main.ts".as_ref(), &settings).unwrap();
//! assert_eq!(bundle.exports, Some(vec!["default".to_owned()]));
//!
//! let files = Memory::new().with("/work/main.ts", "import { chek } from 'k6';\nchek();");
//! let settings = Settings::new(files, "/work", Builtins::new().with("k6", &["check", "sleep"]));
//! let error = compile("main.ts".as_ref(), &settings).unwrap_err();
//! assert!(error.to_string().starts_with("`k6` does not export `chek`\n --> main.ts:1:10"));
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxc::allocator::Allocator;
use oxc::ast::ast::Program;
use oxc::span::Span;
use rustc_hash::FxHashSet;

use crate::compile::bind::{Binder, Missing};
use crate::compile::builtins::Builtins;
use crate::compile::bundle::{Bundle, Module, ModuleKind};
use crate::compile::error::{CompileError, Problem};
use crate::compile::factory::{Factories, Factory, missing_message};
use crate::compile::files::Files;
use crate::compile::graph::{self, Body, Graph, Link};
use crate::compile::link::link;
use crate::compile::order::{Order, Step, order};
use crate::compile::share::shareable;
use crate::compile::suggest::nearest;
use crate::compile::surface::{Name, Source};

/// The parser and every walk over a tree recurse as deep as the text is nested.
const STACK_BYTES: usize = 256 << 20;

/// What a compilation needs besides the entry.
#[derive(Clone)]
pub struct Settings {
    /// Where files come from.
    pub files: Arc<dyn Files>,
    /// The folder that file names are shown relative to, and a relative entry starts from; absolute.
    pub base: PathBuf,
    /// The modules of the virtual machine.
    pub builtins: Builtins,
}

impl Settings {
    /// Settings for one tree of files.
    pub fn new(files: impl Files, base: impl Into<PathBuf>, builtins: Builtins) -> Self {
        Self { files: Arc::new(files), base: base.into(), builtins }
    }
}

/// Compiles the script at `entry` and everything it imports.
///
/// # Errors
/// All problems of all modules that could be reached: files that cannot be read, syntax errors, imports of
/// modules or names that do not exist, and constructs that cannot be run.
pub fn compile(entry: &Path, settings: &Settings) -> Result<Bundle, CompileError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("compile".to_owned()).stack_size(STACK_BYTES);
        match thread.spawn_scoped(scope, || run(entry, settings)) {
            Ok(running) => match running.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            // No memory for another thread: this one's stack is deep enough for all but absurd scripts.
            Err(_) => run(entry, settings),
        }
    })
}

fn run(entry: &Path, settings: &Settings) -> Result<Bundle, CompileError> {
    let allocator = Allocator::default();
    let mut graph = graph::load(&allocator, entry, &settings.base, &settings.files, &settings.builtins);
    let mut problems = std::mem::take(&mut graph.problems);
    let order = order(&graph);
    problems.extend(check(&graph, &order, &settings.builtins));
    if !problems.is_empty() {
        return Err(CompileError { problems, more: graph.more_problems, missing_entry: graph.missing_entry });
    }
    Ok(bundle(&allocator, graph, &order, &settings.builtins))
}

/// What can only be seen with all modules at hand.
fn check(graph: &Graph<'_>, order: &Order, builtins: &Builtins) -> Vec<Problem> {
    let binder = Binder { graph, builtins };
    let mut problems = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let Some(code) = node.code().filter(|code| !code.commonjs) else { continue };
        let mut report = |request: usize, name: &Name, span: Span, missing: &Missing| {
            let (Name::Named(name), specifier) = (name, &code.survey.requests[request].specifier) else {
                return;
            };
            let names = match &node.links[request] {
                Link::Builtin(module) => builtins.exports(module).unwrap_or_default().to_vec(),
                &Link::Module(module) => binder.names(module),
                Link::Nothing | Link::Missing(_) => Vec::new(),
            };
            let problem = Problem::new(missing_message(name, specifier, missing)).at(node.place(span));
            problems.push(match hint(name, &names, missing) {
                Some(hint) => problem.hint(hint),
                None => problem,
            });
        };
        for import in &code.survey.imports {
            if let Err(missing) = binder.imported(index, import.request, &import.name)
                && (missing != Missing::Type || import.uses > 0)
            {
                report(import.request, &import.name, import.span, &missing);
            }
        }
        for export in &code.survey.exports {
            let Source::Other { request, name } = &export.source else { continue };
            let Err(missing) = binder.imported(index, *request, name) else { continue };
            let imported = code.survey.imports.iter().any(|it| it.request == *request && it.name == *name);
            // A type that is re-exported without the word `type` leaves nothing behind.
            if missing != Missing::Type && !imported {
                report(*request, name, export.span, &missing);
            }
        }
        if let (true, Some(span)) = (order.cyclic[index], code.survey.top_level_await) {
            problems.push(
                Problem::new("`await` at top level cannot be used in modules that import each other")
                    .at(node.place(span))
                    .hint("move it into a function, or break the circle of imports"),
            );
        }
    }
    problems
}

fn hint(name: &str, names: &[String], missing: &Missing) -> Option<String> {
    if *missing == Missing::Type {
        return Some(format!("write `import type {{ {name} }}`"));
    }
    if *missing != Missing::Unknown || names.is_empty() {
        return None;
    }
    if let Some(near) = nearest(name, names.iter().map(String::as_str)) {
        return Some(format!("did you mean `{near}`?"));
    }
    let mut names: Vec<String> = names.iter().take(20).map(|name| format!("`{name}`")).collect();
    names.sort();
    Some(format!("it exports {}", names.join(", ")))
}

fn bundle<'a>(allocator: &'a Allocator, mut graph: Graph<'a>, order: &Order, builtins: &Builtins) -> Bundle {
    let polyfills: FxHashSet<String> = graph
        .nodes
        .iter()
        .filter_map(|node| node.code())
        .flat_map(|code| code.survey.polyfills.iter().cloned())
        .collect();
    let shareable = shareable(&graph);
    let linker = link(&graph, order, &shareable);
    let exports = graph.nodes[0].is_es().then(|| {
        let binder = Binder { graph: &graph, builtins };
        let names = binder.names(0).into_iter();
        names.filter(|name| binder.exported(0, name).is_ok()).collect()
    });
    let awaits =
        |index: &usize| graph.nodes[*index].code().is_some_and(|it| it.survey.top_level_await.is_some());
    let run = |step: &Step| if let Step::Run(module) = *step { Some(module) } else { None };
    let evaluation: Vec<usize> = order.plans[0].iter().flatten().filter_map(run).collect();
    let awaits_at_top_level = evaluation.iter().any(awaits);

    // Each program is taken out of the graph while it is rewritten; the others are looked up meanwhile.
    let mut programs: Vec<Option<Program<'a>>> = Vec::new();
    for node in &mut graph.nodes {
        programs.push(match &mut node.body {
            Body::Code(code) => Some(std::mem::replace(&mut code.program, empty(allocator))),
            Body::Json | Body::Broken(_) => None,
        });
    }
    let factories =
        Factories { allocator, binder: Binder { graph: &graph, builtins }, order, polyfills: &polyfills };
    let mut modules = Vec::new();
    for (index, (node, program)) in graph.nodes.iter().zip(programs).enumerate() {
        let (kind, Factory { text, positions }) = match (node.code(), program) {
            (Some(code), Some(mut program)) if code.commonjs => {
                let factory = factories.commonjs(node.source, &mut program, &code.scoping);
                (ModuleKind::CommonJs, factory)
            }
            (Some(code), Some(mut program)) => (ModuleKind::Es, factories.es(index, &mut program, code)),
            _ => (ModuleKind::Json, Factories::json(node.source)),
        };
        modules.push(Module {
            name: node.name.clone(),
            path: node.path.clone(),
            kind,
            package: node.package.clone(),
            shareable: shareable[index],
            uses_promises: node.code().is_some_and(|code| code.survey.promises),
            evaluates: node.code().is_some_and(|code| code.survey.evaluates),
            own_realm: node.code().and_then(|code| code.survey.own_realm.clone()),
            source: node.source.to_owned(),
            factory: text,
            positions,
        });
    }
    Bundle { modules, evaluation, exports, awaits_at_top_level, link: linker }
}

fn empty(allocator: &Allocator) -> Program<'_> {
    use oxc::allocator::Dummy;
    Program::dummy(allocator)
}
