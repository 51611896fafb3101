//! What users saw of an origin that was away, and what an empty cache cost them: read from a run.

use std::collections::BTreeMap;
use std::ops::Range;

use loadline_measure::{
    CACHE_HITS, Run, Series, Sink, TagSetId, Trend, Window, cache_metric_name, response_time,
};

/// Endpoints of the reference system whose answers caches may keep.
pub const KEPT: [&str; 4] = ["static", "image", "public.getPrograms", "public.getProviders"];

/// A cache is warm from when so many of all further requests hit.
const WARM: f64 = 0.9;

/// What users saw of one endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Requests.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Those that came from a cache.
    pub from_cache: u64,
}

/// A run's beginning with an empty cache, beside the rest.
#[derive(Debug)]
pub struct Cold {
    /// The first second of a warm cache.
    pub until: u64,
    /// While it was cold.
    pub cold: Part,
    /// From then on.
    pub warm: Part,
}

/// What users of kept endpoints saw in a part of a run.
#[derive(Debug, Default)]
pub struct Part {
    /// Requests.
    pub requests: u64,
    /// Those that came from the cache.
    pub hits: u64,
    /// Their response times, in milliseconds.
    pub times: Trend,
}

/// What users saw in these seconds, by endpoint.
pub fn seen(run: &Run, seconds: &Range<u64>) -> BTreeMap<String, Seen> {
    let metric = |name: &str| run.schema().find(name);
    let (failed, hits) = (metric("http_req_failed"), metric(cache_metric_name(run.schema(), CACHE_HITS)));
    let mut all: BTreeMap<String, Seen> = BTreeMap::new();
    let mut names = Names::new(run);
    for (_, window) in run.seconds().filter(|(second, _)| seconds.contains(second)) {
        for (series, sink) in window.iter() {
            let Sink::Rate(rate) = sink else { continue };
            let Some(name) = names.of(series) else { continue };
            if Some(series.metric) == failed {
                let seen = all.entry(name.to_owned()).or_default();
                seen.requests += rate.total;
                seen.failed += rate.passes;
            } else if Some(series.metric) == hits {
                all.entry(name.to_owned()).or_default().from_cache += rate.passes;
            }
        }
    }
    all.retain(|_, seen| seen.requests > 0);
    all
}

/// How the cache got warm in the seconds before `end`; none when it did not.
pub fn cold(run: &Run, end: u64) -> Option<Cold> {
    let mut names = Names::new(run);
    let seconds: Vec<(u64, Part)> = run
        .seconds()
        .filter(|(second, _)| *second < end)
        .map(|(second, window)| (second, part(run, &window, &mut names)))
        .collect();
    let is_warm = |from: &usize| {
        let further = seconds[*from..].iter().map(|(_, part)| (part.hits, part.requests));
        let (hits, requests) = further.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        requests > 0 && hits as f64 >= WARM * requests as f64
    };
    // One that is warm for the last seconds alone was not warm for long enough to say so.
    let at = (0..seconds.len().div_ceil(2)).find(is_warm)?;
    let mut cold = Cold { until: seconds[at].0, cold: Part::default(), warm: Part::default() };
    for (second, part) in seconds {
        let all = if second < cold.until { &mut cold.cold } else { &mut cold.warm };
        all.requests += part.requests;
        all.hits += part.hits;
        all.times.merge(&part.times);
    }
    Some(cold)
}

fn part(run: &Run, window: &Window, names: &mut Names<'_>) -> Part {
    let hits = run.schema().find(cache_metric_name(run.schema(), CACHE_HITS));
    let times = response_time(run.schema());
    let mut part = Part::default();
    for (series, sink) in window.iter() {
        if !names.of(series).is_some_and(|name| KEPT.contains(&name)) {
            continue;
        }
        match sink {
            Sink::Rate(rate) if Some(series.metric) == hits => {
                part.requests += rate.total;
                part.hits += rate.passes;
            }
            Sink::Trend(trend) if Some(series.metric) == times => part.times.merge(trend),
            _ => {}
        }
    }
    part
}

/// Endpoints of series, looked up once.
struct Names<'r> {
    run: &'r Run,
    known: BTreeMap<TagSetId, Option<String>>,
}

impl<'r> Names<'r> {
    fn new(run: &'r Run) -> Self {
        Self { run, known: BTreeMap::new() }
    }

    fn of(&mut self, series: Series) -> Option<&str> {
        let run = self.run;
        let name = self.known.entry(series.tags).or_insert_with(|| {
            let tags = run.schema().tag_set(series.tags);
            tags.get("endpoint").map(str::to_owned)
        });
        name.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loadline_measure::{
        Builtin, CacheAnswer, CacheMetrics, CacheOutcome, Recorder, RunMeta, Schema, Tags,
    };

    use super::*;

    /// Each second has ten requests for pictures, so many of them hits, and one that fails of a search.
    fn run_of(hits: &[u64]) -> Run {
        let schema = Schema::new();
        let (builtin, caches) = (Builtin::define(&schema).unwrap(), CacheMetrics::define(&schema).unwrap());
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let image = recorder.whole_tags(&Tags::default(), &[("endpoint", "image")]);
        let search = recorder.whole_tags(&Tags::default(), &[("endpoint", "search")]);
        let mut run = Run::new(RunMeta::default(), schema);
        for (second, hits) in hits.iter().enumerate() {
            for request in 0..10 {
                let is_hit = request < *hits;
                let outcome = if is_hit {
                    CacheOutcome::Hit
                } else {
                    CacheOutcome::Miss { why: "uri-miss", collapsed: false }
                };
                let answer = CacheAnswer { outcome, rule: None, region: None, body_bytes: 1 };
                answer.record(&mut recorder, &caches, &image);
                recorder.record_whole(builtin.http_req_failed, 0.0, &image);
                recorder.record_whole(builtin.response_time, if is_hit { 1.0 } else { 20.0 }, &image);
            }
            recorder.record_whole(builtin.http_req_failed, 1.0, &search);
            run.push(second as u64, recorder.take_window());
        }
        run
    }

    #[test]
    fn who_noticed_is_told_by_endpoint() {
        let seen = seen(&run_of(&[10, 10, 5, 10]), &(1..3));
        let expected = [
            ("image".to_owned(), Seen { requests: 20, failed: 0, from_cache: 15 }),
            ("search".to_owned(), Seen { requests: 2, failed: 2, from_cache: 0 }),
        ];
        assert_eq!(seen, BTreeMap::from(expected));
    }

    #[test]
    fn a_cache_is_cold_until_most_requests_hit() {
        let cold = cold(&run_of(&[0, 3, 8, 9, 9, 9, 9, 10, 0]), 8).unwrap();
        assert_eq!((cold.until, cold.cold.requests, cold.cold.hits), (2, 20, 3));
        assert_eq!((cold.warm.requests, cold.warm.hits), (60, 54));
        assert_eq!((cold.cold.times.quantile(0.5), cold.warm.times.quantile(0.5)), (Some(20.0), Some(1.0)));
        assert!(super::cold(&run_of(&[1, 1, 1, 1, 1, 10]), 6).is_none());
    }
}
