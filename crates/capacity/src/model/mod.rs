//! What measured steps mean: laws of scalability and of queues, fitted with what they leave open.

mod erlang;
mod error;
mod least_squares;
mod profile;
mod queue_fit;
mod usl;
mod usl_fit;

pub use erlang::{Station, erlang_b, erlang_c};
pub use error::FitError;
pub use queue_fit::{QueueFit, QueuePoint, fit_queue};
pub use usl::Usl;
pub use usl_fit::{UslFit, fit_usl, usl_at};
