//! A run that people changed while it went on: what ran is not its plan, and what was measured is of both.

use std::fmt;

use loadline_units::time_of;
use serde::{Deserialize, Serialize};

/// What people made of a run while it went on, in sum; each of it stands among its events.
///
/// Whoever makes load writes this into the run; whoever judges, shows or compares the run must say it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Steered {
    /// How often somebody paused it, or set the users or the rate of a scenario.
    pub changes: u64,
    /// How long it was paused in all, in milliseconds. The run's duration has that time in it.
    #[serde(skip_serializing_if = "is_zero")]
    pub paused_ms: u64,
}

impl Steered {
    /// What every judgement of such a run says.
    pub const WORDS: &str = "steered by hand";

    /// What stands in a fingerprint of such a run, behind its plan.
    pub(crate) const MARK: &str = ", steered by hand in run ";

    /// Whether a fingerprint is that of a run that was steered: no other is comparable to it, and it is to no other.
    pub fn is_in(fingerprint: &str) -> bool {
        fingerprint.contains(Self::MARK)
    }
}

/// `steered by hand: 3 changes, paused for 12s in all, so that what ran is not its plan`.
impl fmt::Display for Steered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes =
            if self.changes == 1 { "1 change".to_owned() } else { format!("{} changes", self.changes) };
        write!(f, "{}: {changes}", Self::WORDS)?;
        if self.paused_ms > 0 {
            let paused = std::time::Duration::from_millis(self.paused_ms);
            write!(f, ", paused for {} in all", time_of(paused))?;
        }
        f.write_str(", so that what ran is not its plan")
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::{Origin, RunMeta};
    use crate::workload::{Producer, WorkloadId};

    #[test]
    fn words() {
        let said = |changes, paused_ms| Steered { changes, paused_ms }.to_string();
        assert_eq!(said(1, 0), "steered by hand: 1 change, so that what ran is not its plan");
        assert_eq!(
            said(3, 12_000),
            "steered by hand: 3 changes, paused for 12s in all, so that what ran is not its plan"
        );
    }

    #[test]
    fn a_steered_run_is_comparable_to_none() {
        let workload = WorkloadId::new(Producer::Script, "5f");
        let origin = Origin { workload, plan: "a: constant-vus".to_owned(), ..Origin::default() };
        let run = |id: &str, steered| RunMeta {
            id: id.to_owned(),
            origin: origin.clone(),
            steered,
            ..RunMeta::default()
        };
        let (calm, one) = (run("aa", None), run("aa", Some(Steered::default())));
        let other = run("bb", Some(Steered::default()));
        assert_ne!(calm.fingerprint(), one.fingerprint());
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert!(Steered::is_in(&one.fingerprint()) && !Steered::is_in(&calm.fingerprint()));
    }
}
