//! Which version of remote write a receiver takes, found out by asking: version 2 first.
//!
//! A receiver that knows version 2 says in its answer how many values it wrote. One that says `415`, or `400` to the
//! very first message, is asked again in version 1, as the specification wants; so is one that says nothing: servers of
//! before take the empty message that version 2 reads as in version 1, and answer that all is well.

use http::HeaderMap;

use crate::form::Field;

/// A version, with the header fields that say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// `io.prometheus.write.v2.Request`.
    Two,
    /// `prometheus.WriteRequest`.
    One,
}

const SNAPPY: Field = ("content-encoding", "snappy");
const TWO: [Field; 3] = [
    SNAPPY,
    ("content-type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"),
    ("x-prometheus-remote-write-version", "2.0.0"),
];
const ONE: [Field; 3] =
    [SNAPPY, ("content-type", "application/x-protobuf"), ("x-prometheus-remote-write-version", "0.1.0")];

impl Version {
    /// What goes with a message.
    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Self::Two => &TWO,
            Self::One => &ONE,
        }
    }

    /// The version of a message that goes with these.
    pub(super) fn of(fields: &[Field]) -> Self {
        if fields == TWO { Self::Two } else { Self::One }
    }
}

/// How many values a receiver says it wrote; `None` when it does not say.
pub(super) fn written(headers: &HeaderMap) -> Option<u64> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let samples = number("x-prometheus-remote-write-samples-written")?;
    Some(samples + number("x-prometheus-remote-write-histograms-written").unwrap_or(0))
}
