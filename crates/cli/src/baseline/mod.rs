//! `loadline baseline`: what is normal here, and whether a run is.

mod accept;
mod arguments;
mod check;
mod document;
mod past;
mod save;

pub(crate) use arguments::{BaselineArguments, BaselineCommand};
pub(crate) use document::write as document_baselines;

use loadline_runner::{Ending, Ends, Failure};

use crate::common::find;

/// What to do about baselines.
pub(crate) fn baseline(arguments: &BaselineArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    match &arguments.command {
        BaselineCommand::Save(save) => save::save(arguments, save, &found),
        BaselineCommand::Show { name } => save::show(arguments, name.as_deref(), &found),
        BaselineCommand::Accept(accepted) => accept::accept(arguments, accepted, &found),
        BaselineCommand::Check(check) => check::check(arguments, check, &found),
    }
}
