//! Searches on services whose line is known, in simulated time.

mod pairs;
mod searches;
