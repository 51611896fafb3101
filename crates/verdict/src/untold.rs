//! What a run cannot tell, because it folded the values away that would decide.
//!
//! A run keeps everything that its own thresholds, budgets and endpoints ask for. What it is asked later may touch keys
//! of which it kept only some values. Then nobody knows what was measured, and that is no data, which fails even where
//! missing data is allowed: something was measured.

use std::sync::Arc;

use loadline_measure::{EVERYTHING, Run, SOME_KEYS, TagSet, Watched};
use loadline_units as units;

use crate::endpoint::{DECIDING, Endpoints};
use crate::selector::Selector;

/// What a run keeps apart, found out once for all that is judged.
pub(crate) struct Known<'a> {
    run: &'a Run,
    watched: Arc<Watched>,
    /// Whether values were folded away at all.
    folded: bool,
    /// Whether there was no room even for what is watched.
    crowded: bool,
    /// Whether it is known of each request to which of the endpoints it belongs.
    endpoints: bool,
}

impl<'a> Known<'a> {
    pub(crate) fn of(run: &'a Run, endpoints: &Endpoints) -> Self {
        let keys = run.schema().folded();
        let watched = run.schema().watched();
        Self {
            run,
            folded: !keys.is_empty(),
            crowded: keys.iter().any(|key| key.key == EVERYTHING),
            endpoints: keys.is_empty() || endpoints.are_watched(&watched),
            watched,
        }
    }

    /// Why the values of a selector cannot be told from others, if so.
    pub(crate) fn untold(&self, selector: &Selector) -> Option<String> {
        let watched =
            |(key, value): &(String, String)| self.watched.has_key(key) && self.watched.has_value(key, value);
        if !self.folded || (!self.crowded && selector.tags.iter().all(watched)) {
            return None;
        }
        let keys: Vec<&str> = selector.tags.iter().map(|(key, _)| key.as_str()).collect();
        let unknown = |tags: &TagSet| tags.answers(&selector.tags, &self.watched).is_none();
        self.words(&selector.metric, &keys, unknown, &format!("they are of `{selector}`"))
    }

    /// Why the requests of an endpoint, as a metric has them, cannot be told from others, if so.
    pub(crate) fn untold_endpoint(&self, metric: &str, endpoint: &str) -> Option<String> {
        if !self.folded || (!self.crowded && self.endpoints) {
            return None;
        }
        let unknown = |tags: &TagSet| {
            let decided = |key: &&str| tags.has_folded(key);
            tags.has_folded(EVERYTHING)
                || (!self.endpoints && (DECIDING.iter().any(decided) || tags.has_folded(SOME_KEYS)))
        };
        self.words(metric, &DECIDING, unknown, &format!("they are of endpoint `{endpoint}`"))
    }

    fn words(
        &self,
        metric: &str,
        keys: &[&str],
        unknown: impl Fn(&TagSet) -> bool,
        what: &str,
    ) -> Option<String> {
        let run = self.run;
        let metric = run.schema().find(metric)?;
        let (mut lost, mut all) = (0, 0);
        let mut folded: Vec<&str> = Vec::new();
        for (_, tags, sink) in run.series().filter(|(series, ..)| series.metric == metric) {
            all += sink.count();
            if tags.is_folded() && unknown(tags) {
                lost += sink.count();
                folded.extend(keys.iter().filter(|key| tags.folded_keys().any(|folded| folded == **key)));
                folded.sort_unstable();
                folded.dedup();
            }
        }
        if lost == 0 {
            return None;
        }
        let why = if folded.is_empty() {
            "there were too many tags to keep".to_owned()
        } else {
            let keys: Vec<String> = folded.iter().map(|key| format!("`{key}`")).collect();
            format!("{} had too many different values to keep", keys.join(" and "))
        };
        Some(format!(
            "whether {what} is not known of {} of the {} values of `{}`: {why}, and this was not judged when they were \
             recorded; run it again with this threshold or budget, or give the tag fewer values",
            units::count(lost),
            units::count(all),
            run.schema().metric(metric).name
        ))
    }
}
