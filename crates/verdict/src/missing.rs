//! What becomes of a verdict when a run says that it misses values of what is judged.
//!
//! What does not hold in the part that is known does not hold. What holds there might not hold in the rest, so it is
//! no pass but no data, unless the rest can only add to it: a count that has reached its floor has reached it.

use std::collections::BTreeMap;

use loadline_measure::{MISSING, MISSING_METRIC, MISSING_REST, MISSING_WHY, MetricKind, Run, Sink, TagSet};
use loadline_units as units;

use crate::finding::Finding;
use crate::verdict::Outcome;

/// What a run says that it misses, found out once for all that is judged.
pub(crate) struct Missing<'r> {
    run: &'r Run,
    said: Vec<(TagSet, f64)>,
}

impl<'r> Missing<'r> {
    pub(crate) fn of(run: &'r Run) -> Self {
        let schema = run.schema();
        let metric = schema.find(MISSING).filter(|id| schema.metric(*id).kind == MetricKind::Counter);
        let Some(metric) = metric else { return Self { run, said: Vec::new() } };
        let of_it = run.series().filter(|(series, ..)| series.metric == metric);
        let said = of_it.filter_map(|(_, tags, sink)| match sink {
            Sink::Counter(counter) => Some((tags.clone(), counter.sum)),
            _ => None,
        });
        Self { run, said: said.collect() }
    }

    /// Why not all values of a metric with these tags are known, if so.
    pub(crate) fn words(&self, metric: &str, tags: &[(String, String)]) -> Option<String> {
        let mut reasons: BTreeMap<&str, f64> = BTreeMap::new();
        for (said, seconds) in self.said.iter().filter(|(said, _)| self.concerns(said, metric, tags)) {
            *reasons.entry(said.get(MISSING_WHY).unwrap_or("it was not observed")).or_default() += seconds;
        }
        let words = reasons.into_iter().map(|(why, seconds)| match seconds {
            seconds if seconds > 0.0 => format!("{why} ({})", units::time(seconds * 1_000.0)),
            _ => why.to_owned(),
        });
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// Whether what is said to be missing may be of a metric's values with these tags.
    fn concerns(&self, said: &TagSet, metric: &str, tags: &[(String, String)]) -> bool {
        if !said.has_folded(MISSING_METRIC) && said.get(MISSING_METRIC) != Some(metric) {
            return false;
        }
        if let Some(rest) = said.get(MISSING_REST) {
            return tags.iter().any(|(key, value)| key == rest && !self.keeps(metric, key, value));
        }
        let differs = |(key, value): &(String, String)| {
            said.get(key).is_some_and(|said| said != value) && !said.has_folded(key)
        };
        !tags.iter().any(differs)
    }

    /// Whether a metric has values with this tag.
    fn keeps(&self, metric: &str, key: &str, value: &str) -> bool {
        let metric = self.run.schema().find(metric);
        self.run
            .series()
            .any(|(series, tags, _)| Some(series.metric) == metric && tags.get(key) == Some(value))
    }
}

impl Finding {
    /// What is left of it where values are missing. `grows` says that these can only have added to what it found.
    pub(crate) fn with_missing(self, words: Option<String>, grows: bool) -> Self {
        let Some(words) = words else { return self };
        match self.outcome {
            Outcome::Fail => self,
            Outcome::Pass if grows => self,
            Outcome::NoData => Self::none(format!("{}; no data for part of the run: {words}", self.evidence)),
            Outcome::Pass | Outcome::Inconclusive => Self::none(format!(
                "no data for part of the run: {words}; of what is known, {}",
                self.evidence
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loadline_measure::{BudgetText, Recorder, RunMeta, Schema, TagSetId, ThresholdText, Unit};

    use super::*;
    use crate::budgets::Budgets;
    use crate::judge::judge;

    /// What a run says is missing, by tags, and what becomes of its thresholds and budgets.
    type Case<'c> = (&'c [&'c [(&'c str, &'c str)]], [Outcome; 7], [Outcome; 4]);

    /// A counter of two statements, 3 and 2, with these words on what is missing.
    fn run(said: &[&[(&str, &str)]], expressions: &[(&str, &str)]) -> Run {
        let schema = Schema::new();
        let counter = schema.define("spilt", MetricKind::Counter, Unit::Plain).unwrap();
        let missing = schema.define(MISSING, MetricKind::Counter, Unit::Plain).unwrap();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        for (query, value) in [("a", 3.0), ("b", 2.0)] {
            let tags = recorder.tags(TagSetId::EMPTY, &[("query", query)]);
            recorder.record(counter, value, tags);
        }
        for said in said {
            let tags = recorder.tags(TagSetId::EMPTY, said);
            recorder.record(missing, 1.5, tags);
        }
        let thresholds = expressions.iter().map(|(selector, expression)| ThresholdText {
            selector: (*selector).to_owned(),
            expression: (*expression).to_owned(),
            ..ThresholdText::default()
        });
        let budgets =
            [("count", "7", ""), ("count", "4", ""), ("count", ">= 4", ""), ("rate", ">= 1/s", "5s")];
        let budgets = budgets.map(|(quantity, limit, over)| BudgetText {
            metric: "spilt".to_owned(),
            quantity: quantity.to_owned(),
            limit: limit.to_owned(),
            over: over.to_owned(),
            ..BudgetText::default()
        });
        let meta =
            RunMeta { thresholds: thresholds.collect(), budgets: budgets.to_vec(), ..RunMeta::default() };
        let mut run = Run::new(meta, schema);
        run.push(0, recorder.take_window());
        run
    }

    fn outcomes(run: &Run) -> Vec<Outcome> {
        let verdicts = judge(run, &Budgets::of_run(run).unwrap());
        for verdict in verdicts.iter().filter(|verdict| verdict.outcome == Outcome::NoData) {
            assert!(verdict.fails, "{verdict:?}");
            assert!(
                verdict.evidence.contains("no data for part of the run: it was away (1.5s)"),
                "{verdict:?}"
            );
        }
        verdicts.iter().map(|verdict| verdict.outcome).collect()
    }

    #[test]
    fn what_is_known_in_part_passes_only_where_the_rest_cannot_break_it() {
        use Outcome::{Fail, NoData, Pass};
        let asked = [
            ("spilt", "count<=5"),
            ("spilt", "count<5"),
            ("spilt", "count>=5"),
            ("spilt", "count>5"),
            ("spilt{query:a}", "count==3"),
            ("spilt{query:b}", "count==2"),
            ("spilt{query:c}", "count==0"),
            ("other", "count==0"),
        ];
        let of_it = [("metric", "spilt"), ("why", "it was away")];
        let of_a = [of_it[0], of_it[1], ("query", "a")];
        let of_rest = [of_it[0], of_it[1], ("rest", "query")];
        let cases: [Case<'_>; 4] = [
            (&[], [Pass, Fail, Pass, Fail, Pass, Pass, Pass], [Pass, Fail, Pass, Pass]),
            (&[&of_it], [NoData, Fail, Pass, Fail, NoData, NoData, NoData], [NoData, Fail, Pass, Pass]),
            (&[&of_a], [NoData, Fail, Pass, Fail, NoData, Pass, Pass], [NoData, Fail, Pass, Pass]),
            (&[&of_rest], [Pass, Fail, Pass, Fail, Pass, Pass, NoData], [Pass, Fail, Pass, Pass]),
        ];
        for (said, thresholds, budgets) in cases {
            let found = outcomes(&run(said, &asked[..7]));
            assert_eq!(found, [&thresholds[..], &budgets[..]].concat(), "{said:?}");
        }
        assert_eq!(Missing::of(&run(&[&of_it], &[])).words("other", &[]), None);
    }

    #[test]
    fn missing_data_may_be_allowed() {
        let said = [("metric", "spilt"), ("why", "it was away")];
        let run = run(&[&said], &[("spilt", "count<=5")]);
        let budgets = Budgets { allow_no_data: true, ..Budgets::of_run(&run).unwrap() };
        let verdict = judge(&run, &budgets).remove(0);
        assert_eq!((verdict.outcome, verdict.fails), (Outcome::NoData, false));
    }
}
