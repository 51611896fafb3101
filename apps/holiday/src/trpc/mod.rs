//! The RPC door: tRPC's HTTP protocol with superjson-like inputs.

mod call;
mod envelope;
mod error;
mod input;

pub(crate) use call::handle;
pub(crate) use envelope::{Success, success};
pub(crate) use error::{CallError, Code};
pub(crate) use input::Input;
