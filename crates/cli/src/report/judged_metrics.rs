//! What was judged, as the text of metrics that GitLab compares with that of the target branch.
//!
//! Source: <https://docs.gitlab.com/ci/testing/metrics_reports/>.

use loadline_measure::Unit;
use loadline_prometheus::Text;
use loadline_verdict::{Verdict, escape};

/// A line for each requirement that there was a figure of, in seconds, bytes or what it counts.
pub(super) fn judged_metrics(verdicts: &[Verdict]) -> String {
    let mut text = Text::new("loadline_");
    text.begin("observed", "gauge", "What was observed of each requirement, in its unit.");
    for verdict in verdicts {
        let Some(observed) = verdict.observed.filter(|observed| observed.is_finite()) else { continue };
        let unit = match verdict.unit {
            Unit::Milliseconds => "ms",
            Unit::Bytes => "bytes",
            Unit::Plain => "",
        };
        let requirement = escape(&format!("{} {}", verdict.selector, verdict.expression)).into_owned();
        text.value("observed", &[("requirement", &requirement), ("unit", unit)], observed);
    }
    text.written()
}
