//! What a statement does, as far as its first words tell.

use super::token::{Kind, Tokens};

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// It reads: `select`, `values`, `table`, `with` in front of one.
    Reads,
    /// It writes rows.
    Writes,
    /// A transaction begins with it.
    Begins,
    /// A transaction ends with it.
    Ends,
    /// It is about the session: settings, savepoints, prepared statements.
    Session,
    /// Definitions, maintenance, and all else.
    Other,
}

impl Class {
    /// The class of a statement.
    pub fn of(text: &str) -> Self {
        let words =
            Tokens::of(text).filter(|token| token.kind == Kind::Word || token.kind == Kind::Sign('('));
        let mut words =
            words.map(|token| text[token.range].to_ascii_lowercase()).skip_while(|word| word == "(");
        let first = words.next().unwrap_or_default();
        match first.as_str() {
            "select" | "values" | "table" | "fetch" | "show" => Self::Reads,
            "insert" | "update" | "delete" | "merge" | "copy" => Self::Writes,
            // What it reads first is for what comes behind it; the writing word can be in either.
            "with" => {
                let writes =
                    words.any(|word| matches!(word.as_str(), "insert" | "update" | "delete" | "merge"));
                if writes { Self::Writes } else { Self::Reads }
            }
            "begin" | "start" => Self::Begins,
            "rollback" if words.any(|word| word == "to") => Self::Session,
            "commit" | "end" | "abort" | "rollback" => Self::Ends,
            "set" | "reset" | "savepoint" | "release" | "deallocate" | "discard" | "prepare" | "listen"
            | "unlisten" | "close" | "declare" => Self::Session,
            _ => Self::Other,
        }
    }

    /// Whether its executions are those of a program and not of a connection.
    pub fn is_work(self) -> bool {
        matches!(self, Self::Reads | Self::Writes | Self::Other)
    }
}
