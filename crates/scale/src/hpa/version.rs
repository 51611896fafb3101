//! In what releases of Kubernetes differ: each difference is a rule with a name, the release it came with, and its
//! source, so that a policy is tried as the cluster at hand would carry it out.

use std::fmt;
use std::str::FromStr;

/// A release of Kubernetes whose autoscaler is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Version {
    V1_33,
    V1_34,
    V1_35,
    V1_36,
    V1_37,
    V1_38,
}

/// All of them, oldest first.
pub const VERSIONS: [Version; 6] =
    [Version::V1_33, Version::V1_34, Version::V1_35, Version::V1_36, Version::V1_37, Version::V1_38];

/// The release that is meant where none is named: the newest one that was released.
pub const DEFAULT_VERSION: Version = Version::V1_37;

/// What was written is no release that is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no Kubernetes release that is known here: use one of 1.33 to 1.38")]
pub struct UnknownVersion(String);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", 33 + *self as u8)
    }
}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let short = text.strip_prefix('v').unwrap_or(text);
        VERSIONS
            .into_iter()
            .find(|version| {
                let name = version.to_string();
                short == name || short.strip_prefix(&name).is_some_and(|patch| patch.starts_with('.'))
            })
            .ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

/// One way in which releases differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// `behavior.scaleUp.tolerance` and `behavior.scaleDown.tolerance` are heeded.
    OwnTolerance,
    /// A workload goes to zero and comes back, by the condition `ScaledToZero`.
    ScaleToZero,
    /// A huge average of an external metric asks for the largest number, not for a negative one. A sum below zero is
    /// taken for one that grew too large, so that it asks for the largest number too.
    ExternalAveragesCapped,
    /// Values of external metrics that are too large together come to the largest number.
    ExternalSumsCapped,
    /// The same of `value` targets, where there are replicas.
    ValuesCapped,
    /// The same wherever replicas are counted, and in rate limits in percent.
    CountsCapped,
    /// Pods that have succeeded are ignored like those that have failed.
    SucceededIgnored,
    /// An average over no replicas is zero.
    NoReplicasNoUsage,
}

/// A rule, the release from which on it is on by default, what it says and where that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Which one.
    pub rule: Rule,
    /// The first release that has it without being asked.
    pub since: Version,
    /// What it says, in a line.
    pub says: &'static str,
    /// Where it stands: an enhancement proposal or a change of kubernetes/kubernetes.
    pub source: &'static str,
}

/// Every difference of the releases 1.33 to 1.38.
pub const DIFFERENCES: [Difference; 8] = [
    Difference {
        rule: Rule::OwnTolerance,
        since: Version::V1_35,
        says: "a tolerance of its own for each direction (from 1.33 on behind the gate HPAConfigurableTolerance)",
        source: "KEP-4951; kubernetes/kubernetes#130797, #133128",
    },
    Difference {
        rule: Rule::ScaleToZero,
        since: Version::V1_37,
        says: "minReplicas 0 with object or external metrics (before, behind the gate HPAScaleToZero)",
        source: "KEP-2021; kubernetes/kubernetes#135118, #139648",
    },
    Difference {
        rule: Rule::ExternalAveragesCapped,
        since: Version::V1_34,
        says: "a huge average of an external metric asks for 2147483647 replicas, not for -2147483648; so does a \
               negative one, which is taken for an overflow",
        source: "kubernetes/kubernetes#127050",
    },
    Difference {
        rule: Rule::ExternalSumsCapped,
        since: Version::V1_35,
        says: "series of an external metric with a `value` target that are too large together come to the largest number",
        source: "kubernetes/kubernetes#133888",
    },
    Difference {
        rule: Rule::ValuesCapped,
        since: Version::V1_35,
        says: "so does a huge value of an object or external metric, where there are replicas",
        source: "kubernetes/kubernetes#126979",
    },
    Difference {
        rule: Rule::CountsCapped,
        since: Version::V1_38,
        says: "so does everything else that is counted, rate limits in percent among it",
        source: "kubernetes/kubernetes#141397",
    },
    Difference {
        rule: Rule::SucceededIgnored,
        since: Version::V1_38,
        says: "pods that have succeeded are ignored, like those that have failed",
        source: "kubernetes/kubernetes#141302",
    },
    Difference {
        rule: Rule::NoReplicasNoUsage,
        since: Version::V1_38,
        says: "an average over no replicas is shown as 0, not as -9223372036854775808m",
        source: "kubernetes/kubernetes#140958",
    },
];

/// The rules that hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules(u8);

impl Rules {
    /// Those that a release has by default.
    pub fn of(version: Version) -> Self {
        DIFFERENCES
            .iter()
            .filter(|difference| difference.since <= version)
            .fold(Self(0), |rules, difference| rules.with(difference.rule, true))
    }

    /// The same, but with one of them as it is said: a feature gate was opened or closed.
    #[must_use]
    pub const fn with(self, rule: Rule, on: bool) -> Self {
        let bit = 1 << rule as u8;
        Self(if on { self.0 | bit } else { self.0 & !bit })
    }

    /// Whether one holds.
    pub const fn has(self, rule: Rule) -> bool {
        self.0 & (1 << rule as u8) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_clusters_write_them() {
        for version in VERSIONS {
            assert_eq!(version.to_string().parse(), Ok(version));
            assert_eq!(format!("v{version}.4").parse(), Ok(version));
        }
        for wrong in ["1.3", "1.333", "1.32", "", "v", "1.35x"] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_rule_begins_somewhere_and_stays() {
        for difference in DIFFERENCES {
            for version in VERSIONS {
                assert_eq!(Rules::of(version).has(difference.rule), version >= difference.since);
            }
            assert!(!Rules::of(Version::V1_38).with(difference.rule, false).has(difference.rule));
            assert!(Rules::of(Version::V1_33).with(difference.rule, true).has(difference.rule));
        }
    }
}
