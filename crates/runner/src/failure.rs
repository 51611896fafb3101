//! An error with the ending that it leads to.

use std::error::Error;
use std::fmt::Display;

use loadline_verdict::brief_lines;

use crate::ending::Ending;

/// Any error, with its causes behind `source()`.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why something did not come to its regular end.
#[derive(Debug)]
pub struct Failure {
    /// How the command ends for it.
    pub ending: Ending,
    /// What it was.
    pub error: Cause,
}

impl Failure {
    /// A failure with a message of its own.
    pub fn new(ending: Ending, message: impl Display) -> Self {
        Self { ending, error: message.to_string().into() }
    }

    /// The text for people: the message, its causes, and hints on lines of their own; cut, because whatever it quotes
    /// may be long.
    pub fn text(&self) -> String {
        brief_lines(&with_causes(&*self.error))
    }
}

/// An error's message and those of its causes, unless a library's message already contains its cause's.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        next = error.source();
    }
    text
}

/// Gives an error the ending that it leads to.
pub trait Ends<T> {
    /// The error, ending in `ending`.
    ///
    /// # Errors
    /// The same one.
    fn ends(self, ending: Ending) -> Result<T, Failure>;
}

impl<T, E: Into<Cause>> Ends<T> for Result<T, E> {
    fn ends(self, ending: Ending) -> Result<T, Failure> {
        self.map_err(|error| Failure { ending, error: error.into() })
    }
}
