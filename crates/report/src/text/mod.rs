//! Lines of text that know their width and their roles before they know their colours.

mod escape;
mod line;
mod theme;
mod wrap;

pub use escape::escape;
pub use line::{Line, render};
pub use theme::{Role, Theme};

pub(crate) use wrap::wrap;
