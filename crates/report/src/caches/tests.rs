//! The words about caches, as they are read.

use std::sync::Arc;

use loadline_measure::{CacheAnswer, CacheMetrics, CacheOutcome, Recorder, Run, RunMeta, Schema, Tags};

use super::*;
use crate::text::{Theme, render};

/// Requests of an endpoint with an outcome, so many times.
type Some<'a> = (&'a str, CacheOutcome<'a>, u64);

const MISS: CacheOutcome<'_> = CacheOutcome::Miss { why: "uri-miss", collapsed: false };
const VARY: CacheOutcome<'_> = CacheOutcome::Miss { why: "vary-miss", collapsed: false };

fn run_of(requests: &[Some<'_>]) -> Run {
    let schema = Schema::new();
    let metrics = CacheMetrics::define(&schema).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    for (endpoint, outcome, times) in requests {
        let tags = recorder.whole_tags(&Tags::default(), &[("endpoint", endpoint), ("name", "x")]);
        let answer = CacheAnswer { outcome: *outcome, rule: None, region: None, body_bytes: 1_000 };
        for _ in 0..*times {
            answer.record(&mut recorder, &metrics, &tags);
        }
    }
    let mut run = Run::new(RunMeta::default(), schema);
    run.push(0, recorder.take_window());
    run
}

fn words(requests: &[Some<'_>], width: usize) -> String {
    let figures = cache_figures(&run_of(requests)).unwrap();
    render(&cache_lines(&figures, 4, width), &Theme::plain())
}

#[test]
fn a_run_without_caches_has_no_figures_of_them() {
    assert_eq!(cache_figures(&run_of(&[])), None);
}

#[test]
fn hit_rates_and_causes() {
    let requests = [
        ("image", CacheOutcome::Hit, 990),
        ("image", MISS, 10),
        ("image", CacheOutcome::Miss { why: "uri-miss", collapsed: true }, 5),
        ("public.getPrograms", CacheOutcome::Hit, 400),
        ("public.getPrograms", CacheOutcome::Stale, 20),
        ("public.getPrograms", MISS, 50),
        ("public.getPrograms", VARY, 29),
        ("public.getPrograms", CacheOutcome::Revalidated, 1),
        ("health", CacheOutcome::Miss { why: "bypass", collapsed: false }, 7),
        ("odd", CacheOutcome::Unknown { why: "contradicting" }, 3),
    ];
    insta::assert_snapshot!(words(&requests, 100), @r"
    93.25% hits: 1,410 of 1,512 requests did not wait for the origin
    at least 92.26% spared the origin; 20 served stale, for which it may have been asked meanwhile;
    it did not send 1.39 MB
    3 answers are neither hits nor misses, because nobody knows: 3 whose headers contradict each
    other

    image                98.50% of 1,005
        missed: 15 not there yet; 5 of these shared another's answer
    public.getPrograms   84.00% of 500
        missed: 50 not there yet, 29 there for other headers only (Vary), 1 stale and found
        unchanged; 20 served stale
    health                0.00% of 7         missed: 7 bypassed
    odd                       –              3 not known
    ");
}

#[test]
fn where_nothing_is_known_there_is_no_rate() {
    insta::assert_snapshot!(words(&[("a", CacheOutcome::Unknown { why: "age-alone" }, 5)], 80), @r"
    5 answers are neither hits nor misses, because nobody knows: 5 with nothing
    but an Age
    ");
}

#[test]
fn lines_fit_and_many_endpoints_are_counted() {
    let names: Vec<String> =
        (0..20).map(|number| format!("endpoint-{number}-{}", "long".repeat(12))).collect();
    let requests: Vec<Some<'_>> =
        names.iter().flat_map(|name| [(name.as_str(), MISS, 2), (name.as_str(), VARY, 1)]).collect();
    let figures = cache_figures(&run_of(&requests)).unwrap();
    for width in 60..140 {
        let lines = cache_lines(&figures, 4, width);
        assert!(lines.iter().all(|line| line.width() <= width), "{width}");
        assert!(render(&lines, &Theme::plain()).contains("and 8 more"));
    }
}
