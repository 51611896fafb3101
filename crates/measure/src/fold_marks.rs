//! The words by which a folded tag set says what was folded away.

/// What the value of a folded key begins with; behind it, after a space, may be what was kept of the value.
pub const OTHER: &str = "(other)";
/// The key of the pair by which a folded set names its folded keys.
pub(crate) const FOLDED: &str = "(folded)";
/// Stands between them.
pub(crate) const SEPARATOR: char = '\u{1f}';
/// Among the folded keys of a set: some of its keys were left out.
pub const SOME_KEYS: &str = "";
/// Among the folded keys of a set: nothing of it was kept.
pub const EVERYTHING: &str = "*";
