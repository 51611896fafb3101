//! Where a run goes: the outputs asked for, and the history.
//!
//! Where the history cannot be written to, a run becomes a Run file unless one was asked for: nothing measured is lost,
//! and nobody is kept from measuring by a database that is away.

use std::sync::Arc;

use loadline_history::History;
use loadline_measure::{Run, RunMeta, Schema};
use loadline_report::{Event, Output, OutputError, SYSTEM_TAGS};
use loadline_verdict::{Budgets, Verdict};

use crate::failure::{Cause, with_causes};
use crate::kept::{Keeper, KeptRun};
use crate::outputs::{OpenError, OutSpec, open_outputs};
use crate::samples::SendOutput;
use crate::voice::Voice;

/// What outputs describe.
#[derive(Clone, Copy)]
pub struct Described<'a> {
    /// The run.
    pub meta: &'a RunMeta,
    /// Its metrics.
    pub schema: &'a Arc<Schema>,
    /// What it is judged by.
    pub budgets: &'a Budgets,
}

/// Opens the outputs asked for, and enters the run into the history unless there is to be none. `name` is what a Run
/// file is called for want of a history; where the run is kept is known when it
/// is over.
///
/// # Errors
/// The first output that cannot be created. A history that cannot be written to is a warning.
pub fn outputs_and_history<E: Into<Cause>>(
    specs: &[OutSpec],
    name: &str,
    history: Option<Result<History, E>>,
    described: Described<'_>,
    voice: &dyn Voice,
) -> Result<(Vec<SendOutput>, Option<KeptRun>), OpenError> {
    let Described { meta, schema, budgets } = described;
    let open = |specs: &[OutSpec]| open_outputs(specs, meta, schema, budgets, &SYSTEM_TAGS);
    let mut all = open(specs)?;
    let Some(history) = history else { return Ok((all, None)) };
    let asked_for = specs.iter().any(|spec| matches!(spec, OutSpec::Run(_)));
    let entered = history
        .map_err(Into::into)
        .and_then(|history| Keeper::in_history(&history, name, meta, schema, asked_for));
    let error = match entered {
        Ok((keeper, kept)) => {
            all.push(Box::new(keeper));
            return Ok((all, Some(kept)));
        }
        Err(error) => error,
    };
    voice.warn(&format!("the run is not kept in the history: {}", with_causes(&*error)));
    if asked_for {
        return Ok((all, None));
    }
    match Keeper::in_file(name, meta, schema) {
        Ok((keeper, kept)) => {
            all.push(Box::new(keeper));
            Ok((all, Some(kept)))
        }
        Err(error) => {
            voice.warn(&format!(
                "the run is not kept at all: {}\nhint: name a file with `--out run=FILE`",
                with_causes(&*error)
            ));
            all.push(Box::new(Nowhere(with_causes(&*error))));
            Ok((all, None))
        }
    }
}

/// Where a run goes that can be kept neither in the history nor in a file: it is told while there is time to stop it,
/// and is no success at the end.
struct Nowhere(String);

impl Output for Nowhere {
    fn name(&self) -> &'static str {
        "the history"
    }

    fn event(&mut self, _event: &Event<'_>) -> Result<(), OutputError> {
        Ok(())
    }

    fn finish(&mut self, _run: &Run, _verdicts: &[Verdict]) -> Result<(), OutputError> {
        Err(OutputError::NotKept(std::mem::take(&mut self.0)))
    }
}
