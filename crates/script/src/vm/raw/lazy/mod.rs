//! Objects whose own properties are made when they are first read.
//!
//! A Response has sixteen properties and four methods of its own, and nearly every script reads one or two of them.
//! To make them all would cost more than the request; to put them on a prototype would lose them in `{ ...response }`,
//! `Object.keys` and `hasOwnProperty`. QuickJS lets a class answer for its objects' properties (*exotic* methods), so
//! these are made one by one, kept beside the object, and look like any others.

mod class;
mod hooks;
mod properties;
#[cfg(test)]
mod tests;

pub use self::class::{Fields, lazy_maker, lazy_object};
