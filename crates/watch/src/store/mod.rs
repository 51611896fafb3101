//! What a watch must not forget: its alerts, and what it has not told yet.

mod error;
mod kept;

pub use error::StoreError;
pub use kept::{Kept, Store, Untold};
