//! `loadline comment`: what a run came to, as one comment on a pull request that is kept current.

mod arguments;
mod command;
mod sender;

pub(crate) use self::arguments::CommentArguments;
pub(crate) use self::command::comment;
