//! Where the words of a script go: `console`, and what we say about its iterations.

/// How important a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `console.debug`: shown on request only.
    Debug,
    /// `console.log` and `console.info`.
    Info,
    /// `console.warn`, and what is odd about a script.
    Warn,
    /// `console.error`, and exceptions that nobody caught.
    Error,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The script, through `console`.
    Console,
    /// Loadline, about the script.
    Engine,
    /// Loadline, about what goes over the wire: the option `httpDebug`.
    Wire,
}

/// A sink of lines, called from worker threads. It must not block for long.
pub trait Log: Send + Sync {
    /// Takes one message; it may have several lines.
    fn log(&self, level: Level, source: Source, message: &str);
}
