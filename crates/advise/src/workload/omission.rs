//! What is not looked at, and why: nothing is left out in silence.

/// Why statements are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Omission {
    /// They neither read nor write rows.
    NoRows,
    /// They ask the system's own tables.
    Catalogs,
    /// There are heavier ones, as many as are looked at.
    TooMany,
    /// The portrait does not keep them, because they could hold passwords.
    NotKept,
    /// Executions whose text is cut off in a log.
    Cut,
    /// Executions of ever new texts in a log.
    EverNew,
    /// A run has a shortened name of them, and nothing else has their text.
    NoText,
    /// Executions that a run counted together.
    Together,
}

impl Omission {
    /// Why, for programs.
    pub fn key(self) -> &'static str {
        match self {
            Self::NoRows => "no rows",
            Self::Catalogs => "system tables",
            Self::TooMany => "too many",
            Self::NotKept => "not in the portrait",
            Self::Cut => "cut off",
            Self::EverNew => "ever new texts",
            Self::NoText => "no text",
            Self::Together => "counted together",
        }
    }
}
