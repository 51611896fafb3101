//! The search for the load line, as values: what was tried goes in, what to try next comes out.
//!
//! No clock, no network, no random numbers: [`next`] and [`answer`] are functions of [`Known`], so that a search can be
//! simulated, written down in its middle and gone on with. A step is watched second by second ([`Watch`]) and ends when
//! its verdict is clear. Verdicts near the line never are; there the line is estimated from all steps together
//! ([`line_of`]).

mod answer;
mod carried;
mod change;
mod curve;
mod growth;
mod known;
mod line;
mod next;
mod pair;
mod requirement;
mod step;
mod tally;
mod turns;
mod watch;

pub use answer::{Answer, Bound, Breaking, Recovery, answer};
pub use change::Change;
pub use growth::grows;
pub use known::{Known, Terms};
pub use line::{Line, line_of};
pub use next::{Next, next};
pub use pair::{CALM_S, PairNext, Side, calm_after, next_of_pair};
pub use requirement::{Count, Requirement, Second};
pub use step::{Call, Purpose, Step, Stopped};
pub use tally::Tally;
pub use turns::lines_by_turn;
pub use watch::Watch;
