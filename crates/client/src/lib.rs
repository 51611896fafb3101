//! Measured protocols: every request tells how long each of its phases took.
