//! What a module asks for and offers, as values: the result of [`survey`](super::survey::survey).

use oxc::diagnostics::OxcDiagnostic;
use oxc::semantic::SymbolId;
use oxc::span::Span;

use crate::compile::own_realm::OwnRealm;
use crate::compile::resolve::Asked;

/// Everything that is known of a module from its own text.
#[derive(Default)]
pub(crate) struct Survey {
    /// Other modules, in the order in which the text names them.
    pub(crate) requests: Vec<Request>,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Export>,
    /// `export * from`: indices of requests.
    pub(crate) stars: Vec<usize>,
    /// The first `await` outside of all functions.
    pub(crate) top_level_await: Option<Span>,
    /// Uses the job queue or an event loop.
    pub(crate) promises: bool,
    /// Calls `eval` by its name, so that the text sees the variables around it.
    pub(crate) evaluates: bool,
    /// What else keeps users from sharing a realm; the first such thing.
    pub(crate) own_realm: Option<OwnRealm>,
    /// Standard globals the module puts on `globalThis` itself.
    pub(crate) polyfills: Vec<String>,
    pub(crate) problems: Vec<OxcDiagnostic>,
}

/// One mention of another module.
pub(crate) struct Request {
    pub(crate) specifier: String,
    pub(crate) span: Span,
    pub(crate) asked: Asked,
    /// Inside `try`, where the author expects that it may be missing, or a `require` in code that may never run: it is
    /// missed when it is reached.
    pub(crate) guarded: bool,
}

/// Which of another module's names is meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Name {
    Named(String),
    Namespace,
}

/// A local name that stands for a name of another module.
pub(crate) struct Import {
    pub(crate) symbol: SymbolId,
    pub(crate) local: String,
    pub(crate) request: usize,
    pub(crate) name: Name,
    pub(crate) span: Span,
    /// How many times the module itself uses it, re-exports aside.
    pub(crate) uses: usize,
}

/// A name the module offers.
pub(crate) struct Export {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) source: Source,
}

/// What stands behind an exported name.
pub(crate) enum Source {
    /// A variable of the module; `mutable` when it may change after the module was evaluated.
    Local { binding: String, mutable: bool },
    /// `export default` of an expression or of something anonymous.
    Default,
    /// A name of another module.
    Other { request: usize, name: Name },
}
