//! Errors as tRPC sends them: a JSON-RPC number, a word, and the HTTP status that fits.

use axum::http::StatusCode;
use serde::Serialize;

use crate::{
    payments::{GatewayError, SubscribeError},
    store::StoreError,
};

/// tRPC's error codes that this service uses.
///
/// Source: `TRPC_ERROR_CODES_BY_KEY` and `JSONRPC2_TO_HTTP_CODE` of @trpc/server 11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    ParseError,
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotSupported,
    Timeout,
    PayloadTooLarge,
    UnsupportedMediaType,
    InternalServerError,
    BadGateway,
    ServiceUnavailable,
}

/// Why a procedure gave no result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CallError {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// The input field that is wrong.
    pub(crate) field: Option<&'static str>,
}

impl Code {
    /// (JSON-RPC number, word, HTTP status)
    fn parts(self) -> (i32, &'static str, u16) {
        match self {
            Code::ParseError => (-32_700, "PARSE_ERROR", 400),
            Code::BadRequest => (-32_600, "BAD_REQUEST", 400),
            Code::Unauthorized => (-32_001, "UNAUTHORIZED", 401),
            Code::Forbidden => (-32_003, "FORBIDDEN", 403),
            Code::NotFound => (-32_004, "NOT_FOUND", 404),
            Code::MethodNotSupported => (-32_005, "METHOD_NOT_SUPPORTED", 405),
            Code::Timeout => (-32_008, "TIMEOUT", 408),
            Code::PayloadTooLarge => (-32_013, "PAYLOAD_TOO_LARGE", 413),
            Code::UnsupportedMediaType => (-32_015, "UNSUPPORTED_MEDIA_TYPE", 415),
            Code::InternalServerError => (-32_603, "INTERNAL_SERVER_ERROR", 500),
            Code::BadGateway => (-32_603, "BAD_GATEWAY", 502),
            Code::ServiceUnavailable => (-32_603, "SERVICE_UNAVAILABLE", 503),
        }
    }

    /// The HTTP status.
    pub(crate) fn http_status(self) -> StatusCode {
        StatusCode::from_u16(self.parts().2).expect("the table holds valid statuses")
    }
}

impl CallError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> CallError {
        CallError { code, message: message.into(), field: None }
    }

    /// Wrong input; `problem` follows the field's name, like `must be a text`.
    pub(crate) fn field(field: &'static str, problem: impl std::fmt::Display) -> CallError {
        CallError { code: Code::BadRequest, message: format!("`{field}` {problem}"), field: Some(field) }
    }

    /// The envelope, as tRPC has it: `{"error":{"message":…,"code":…,"data":{…}}}`.
    pub(crate) fn to_json(&self, path: &str) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Details<'a> {
            code: &'static str,
            http_status: u16,
            path: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            field: Option<&'static str>,
        }
        #[derive(Serialize)]
        struct Inner<'a> {
            message: &'a str,
            code: i32,
            data: Details<'a>,
        }
        #[derive(Serialize)]
        struct Envelope<'a> {
            error: Inner<'a>,
        }
        let (number, word, http_status) = self.code.parts();
        let data = Details { code: word, http_status, path, field: self.field };
        let error = Inner { message: &self.message, code: number, data };
        serde_json::to_vec(&Envelope { error }).expect("texts and numbers always serialise")
    }
}

impl From<StoreError> for CallError {
    fn from(error: StoreError) -> CallError {
        match error {
            StoreError::Busy => CallError::new(Code::ServiceUnavailable, "the service is busy, try again"),
            StoreError::Unavailable { action, source } => {
                tracing::warn!(action, error = %source, "the database is not available");
                CallError::new(Code::ServiceUnavailable, "the database is not available, try again")
            }
            StoreError::Failed { action, source } => {
                tracing::error!(action, error = %source, "the database failed");
                CallError::new(Code::InternalServerError, "the database failed")
            }
        }
    }
}

impl From<GatewayError> for CallError {
    fn from(error: GatewayError) -> CallError {
        match error {
            GatewayError::Invalid { field, message } => {
                CallError::field(field, format_args!("is refused: {message}"))
            }
            GatewayError::NoSuchCustomer | GatewayError::Spent(_) | GatewayError::Failed(_) => {
                tracing::warn!(%error);
                CallError::new(
                    Code::BadGateway,
                    "the payment gateway failed; try again, you are never charged twice",
                )
            }
        }
    }
}

impl From<SubscribeError> for CallError {
    fn from(error: SubscribeError) -> CallError {
        match error {
            SubscribeError::NoAccount(_) => {
                CallError::new(Code::Unauthorized, "log in again: the account is gone")
            }
            SubscribeError::Store(error) => error.into(),
            SubscribeError::Gateway(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope() {
        let error = CallError::field("radius", "must be a number");
        assert_eq!(
            String::from_utf8(error.to_json("search.findPrograms")).unwrap(),
            r#"{"error":{"message":"`radius` must be a number","code":-32600,"data":{"code":"BAD_REQUEST","httpStatus":400,"path":"search.findPrograms","field":"radius"}}}"#
        );
    }
}
