//! Many selectors on many series, resolved in one pass.
//!
//! Twenty thousand thresholds on as many series are four hundred million comparisons, each second anew while a run may
//! still be stopped. Each selector is therefore filed under one of its pairs, the one that fewest selectors share, and
//! a series is compared only with those filed under its own pairs. Whether a selector has a series is still said by
//! [`Selector::matches`] alone: the files only leave out what cannot match.

use std::borrow::{Borrow, Cow};
use std::collections::HashMap;
use std::hash::Hash;

use loadline_measure::{MetricId, Run, Schema, Series, Sink, TagSet};

use crate::selector::Selector;

/// The series of a run that each of many selectors has.
///
/// ```no_run
/// # fn show(run: &loadline_measure::Run, selectors: &[loadline_verdict::Selector]) {
/// use loadline_verdict::Selection;
/// let selection = Selection::of(run, selectors);
/// for position in 0..selectors.len() {
///     println!("{:?}", selection.sink(position));
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Selection<'r> {
    run: &'r Run,
    series: Vec<Vec<Series>>,
    values: HashMap<MetricId, u64>,
}

impl<'r> Selection<'r> {
    /// Resolves selectors; what it says of each goes by its position.
    pub fn of<S: Borrow<Selector>>(run: &'r Run, selectors: &[S]) -> Self {
        let index = Index::new(run.schema(), selectors);
        let mut series = vec![Vec::new(); selectors.len()];
        // The series of a metric follow each other.
        let mut values: Vec<(MetricId, u64)> = Vec::new();
        for (one, tags, sink) in run.series() {
            match values.last_mut() {
                Some((metric, count)) if *metric == one.metric => *count += sink.count(),
                _ => values.push((one.metric, sink.count())),
            }
            index.matching(one.metric, tags, |position| series[position].push(one));
        }
        Self { run, series, values: values.into_iter().collect() }
    }

    /// The series of a selector, in the run's order.
    pub fn series(&self, position: usize) -> &[Series] {
        &self.series[position]
    }

    /// What all values of a selector come to; `None` without values.
    pub fn sink(&self, position: usize) -> Option<Cow<'r, Sink>> {
        let mut sinks = self.series[position].iter().filter_map(|series| self.run.total(*series));
        let mut all = Cow::Borrowed(sinks.next()?);
        for sink in sinks {
            all.to_mut().merge(sink);
        }
        Some(all)
    }

    /// How many values a metric has, whatever their tags; `None` when there is none.
    pub fn values_of(&self, metric: &str) -> Option<u64> {
        self.values.get(&self.run.schema().find(metric)?).copied()
    }
}

/// Selectors by what a series must have to be one of theirs.
struct Index<'s> {
    selectors: Vec<&'s Selector>,
    of_metric: HashMap<MetricId, OfMetric<'s>>,
}

#[derive(Default)]
struct OfMetric<'s> {
    /// Without a pair that a series must have.
    loose: Vec<usize>,
    by_pair: HashMap<&'s str, HashMap<&'s str, Vec<usize>>>,
}

impl<'s> Index<'s> {
    fn new<S: Borrow<Selector>>(schema: &Schema, selectors: &'s [S]) -> Self {
        let selectors: Vec<&Selector> = selectors.iter().map(Borrow::borrow).collect();
        let mut ids = HashMap::new();
        let mut sharing: HashMap<(&str, &str, &str), usize> = HashMap::new();
        for selector in &selectors {
            for (key, value) in required(selector) {
                *sharing.entry((&selector.metric, key, value)).or_default() += 1;
            }
        }
        let mut of_metric: HashMap<MetricId, OfMetric<'s>> = HashMap::new();
        for (position, selector) in selectors.iter().enumerate() {
            let name = selector.metric.as_str();
            let Some(metric) = memo(&mut ids, name, || schema.find(name)) else { continue };
            let of_metric = of_metric.entry(metric).or_default();
            match required(selector).min_by_key(|(key, value)| sharing[&(name, *key, *value)]) {
                Some((key, value)) => {
                    of_metric.by_pair.entry(key).or_default().entry(value).or_default().push(position);
                }
                None => of_metric.loose.push(position),
            }
        }
        Self { selectors, of_metric }
    }

    /// Tells the positions of the selectors that a series is of.
    fn matching(&self, metric: MetricId, tags: &TagSet, mut found: impl FnMut(usize)) {
        let Some(of_metric) = self.of_metric.get(&metric) else { return };
        let mut ask = |positions: &[usize]| {
            for &position in positions {
                if self.selectors[position].matches(tags) {
                    found(position);
                }
            }
        };
        ask(&of_metric.loose);
        for (key, value) in tags.iter() {
            if let Some(positions) = of_metric.by_pair.get(key).and_then(|values| values.get(value)) {
                ask(positions);
            }
        }
    }
}

/// The pairs that a series must carry as they are; an empty value matches one that does not carry the tag, too.
fn required(selector: &Selector) -> impl Iterator<Item = (&str, &str)> {
    let pairs = selector.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    pairs.filter(|(_, value)| !value.is_empty())
}

/// A value that is computed once for each key.
fn memo<K: Eq + Hash, V: Copy>(known: &mut HashMap<K, V>, key: K, compute: impl FnOnce() -> V) -> V {
    *known.entry(key).or_insert_with(compute)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loadline_measure::{MetricKind, Recorder, RunMeta, TagSetId, Unit};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn selects_what_each_selector_says_of_each_series(
            series in prop::collection::vec(("[ab]", prop::collection::vec(("[xyz]", "(1|2||\\(other\\))"), 0..4)), 1..20),
            selectors in prop::collection::vec(("[abc]", prop::collection::vec(("[xyz]", "(1|2|)"), 0..3)), 0..20),
        ) {
            let schema = Schema::new();
            for name in ["a_", "b_"] {
                schema.define(name, MetricKind::Counter, Unit::Plain).unwrap();
            }
            let mut recorder = Recorder::new(Arc::clone(&schema));
            for (metric, pairs) in &series {
                let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                let tags = recorder.tags(TagSetId::EMPTY, &pairs);
                recorder.record(schema.find(&format!("{metric}_")).unwrap(), 1.0, tags);
            }
            let mut run = Run::new(RunMeta::default(), Arc::clone(&schema));
            run.push(0, recorder.take_window());
            let selectors: Vec<Selector> =
                selectors.into_iter().map(|(metric, tags)| Selector { metric: format!("{metric}_"), tags }).collect();
            let selection = Selection::of(&run, &selectors);
            for (position, selector) in selectors.iter().enumerate() {
                let metric = schema.find(&selector.metric);
                let expected: Vec<Series> = run
                    .series()
                    .filter(|(one, tags, _)| Some(one.metric) == metric && selector.matches(tags))
                    .map(|(one, ..)| one)
                    .collect();
                prop_assert_eq!(selection.series(position), expected.as_slice());
                let sink = metric.and_then(|metric| run.select(metric, &selector.tags));
                prop_assert_eq!(selection.sink(position).map(Cow::into_owned), sink);
                prop_assert_eq!(
                    selection.values_of(&selector.metric),
                    metric.and_then(|metric| run.select::<&str, &str>(metric, &[])).map(|all| all.count())
                );
            }
        }
    }
}
