//! What must hold of payments whatever failed: claims that the judge judges beside the story's requirements.

use std::time::Duration;

use loadline_units as units;
use loadline_verdict::{Claim, Condition, Outage};
use serde_json::{Value, json};

use crate::system::{Crashed, Reconciled};

/// How long the service may take to be back after its database was crashed.
const BACK_WITHIN: Duration = Duration::from_secs(10);

/// A restart of the database, from both sides.
pub struct Restart {
    /// What the database remembered.
    pub crashed: Crashed,
    /// What users saw.
    pub outage: Outage,
}

/// Both sides agree.
pub fn reconciliation(found: &Reconciled) -> [Claim; 4] {
    let doubled: Vec<String> =
        found.doubled.iter().map(|(account, price)| format!("account {account}, `{price}`")).collect();
    [
        none("users charged twice for one price", &doubled, found.charged),
        none("users charged without a subscription", &found.lost, found.charged),
        none("subscriptions not in the gateway's state", &found.behind, found.charged),
        none("subscriptions that the gateway does not know", &found.unknown, found.in_store),
    ]
}

/// Nothing is forgotten, and service resumes.
pub fn recovery(restart: &Restart) -> [Claim; 2] {
    let Restart { crashed, outage } = restart;
    let back =
        Condition::Within { limit: BACK_WITHIN, took: outage.length(), values_after: outage.afterwards };
    [
        none("subscriptions forgotten in the restart", &crashed.missing, crashed.committed),
        Claim { name: "service back after the restart".to_owned(), condition: back },
    ]
}

/// The restart in one line.
pub fn restart_line(restart: &Restart) -> String {
    let Restart { crashed, outage } = restart;
    format!(
        "PostgreSQL crashed at {} and was back after {}; {} of {} requests failed in the {} until then",
        time(Duration::from_secs(outage.from)),
        time(Duration::from_millis(crashed.down_ms)),
        units::count(outage.failed),
        units::count(outage.requests),
        time(outage.length()),
    )
}

/// The comparison in one line.
pub fn sides_line(found: &Reconciled) -> String {
    format!(
        "both sides were read after the run: {} subscriptions at the gateway, {} of them charged; {} in the database",
        units::count(found.at_gateway),
        units::count(found.charged),
        units::count(found.in_store),
    )
}

/// The comparison for machines.
pub fn sides_json(found: &Reconciled) -> Value {
    json!({
        "at_gateway": found.at_gateway, "charged": found.charged, "in_database": found.in_store,
        "lost": found.lost, "behind": found.behind, "unknown": found.unknown, "doubled": found.doubled,
    })
}

/// The restart for machines.
pub fn restart_json(restart: &Restart) -> Value {
    let Restart { crashed, outage } = restart;
    json!({
        "second": outage.from, "down_ms": crashed.down_ms, "committed": crashed.committed,
        "missing": crashed.missing, "outage_seconds": outage.length().as_secs(),
        "failed_requests": outage.failed, "requests_afterwards": outage.afterwards,
    })
}

/// There are none of these among so many.
fn none(name: &str, findings: &[String], among: u64) -> Claim {
    Claim { name: name.to_owned(), condition: Condition::None { found: findings.to_vec(), among } }
}

fn time(duration: Duration) -> String {
    units::time_of(duration)
}

#[cfg(test)]
mod tests {
    use loadline_measure::{Run, RunMeta, Schema};
    use loadline_verdict::{Outcome, judge_claim};

    use super::*;

    fn outcomes(claims: &[Claim]) -> Vec<Outcome> {
        let run = Run::new(RunMeta::default(), Schema::new());
        claims.iter().map(|claim| judge_claim(&run, claim).outcome).collect()
    }

    #[test]
    fn each_finding_fails_its_row() {
        let mut found = Reconciled {
            at_gateway: 3,
            charged: 2,
            in_store: 3,
            lost: Vec::new(),
            behind: Vec::new(),
            unknown: Vec::new(),
            doubled: Vec::new(),
        };
        assert_eq!(outcomes(&reconciliation(&found)), [Outcome::Pass; 4]);
        found.lost = (0..7).map(|number| format!("sub_{number}")).collect();
        found.doubled.push((1, "price_a".to_owned()));
        assert_eq!(
            outcomes(&reconciliation(&found)),
            [Outcome::Fail, Outcome::Fail, Outcome::Pass, Outcome::Pass]
        );
        found.behind.push("sub_y".to_owned());
        found.unknown.push("sub_x".to_owned());
        assert_eq!(outcomes(&reconciliation(&found)), [Outcome::Fail; 4]);
    }

    #[test]
    fn nothing_charged_is_no_proof() {
        let found = Reconciled {
            at_gateway: 0,
            charged: 0,
            in_store: 0,
            lost: Vec::new(),
            behind: Vec::new(),
            unknown: Vec::new(),
            doubled: Vec::new(),
        };
        assert_eq!(outcomes(&reconciliation(&found)), [Outcome::NoData; 4]);
    }

    #[test]
    fn a_service_that_does_not_come_back_fails() {
        let mut restart = Restart {
            crashed: Crashed { committed: 9, missing: Vec::new(), down_ms: 900 },
            outage: Outage { from: 20, until: 22, failed: 5, requests: 80, afterwards: 900 },
        };
        assert_eq!(outcomes(&recovery(&restart)), [Outcome::Pass; 2]);
        restart.outage.until = 31;
        assert_eq!(outcomes(&recovery(&restart)), [Outcome::Pass, Outcome::Fail]);
        restart.outage = Outage { until: 22, afterwards: 0, ..restart.outage };
        assert_eq!(outcomes(&recovery(&restart)), [Outcome::Pass, Outcome::Fail]);
        restart.crashed.missing.push("sub_1".to_owned());
        assert_eq!(outcomes(&recovery(&restart)), [Outcome::Fail, Outcome::Fail]);
    }
}
