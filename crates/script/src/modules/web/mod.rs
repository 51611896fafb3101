//! Globals of browsers and Node.js that scripts use without importing them. Each is made when it is first read.

mod random;
mod text;
mod url;

use super::registry::Definition;

pub(super) const GLOBALS: &[&Definition] = &[&random::GLOBALS, &text::GLOBALS, &url::GLOBALS];
