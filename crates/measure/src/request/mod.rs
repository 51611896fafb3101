//! What is recorded of a request, once for all who make requests: scripts, one URL that is hit, Rust scenarios.
//!
//! Whoever sends says what came of it in the words of this crate; which metrics and tags that is, is said here alone.
//! One protocol is one file.

mod cache;
mod http;
mod known_tags;
mod late_start;
mod phases;
mod server_timing;
mod system_tags;

pub use cache::{
    CACHE_BYTES_SAVED, CACHE_COLLAPSED, CACHE_HITS, CACHE_MISSES, CACHE_OFFLOAD, CACHE_REGION, CACHE_RULE,
    CACHE_STALE, CACHE_UNKNOWN, CACHE_WHY, CacheAnswer, CacheMetrics, CacheOutcome, cache_metric_name,
    describe_caches,
};
pub use http::{EXPECTED_STATUSES, HttpOutcome, HttpRequest, milliseconds};
pub use known_tags::KnownTags;
pub use late_start::LateStart;
pub use phases::Phases;
pub use server_timing::{SERVER_TIMING, ServerTiming};
pub use system_tags::SystemTags;
