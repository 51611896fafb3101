//! `Server-Timing`: how long a server took for one exchange (<https://www.w3.org/TR/server-timing/>).
//!
//! It is of that exchange alone, so no answer that is kept has it.

use http::HeaderName;

/// The field.
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
