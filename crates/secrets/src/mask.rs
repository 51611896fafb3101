//! How a secret is shown.

/// What stands in place of a secret.
pub const MASK: &str = "****";
