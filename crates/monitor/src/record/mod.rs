//! The record path: what a request or query does to the counters. Nothing here locks or allocates once a label set has been seen.

mod active;
mod boundaries;
mod budget;
mod cache_use;
mod ending;
mod endpoint;
mod histogram;
mod method;
mod series_table;
mod shard;

pub(crate) use active::Active;
pub(crate) use boundaries::{Boundaries, QUERIES, REQUESTS};
pub(crate) use budget::Budget;
pub(crate) use cache_use::CacheUse;
pub(crate) use ending::Ending;
pub(crate) use endpoint::{EndpointIndex, Endpoints, OTHER};
pub(crate) use histogram::{Counts, Histogram};
pub(crate) use method::{METHODS, MethodIndex};
pub(crate) use series_table::{Key, SeriesTable};
pub(crate) use shard::{shards, this_shard};
