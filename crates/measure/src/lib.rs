//! What was measured: metrics, tags, samples, mergeable histograms, per-second windows, and the [`Run`] they end in.
//!
//! Workers own a [`Recorder`] each and share a [`Schema`] that is locked only when something new is named. Every
//! second a recorder gives up a [`Window`]; windows merge into a [`Run`]; runs merge with runs. Merging is the same
//! as having recorded together, whatever the order: nothing in this crate depends on who recorded what.
//!
//! This crate has no clock, no files and no threads of its own: time enters as an argument, bytes through `Read`
//! and `Write`.
//!
//! ```
//! use std::sync::Arc;
//! use loadline_measure::{Builtin, Recorder, Run, RunMeta, Schema, TagSetId, read_run, write_run};
//!
//! let schema = Schema::new();
//! let builtin = Builtin::define(&schema)?;
//! let mut recorder = Recorder::new(Arc::clone(&schema));
//! let tags = recorder.tags(TagSetId::EMPTY, &[("scenario", "search")]);
//! for latency_ms in [1.0, 2.0, 3.0, 4.0] {
//!     recorder.record(builtin.http_req_duration, latency_ms, tags);
//! }
//! let mut run = Run::new(RunMeta::default(), schema);
//! run.push(0, recorder.take_window());
//!
//! let file = write_run(&run, Vec::new())?;
//! let (run, _) = read_run(file.as_slice())?;
//! let duration = run.schema().find("http_req_duration").expect("it is built in");
//! let searches = run.select(duration, &[("scenario", "search")]).expect("four of them");
//! let p90 = searches.as_trend().and_then(|trend| trend.quantile(0.9)).expect("not empty");
//! assert!((p90 - 3.7).abs() < 1e-12);
//! // A file that was cut off still reads; one that is no Run file does not.
//! assert!(read_run(&file[..file.len() - 20]).is_ok());
//! assert!(read_run(&b"PNG"[..]).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod buckets;
mod builtin;
mod clock;
mod compared;
mod completeness;
mod described;
mod event;
mod figure;
mod file;
mod fold_marks;
mod folded;
mod folds;
mod frame;
mod frame_part;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod histogram;
mod index;
mod kept;
mod known_parts;
mod ledger;
mod limit;
mod live;
mod meta;
mod metric;
mod missing;
mod pack;
mod progress;
mod recorder;
mod request;
mod run;
mod schema;
mod sealed;
mod shapes;
mod sink;
mod slowest;
mod steered;
mod tag_cache;
mod tag_list;
mod tag_table;
mod tagger;
mod tags;
mod traced;
mod translation;
mod trend;
mod watched;
mod window;
mod workload;

pub use buckets::Buckets;
pub use builtin::{Builtin, RESPONSE_TIME, RESPONSE_TIME_ASIDE, SERVER_PART, response_time};
pub use clock::{unix_ns, unix_time};
pub use compared::{ALL_REQUESTS, ComparedFigures, FigureSpec, Quantity, QuantityError, Subject};
pub use completeness::Completeness;
pub use described::Description;
pub use event::{EventKind, RunEvent, RunEvents};
pub use figure::{Better, Figure, FigureScale, FigureUnit};
pub use file::{
    Growth, RUN_FILE_VERSION, RunFileError, RunReader, RunWriter, read_run, write_packed, write_run,
};
pub use fold_marks::{EVERYTHING, OTHER, SOME_KEYS};
pub use folded::FoldedKey;

pub use histogram::Histogram;
pub use index::{BUCKETS_PER_DOUBLING, RELATIVE_ERROR, bucket_bounds, bucket_index};
pub use kept::{Conclusion, FigurePoint, Judgement, RunRecord, RunState};
pub use ledger::{
    Band, BandIndex, EVERY_PART, Ledger, OTHER_PARTS, PART, PartSum, Phase, RequestTimes, ServerAccount,
    part_name,
};
pub use limit::LimitCount;
pub use meta::{BudgetText, Host, Origin, RunMeta, Saturation, ThresholdText};
pub use metric::{Metric, MetricId, MetricKind, Unit};
pub use missing::{MISSING, MISSING_METRIC, MISSING_REST, MISSING_WHY};
pub use progress::{ScenarioProgress, ScenarioState};
pub use recorder::{Recorder, Sample};
pub use request::{
    CACHE_BYTES_SAVED, CACHE_COLLAPSED, CACHE_HITS, CACHE_MISSES, CACHE_OFFLOAD, CACHE_REGION, CACHE_RULE,
    CACHE_STALE, CACHE_UNKNOWN, CACHE_WHY, CacheAnswer, CacheMetrics, CacheOutcome, EXPECTED_STATUSES,
    HttpOutcome, HttpRequest, KnownTags, LateStart, Phases, SERVER_TIMING, ServerTiming, SystemTags,
    cache_metric_name, describe_caches, milliseconds,
};
pub use run::Run;
pub use schema::{DEFAULT_TAG_SET_LIMIT, Schema, SchemaError};
pub use sink::{Counter, Gauge, Rate, Sink};
pub use slowest::{SlowRequest, SlowRequests};
pub use steered::Steered;
pub use tag_list::TagList;
pub use tags::{TagSet, TagSetId, Tags};
pub use traced::{TraceSender, TracedRequest};
pub use translation::{MergeError, Translation};
pub use trend::{RAW_LIMIT, Trend, interpolate, rank};
pub use watched::{Keep, Watched};
pub use window::{Series, Window};
pub use workload::{Producer, WorkloadId};

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Any bytes as a `Server-Timing`.
    pub fn server_timing(bytes: &[u8]) {
        crate::fuzz::server_timing(bytes);
    }
}
