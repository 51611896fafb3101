//! `loadline demo`: the founding story's load test against the reference system, with faults to order, judged.

mod arguments;
mod capacity;
mod edge;
mod edge_words;
mod load;
mod optimize;
mod optimized;
mod stage;
mod story;
mod watched;
mod words;

pub(crate) use arguments::DemoArguments;
pub(crate) use story::demo;
