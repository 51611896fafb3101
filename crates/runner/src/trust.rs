//! What a run says of its own generator: whether its figures can be trusted, and who would not yield.

use loadline_load::{Outcome, Stuck};
use loadline_measure::{Run, Saturation, Steered};

use crate::voice::Voice;

/// Keeps what the engine says of itself with the run, and says it.
pub(crate) fn note_outcome(outcome: &Outcome, run: &mut Run, voice: &dyn Voice) {
    run.meta.saturation.clone_from(&outcome.saturation);
    if let Some(saturation) = &outcome.saturation {
        voice.warn(&saturation.to_string());
    }
    if !outcome.unresponsive.is_empty() {
        let stuck: Vec<String> = outcome.unresponsive.iter().map(ToString::to_string).collect();
        voice.warn(&format!(
            "the run ended without {} of its worker threads, because an iteration never yielded: {}; what they measured in their last second is missing",
            stuck.len(),
            stuck.join(", ")
        ));
    }
}

/// Names tags that have too many values to be told apart, while that can still be mended; those beyond the first
/// `told`. How many there were.
pub(crate) fn note_folded(run: &Run, told: usize, voice: &dyn Voice) -> usize {
    if !run.schema().is_folded() {
        return 0;
    }
    let keys = run.schema().folded();
    let news = keys.get(told..).unwrap_or_default();
    for key in news {
        voice.warn(&key.to_string());
    }
    news.len()
}

/// Names a user who holds up its thread.
pub(crate) fn note_stuck(stuck: &Stuck, hint: &str, voice: &dyn Voice) {
    voice.warn(&format!("{stuck}; the other VUs of its worker thread wait for it\nhint: {hint}"));
}

/// What the line about failed thresholds ends in.
pub(crate) fn doubt(run: &Run) -> String {
    let saturated = run.meta.saturation.as_ref().map(|_| Saturation::WORDS);
    let steered = run.meta.steered.as_ref().map(|_| Steered::WORDS);
    let doubts: Vec<&str> = saturated.into_iter().chain(steered).collect();
    if doubts.is_empty() { String::new() } else { format!(" ({})", doubts.join("; ")) }
}

#[cfg(test)]
mod tests {
    use loadline_measure::{RunMeta, Schema};

    use super::*;

    #[test]
    fn a_saturated_run_is_doubted() {
        let calm = Run::new(RunMeta::default(), Schema::new());
        let mut saturated = calm.clone();
        saturated.meta.saturation = Some(Saturation { evidence: vec!["it was slow".to_owned()] });
        assert_eq!(doubt(&saturated), " (not trustworthy: generator saturated)");
        saturated.meta.steered = Some(Steered::default());
        assert_eq!(doubt(&saturated), " (not trustworthy: generator saturated; steered by hand)");
        assert_eq!(doubt(&calm), "");
    }
}
