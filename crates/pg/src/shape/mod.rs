//! Statements without their values: which of many texts are the same statement.

mod abridge;
mod class;
mod lists;
mod normal;
mod piece;
#[cfg(test)]
mod tests;
mod token;
mod values;

pub use abridge::abridge;
pub use class::Class;
pub use normal::{Shape, ShapeId};
pub use token::{Kind, Token, Tokens};
