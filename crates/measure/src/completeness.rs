//! Whether a run is whole.
//!
//! What was measured of a part of a run looks like what was measured of a run. So every [`Run`] says itself what it is:
//! whoever reads one learns it, and everything that judges, compares, keeps or shows one says it.
//!
//! [`Run`]: crate::Run

use std::fmt;
use std::time::Duration;

use loadline_units as units;

/// Whether a run has everything that it was to have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Completeness {
    /// It was made and recorded to its end.
    #[default]
    Complete,
    /// It was recorded to its end, which came before its time.
    Interrupted {
        /// What ended it: `by a signal`.
        why: String,
    },
    /// It is recorded up to somewhere: its process was killed, or the file is not all there.
    Cut {
        /// The last second that could be read, if there was one.
        last_second: Option<u64>,
        /// Why nothing more could be read.
        why: String,
    },
    /// Something happened to its file.
    Damaged {
        /// The last second before the damage, if there was one.
        last_second: Option<u64>,
        /// What is wrong.
        why: String,
    },
    /// It still goes on.
    GoesOn {
        /// The last second that was recorded, if there was one.
        last_second: Option<u64>,
    },
}

impl Completeness {
    /// Whether it is whole.
    pub fn is_complete(&self) -> bool {
        *self == Self::Complete
    }

    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Interrupted { .. } => "interrupted",
            Self::Cut { .. } => "cut",
            Self::Damaged { .. } => "damaged",
            Self::GoesOn { .. } => "goes on",
        }
    }

    /// What became of a run that is not whole and lasted so long, as words that follow its name.
    pub(crate) fn words(&self, duration: Duration) -> Option<String> {
        let after = match duration {
            Duration::ZERO => "before its first second".to_owned(),
            duration => format!("after {}", units::time_of(duration)),
        };
        Some(match self {
            Self::Complete => return None,
            Self::Interrupted { why } => format!("was interrupted {why} {after}"),
            Self::Cut { why, .. } => format!("has no ending {after} ({why})"),
            Self::Damaged { why, .. } => format!("is damaged {after} ({why})"),
            Self::GoesOn { .. } => format!("still goes on, {} so far", units::time_of(duration)),
        })
    }
}

impl fmt::Display for Completeness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, last_second, why) = match self {
            Self::Complete => return formatter.write_str("the run is complete"),
            Self::Interrupted { why } => return write!(formatter, "the run was interrupted {why}"),
            Self::Cut { last_second, why } => ("incomplete", last_second, why.as_str()),
            Self::Damaged { last_second, why } => ("damaged", last_second, why.as_str()),
            Self::GoesOn { last_second } => ("incomplete", last_second, "it still goes on"),
        };
        match last_second {
            Some(second) => write!(formatter, "the run is {word}, it ends after second {second}: {why}"),
            None => write!(formatter, "the run is {word}, it has no whole second: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::RunMeta;
    use crate::run::Run;
    use crate::schema::Schema;

    #[test]
    fn a_run_says_what_became_of_it() {
        let mut run = Run::new(RunMeta::default(), Schema::new());
        assert_eq!(run.incomplete(), None);
        let mut said = |completeness: Completeness, seconds| {
            run.duration = Duration::from_secs(seconds);
            run.set_completeness(completeness.clone());
            assert_eq!(run.completeness(), completeness);
            run.incomplete().unwrap_or_default()
        };
        let why = || "why".to_owned();
        assert_eq!(
            said(Completeness::Cut { last_second: Some(11), why: why() }, 12),
            "has no ending after 12s (why)"
        );
        assert_eq!(
            said(Completeness::Damaged { last_second: None, why: why() }, 0),
            "is damaged before its first second (why)"
        );
        assert_eq!(said(Completeness::GoesOn { last_second: Some(2) }, 3), "still goes on, 3s so far");
        assert_eq!(
            said(Completeness::Interrupted { why: "by a signal".to_owned() }, 3),
            "was interrupted by a signal after 3s"
        );
        assert_eq!(said(Completeness::Complete, 3), "");
    }
}
