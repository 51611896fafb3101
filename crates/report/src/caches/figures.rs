//! A run reduced to what caches did.

use std::collections::{BTreeMap, HashMap};

use loadline_measure::{
    CACHE_BYTES_SAVED, CACHE_COLLAPSED, CACHE_HITS, CACHE_MISSES, CACHE_OFFLOAD, CACHE_STALE, CACHE_UNKNOWN,
    CACHE_WHY, Run, Sink, TagSet, TagSetId, Trend, cache_metric_name, response_time,
};
use loadline_verdict::{Endpoints, Router};
use serde_json::{Value, json};

/// What requests are called that have neither endpoint nor name.
const UNNAMED: &str = "requests";

/// What caches did during a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CacheFigures {
    /// With all requests.
    pub all: CachePart,
    /// By endpoint: the project's, or the tags `endpoint` or `name`. A request that is of two endpoints is in both.
    pub endpoints: BTreeMap<String, CachePart>,
    /// Answers that said nothing of any cache.
    pub silent: u64,
}

/// What caches did with some requests.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CachePart {
    /// Requests of which it is known what happened.
    pub known: u64,
    /// Those of them whose users did not wait for the origin.
    pub hits: u64,
    /// Those of the known for which the origin was surely not asked.
    pub spared: u64,
    /// Those of the hits that were served stale.
    pub stale: u64,
    /// Those of the misses that had the answer to another request like them, for which the origin was not asked.
    pub collapsed: u64,
    /// Bytes of bodies that the origin did not send.
    pub bytes_saved: f64,
    /// Misses, by why they missed.
    pub misses: BTreeMap<String, u64>,
    /// Answers of which nobody knows what a cache did, by why.
    pub unknown: BTreeMap<String, u64>,
}

impl CachePart {
    /// Answers of which nobody knows what a cache did.
    pub fn unknown_count(&self) -> u64 {
        self.unknown.values().sum()
    }

    fn add(&mut self, metric: &str, tags: &TagSet, sink: &Sink) {
        let why = || tags.get(CACHE_WHY).unwrap_or_default().to_owned();
        match (metric, sink) {
            (CACHE_HITS, Sink::Rate(rate)) => {
                self.known += rate.total;
                self.hits += rate.passes;
            }
            (CACHE_OFFLOAD, Sink::Rate(rate)) => self.spared += rate.passes,
            (CACHE_STALE, Sink::Counter(counter)) => self.stale += counter.count,
            (CACHE_COLLAPSED, Sink::Counter(counter)) => self.collapsed += counter.count,
            (CACHE_BYTES_SAVED, Sink::Counter(counter)) => self.bytes_saved += counter.sum,
            (CACHE_MISSES, Sink::Counter(counter)) => *self.misses.entry(why()).or_default() += counter.count,
            (CACHE_UNKNOWN, Sink::Counter(counter)) => {
                *self.unknown.entry(why()).or_default() += counter.count;
            }
            _ => {}
        }
    }
}

/// What caches did, for machines: counts for all requests and for each endpoint.
///
/// ```json
/// { "silent": 20, "all": { "known": 40, "hits": 30, "spared": 20, "stale": 10, "collapsed": 0, "bytes_saved": 100,
///   "misses": { "vary-miss": 10 }, "unknown": {} }, "endpoints": { "list": { "known": 20, … } } }
/// ```
pub fn caches_json(figures: &CacheFigures) -> Value {
    let part = |part: &CachePart| {
        json!({ "known": part.known, "hits": part.hits, "spared": part.spared, "stale": part.stale, "collapsed": part.collapsed,
            "bytes_saved": part.bytes_saved, "misses": part.misses, "unknown": part.unknown })
    };
    let endpoints: serde_json::Map<String, Value> =
        figures.endpoints.iter().map(|(name, of)| (name.clone(), part(of))).collect();
    json!({ "silent": figures.silent, "all": part(&figures.all), "endpoints": endpoints })
}

/// What caches did; none where no answer told anything of one.
pub fn cache_figures(run: &Run) -> Option<CacheFigures> {
    let schema = run.schema();
    let usual = [
        CACHE_HITS,
        CACHE_OFFLOAD,
        CACHE_STALE,
        CACHE_MISSES,
        CACHE_COLLAPSED,
        CACHE_BYTES_SAVED,
        CACHE_UNKNOWN,
    ];
    let metrics: HashMap<_, _> = usual
        .into_iter()
        .filter_map(|usual| Some((schema.find(cache_metric_name(schema, usual))?, usual)))
        .collect();
    let endpoints = Endpoints::of_texts(&run.meta.endpoints);
    let router = Router::new(&endpoints);
    let mut names: HashMap<TagSetId, Vec<String>> = HashMap::new();
    let mut figures = CacheFigures::default();
    for (series, tags, sink) in run.series() {
        let Some(metric) = metrics.get(&series.metric) else { continue };
        figures.all.add(metric, tags, sink);
        for name in names.entry(series.tags).or_insert_with(|| names_of(&router, tags)) {
            figures.endpoints.entry(name.clone()).or_default().add(metric, tags, sink);
        }
    }
    let told = figures.all.known + figures.all.unknown_count();
    let answers = response_time(schema).map_or(0, |metric| {
        run.series()
            .filter(|(series, ..)| series.metric == metric)
            .filter_map(|(_, _, sink)| sink.as_trend().map(Trend::count))
            .sum()
    });
    figures.silent = u64::saturating_sub(answers, told);
    (told > 0).then_some(figures)
}

fn names_of(router: &Router<'_>, tags: &TagSet) -> Vec<String> {
    let known = router.of_tags(tags);
    if !known.is_empty() {
        return known.into_iter().map(str::to_owned).collect();
    }
    let said = ["endpoint", "name"].into_iter().find_map(|key| tags.get(key));
    vec![said.unwrap_or(UNNAMED).to_owned()]
}
