//! Results as tRPC sends them: `{"result":{"data":…}}`.
//!
//! Inputs come wrapped in `{"json":…}`, as superjson does; results go out unwrapped, which is what the load tests read
//! (`result.data.programs`).

use serde::Serialize;

/// A result, ready to send.
#[derive(Debug)]
pub(crate) struct Success {
    /// The whole envelope.
    pub(crate) json: Vec<u8>,
}

/// A result in its envelope.
pub(crate) fn success<T: Serialize>(data: &T) -> Success {
    const USUAL_BYTES: usize = 16 * 1024;
    let mut json = Vec::with_capacity(USUAL_BYTES);
    json.extend_from_slice(br#"{"result":{"data":"#);
    serde_json::to_writer(&mut json, data).expect("the procedures' types always serialise");
    json.extend_from_slice(b"}}");
    Success { json }
}
