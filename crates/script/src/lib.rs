//! Scripts: k6 TypeScript and JavaScript, run by many virtual users.

pub mod compile;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod modules;
pub mod options;
pub mod program;
mod text;
pub mod vm;

pub use text::script_text;
