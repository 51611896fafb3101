//! What is watched is exact, whatever is folded: held against an oracle that keeps everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use loadline_measure::{
    MetricKind, Recorder, Run, RunMeta, Schema, Sink, TagSetId, Tags, Unit, Watched, read_run, write_packed,
    write_run,
};
use proptest::prelude::*;

const KEYS: [&str; 6] = ["url", "name", "order", "status", "group", "check"];

/// A selector, and the tags of each value in the order of recording; some are set beforehand, as a base.
type Pairs = Vec<(usize, u32)>;

/// Each key has as many values as its place asks for: 2 to 2,048. Value 0 is the empty text.
fn tags() -> impl Strategy<Value = (Pairs, Pairs)> {
    let pair =
        (0..KEYS.len(), 0..=11u32, any::<u32>()).prop_map(|(key, bits, value)| (key, value % (1 << bits)));
    (prop::collection::vec(pair.clone(), 0..3), prop::collection::vec(pair, 0..5))
}

fn text(value: u32) -> String {
    if value == 0 { String::new() } else { format!("v{value}") }
}

fn texts(pairs: &Pairs) -> Vec<(&'static str, String)> {
    pairs.iter().map(|(key, value)| (KEYS[*key], text(*value))).collect()
}

fn borrowed<'a>(pairs: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    pairs.iter().map(|(key, value)| (*key, value.as_str())).collect()
}

/// What was recorded, kept as it came.
fn whole((base, extra): &(Pairs, Pairs)) -> BTreeMap<&'static str, String> {
    base.iter().chain(extra).map(|(key, value)| (KEYS[*key], text(*value))).collect()
}

fn schema(limit: usize, selectors: &[Pairs]) -> Arc<Schema> {
    let schema = Schema::with_tag_set_limit(limit);
    let mut watched = Watched::default();
    for (key, value) in selectors.iter().flat_map(texts) {
        watched.value(key, value);
    }
    schema.watch(&watched, None);
    schema
}

/// A run of these values by some workers.
fn run(limit: usize, selectors: &[Pairs], values: &[(Pairs, Pairs)], workers: usize) -> Run {
    let schema = schema(limit, selectors);
    let metric = schema.define("requests", MetricKind::Counter, Unit::Plain).unwrap();
    let mut recorders: Vec<Recorder> = (0..workers).map(|_| Recorder::new(Arc::clone(&schema))).collect();
    let mut run = Run::new(RunMeta::default(), Arc::clone(&schema));
    for (index, (base, extra)) in values.iter().enumerate() {
        let recorder = &mut recorders[index % workers];
        let (base, extra) = (texts(base), texts(extra));
        let base = recorder.whole_tags(&Tags::from(TagSetId::EMPTY), &borrowed(&base));
        let tags = recorder.tags(base.id(), &borrowed(&extra));
        recorder.record(metric, 1.0, tags);
        if index % 100 == 99 {
            for recorder in &mut recorders {
                run.push(index as u64 / 100, recorder.take_window());
            }
        }
    }
    for recorder in &mut recorders {
        run.push(values.len() as u64 / 100, recorder.take_window());
    }
    run
}

fn count(run: &Run, pairs: &[(&str, &str)]) -> u64 {
    let metric = run.schema().find("requests").unwrap();
    run.select(metric, pairs).as_ref().map_or(0, Sink::count)
}

/// How many series cannot tell whether they are selected.
fn untold(run: &Run, pairs: &[(&str, &str)]) -> usize {
    let watched = run.schema().watched();
    run.series().filter(|(_, tags, _)| tags.answers(pairs, &watched).is_none()).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_is_folded_what_is_watched_is_exact(
        selectors in prop::collection::vec(prop::collection::vec((0..KEYS.len(), 0..5u32), 1..4), 1..4),
        values in prop::collection::vec(tags(), 1..1000),
        limit in prop_oneof![1..60usize, 200..400usize],
        workers in 1..4usize,
        strangers in prop::collection::vec(prop::collection::vec((0..KEYS.len(), 0..40u32), 1..3), 1..4),
    ) {
        let half = values.len() / 2;
        let together = run(limit, &selectors, &values, workers);
        let mut merged = run(limit, &selectors, &values[..half], workers);
        merged.merge(run(limit, &selectors, &values[half..], 1)).unwrap();
        let (written, _) = read_run(write_run(&together, Vec::new()).unwrap().as_slice()).unwrap();
        let (packed, _) = read_run(write_packed(&merged, Vec::new()).unwrap().as_slice()).unwrap();
        // What is watched alone may be more than there is room for; then this is said as well.
        let mut kept: BTreeMap<usize, std::collections::BTreeSet<u32>> = BTreeMap::new();
        for (key, value) in selectors.iter().flatten() {
            kept.entry(*key).or_default().insert(*value);
        }
        let combinations: usize = kept.values().map(|values| values.len() + 2).product::<usize>() << KEYS.len();
        for run in [&together, &merged, &written, &packed] {
            let too_much = combinations > 5 * limit && run.folded().iter().any(|key| key.key == "*");
            prop_assert_eq!(count(run, &[]), values.len() as u64);
            for selector in &selectors {
                // The last of equal keys counts, as it does in tags.
                let selector: BTreeMap<&str, String> = texts(selector).into_iter().collect();
                let pairs: Vec<(&str, &str)> = selector.iter().map(|(key, value)| (*key, value.as_str())).collect();
                let is_of = |tags: &&(Pairs, Pairs)| {
                    let whole = whole(tags);
                    pairs.iter().all(|(key, value)| whole.get(key).map_or("", String::as_str) == *value)
                };
                if too_much {
                    prop_assert!(untold(run, &pairs) > 0);
                    continue;
                }
                prop_assert_eq!(count(run, &pairs), values.iter().filter(is_of).count() as u64, "{:?}", pairs);
                prop_assert_eq!(untold(run, &pairs), 0, "{:?}", pairs);
            }
            // What was not watched is exact, or says that it is not known.
            for stranger in &strangers {
                let stranger: BTreeMap<&str, String> = texts(stranger).into_iter().collect();
                let pairs: Vec<(&str, &str)> = stranger.iter().map(|(key, value)| (*key, value.as_str())).collect();
                let is_of = |tags: &&(Pairs, Pairs)| {
                    let whole = whole(tags);
                    pairs.iter().all(|(key, value)| whole.get(key).map_or("", String::as_str) == *value)
                };
                let exact = values.iter().filter(is_of).count() as u64;
                prop_assert!(count(run, &pairs) == exact || untold(run, &pairs) > 0, "{:?}", pairs);
            }
        }
    }
}

#[test]
fn of_two_merged_runs_only_what_both_watched_is_known() {
    let order = |id: u32| (Vec::new(), vec![(2, id)]);
    let values: Vec<(Pairs, Pairs)> = (1..300).map(order).collect();
    let name = |value: u32| vec![vec![(2, value)]];
    let mut merged = run(10, &name(250), &values, 1);
    assert_eq!((count(&merged, &[("order", "v250")]), untold(&merged, &[("order", "v250")])), (1, 0));
    merged.merge(run(10, &name(251), &values, 1)).unwrap();
    assert!(untold(&merged, &[("order", "v250")]) > 0 && untold(&merged, &[("order", "v251")]) > 0);
    // A run that had room for everything takes nothing away.
    let mut merged = run(1000, &[], &values, 1);
    merged.merge(run(10, &name(250), &values, 1)).unwrap();
    assert_eq!((count(&merged, &[("order", "v250")]), untold(&merged, &[("order", "v250")])), (2, 0));
}
