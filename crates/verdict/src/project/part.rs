//! The part of a run that a budget holds for.

use std::fmt;
use std::time::Duration;

use loadline_units as units;

use crate::problem::Fault;

/// The part of a run that a budget holds for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// Where the users are at their plateau, without the first tenth: ramps and warm-up do not count.
    Steady,
    /// Every stretch of this length, whole seconds, in the whole run: a minute that is bad is not made good by an hour.
    Sliding(Duration),
}

/// The shortest stretch that says anything: measurements are kept by the second.
const SHORTEST: Duration = Duration::from_secs(5);

impl Part {
    /// Reads `whole`, `steady`, or a length such as `30s` or `5m`.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        let hint = "write `whole`, `steady`, or the length of a sliding window such as `30s` or `5m`";
        let all = 0..text.len();
        match text.trim() {
            "" | "whole" => Ok(Self::Whole),
            "steady" => Ok(Self::Steady),
            other => {
                let length = units::parse_duration(other).ok().filter(|length| length.subsec_nanos() == 0);
                match length {
                    Some(length) if length >= SHORTEST => Ok(Self::Sliding(length)),
                    Some(_) => Err(Fault::new(
                        format!(
                            "a sliding window of `{other}` is too short: it takes {} or more",
                            units::duration_text(SHORTEST)
                        ),
                        all,
                    )),
                    None => Err(Fault::new(format!("`{other}` is not a part of a run"), all).hint(hint)),
                }
            }
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => formatter.write_str("whole"),
            Self::Steady => formatter.write_str("steady"),
            Self::Sliding(length) => formatter.write_str(&units::duration_text(*length)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_read_back() {
        for text in ["whole", "steady", "30s", "5m", "2h"] {
            assert_eq!(Part::read(text).unwrap().to_string(), text);
        }
        assert_eq!(Part::read("90s").unwrap(), Part::Sliding(Duration::from_secs(90)));
        assert_eq!(Part::read("5 min").unwrap(), Part::Sliding(Duration::from_mins(5)));
        for text in ["30", "fast", "1s", "s", "-5s", "90.5s", "5x"] {
            assert!(Part::read(text).is_err(), "{text}");
        }
    }
}
