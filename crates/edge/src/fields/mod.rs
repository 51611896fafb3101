//! Header fields, read and written by their grammars.

pub mod cache_control;
pub mod cache_status;
pub mod compact;
pub mod date;
pub mod delta;
pub mod etag;
pub mod groups;
pub mod hop;
pub mod list;
pub mod no_vary_search;
pub(crate) mod numbers;
pub mod range;
pub mod server_timing;
mod structured;
pub mod tags;
pub mod targeted;
pub mod vary;
