//! What a statement asks of each table, read from its plan.
//!
//! PostgreSQL writes conditions back from its own trees: every name with the alias that it is of, every operator in
//! parentheses, views and `*` resolved. So a small parser reads them all.

mod condition;
mod need;
mod phrase;
mod read;
#[cfg(test)]
mod tests;

pub use condition::{Condition, Operand};
pub use need::{Clause, Need, Order, Test};
pub use read::needs;
