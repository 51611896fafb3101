//! Which candidates pay for the whole workload.
//!
//! What statements cost is asked once for each set of indexes that could matter to it. Of each statement it is found
//! which indexes serve it best ([`bundle`]); they are added as long as something gains by it ([`grow`]); then one takes
//! the place of several, and what the others make needless goes again ([`settle`]).

mod advise;
mod bundle;
mod changed;
mod combine;
mod costs;
mod doubt;
mod goal;
mod grow;
mod query;
mod settle;
mod signatures;
mod sizes;
mod swap;
mod tell;
#[cfg(test)]
mod tests;
mod worth;
mod writes;

pub use advise::advise;
pub use goal::{Aim, Goal};
