//! YAML documents as values: read with the order of their fields, so that what is not of interest stays as it is, and
//! written with comments that say why.
//!
//! [`Node`] is what a parser is asked for (it reads through serde); [`text`] is the way back. Whatever text a node has,
//! also one that YAML would take for something else, comes back as it was.
//!
//! ```
//! use loadline_yaml::{Node, text};
//!
//! let mut document = Node::map([("kind", "Rule".into()), ("on", "yes".into())]);
//! document.set_why("for", 5_u64, "as long as it takes");
//! let written = text(&["Made by a test.".to_owned()], &document);
//! assert_eq!(written, "# Made by a test.\nkind: Rule\n\"on\": \"yes\"\n# as long as it takes\nfor: 5\n");
//! assert_eq!(document.get("kind"), Some(&Node::from("Rule")));
//! ```

mod documents;
mod node;
mod text;

pub use documents::documents;
pub use node::{Field, Node};
pub use text::text;
