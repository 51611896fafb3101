//! Where a run goes: the outputs asked for, and the history.
//!
//! Where the history cannot be written to, a run becomes a Run file unless one was asked for: nothing measured is lost,
//! and nobody is kept from measuring by a database that is away.

use std::sync::Arc;

use loadline_history::History;
use loadline_measure::{RunMeta, Schema};
use loadline_report::{OutputError, SYSTEM_TAGS};
use loadline_verdict::Budgets;

use crate::failure::{Cause, with_causes};
use crate::history::keep;
use crate::outputs::{OutSpec, default_run_path, open_outputs};
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
/// file is called for want of a history; where the run is kept is told in words.
///
/// # Errors
/// The first output that cannot be created. A history that cannot be written to is a warning.
pub fn outputs_and_history<E: Into<Cause>>(
    specs: &[OutSpec],
    name: &str,
    history: Option<Result<History, E>>,
    described: Described<'_>,
    voice: &dyn Voice,
) -> Result<(Vec<SendOutput>, Option<String>), OutputError> {
    let Described { meta, schema, budgets } = described;
    let open = |specs: &[OutSpec]| open_outputs(specs, meta, schema, budgets, &SYSTEM_TAGS);
    let mut all = open(specs)?;
    let Some(history) = history else { return Ok((all, None)) };
    let entered = history.map_err(Into::into).and_then(|history| keep(&history, meta, schema));
    let error = match entered {
        Ok((output, kept)) => {
            all.push(output);
            return Ok((
                all,
                Some(format!(
                    "run {id} of {place}; next: `loadline history show {id}`",
                    id = kept.id,
                    place = kept.place
                )),
            ));
        }
        Err(error) => error,
    };
    voice.warn(&format!("the run is not kept in the history: {}", with_causes(&*error)));
    if specs.iter().any(|spec| matches!(spec, OutSpec::Run(_))) {
        return Ok((all, None));
    }
    match default_run_path(name, meta.started_unix_ms) {
        Ok(path) => {
            let words = format!("run kept in {}", path.display());
            all.extend(open(&[OutSpec::Run(path)])?);
            Ok((all, Some(words)))
        }
        Err(error) => {
            voice.warn(&format!(
                "the run is not kept at all: {}\nhint: name a file with `--out run=FILE`",
                with_causes(&error)
            ));
            Ok((all, None))
        }
    }
}
