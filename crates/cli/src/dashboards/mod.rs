//! `loadline dashboards`: what a project says, as files for the tools that its team already looks at.

mod arguments;
mod bounds;
mod command;
mod folder;
mod sums;
mod words;

pub(crate) use arguments::DashboardsArguments;
pub(crate) use command::dashboards;
