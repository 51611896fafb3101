//! What was measured: metrics, tags, samples, mergeable histograms, per-second windows, and the [`Run`] they end in.
//!
//! Workers own a [`Recorder`] each and share a [`Schema`] that is locked only when something new is named. Every
//! second a recorder gives up a [`Window`]; windows merge into a [`Run`]; runs merge with runs. Merging is the same
//! as having recorded together, whatever the order: nothing in this crate depends on who recorded what.
//!
//! This crate has no clock, no files and no threads of its own: time enters as an argument, bytes through `Read`
//! and `Write`.

mod buckets;
mod builtin;
mod file;
mod frame;
mod histogram;
mod index;
mod limit;
mod live;
mod meta;
mod metric;
mod progress;
mod recorder;
mod run;
mod schema;
mod sink;
mod tag_cache;
mod tags;
mod trend;
mod window;

pub use buckets::Buckets;
pub use builtin::Builtin;
pub use file::{Completeness, RUN_FILE_VERSION, RunFileError, RunWriter, read_run, write_run};
pub use histogram::Histogram;
pub use index::{BUCKETS_PER_DOUBLING, RELATIVE_ERROR, bucket_bounds, bucket_index};
pub use limit::LimitCount;
pub use meta::{Host, RunMeta, ThresholdText};
pub use metric::{Metric, MetricId, MetricKind, Unit};
pub use progress::{ScenarioProgress, ScenarioState};
pub use recorder::{Recorder, Sample};
pub use run::{MergeError, Run};
pub use schema::{DEFAULT_TAG_SET_LIMIT, Schema, SchemaError};
pub use sink::{Counter, Gauge, Rate, Sink};
pub use tags::{TagSet, TagSetId};
pub use trend::{RAW_LIMIT, Trend, interpolate, rank};
pub use window::{Series, Window};
