//! `loadline report`: what there is to see of runs, as files for people.

mod arguments;
mod page;

use loadline_runner::{Ending, Ends, Failure};

pub(crate) use self::arguments::{ReportArguments, ReportCommand};
use crate::baseline::document_baselines;
use crate::common::find;

/// What to write.
pub(crate) fn report(arguments: &ReportArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    match &arguments.command {
        Some(ReportCommand::Baselines { output, runs }) => {
            document_baselines(&arguments.place, output, *runs, &found)
        }
        None => page::write(arguments, &found),
    }
}
