//! Lines of text that know their width and their roles before they know their colours.

mod column;
mod line;
mod theme;
mod wrap;

pub use column::{column, plain, widest};
pub use line::{Line, render};
pub use theme::{Role, Theme};
pub use wrap::wrap;
