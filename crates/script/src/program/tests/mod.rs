//! Scripts loaded as runs load them.

mod apart;
