//! The compiler: from a script and everything it imports to functions that QuickJS runs.

mod bind;
mod builtins;
mod bundle;
mod compiler;
mod depth;
mod error;
mod factory;
mod files;
mod globals;
mod graph;
mod link;
mod names;
mod needs;
mod order;
mod own_realm;
mod parse;
mod positions;
mod resolve;
mod rewrite;
mod share;
mod stack;
mod suggest;
mod surface;
mod survey;
mod unsupported;

#[cfg(test)]
mod tests;

pub use builtins::Builtins;
pub use bundle::{Bundle, Module, ModuleKind, Position};
pub use compiler::{Settings, compile};
pub use error::{CompileError, Place, Problem};
pub use files::{Disk, Files, Kind, Memory, read_regular};
pub use own_realm::OwnRealm;
pub(crate) use suggest::nearest;
