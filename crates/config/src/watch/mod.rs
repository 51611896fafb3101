//! `[watch]`: how production is watched.

mod alerts;
mod receivers;
mod section;
mod texts;

pub(crate) use section::read;
