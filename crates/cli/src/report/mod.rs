//! `loadline report`: what there is to see of runs, as files for people.

mod arguments;
mod history;
mod judged_metrics;
mod page;
mod pair;

use loadline_runner::{Ending, Ends, Failure};

use self::arguments::PageArguments;
pub(crate) use self::arguments::{ReportArguments, ReportCommand};
pub(crate) use self::history::trends;
use crate::baseline::document_baselines;
use crate::common::find;

/// What to write.
pub(crate) fn report(arguments: &ReportArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    match &arguments.command {
        Some(ReportCommand::Baselines { output, runs }) => {
            document_baselines(&arguments.place, output, *runs, &found)
        }
        Some(ReportCommand::History { output, filter }) => history::write(arguments, output, filter, &found),
        None => {
            let PageArguments { run, other, output, .. } = &arguments.page;
            match (run, other, output) {
                (Some(base), Some(head), Some(output)) => {
                    pair::write(arguments, (base, head), output, &found)
                }
                _ => page::write(arguments, &found),
            }
        }
    }
}
