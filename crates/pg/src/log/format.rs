//! Which format a log has: found by the first line that has any.

use std::fmt;

use super::{csvlog, jsonlog, prisma, stderr};

/// The format of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// PostgreSQL's `csvlog`.
    Csv,
    /// PostgreSQL's `jsonlog`, from version 15 on.
    Json,
    /// PostgreSQL's plain text, with any prefix.
    Plain,
    /// What Prisma's client prints: `prisma:query …`.
    PrismaPrinted,
    /// Events of Prisma's client as JSON, one in a line.
    PrismaEvents,
}

impl Format {
    /// The format of a log with this line, if it tells.
    pub(super) fn of_line(line: &str) -> Option<Self> {
        if csvlog::begins(line) {
            Some(Self::Csv)
        } else if jsonlog::read(line).is_some() {
            Some(Self::Json)
        } else if prisma::event(line).is_some() {
            Some(Self::PrismaEvents)
        } else if prisma::printed(line).is_some() {
            Some(Self::PrismaPrinted)
        } else {
            stderr::begins(line).then_some(Self::Plain)
        }
    }

    /// Whether it tells sessions apart: then what follows in a session is of one connection.
    pub fn has_sessions(self) -> bool {
        matches!(self, Self::Csv | Self::Json | Self::Plain)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "csvlog",
            Self::Json => "jsonlog",
            Self::Plain => "plain log",
            Self::PrismaPrinted => "Prisma's printed queries",
            Self::PrismaEvents => "Prisma's query events",
        })
    }
}
