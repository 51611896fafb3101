//! What is said about a text that is not a quantity.

/// A text that does not say the quantity that was asked for.
///
/// Its text goes on from a name: ``must be a share in percent, such as `5%`, not `5` ``.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnitError {
    /// Not of the form that was asked for.
    #[error("must be {wanted}, not `{text}`")]
    Form {
        /// What was asked for, with an example: ``a duration such as `1m30s` or `500ms` ``.
        wanted: &'static str,
        /// What was written, cut where it is long.
        text: String,
    },
    /// A duration without its unit.
    #[error("has no unit: write `{0}s` or `{0}ms`")]
    NoUnit(String),
}

impl UnitError {
    /// How many characters of a text are shown.
    const SHOWN: usize = 40;

    pub(crate) fn form(wanted: &'static str, text: &str) -> Self {
        Self::Form { wanted, text: shown(text, Self::SHOWN) }
    }

    pub(crate) fn no_unit(text: &str) -> Self {
        Self::NoUnit(shown(text, Self::SHOWN))
    }
}

fn shown(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).flat_map(char::escape_debug).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}
