//! How many of the requests are traced, as people write it: `10%`, `500/s`, or both.

use std::fmt;
use std::str::FromStr;

use loadline_client::TraceSampling;

/// The most traces in a second unless told otherwise: what an ordinary service's exporter keeps up with.
const MOST: u32 = 1_000;

/// A share of the requests, and the most of them in a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample(pub TraceSampling);

/// Text that says neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a share such as `10%`, the most in a second such as `500/s`, or both: `10%,500/s`")]
pub struct SampleError;

impl Default for Sample {
    /// All of them, up to a thousand in a second.
    fn default() -> Self {
        Self(TraceSampling { share: 1.0, most_per_second: MOST })
    }
}

impl FromStr for Sample {
    type Err = SampleError;

    fn from_str(text: &str) -> Result<Self, SampleError> {
        let mut sampling = Self::default().0;
        for part in text.split(',').map(str::trim) {
            if let Some(most) = part.strip_suffix("/s") {
                sampling.most_per_second = most.parse().ok().filter(|most| *most > 0).ok_or(SampleError)?;
            } else if let Some(share) = part.strip_suffix('%') {
                let share: f64 = share.parse().map_err(|_| SampleError)?;
                sampling.share =
                    Some(share / 100.0).filter(|share| *share > 0.0 && *share <= 1.0).ok_or(SampleError)?;
            } else {
                return Err(SampleError);
            }
        }
        Ok(Self(sampling))
    }
}

/// `10% of requests, at most 500 in a second`.
impl fmt::Display for Sample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TraceSampling { share, most_per_second } = self.0;
        match share {
            1.0 => formatter.write_str("all requests")?,
            share => write!(formatter, "{}% of requests", (share * 1e6).round() / 1e4)?,
        }
        write!(formatter, ", at most {most_per_second} in a second")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_rates() {
        for (text, expected) in [
            ("10%", "10% of requests, at most 1000 in a second"),
            ("500/s", "all requests, at most 500 in a second"),
            ("0.5%, 20/s", "0.5% of requests, at most 20 in a second"),
            ("100%", "all requests, at most 1000 in a second"),
        ] {
            assert_eq!(text.parse::<Sample>().unwrap().to_string(), expected);
        }
        for wrong in ["", "10", "0%", "101%", "-1%", "0/s", "1/m", "x%", "10%,"] {
            assert_eq!(wrong.parse::<Sample>(), Err(SampleError), "{wrong}");
        }
    }
}
