//! The limit on tag sets: what a script gets that puts identifiers into its URLs and tags.

use std::sync::Arc;

use loadline_measure::{Keep, Recorder, Schema, TagSet, TagSetId, Tags, Watched};

fn shown(set: &TagSet) -> Vec<(String, String)> {
    let pairs = set.iter().filter(|(key, _)| !TagSet::is_mark(key));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn beyond_the_limit_the_keys_with_the_most_values_become_other() {
    let schema = Schema::with_tag_set_limit(10);
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let base = schema.intern(TagSetId::EMPTY, &[("scenario", "search")]);
    let urls: Vec<String> = (0..100).map(|id| format!("https://shop.test/{id}")).collect();
    let ids: Vec<TagSetId> = urls
        .iter()
        .map(|url| recorder.tags(base, &[("url", url), ("name", "item"), ("status", "200")]))
        .collect();
    assert_eq!(schema.tag_set(ids[0]).get("url"), Some("https://shop.test/0"));
    let last = schema.tag_set(ids[99]);
    let expected = [("name", "item"), ("scenario", "search"), ("status", "200"), ("url", "(other)")];
    assert_eq!(shown(&last), pairs(&expected));
    assert_eq!(last.folded_keys().collect::<Vec<_>>(), ["url"]);
    assert_eq!(schema.tag_set_count(), 11);
    // What is known stays as fine as it was.
    assert_eq!(recorder.tags(base, &[("url", &urls[0]), ("name", "item"), ("status", "200")]), ids[0]);
    // What comes late is not lost in what there is too much of.
    let late = recorder.tags(base, &[("url", "https://shop.test/x"), ("name", "item"), ("status", "500")]);
    assert_eq!(schema.tag_set(late).get("status"), Some("500"));
    let told = schema.folded();
    assert_eq!((told.len(), told[0].key.as_str(), told[0].values), (1, "url", 8));
    assert!(told[0].to_string().starts_with("`url` has more than 8 different values"), "{}", told[0]);
}

/// Ten thousand requests with these tags take this many sets at most, and nothing that is watched is lost.
#[track_caller]
fn stays_small(most: usize, tags: impl Fn(usize) -> Vec<(String, String)>) -> Arc<Schema> {
    let schema = Schema::with_tag_set_limit(100);
    let mut watched = Watched::default();
    watched.value("name", "checkout");
    schema.watch(&watched, None);
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let base = schema.intern(TagSetId::EMPTY, &[("scenario", "search")]);
    for id in 0..10_000 {
        let tags = tags(id);
        let mut tags: Vec<(&str, &str)> =
            tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        tags.push(("name", if id % 3 == 0 { "checkout" } else { "else" }));
        let set = schema.tag_set(recorder.tags(base, &tags));
        assert_eq!(set.get("scenario"), Some("search"));
        assert_eq!(
            set.answers(&[("name", "checkout")], &schema.watched()),
            Some(id % 3 == 0),
            "{id} {set:?}"
        );
    }
    assert!(schema.tag_set_count() <= most, "{}", schema.tag_set_count());
    schema
}

#[test]
fn memory_is_bounded_whatever_is_unbounded() {
    let owned = |key: &str, value: String| (key.to_owned(), value);
    stays_small(130, |id| vec![owned("order", id.to_string())]);
    stays_small(130, |id| vec![owned("order", id.to_string()), owned("url", format!("/{id}"))]);
    // Keys without bound.
    let schema = stays_small(520, |id| vec![owned(&format!("k{id}"), "1".to_owned())]);
    assert!(schema.folded().iter().any(|key| key.key.is_empty()), "{:?}", schema.folded());
    // Groups are what people look at, so they are kept longer; not for ever.
    let schema = stays_small(520, |id| vec![owned("group", format!("::{id}"))]);
    assert!(schema.folded().iter().any(|key| key.key == "group"), "{:?}", schema.folded());
    // Many keys with some values each: no single one is to blame.
    let several = |id: usize| {
        (0..6).map(move |digit| owned(&format!("d{digit}"), (id / 4usize.pow(digit) % 4).to_string()))
    };
    stays_small(300, |id| several(id).collect());
    // Values and keys of absurd length.
    let schema = stays_small(130, |id| vec![owned("body", "x".repeat(5000) + &id.to_string())]);
    assert!(schema.folded().iter().any(|key| key.key == "body" && key.values == 0), "{:?}", schema.folded());
    stays_small(130, |id| vec![owned(&("k".repeat(300) + &id.to_string()), "1".to_owned())]);
}

#[derive(Debug)]
struct FirstLetter;

impl Keep for FirstLetter {
    fn keep(&self, key: &str, value: &str, into: &mut String) {
        if key == "url" {
            into.extend(value.chars().next());
        }
    }
}

#[test]
fn what_must_be_known_of_a_folded_value_stays_with_it() {
    let schema = Schema::with_tag_set_limit(10);
    schema.watch(&Watched::default(), Some(Arc::new(FirstLetter)));
    let mut recorder = Recorder::new(Arc::clone(&schema));
    for id in 0..50 {
        for letter in ["a", "b"] {
            let set = schema.tag_set(recorder.tags(TagSetId::EMPTY, &[("url", &format!("{letter}{id}"))]));
            let value = set.get("url").unwrap();
            assert!(value == format!("{letter}{id}") || value == format!("(other) {letter}"), "{value}");
        }
    }
}

#[test]
fn what_nobody_watched_cannot_be_told() {
    let schema = Schema::with_tag_set_limit(10);
    let mut watched = Watched::default();
    watched.value("name", "checkout");
    watched.value("name", "(other)");
    schema.watch(&watched, None);
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut set = TagSet::default();
    for id in 0..50 {
        let name = id.to_string();
        set = schema.tag_set(recorder.tags(TagSetId::EMPTY, &[("name", &name), ("status", "200")]));
    }
    let answer = |pairs: &[(&str, &str)]| set.answers(pairs, &schema.watched());
    assert_eq!(answer(&[("name", "checkout")]), Some(false));
    assert_eq!(answer(&[("name", "")]), Some(false));
    assert_eq!(answer(&[("name", "cart")]), None);
    assert_eq!(answer(&[("name", "cart"), ("status", "500")]), Some(false));
    assert_eq!(answer(&[("name", "cart"), ("status", "200")]), None);
    assert_eq!(answer(&[("status", "200")]), Some(true));
    assert_eq!(answer(&[("error", "")]), Some(true));
    // A value that reads like a folded one is not told from them.
    assert_eq!(answer(&[("name", "(other)")]), None);
}

#[test]
fn raw_samples_have_the_tags_as_they_were_given() {
    let schema = Schema::with_tag_set_limit(4);
    let metric =
        schema.define("aa", loadline_measure::MetricKind::Counter, loadline_measure::Unit::Plain).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let (sender, receiver) = std::sync::mpsc::sync_channel(16);
    recorder.stream(sender);
    for id in 0..40 {
        // The base is folded as well.
        let base = recorder.whole_tags(&Tags::default(), &[("iter", &id.to_string())]);
        let tags = recorder.whole_tags(&base, &[("status", "200")]);
        recorder.record_whole(metric, f64::from(id), &tags);
    }
    recorder.take_window();
    drop(recorder);
    let samples: Vec<_> = receiver.into_iter().flatten().collect();
    assert_eq!(samples.len(), 40);
    for sample in samples {
        let tags = sample.whole.unwrap_or_else(|| schema.tag_set(sample.tags));
        let iter = sample.value.to_string();
        assert_eq!(tags.iter().collect::<Vec<_>>(), [("iter", iter.as_str()), ("status", "200")]);
    }
}
