//! How many replicas there were to be, second by second: what tests of policies look at.

use loadline_scale::simulation::{Lost, Observer, State};

/// Keeps how many replicas were wanted in each second.
#[derive(Default)]
pub(crate) struct Wanted(pub(crate) Vec<i32>);

impl Observer for Wanted {
    fn answered(&mut self, _: f64, _: u64) {}
    fn lost(&mut self, _: Lost, _: u64) {}
    fn second(&mut self, _: u64, state: &State) {
        self.0.push(state.wanted);
    }
}
