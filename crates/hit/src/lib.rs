//! One request, sent again and again to one target: a subject of the runner without a script.
//!
//! A closed loop keeps every connection busy; an open one starts requests on a schedule, whether answers come or not.
//! What the request is judged by is said in its [`HitSettings`] and by the project's file.

mod error;
mod program;
mod record;
mod settings;
mod subject;
mod target;

pub use error::HitError;
pub use settings::{ArrivalRate, DURATION, HitSettings};
pub use subject::Hit;
