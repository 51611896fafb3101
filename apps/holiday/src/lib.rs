//! The reference system.
