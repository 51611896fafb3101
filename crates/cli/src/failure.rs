//! An error with the exit code it ends in.

use std::fmt::Display;

use anyhow::Error;
use loadline_verdict::brief_lines;

use crate::exit::Ending;

/// Why a command did not come to its regular end.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) ending: Ending,
    pub(crate) error: Error,
}

impl Failure {
    /// A failure with a message of its own.
    pub(crate) fn new(ending: Ending, message: impl Display) -> Self {
        Self { ending, error: Error::msg(message.to_string()) }
    }

    /// The text for standard error: `error: …`, the causes, and hints on lines of their own; cut, because whatever it
    /// quotes may be long.
    pub(crate) fn text(&self) -> String {
        let mut text = self.error.to_string();
        for cause in self.error.chain().skip(1) {
            let cause = cause.to_string();
            // Some libraries' messages already contain their cause's.
            if !text.contains(&cause) {
                text.push_str(": ");
                text.push_str(&cause);
            }
        }
        brief_lines(&text)
    }
}

/// Gives an error its exit code.
pub(crate) trait Ends<T> {
    /// The error, ending in `ending`.
    fn ends(self, ending: Ending) -> Result<T, Failure>;
}

impl<T, E: Into<Error>> Ends<T> for Result<T, E> {
    fn ends(self, ending: Ending) -> Result<T, Failure> {
        self.map_err(|error| Failure { ending, error: error.into() })
    }
}
