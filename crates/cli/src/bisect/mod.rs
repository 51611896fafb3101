//! `loadline history bisect`: which commit made it slower.

mod arguments;
mod command;
mod notes;
mod row;
mod search;
mod side;

pub(crate) use arguments::BisectArguments;
pub(crate) use command::bisect;
