//! Options as tables: what was written in which tier, and what comes of it.

mod problems;
mod settings;
mod support;
mod tiers;
