//! What comes: requests per second over time, from a table, a run, or made up.

mod csv;
mod day;
mod error;
mod profile;

pub use csv::read_csv;
pub use day::{Day, Rush};
pub use error::TrafficError;
pub use profile::{LONGEST_S, Profile};
