//! Keys: which requests are one question, so that one answer may serve them all.
//!
//! A key that lacks what an answer depends on gives people each other's answers; one that has what it does not depend
//! on misses for nothing. So a key is made of named parts, which can be shown one by one, and its text is such that
//! two keys with different parts never have the same.

mod content;
mod part;
mod target;

pub use content::content_digest;
pub use part::{Key, Part, PartName};
pub use target::{NoTarget, Target, plain};
pub(crate) use target::{content_part, method};
