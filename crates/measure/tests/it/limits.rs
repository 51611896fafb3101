//! The limit on tag sets: what a script gets that puts identifiers into its URLs.

use std::sync::Arc;

use loadline_measure::{Recorder, Schema, TagSetId};

#[test]
fn beyond_the_limit_urls_become_other() {
    let schema = Schema::with_tag_set_limit(10);
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let base = schema.intern(TagSetId::EMPTY, &[("scenario", "search")]);
    let urls: Vec<String> = (0..100).map(|id| format!("https://shop.test/{id}")).collect();
    let ids: Vec<TagSetId> = urls
        .iter()
        .map(|url| recorder.tags(base, &[("url", url), ("name", url), ("status", "200")]))
        .collect();
    assert_eq!(schema.tag_set(ids[0]).get("url"), Some("https://shop.test/0"));
    let last = schema.tag_set(ids[99]);
    assert_eq!(
        last.iter().collect::<Vec<_>>(),
        [("name", "(other)"), ("scenario", "search"), ("status", "200"), ("url", "(other)")]
    );
    assert_eq!(schema.tag_set_count(), 11);
    assert_eq!(schema.overflowed_tag_sets(), 92);
    // What is known stays as fine as it was.
    assert_eq!(recorder.tags(base, &[("url", &urls[0]), ("name", &urls[0]), ("status", "200")]), ids[0]);
}

#[test]
fn other_tags_without_bounds_are_dropped_in_the_end() {
    let schema = Schema::with_tag_set_limit(8);
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let base = schema.intern(TagSetId::EMPTY, &[("scenario", "search")]);
    for id in 0..100 {
        let tags = recorder.tags(base, &[("order", &id.to_string())]);
        assert_eq!(schema.tag_set(tags).get("scenario"), Some("search"));
    }
    assert_eq!(recorder.tags(base, &[("order", "99")]), base);
    assert_eq!(schema.tag_set_count(), 10);
}
