//! Where the time of a request goes.

use std::time::Duration;

/// How long each phase of a request took, as k6 defines the phases; nothing of those it never came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases {
    /// Until there was a connection: waiting for a free one, looking up, connecting, handshaking.
    pub blocked: Duration,
    /// Looking up the name.
    pub looking_up: Duration,
    /// Opening the TCP connection.
    pub connecting: Duration,
    /// The TLS handshake.
    pub tls_handshaking: Duration,
    /// Writing the request.
    pub sending: Duration,
    /// From the last byte written until the first byte read.
    pub waiting: Duration,
    /// From the first byte read until the last.
    pub receiving: Duration,
}

impl Phases {
    /// What the server and the network took once there was a connection: `http_req_duration`.
    #[inline]
    pub fn duration(&self) -> Duration {
        self.sending + self.waiting + self.receiving
    }
}
