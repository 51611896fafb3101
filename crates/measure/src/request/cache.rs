//! What caches in front of a service did with an HTTP request: their metrics, beside those of the request itself.
//!
//! An answer that says nothing of caches leaves nothing. One that says something from which nothing can be told is
//! neither hit nor miss, and is counted as that. Users and the origin see a cache differently, so there are two shares:
//! who is served stale does not wait, while the origin may have been asked all the same.

use crate::compared::{FigureSpec, Quantity, Subject};
use crate::described::Description;
use crate::figure::Better;
use crate::metric::{MetricId, MetricKind, Unit};
use crate::recorder::Recorder;
use crate::run::Run;
use crate::schema::{Schema, SchemaError};
use crate::tag_list::TagList;
use crate::tags::Tags;

/// The share of requests whose users did not wait for the origin.
pub const CACHE_HITS: &str = "cache_hits";
/// The share of requests for which the origin was surely not asked.
pub const CACHE_OFFLOAD: &str = "cache_offload";
/// Requests that were served stale.
pub const CACHE_STALE: &str = "cache_stale";
/// Requests whose users waited for the origin, tagged `why`.
pub const CACHE_MISSES: &str = "cache_misses";
/// Those of the misses that had the answer to another request like them, for which the origin was not asked.
pub const CACHE_COLLAPSED: &str = "cache_collapsed";
/// Bytes of bodies that the origin did not have to send.
pub const CACHE_BYTES_SAVED: &str = "cache_bytes_saved";
/// Answers of which nobody knows what a cache did, tagged `why`.
pub const CACHE_UNKNOWN: &str = "cache_unknown";
/// The tag of the cache rule that a request has.
pub const CACHE_RULE: &str = "rule";
/// The tag of the region that a request was answered in.
pub const CACHE_REGION: &str = "region";
/// The tag of why a request missed, or is not known.
pub const CACHE_WHY: &str = "why";

/// A metric, and how it is described to people.
struct Row {
    name: &'static str,
    /// Its name where a script has a metric of the usual one.
    aside: &'static str,
    kind: MetricKind,
    unit: Unit,
    title: &'static str,
    counted_in: &'static str,
    panel: &'static str,
}

const RATE: Row = Row {
    name: CACHE_HITS,
    aside: "http_cache_hits",
    kind: MetricKind::Rate,
    unit: Unit::Plain,
    title: "Cache hits",
    counted_in: "",
    panel: "Caches",
};

const COUNTER: Row = Row {
    name: CACHE_MISSES,
    aside: "http_cache_misses",
    kind: MetricKind::Counter,
    unit: Unit::Plain,
    title: "Cache misses",
    counted_in: "requests",
    panel: "Cache misses",
};

/// In the order of [`CacheMetrics`].
const METRICS: [Row; 7] = [
    RATE,
    Row { name: CACHE_OFFLOAD, aside: "http_cache_offload", title: "Spared the origin", ..RATE },
    Row { name: CACHE_STALE, aside: "http_cache_stale", title: "Served stale", ..COUNTER },
    COUNTER,
    Row {
        name: CACHE_COLLAPSED,
        aside: "http_cache_collapsed",
        title: "Shared with another miss",
        ..COUNTER
    },
    Row {
        name: CACHE_BYTES_SAVED,
        aside: "http_cache_bytes_saved",
        unit: Unit::Bytes,
        title: "Not sent by the origin",
        counted_in: "",
        panel: "Traffic",
        ..COUNTER
    },
    Row { name: CACHE_UNKNOWN, aside: "http_cache_unknown", title: "Not known what caches did", ..COUNTER },
];

/// The ids of the metrics of caches in one schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheMetrics {
    hits: MetricId,
    offload: MetricId,
    stale: MetricId,
    misses: MetricId,
    collapsed: MetricId,
    bytes_saved: MetricId,
    unknown: MetricId,
}

/// What caches did with a request, as its answer tells.
#[derive(Debug, Clone, Copy)]
pub struct CacheAnswer<'a> {
    /// What happened.
    pub outcome: CacheOutcome<'a>,
    /// The name of the cache rule that the request has, if rules are known.
    pub rule: Option<&'a str>,
    /// Where it was answered, if that is known.
    pub region: Option<&'a str>,
    /// Bytes of the body, as it was sent.
    pub body_bytes: u64,
}

/// What caches did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheOutcome<'a> {
    /// Served from a cache, and nobody was asked.
    Hit,
    /// Served stale from a cache: the origin may have been asked meanwhile, or have failed.
    Stale,
    /// The origin was asked whether what a cache had was still right, and it was: no body came from there.
    Revalidated,
    /// The user waited for the origin.
    Miss {
        /// Why, in a word of RFC 9211 §2.2 where the cache says it.
        why: &'a str,
        /// Whether it waited for the answer to another request like it, so that the origin was not asked for this one.
        collapsed: bool,
    },
    /// Nobody knows.
    Unknown {
        /// Why not.
        why: &'a str,
    },
}

impl CacheMetrics {
    /// Defines all of them, or finds those that are there. Where a script has a metric of the same name, that stays the
    /// script's and ours has `http_` before its name: so this comes after all of the script's metrics.
    ///
    /// # Errors
    /// [`SchemaError`] when both names are taken by metrics of other kinds.
    pub fn define(schema: &Schema) -> Result<Self, SchemaError> {
        let mut rows = METRICS.iter();
        let mut next = || {
            // There is a row for each field.
            let row = rows.next().unwrap_or(&RATE);
            let name = if schema.find(row.name).is_none() { row.name } else { row.aside };
            schema.define(name, row.kind, row.unit)
        };
        Ok(Self {
            hits: next()?,
            offload: next()?,
            stale: next()?,
            misses: next()?,
            collapsed: next()?,
            bytes_saved: next()?,
            unknown: next()?,
        })
    }

    /// Whether the metric of this name in a schema is one of caches, and not a script's of the same name.
    pub fn is_ours(schema: &Schema, name: &str) -> bool {
        METRICS.iter().any(|row| cache_metric_name(schema, row.name) == name)
    }
}

/// What a metric of caches is called in a schema: as usual, unless a script has one of that name.
pub fn cache_metric_name(schema: &Schema, usual: &'static str) -> &'static str {
    let row = METRICS.iter().find(|row| row.name == usual);
    row.map(|row| row.aside).filter(|aside| schema.find(aside).is_some()).unwrap_or(usual)
}

/// Says in a Run what its figures of caches are; nothing where no answer told anything of a cache.
pub fn describe_caches(run: &mut Run) {
    let name = |usual: &'static str| cache_metric_name(run.schema(), usual);
    let has_values = [CACHE_HITS, CACHE_UNKNOWN].iter().any(|usual| {
        let metric = run.schema().find(name(usual));
        run.series().any(|(series, ..)| Some(series.metric) == metric)
    });
    if !has_values {
        return;
    }
    let share = |subject, metric: &'static str, label| {
        FigureSpec::new(subject, name(metric), Quantity::Share, Better::Higher).called(label)
    };
    let figures = [
        share(Subject::All("all caches".to_owned()), CACHE_HITS, "hit rate"),
        share(Subject::All("all caches".to_owned()), CACHE_OFFLOAD, "spared the origin"),
        share(Subject::Endpoint, CACHE_HITS, "hit rate"),
        share(Subject::Tag(CACHE_RULE.to_owned()), CACHE_HITS, "hit rate"),
        share(Subject::Tag(CACHE_REGION.to_owned()), CACHE_HITS, "hit rate"),
    ];
    let described = METRICS
        .map(|row| (name(row.name).to_owned(), Description::new(row.title, row.counted_in, row.panel)));
    run.meta.figures.0.extend(figures);
    run.meta.descriptions.extend(described);
}

impl CacheAnswer<'_> {
    /// Records it within the tags of its request: `cache_hits` and `cache_offload` where it is known what happened,
    /// with `cache_stale`, `cache_misses`, `cache_collapsed` and `cache_bytes_saved` where they apply, and
    /// `cache_unknown` otherwise. All have the tags `rule` and `region` where these are known.
    pub fn record(&self, recorder: &mut Recorder, metrics: &CacheMetrics, request: &Tags) {
        let mut list = TagList::new();
        for (key, value) in [(CACHE_RULE, self.rule), (CACHE_REGION, self.region)] {
            if let Some(value) = value {
                list.push(key, value);
            }
        }
        let tags = recorder.whole_tags(request, list.as_slice());
        let (is_hit, spared, saved) = match self.outcome {
            CacheOutcome::Hit => (true, true, self.body_bytes),
            CacheOutcome::Stale => (true, false, 0),
            CacheOutcome::Revalidated => (false, false, self.body_bytes),
            CacheOutcome::Miss { collapsed, .. } => {
                (false, collapsed, if collapsed { self.body_bytes } else { 0 })
            }
            CacheOutcome::Unknown { why } => {
                let tags = recorder.whole_tags(&tags, &[(CACHE_WHY, why)]);
                recorder.record_whole(metrics.unknown, 1.0, &tags);
                return;
            }
        };
        recorder.record_whole(metrics.hits, f64::from(u8::from(is_hit)), &tags);
        recorder.record_whole(metrics.offload, f64::from(u8::from(spared)), &tags);
        if matches!(self.outcome, CacheOutcome::Miss { collapsed: true, .. }) {
            recorder.record_whole(metrics.collapsed, 1.0, &tags);
        }
        if saved > 0 {
            recorder.record_whole(metrics.bytes_saved, saved as f64, &tags);
        }
        let why = match self.outcome {
            CacheOutcome::Hit | CacheOutcome::Unknown { .. } => return,
            CacheOutcome::Stale => {
                recorder.record_whole(metrics.stale, 1.0, &tags);
                return;
            }
            CacheOutcome::Revalidated => "revalidated",
            CacheOutcome::Miss { why, .. } => why,
        };
        let tags = recorder.whole_tags(&tags, &[(CACHE_WHY, why)]);
        recorder.record_whole(metrics.misses, 1.0, &tags);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::meta::RunMeta;
    use crate::sink::Sink;

    fn run_of(outcomes: &[CacheOutcome<'_>]) -> Run {
        let schema = Schema::new();
        let metrics = CacheMetrics::define(&schema).unwrap();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let request = recorder.whole_tags(&Tags::default(), &[("name", "/a")]);
        for outcome in outcomes {
            let answer =
                CacheAnswer { outcome: *outcome, rule: Some("static"), region: None, body_bytes: 100 };
            answer.record(&mut recorder, &metrics, &request);
        }
        let mut run = Run::new(RunMeta::default(), schema);
        run.push(0, recorder.take_window());
        run
    }

    /// `cache_hits name=/a rule=static 1/2`: of rates how many passed of how many, of counters the sum.
    #[track_caller]
    fn check(outcome: CacheOutcome<'_>, expected: &[&str]) {
        let run = run_of(&[outcome]);
        let mut left: Vec<String> = run
            .series()
            .map(|(series, tags, sink)| {
                let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
                let value = match sink {
                    Sink::Rate(rate) => format!("{}/{}", rate.passes, rate.total),
                    Sink::Counter(counter) => counter.sum.to_string(),
                    _ => panic!("caches have rates and counters"),
                };
                format!("{} {} {value}", run.schema().metric(series.metric).name, tags.join(" "))
            })
            .collect();
        left.sort();
        assert_eq!(left, expected);
    }

    #[test]
    fn users_and_the_origin_see_different_things() {
        check(
            CacheOutcome::Hit,
            &[
                "cache_bytes_saved name=/a rule=static 100",
                "cache_hits name=/a rule=static 1/1",
                "cache_offload name=/a rule=static 1/1",
            ],
        );
        check(
            CacheOutcome::Stale,
            &[
                "cache_hits name=/a rule=static 1/1",
                "cache_offload name=/a rule=static 0/1",
                "cache_stale name=/a rule=static 1",
            ],
        );
        check(
            CacheOutcome::Revalidated,
            &[
                "cache_bytes_saved name=/a rule=static 100",
                "cache_hits name=/a rule=static 0/1",
                "cache_misses name=/a rule=static why=revalidated 1",
                "cache_offload name=/a rule=static 0/1",
            ],
        );
        check(
            CacheOutcome::Miss { why: "uri-miss", collapsed: false },
            &[
                "cache_hits name=/a rule=static 0/1",
                "cache_misses name=/a rule=static why=uri-miss 1",
                "cache_offload name=/a rule=static 0/1",
            ],
        );
        check(
            CacheOutcome::Miss { why: "stale", collapsed: true },
            &[
                "cache_bytes_saved name=/a rule=static 100",
                "cache_collapsed name=/a rule=static 1",
                "cache_hits name=/a rule=static 0/1",
                "cache_misses name=/a rule=static why=stale 1",
                "cache_offload name=/a rule=static 1/1",
            ],
        );
    }

    #[test]
    fn what_is_not_known_is_neither_hit_nor_miss() {
        check(
            CacheOutcome::Unknown { why: "contradicting" },
            &["cache_unknown name=/a rule=static why=contradicting 1"],
        );
    }

    #[test]
    fn a_script_keeps_the_names_of_its_metrics() {
        let schema = Schema::new();
        let own = schema.define(CACHE_HITS, MetricKind::Counter, Unit::Plain).unwrap();
        let metrics = CacheMetrics::define(&schema).unwrap();
        assert_ne!(metrics.hits, own);
        assert_eq!(cache_metric_name(&schema, CACHE_HITS), "http_cache_hits");
        assert_eq!(cache_metric_name(&schema, CACHE_MISSES), "cache_misses");
        assert!(CacheMetrics::is_ours(&schema, "http_cache_hits"));
        assert!(
            !CacheMetrics::is_ours(&schema, "cache_hits") && !CacheMetrics::is_ours(&schema, "http_reqs")
        );
    }

    #[test]
    fn a_run_says_what_its_figures_of_caches_are_if_it_has_any() {
        let mut none = run_of(&[]);
        describe_caches(&mut none);
        assert!(none.meta.figures.are_http() && none.meta.descriptions.is_empty());
        let mut some = run_of(&[CacheOutcome::Hit]);
        describe_caches(&mut some);
        assert_eq!(some.meta.figures.0.len(), none.meta.figures.0.len() + 5);
        assert_eq!(some.meta.descriptions[CACHE_HITS].title, "Cache hits");
    }
}
