//! Locks on tables, from the weakest to the strongest.

use std::fmt;

/// A lock's mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// Of a statement that reads.
    AccessShare,
    /// Of `SELECT … FOR UPDATE`.
    RowShare,
    /// Of a statement that writes rows.
    RowExclusive,
    /// Of `VACUUM`, `VALIDATE CONSTRAINT`, `CREATE INDEX CONCURRENTLY`.
    ShareUpdateExclusive,
    /// Of `CREATE INDEX`.
    Share,
    /// Of a foreign key that is added, of triggers.
    ShareRowExclusive,
    /// Of `REFRESH MATERIALIZED VIEW CONCURRENTLY`.
    Exclusive,
    /// Of most kinds of `ALTER TABLE`.
    AccessExclusive,
}

/// Whom a lock keeps waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocks {
    /// Nobody who reads or writes rows.
    Nobody,
    /// Whoever writes.
    Writes,
    /// Whoever reads or writes.
    Everybody,
}

const NAMES: [(&str, Lock); 8] = [
    ("AccessShareLock", Lock::AccessShare),
    ("RowShareLock", Lock::RowShare),
    ("RowExclusiveLock", Lock::RowExclusive),
    ("ShareUpdateExclusiveLock", Lock::ShareUpdateExclusive),
    ("ShareLock", Lock::Share),
    ("ShareRowExclusiveLock", Lock::ShareRowExclusive),
    ("ExclusiveLock", Lock::Exclusive),
    ("AccessExclusiveLock", Lock::AccessExclusive),
];

impl Lock {
    /// The mode as `pg_locks` has it.
    ///
    /// ```
    /// use loadline_pg::migration::{Blocks, Lock};
    ///
    /// assert_eq!(Lock::parse("ShareLock").map(Lock::blocks), Some(Blocks::Writes));
    /// assert_eq!(Lock::parse("SIReadLock"), None);
    /// ```
    pub fn parse(mode: &str) -> Option<Self> {
        NAMES.iter().find(|(name, _)| *name == mode).map(|(_, lock)| *lock)
    }

    /// Whom it keeps waiting.
    pub fn blocks(self) -> Blocks {
        match self {
            Self::AccessShare | Self::RowShare | Self::RowExclusive | Self::ShareUpdateExclusive => {
                Blocks::Nobody
            }
            Self::Share | Self::ShareRowExclusive | Self::Exclusive => Blocks::Writes,
            Self::AccessExclusive => Blocks::Everybody,
        }
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(_, lock)| lock == self).map_or("", |(name, _)| name))
    }
}

impl fmt::Display for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody",
            Self::Writes => "writes",
            Self::Everybody => "reads and writes",
        })
    }
}
