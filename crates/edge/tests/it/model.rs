//! The cache beside a model of it, and under many threads: it never serves what the model could not, and stays within
//! its limit.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loadline_edge::policy::Policy;
use loadline_edge::{Cache, Limits, Moment, Purge, Step, key};
use proptest::collection::vec;
use proptest::prelude::*;

use super::exchange::{NOW, answer, ask, asked, request};

/// What a client and an origin do.
#[derive(Debug, Clone)]
enum Act {
    Get { path: u8, language: u8, after: u64 },
    Post { path: u8 },
    Purge { tag: u8, softly: bool },
    Wait { seconds: u64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (0_u8..12, 0_u8..3, 0_u64..2).prop_map(|(path, language, after)| Act::Get { path, language, after }),
        1 => (0_u8..12).prop_map(|path| Act::Post { path }),
        1 => (0_u8..4, any::<bool>()).prop_map(|(tag, softly)| Act::Purge { tag, softly }),
        1 => (0_u64..90).prop_map(|seconds| Act::Wait { seconds }),
    ]
}

/// A cache that never forgets: all answers that there have been, and what has happened to them.
#[derive(Default)]
struct Model {
    /// By path, and by language where the path varies on it: the newest.
    answers: HashMap<(u8, Option<u8>), Kept>,
}

struct Kept {
    body: String,
    came: Moment,
    /// Since when it is purged softly.
    purged: Option<Moment>,
    is_usable: bool,
}

const FRESH: u64 = 60;
const STALE: u64 = 30;

impl Model {
    fn of(path: u8, language: u8) -> (u8, Option<u8>) {
        (path, (path % 2 == 1).then_some(language))
    }

    /// Whether a body may be served without asking.
    fn permits(&self, path: u8, language: u8, now: Moment, body: &str) -> bool {
        let Some(kept) = self.answers.get(&Self::of(path, language)) else { return false };
        let is_young = now.since(kept.came).as_secs() <= FRESH + STALE;
        let is_purged_lately = kept.purged.is_none_or(|since| now.since(since).as_secs() <= STALE);
        kept.is_usable && kept.body == body && is_young && is_purged_lately
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is evicted, nothing is served that a cache that never forgets could not serve, and what is counted
    /// stays within the limit.
    #[test]
    fn it_serves_nothing_that_one_that_never_forgets_could_not(
        acts in vec(act(), 1..150),
        room in 1_500_u64..12_000,
    ) {
        let cache = Cache::new(Policy::default(), Limits { bytes: room, variants: 2, body: 1_000 });
        let (mut model, mut now, mut count) = (Model::default(), NOW, 0);
        for act in acts {
            match act {
                Act::Wait { seconds } => now = now.plus(Duration::from_secs(seconds)),
                Act::Purge { tag, softly } => {
                    cache.purge(&Purge::Tag(format!("t{tag}")), softly.then_some(now));
                    for (_, kept) in model.answers.iter_mut().filter(|((path, _), _)| path % 4 == tag) { if softly { kept.purged = Some(kept.purged.map_or(now, |since| since.min(now))); } else { kept.is_usable = false; }
                    }
                }
                Act::Post { path } => {
                    let (_, mut post) = request(&format!("/{path}"), &[]);
                    *post.method_mut() = http::Method::POST;
                    let key = key::plain(&post, b"").unwrap();
                    let asking = asked(cache.request(now, &key, &post));
                    cache.answer_whole(now, asking, answer(&[], "done"));
                    for (_, kept) in model.answers.iter_mut().filter(|((other, _), _)| *other == path) {
                        kept.is_usable = false;
                    }
                }
                Act::Get { path, language, after } => {
                    let language_text = format!("l{language}");
                    let (key, request) = request(&format!("/{path}"), &[("accept-language", &language_text)]);
                    let mut step = cache.request(now, &key, &request);
                    if let Step::Done(reply) | Step::DoneAndAsk(reply, _) = &step {
                        let body = String::from_utf8_lossy(reply.response.body()).into_owned();
                        prop_assert!(model.permits(path, language, now, &body), "{path} {language} {body}");
                    }
                    while let Step::Ask(asking) | Step::DoneAndAsk(_, asking) = step {
                        count += 1;
                        let body = format!("{path} {count} {}", "x".repeat(usize::from(path) * 60));
                        let control = format!("max-age={FRESH}, stale-while-revalidate={STALE}");
                        let tag = format!("t{}", path % 4);
                        let mut headers = vec![("cache-control", control.as_str()), ("cache-tag", tag.as_str())];
                        if path % 2 == 1 {
                            headers.push(("vary", "accept-language"));
                        }
                        let came = now.plus(Duration::from_secs(after));
                        model.answers.insert(Model::of(path, language), Kept { body: body.clone(), came: now, purged: None, is_usable: true });
                        step = cache.answer_whole(came, asking, answer(&headers, &body));
                    }
                }
            }
            let counts = cache.counts();
            prop_assert!(counts.bytes <= room, "{counts:?}");
            prop_assert_eq!(counts.answers, cache.len() as u64);
        }
        cache.purge(&Purge::All, None);
        cache.sweep();
        prop_assert_eq!((cache.counts().bytes, cache.counts().answers), (0, 0));
    }
}

#[test]
fn many_threads_get_what_they_ask_for_within_the_limit() {
    let limit = 200_000;
    let cache = Cache::new(Policy::default(), Limits { bytes: limit, ..Limits::default() });
    let hits = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (cache, hits) = (&cache, &hits);
            scope.spawn(move || {
                let mut random = thread + 1;
                for _ in 0..10_000 {
                    random = random
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    let path = format!("/{}", (random >> 33) % 300);
                    if random >> 58 == 0 {
                        cache.purge(&Purge::Tag(format!("t{path}")), None);
                    }
                    match ask(cache, NOW, &path) {
                        Step::Done(reply) | Step::DoneAndAsk(reply, _) => {
                            hits.fetch_add(1, Ordering::Relaxed);
                            let body = String::from_utf8_lossy(reply.response.body()).into_owned();
                            assert!(body.starts_with(&format!("{path} ")), "{path}: {body}");
                        }
                        Step::Ask(asking) => {
                            let tag = format!("t{path}");
                            let headers = [("cache-control", "max-age=60"), ("cache-tag", tag.as_str())];
                            let body = format!("{path} {}", "x".repeat(700));
                            cache.answer_whole(NOW, asking, answer(&headers, &body));
                        }
                    }
                    assert!(cache.counts().bytes <= limit);
                }
            });
        }
    });
    assert!(hits.load(Ordering::Relaxed) > 1_000);
    assert!(cache.counts().evicted > 100, "{:?}", cache.counts());
    cache.purge(&Purge::All, None);
    cache.sweep();
    assert_eq!((cache.counts().bytes, cache.counts().answers, cache.len()), (0, 0, 0));
}
