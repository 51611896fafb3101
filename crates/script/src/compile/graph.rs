//! All modules that an entry file reaches, read and parsed.
//!
//! A file that is wrong does not stop the others from being read, so that all problems are shown at once.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use loadline_verdict::escape;
use oxc::allocator::Allocator;
use oxc::ast::ast::Program;
use oxc::diagnostics::OxcDiagnostic;
use oxc::semantic::Scoping;
use oxc::span::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile::builtins::Builtins;
use crate::compile::depth::too_deep;
use crate::compile::error::{Place, Problem};
use crate::compile::files::{self, Files};
use crate::compile::parse::{self, Broken, Parsed};
use crate::compile::resolve::{Asked, Refusal, Resolver, Target};
use crate::compile::surface::{Request, Survey};
use crate::compile::survey;

/// So many mistakes of one file are looked at; a file that is something else has as many as it has lines.
const MOST_DIAGNOSTICS: usize = 100;

/// The modules; the entry is the first.
#[derive(Default)]
pub(crate) struct Graph<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) problems: Vec<Problem>,
    /// Mistakes beyond the first of a file.
    pub(crate) more_problems: usize,
    /// The entry could not be read.
    pub(crate) missing_entry: bool,
}

/// One module.
pub(crate) struct Node<'a> {
    pub(crate) path: PathBuf,
    /// The file as shown to users, unique in the graph.
    pub(crate) name: String,
    pub(crate) source: &'a str,
    /// The package it belongs to, when it stands in `node_modules`.
    pub(crate) package: Option<String>,
    /// Imports CommonJS as Node does, because its package or its name says that it is an ES module.
    pub(crate) strict_interop: bool,
    pub(crate) body: Body<'a>,
    /// What each request of the survey stands for.
    pub(crate) links: Vec<Link>,
}

/// What a module's text is.
pub(crate) enum Body<'a> {
    Code(Box<Code<'a>>),
    Json,
    /// Could not be read or parsed, a problem says why; with what it imports, as far as that is known.
    Broken(Vec<(String, Span)>),
}

/// A module of JavaScript.
pub(crate) struct Code<'a> {
    pub(crate) program: Program<'a>,
    pub(crate) scoping: Scoping,
    pub(crate) survey: Survey,
    pub(crate) commonjs: bool,
    pub(crate) types: FxHashSet<String>,
}

/// What a request stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Link {
    Module(usize),
    Builtin(String),
    /// An empty module.
    Nothing,
    /// Missing, and the author expects that it may be: an error when it is reached.
    Missing(String),
}

impl<'a> Node<'a> {
    pub(crate) fn code(&self) -> Option<&Code<'a>> {
        match &self.body {
            Body::Code(code) => Some(code),
            Body::Json | Body::Broken(_) => None,
        }
    }

    /// Whether it is an ES module; JSON behaves as CommonJS that exports the value.
    pub(crate) fn is_es(&self) -> bool {
        self.code().is_some_and(|code| !code.commonjs)
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        Place::new(&self.name, self.source, span.start as usize, span.end as usize)
    }
}

/// Reads everything that `entry` reaches; names are shown relative to `base`.
pub(crate) fn load<'a>(
    allocator: &'a Allocator,
    entry: &Path,
    base: &Path,
    files: &Arc<dyn Files>,
    builtins: &Builtins,
) -> Graph<'a> {
    let resolver = Resolver::new(files.clone(), builtins.clone());
    let base = files::real(files.as_ref(), base);
    let mut loader = Loader {
        allocator,
        files: files.as_ref(),
        graph: Graph::default(),
        known: FxHashMap::default(),
        waiting: VecDeque::new(),
        base,
    };
    let entry = files::real(files.as_ref(), &loader.base.join(entry));
    loader.add(entry, false, None);
    while let Some(index) = loader.waiting.pop_front() {
        loader.links(index, &resolver);
    }
    loader.graph
}

struct Loader<'a, 'f> {
    allocator: &'a Allocator,
    files: &'f dyn Files,
    graph: Graph<'a>,
    known: FxHashMap<PathBuf, usize>,
    /// Modules whose requests are not resolved yet.
    waiting: VecDeque<usize>,
    base: PathBuf,
}

impl<'a> Loader<'a, '_> {
    /// The module of a file, read now if it is new; `asker` is the place of the first import of it.
    fn add(&mut self, path: PathBuf, module: bool, asker: Option<Place>) -> usize {
        if let Some(&index) = self.known.get(&path) {
            return index;
        }
        let index = self.graph.nodes.len();
        self.known.insert(path.clone(), index);
        // As stacks and errors say it, in one line.
        let shown = path.strip_prefix(&self.base).unwrap_or(&path).to_string_lossy();
        let name = escape(&shown).into_owned();
        let mut node = Node {
            package: package(&path),
            strict_interop: module || matches!(extension(&path), "mjs" | "mts"),
            source: "",
            body: Body::Broken(Vec::new()),
            links: Vec::new(),
            name,
            path,
        };
        match self.read(&node.path) {
            Ok(source) => {
                node.source = source;
                self.parse(&mut node, module, asker);
            }
            Err(problem) => {
                self.graph.missing_entry |= index == 0;
                self.graph.problems.push(Problem { place: asker, ..problem });
            }
        }
        self.graph.nodes.push(node);
        self.waiting.push_back(index);
        index
    }

    fn read(&self, path: &Path) -> Result<&'a str, Problem> {
        let shown = path.strip_prefix(&self.base).unwrap_or(path).display();
        let bytes = self.files.read(path).map_err(|error| {
            let problem = Problem::new(format!("cannot read `{shown}`: {}", reason(&error)));
            if self.graph.nodes.is_empty() { problem.hint("give the path of a script file") } else { problem }
        })?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Problem::new(format!("`{shown}` is not a text file: it is not valid UTF-8")))?;
        Ok(self.allocator.alloc_str(text.trim_start_matches('\u{feff}')))
    }

    fn parse(&mut self, node: &mut Node<'a>, module: bool, asker: Option<Place>) {
        match extension(&node.path) {
            "json" => match serde_json::from_str::<serde::de::IgnoredAny>(node.source) {
                Ok(_) => node.body = Body::Json,
                Err(error) => {
                    let at = offset(node.source, error.line(), error.column());
                    let text = error.to_string();
                    let text = text.split(" at line ").next().unwrap_or(&text);
                    let place = Place::new(&node.name, node.source, at, at + 1);
                    self.graph.problems.push(Problem::new(format!("invalid JSON: {text}")).at(place));
                }
            },
            "ts" | "mts" | "cts" | "tsx" | "js" | "mjs" | "cjs" | "jsx" | "" => self.parse_code(node, module),
            other if self.graph.nodes.is_empty() => {
                let message = format!("`{}` is not a script: `.{other}` is not a known extension", node.name);
                self.graph.problems.push(Problem::new(message).hint("name it `.ts` or `.js`"));
            }
            other => {
                let message = format!(
                    "cannot import `{}`: `.{other}` is not JavaScript, TypeScript or JSON",
                    node.name
                );
                let problem = Problem::new(message).hint("read it with `open`");
                self.graph.problems.push(Problem { place: asker, ..problem });
            }
        }
    }

    fn parse_code(&mut self, node: &mut Node<'a>, module: bool) {
        if let Some((at, message)) = too_deep(node.source) {
            let place = Place::new(&node.name, node.source, at, at + 1);
            self.graph.problems.push(Problem::new(message).at(place));
            return;
        }
        match parse::parse(self.allocator, &node.path, node.source, module) {
            Ok(Parsed { program, scoping, commonjs, types }) => {
                let survey = survey::survey(&program, &scoping);
                // A package may hold code that this script never reaches: it fails when it is reached.
                if node.package.is_none() {
                    self.diagnose(node, &survey.problems);
                }
                let code = Code { program, scoping, survey, commonjs, types };
                node.body = Body::Code(Box::new(code));
            }
            Err(Broken { diagnostics, requests }) => {
                self.diagnose(node, &diagnostics);
                node.body = Body::Broken(requests);
            }
        }
    }

    fn diagnose(&mut self, node: &Node<'_>, diagnostics: &[OxcDiagnostic]) {
        let (told, more) = diagnostics.split_at(diagnostics.len().min(MOST_DIAGNOSTICS));
        self.graph.problems.extend(told.iter().map(|diagnostic| problem(node, diagnostic)));
        self.graph.more_problems += more.len();
    }

    /// Finds what the requests of a module stand for.
    fn links(&mut self, index: usize, resolver: &Resolver) {
        let requests = match &mut self.graph.nodes[index].body {
            Body::Code(code) => std::mem::take(&mut code.survey.requests),
            Body::Json => return,
            Body::Broken(requests) => {
                let asked =
                    |(specifier, span)| Request { specifier, span, asked: Asked::Import, guarded: false };
                std::mem::take(requests).into_iter().map(asked).collect()
            }
        };
        let links = requests.iter().map(|request| self.link(index, request, resolver)).collect();
        let node = &mut self.graph.nodes[index];
        node.links = links;
        if let Body::Code(code) = &mut node.body {
            code.survey.requests = requests;
        }
    }

    fn link(&mut self, index: usize, request: &Request, resolver: &Resolver) -> Link {
        let node = &self.graph.nodes[index];
        match resolver.resolve(&node.path, &request.specifier, request.asked) {
            Ok(Target::Builtin(name)) => Link::Builtin(name),
            Ok(Target::Nothing) => Link::Nothing,
            Ok(Target::File { path, module }) => {
                let place = node.place(request.span);
                Link::Module(self.add(path, module, Some(place)))
            }
            Err(Refusal { message, .. })
                if request.asked != Asked::Import && (request.guarded || node.package.is_some()) =>
            {
                Link::Missing(message)
            }
            Err(Refusal { message, hint }) => {
                let problem = Problem { message, place: Some(node.place(request.span)), hint };
                self.graph.problems.push(problem);
                Link::Nothing
            }
        }
    }
}

/// A diagnostic of oxc in our form.
pub(crate) fn problem(node: &Node<'_>, diagnostic: &OxcDiagnostic) -> Problem {
    let label = diagnostic.labels.first();
    let place = label.map(|label| {
        let start = label.offset() as usize;
        Place::new(&node.name, node.source, start, start + label.len() as usize)
    });
    let message = lowercase_first(diagnostic.message.trim_end_matches('.'));
    Problem { message, place, hint: diagnostic.help.as_ref().map(|help| lowercase_first(help)) }
}

fn lowercase_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // `JSX is …` keeps its capitals.
        Some(first) if !chars.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

/// The byte offset of a line and column that count from 1; the column counts bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column.saturating_sub(1)).min(text.len())
}

/// The package a path lies in: what follows the last `node_modules`.
fn package(path: &Path) -> Option<String> {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    let at = parts.iter().rposition(|&part| part == "node_modules")?;
    let name = parts.get(at + 1)?;
    match parts.get(at + 2) {
        Some(second) if name.starts_with('@') => Some(format!("{name}/{second}")),
        _ => Some((*name).to_owned()),
    }
}
