//! The load engine: what starts when, on which worker, and when it ends.
