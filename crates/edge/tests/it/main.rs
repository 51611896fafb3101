//! Tests of the engine as a whole: cases of the specifications, and what must hold whatever comes.

mod cases;
mod disk;
mod exchange;
mod model;
mod rules;
mod sharing;
mod store;
