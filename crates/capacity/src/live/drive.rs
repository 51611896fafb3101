//! The search, step by step: what comes next is said by [`next`], and each step is a run.

use loadline_runner::{Failure, Interrupts, Subject};

use super::evidence::Evidence;
use super::going::Going;
use super::searching::{Found, Searching, Told};
use crate::search::{Known, Next, next};

/// Searches. `known` is what to begin with: nothing, or a search that was interrupted, with its evidence.
///
/// # Errors
/// When a step could not be made. What is known by then went to `tell`.
pub async fn search<S: Subject>(
    subject: &mut S,
    searching: Searching<'_>,
    begun: (Known, Vec<Evidence>),
    interrupts: &Interrupts,
    tell: &mut dyn FnMut(Told<'_>),
) -> Result<Found, Failure> {
    let mut going = Going::new(subject, searching, begun);
    while let Next::Try { purpose, load, most_s } = next(&going.known) {
        if !going.attempt((purpose, load, most_s), interrupts, tell).await? {
            break;
        }
    }
    Ok(going.found())
}
