//! What is seen while a run goes on.
//!
//! `view` and `plain` are pure: figures in, lines out. `rates` keeps the last seconds to compute them from; `block`
//! alone knows terminals, and writes to whatever it is given.

mod block;
mod live_view;
mod plain;
mod rates;
#[cfg(test)]
mod tests;
mod view;

pub use block::{Block, Size};
pub use live_view::LiveView;
pub use plain::{PlainView, plain_line};
pub use rates::{Rates, ScenarioRates, Shares};
pub use view::{Moment, Phase, Users, live_lines};
