//! A statement that is replayed: its values, what was measured of it, what became of it.

use loadline_pg::ghost::{parameters, statements};
use loadline_pg::live::Session;
use loadline_pg::plan::Plan;
use loadline_pg::shape::Class;

use super::ends::VerifyError;
use super::source::Source;
use super::task::{Replayed, Statement, Task, Wanted, Writes};
use super::values::Ready;
use crate::verify::{Change, Costs, Course, Measured, Suspicion};

/// A statement, and what is known of it.
pub(super) struct State {
    pub(super) text: String,
    /// As it is run.
    pub(super) ready: Ready,
    /// Why it is not replayed.
    pub(super) refused: Option<String>,
    pub(super) costs: Option<Costs>,
    pub(super) measured: Measured,
    pub(super) suspicion: Suspicion,
    /// Its plans with the set.
    pub(super) plans: Vec<Plan>,
    pub(super) times: usize,
    pub(super) warms: bool,
    /// What a pass over it takes, with all its runs.
    pub(super) takes_ms: f64,
    pub(super) is_cut: bool,
    /// Whether nothing of the set has to do with it.
    pub(super) is_untouched: bool,
    pub(super) change: Option<Change>,
}

/// Gives each statement that has parameters values for them.
pub(super) async fn bind(
    session: &Session,
    task: &Task,
    states: &mut [State],
    tell: &mut dyn FnMut(String),
) -> Result<(), VerifyError> {
    let mut source = None;
    for (place, (state, wanted)) in states.iter_mut().zip(&task.statements).enumerate() {
        if state.refused.is_some() || parameters(&wanted.text) == 0 {
            continue;
        }
        if source.is_none() {
            tell("looking for values of parameters".to_owned());
            source = Some(Source::open(session, task.is_generic()).await?);
        }
        let Some(source) = &mut source else { continue };
        let prepared = task.is_generic().then(|| format!("loadline_{place}"));
        match source.bind(wanted, prepared.as_deref()).await? {
            Ok(ready) => state.ready = ready,
            Err(why) => state.refused = Some(why),
        }
    }
    Ok(())
}

/// Whether all plans are the same with and without the indexes.
pub(super) fn is_same(with: &[Plan], without: &[Plan]) -> bool {
    !with.is_empty()
        && with.len() == without.len()
        && with.iter().zip(without).all(|(a, b)| a.fingerprint() == b.fingerprint())
}

impl State {
    pub(super) fn new(wanted: &Wanted, writes: Writes) -> Self {
        let text = &wanted.text;
        let class = Class::of(text);
        let refused = if statements(text).len() != 1 {
            Some("is not one statement".to_owned())
        } else if !matches!(class, Class::Reads | Class::Writes) {
            Some("is none that has a plan".to_owned())
        } else if class == Class::Writes && writes == Writes::Skip {
            Some("writes, and writes are left out".to_owned())
        } else {
            None
        };
        Self {
            text: text.clone(),
            ready: Ready::own(text),
            refused,
            costs: None,
            measured: Measured { writes: class == Class::Writes, ..Measured::default() },
            suspicion: Suspicion::default(),
            plans: Vec::new(),
            times: 1,
            warms: true,
            takes_ms: 0.0,
            is_cut: false,
            is_untouched: false,
            change: None,
        }
    }

    pub(super) fn conclude(self) -> Statement {
        let replayed = match (self.refused, self.change) {
            (Some(why), _) => Replayed::Not(why),
            (None, Some(change)) if self.is_untouched && change.course == Course::Open => Replayed::Untouched,
            (None, None) => {
                Replayed::Not("was not measured: there was no index to measure it with".to_owned())
            }
            (None, Some(change)) => {
                Replayed::Measured { change, suspicion: self.suspicion, is_cut: self.is_cut }
            }
        };
        Statement { text: self.text, values: self.ready.values, costs: self.costs, replayed }
    }
}
