//! What a watch says of production, held against what others say of the same requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod equal;
