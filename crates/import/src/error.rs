//! Why a result of another tool cannot be taken in.

use loadline_measure::SchemaError;

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum BadLine {
    /// It is not JSON, or not of the right form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It defines a metric that cannot be.
    #[error(transparent)]
    Metric(#[from] SchemaError),
    /// A value in it does not read.
    #[error("`{text}` is not a {wanted}")]
    Value {
        /// As it stands there.
        text: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// It does not belong there.
    #[error("{0}")]
    Form(String),
}

impl BadLine {
    pub(crate) fn value(text: &str, wanted: &'static str) -> Self {
        Self::Value { text: text.to_owned(), wanted }
    }
}

/// A name of a format that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {}", .0.join(", "))]
pub struct FormatError(pub Vec<&'static str>);

/// What is wrong, and where.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It looks like nothing that is known.
    #[error(
        "the format of `{name}` is not recognised\nhint: Run files, k6's `--out json` and `--summary-export`, vegeta's JSON results, JMeter's JTL, oha's JSON, text of wrk and wrk2, and HdrHistogram logs are read; name one with `--format`"
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
        why: BadLine,
    },
    /// There is nothing in it.
    #[error("`{name}` contains no measurements")]
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
