//! Why a receiver did not take what it was told.

/// It did not take it.
#[derive(Debug)]
pub(super) struct Refused {
    /// In words, without secrets.
    pub(super) why: String,
    /// What to do about it.
    pub(super) then: Then,
}

/// What to do about a notice that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It is worth another try.
    Again,
    /// The receiver calls it wrong: worth another try while no other waits behind it.
    WhileNoOtherWaits,
    /// It is not.
    Never,
}

impl Refused {
    /// It is worth another try.
    pub(super) fn for_now(why: String) -> Self {
        Self { why, then: Then::Again }
    }

    /// It is not.
    pub(super) fn forever(why: String) -> Self {
        Self { why, then: Then::Never }
    }

    /// As an answer with this status means: 400, 413 and 422 call the content wrong (RFC 9110, sections 15.5.1, 15.5.14
    /// and 15.5.21).
    pub(super) fn by_status(status: u16, why: String) -> Self {
        let is_wrong = matches!(status, 400 | 413 | 422);
        Self { why, then: if is_wrong { Then::WhileNoOtherWaits } else { Then::Again } }
    }
}
