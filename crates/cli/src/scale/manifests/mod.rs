//! `loadline scale manifests`: a policy that was tried, as the manifests that deploy it.

mod arguments;
mod command;
mod files;
mod why;

pub(super) use arguments::ManifestsArguments;
pub(super) use command::manifests;
