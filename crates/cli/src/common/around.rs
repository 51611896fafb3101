//! What surrounds every run, whatever is put under load: the project it is of, where it is kept, what others do
//! meanwhile, and who else is told of its verdict.

use clap::Args;

use super::ci::CiArguments;
use super::events::EventsArguments;
use super::keep::KeepArguments;
use super::project::ProjectArguments;

/// What surrounds a run.
#[derive(Debug, Default, Args)]
pub(crate) struct AroundArguments {
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) history: KeepArguments,
    #[command(flatten)]
    pub(crate) ci: CiArguments,
    #[command(flatten)]
    pub(crate) events: EventsArguments,
}
