//! What a run is of: who made it, and what has to be the same for another run to be of the same thing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a run is of.
///
/// In a Run file the identity is called `script_hash`: scripts were all that there was when the form was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkloadId {
    /// What it was made from, in any text that changes when that does: of a script the SHA-256 of all its code and of
    /// the options that change what it does. Empty when nothing is known to be the same: such runs can be shown, not
    /// compared.
    #[serde(rename = "script_hash")]
    pub identity: String,
    /// Who made it.
    #[serde(skip_serializing_if = "Producer::is_unknown")]
    pub producer: Producer,
}

/// Who made a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Producer {
    /// Nobody said: a file of before, in which it was a script or one request.
    #[default]
    Unknown,
    /// A script.
    Script,
    /// One request, again and again.
    Hit,
    /// Scenarios in Rust.
    Rust,
    /// Results of another tool.
    Import,
    /// Another one, by its word: `statements`, `cache`.
    Other(String),
}

impl WorkloadId {
    /// What a producer made from something that this text identifies.
    pub fn new(producer: Producer, identity: impl Into<String>) -> Self {
        Self { identity: identity.into(), producer }
    }

    /// The workload in a word, the same for runs of the same thing; empty when that is not known.
    pub fn word(&self) -> String {
        match &self.producer {
            _ if self.identity.is_empty() => String::new(),
            // Runs of scripts and requests were told by the identity alone, and still are: histories go on.
            Producer::Unknown | Producer::Script | Producer::Hit => self.identity.clone(),
            producer => format!("{producer} {}", self.identity),
        }
    }
}

impl Producer {
    /// The word for it.
    pub fn word(&self) -> &str {
        match self {
            Self::Unknown => "",
            Self::Script => "script",
            Self::Hit => "hit",
            Self::Rust => "rust",
            Self::Import => "import",
            Self::Other(word) => word,
        }
    }

    /// The producer of a word.
    pub fn of(word: &str) -> Self {
        match word {
            "" => Self::Unknown,
            "script" => Self::Script,
            "hit" => Self::Hit,
            "rust" => Self::Rust,
            "import" => Self::Import,
            other => Self::Other(other.to_owned()),
        }
    }

    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

impl fmt::Display for Producer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl From<String> for Producer {
    fn from(word: String) -> Self {
        Self::of(&word)
    }
}

impl From<Producer> for String {
    fn from(producer: Producer) -> Self {
        producer.word().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn producers_read_back_from_their_words() {
        for word in ["", "script", "hit", "rust", "import", "cache"] {
            assert_eq!(Producer::of(word).word(), word);
        }
    }

    #[test]
    fn the_word_tells_workloads_apart_and_knows_those_of_before() {
        let word = |producer, identity: &str| WorkloadId::new(producer, identity).word();
        assert_eq!(word(Producer::Script, "5f"), word(Producer::Unknown, "5f"));
        assert_eq!(word(Producer::Other("cache".to_owned()), "5f"), "cache 5f");
        assert_eq!(word(Producer::Rust, ""), "");
    }
}
