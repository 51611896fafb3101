//! Scripts: k6 TypeScript and JavaScript, run by many virtual users.

pub mod vm;
