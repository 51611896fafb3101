//! What can be wrong with manifests.

/// Why manifests do not say what is to be simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is no YAML, or not of the form that its kind has.
    #[error("{message}\n  --> {file}:{line}")]
    Unreadable {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A field that cannot be.
    #[error("{message}\n  --> {file}:{line}: {what}")]
    Field {
        /// The file.
        file: String,
        /// The line that the document begins in, from 1.
        line: usize,
        /// The kind and name of the document.
        what: String,
        /// What is wrong.
        message: String,
    },
    /// There is no autoscaler.
    #[error(
        "`{0}` has neither a HorizontalPodAutoscaler nor a ScaledObject\nhint: name the manifest that has one, or say the policy with `--target`, `--min` and `--max`"
    )]
    NoAutoscaler(String),
    /// Several autoscalers, and nobody said which.
    #[error("there are several autoscalers: {0}\nhint: say which one with `--name NAME`")]
    Several(String),
    /// There is none of that name.
    #[error("there is no autoscaler `{name}`; there are: {others}")]
    NoSuch {
        /// Which one was asked for.
        name: String,
        /// Which there are.
        others: String,
    },
    /// Two autoscalers pull at one target.
    #[error("{one} and {other} both scale {target}: they work against each other\nhint: keep one of them")]
    TwoOnOne {
        /// The one.
        one: String,
        /// The other.
        other: String,
        /// What they scale.
        target: String,
    },
}
