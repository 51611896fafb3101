//! Troubles that last: said once, and not at every step.

use crate::common::screen;

/// A trouble that is said when it begins and when it is over.
#[derive(Default)]
pub(super) struct Trouble(bool);

impl Trouble {
    /// It is wrong now, in these words, or it is not.
    pub(super) fn is(&mut self, wrong: Option<&str>, over: &str) {
        match (wrong, self.0) {
            (Some(words), false) => screen::caution(words),
            (None, true) => screen::remark(over),
            _ => {}
        }
        self.0 = wrong.is_some();
    }
}
