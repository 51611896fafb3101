//! The tags that samples carry without anybody's asking, each with its switch.

/// Which default tags samples carry: k6's option `systemTags`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "it is a set of independent switches")]
pub struct SystemTags {
    /// `HTTP/1.1`.
    pub proto: bool,
    /// The sub-protocol of a WebSocket.
    pub subproto: bool,
    /// The status code; `0` without a response.
    pub status: bool,
    /// The method.
    pub method: bool,
    /// The URL, or the name given to it.
    pub url: bool,
    /// The name of the request: its URL unless it was given one.
    pub name: bool,
    /// The group path, `::outer::inner`.
    pub group: bool,
    /// The name of a check.
    pub check: bool,
    /// What went wrong.
    pub error: bool,
    /// k6's code of what went wrong.
    pub error_code: bool,
    /// `tls1.3`.
    pub tls_version: bool,
    /// The scenario.
    pub scenario: bool,
    /// The gRPC service.
    pub service: bool,
    /// Whether the response was an expected one.
    pub expected_response: bool,
    /// The address of the server (off by default).
    pub ip: bool,
    /// The number of the virtual user (off by default).
    pub vu: bool,
    /// The number of the iteration (off by default).
    pub iter: bool,
}

impl Default for SystemTags {
    fn default() -> SystemTags {
        SystemTags {
            proto: true,
            subproto: true,
            status: true,
            method: true,
            url: true,
            name: true,
            group: true,
            check: true,
            error: true,
            error_code: true,
            tls_version: true,
            scenario: true,
            service: true,
            expected_response: true,
            ip: false,
            vu: false,
            iter: false,
        }
    }
}
