//! What a handler says of the calls that one request made.

use std::{borrow::Cow, time::Duration};

use http::StatusCode;

/// One call of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The story's `endpoint`; it becomes a label, so it must come from a small set.
    pub endpoint: Cow<'static, str>,
    /// What the answer would have been if the call had come alone.
    pub status: StatusCode,
    /// From its begin to its end.
    pub elapsed: Duration,
}

/// The calls of a request named [`crate::Name::Batch`]: left in the answer's extensions by a handler that knows what each took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls(pub Vec<Call>);
