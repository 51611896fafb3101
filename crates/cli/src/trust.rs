//! What a run says of its own generator: whether its figures can be trusted, and who would not yield.
//!
//! A saturated generator spoils a fail as much as a pass, so it is always said, and the Run keeps it. Whether it also
//! fails the run is the caller's choice (`--on-saturation`): by default it does not, because builds run on small shared
//! machines, and a build that was green under k6 must not turn red for something that k6 never looked at. With `fail` it
//! ends in a code of its own, in place of 0 and of 99 alike: neither of them would be true.

use clap::{Args, ValueEnum};
use loadline_load::{Outcome, Stuck};
use loadline_measure::{Run, Saturation};

use crate::exit::Ending;
use crate::screen::Screen;

/// `--on-saturation`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum OnSaturation {
    /// Say so; the exit code is that of the thresholds
    #[default]
    Warn,
    /// Say so and end with code 111
    Fail,
}

/// The flag, the same wherever load is made.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct SaturationArguments {
    /// What to do when the load generator itself could not keep up, so that nothing it measured can be trusted
    #[arg(
        long,
        value_enum,
        value_name = "warn|fail",
        default_value_t,
        env = "LOADLINE_ON_SATURATION",
        hide_possible_values = true
    )]
    pub(crate) on_saturation: OnSaturation,
}

impl OnSaturation {
    /// The ending of a run that came to `ending`. What is worse than a threshold stays what it is.
    pub(crate) fn ending(self, ending: Ending, run: &Run) -> Ending {
        let judged = matches!(ending, Ending::Passed | Ending::ThresholdsFailed | Ending::BudgetsFailed);
        if self == Self::Fail && judged && run.meta.saturation.is_some() {
            return Ending::GeneratorSaturated;
        }
        ending
    }
}

/// Keeps what the engine says of itself with the run, and says it.
pub(crate) fn note_outcome(outcome: &Outcome, run: &mut Run, screen: &Screen) {
    run.meta.saturation.clone_from(&outcome.saturation);
    if let Some(saturation) = &outcome.saturation {
        screen.warn(&saturation.to_string());
    }
    if !outcome.unresponsive.is_empty() {
        let stuck: Vec<String> = outcome.unresponsive.iter().map(ToString::to_string).collect();
        screen.warn(&format!(
            "the run ended without {} of its worker threads, because an iteration never yielded: {}; what they measured in their last second is missing",
            stuck.len(),
            stuck.join(", ")
        ));
    }
}

/// Names tags that have too many values to be told apart, while that can still be mended; those beyond the first `told`.
/// How many there were.
pub(crate) fn note_folded(run: &Run, told: usize, screen: &Screen) -> usize {
    if !run.schema().is_folded() {
        return 0;
    }
    let keys = run.schema().folded();
    let news = keys.get(told..).unwrap_or_default();
    for key in news {
        screen.warn(&key.to_string());
    }
    news.len()
}

/// Names a user who holds up its thread.
pub(crate) fn note_stuck(stuck: &Stuck, screen: &Screen) {
    screen.warn(&format!(
        "{stuck}; the other VUs of its worker thread wait for it\nhint: look for an endless loop, or a long computation without a request or a `sleep`"
    ));
}

/// What the line about failed thresholds ends in.
pub(crate) fn doubt(run: &Run) -> String {
    run.meta.saturation.as_ref().map_or_else(String::new, |_| format!(" ({})", Saturation::WORDS))
}

#[cfg(test)]
mod tests {
    use loadline_measure::{RunMeta, Schema};

    use super::*;

    #[test]
    fn a_saturated_run_ends_as_was_asked() {
        let calm = Run::new(RunMeta::default(), Schema::new());
        let mut saturated = calm.clone();
        saturated.meta.saturation = Some(Saturation { evidence: vec!["it was slow".to_owned()] });
        for (on, run, before, after) in [
            (OnSaturation::Warn, &saturated, Ending::Passed, Ending::Passed),
            (OnSaturation::Fail, &saturated, Ending::Passed, Ending::GeneratorSaturated),
            (OnSaturation::Fail, &saturated, Ending::ThresholdsFailed, Ending::GeneratorSaturated),
            (OnSaturation::Fail, &saturated, Ending::Signal, Ending::Signal),
            (OnSaturation::Fail, &calm, Ending::Passed, Ending::Passed),
        ] {
            assert_eq!(on.ending(before, run), after, "{on:?} {before:?}");
        }
        assert_eq!(doubt(&saturated), " (not trustworthy: generator saturated)");
        assert_eq!(doubt(&calm), "");
    }
}
