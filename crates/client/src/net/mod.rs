//! Where connections go: names, addresses, overrides and blocks.

mod local;
mod names;
mod networks;
mod resolver;

pub(crate) use local::LocalAddresses;
pub(crate) use names::{HostOverrides, NamePatterns, matches};
pub(crate) use networks::Networks;
pub(crate) use resolver::Resolver;
