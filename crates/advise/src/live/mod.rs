//! An oracle over a ghost: an empty database that plans as the portrayed one does.

pub(crate) mod catalogue;
mod expressions;
mod ghost;

pub use ghost::Spirit;
