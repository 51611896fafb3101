//! Why a result of another tool cannot be taken in.

/// What is wrong, and where.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It looks like nothing that is known.
    #[error(
        "`{name}` is no result that is known\nhint: Run files, k6's `--out json` and `--summary-export`, vegeta's JSON results, text of wrk and wrk2, and HdrHistogram logs are read; name one with `--format`"
    )]
    Unknown {
        /// The file.
        name: String,
    },
    /// A line does not read.
    #[error("line {line} of `{name}` is not as {tool} writes it: {why}")]
    Line {
        /// The file.
        name: String,
        /// From 1.
        line: usize,
        /// Whose format it should be.
        tool: &'static str,
        /// What is wrong.
        why: String,
    },
    /// There is nothing in it.
    #[error("`{name}` has no measurement in it")]
    Empty {
        /// The file.
        name: String,
    },
    /// It cannot be read.
    #[error("cannot read `{name}`")]
    Io {
        /// The file.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
}
