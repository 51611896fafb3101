//! The RPC door: tRPC's HTTP protocol with superjson-like inputs.

mod call;
mod envelope;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod input;
mod run;
mod streamed;

pub(crate) use call::{handle, refusal};
pub(crate) use envelope::{Success, success};
pub(crate) use error::{CallError, Code};
pub(crate) use input::Input;
