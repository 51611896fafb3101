//! How a request ended, in two bytes.

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With an answer of this status.
    Status(u16),
    /// Without an answer: the client went away, or the service stopped.
    CutOff,
    /// The handler panicked.
    Panicked,
    /// A service below gave an error instead of an answer.
    Failed,
}

impl Ending {
    /// The status that the story's label shows. What was never sent has the one that operators know for it: nginx's 499 for a client
    /// that went away, 500 for what broke.
    pub(crate) fn story_status(self) -> u16 {
        match self {
            Ending::Status(status) => status,
            Ending::CutOff => 499,
            Ending::Panicked | Ending::Failed => 500,
        }
    }

    /// `http.response.status_code`: only what was sent.
    pub(crate) fn sent_status(self) -> Option<u16> {
        match self {
            Ending::Status(status @ 1..) => Some(status),
            _ => None,
        }
    }

    /// `error.type` of a server: of 5xx the status, as OpenTelemetry says; otherwise what happened.
    pub(crate) fn error_type(self) -> Option<String> {
        match self {
            Ending::Status(status @ 500..) => Some(status.to_string()),
            Ending::Status(_) => None,
            Ending::CutOff => Some("cancelled".to_owned()),
            Ending::Panicked => Some("panic".to_owned()),
            Ending::Failed => Some("service_error".to_owned()),
        }
    }

    /// `error.type` of a client, to which 4xx is an error too.
    pub(crate) fn client_error_type(self) -> Option<String> {
        match self {
            Ending::Status(status @ 400..) => Some(status.to_string()),
            Ending::Failed => Some("connection".to_owned()),
            other => other.error_type(),
        }
    }
}
