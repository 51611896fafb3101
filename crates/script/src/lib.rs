//! Scripts: k6 TypeScript and JavaScript, run by many virtual users.

pub mod compile;
pub mod vm;
