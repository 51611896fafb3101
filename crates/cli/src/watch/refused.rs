//! Why a receiver did not take what it was told.

/// It did not take it.
#[derive(Debug)]
pub(super) struct Refused {
    /// In words, without secrets.
    pub(super) why: String,
    /// Whether it never will.
    pub(super) is_final: bool,
}

impl Refused {
    /// It is worth another try.
    pub(super) fn for_now(why: String) -> Self {
        Self { why, is_final: false }
    }

    /// It is not.
    pub(super) fn forever(why: String) -> Self {
        Self { why, is_final: true }
    }
}
