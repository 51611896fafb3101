//! What one replica of a service does with requests.

mod closed;
mod error;
mod model;
mod time;
mod workers;

pub use closed::{erlang_c, mg_1_wait_s, mm_c_wait_s};
pub use error::ServiceError;
pub use model::Service;
pub use time::ServiceTime;
pub(crate) use workers::{Turn, Workers};
