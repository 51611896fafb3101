//! For tests: thresholds as somebody wrote them.

use loadline_measure::ThresholdText;

/// Thresholds, each a selector and what is required of it.
pub(super) fn texts(written: &[(&str, &str)]) -> Vec<ThresholdText> {
    let text = |(selector, expression): &(&str, &str)| ThresholdText {
        selector: (*selector).to_owned(),
        expression: (*expression).to_owned(),
        ..ThresholdText::default()
    };
    written.iter().map(text).collect()
}
