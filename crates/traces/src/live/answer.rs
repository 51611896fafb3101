//! What OTLP answers over HTTP: in the form of the message, empty, with what was not taken, or with what is wrong.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;

use super::incoming::Refused;

/// An answer.
pub(super) type Answer = Response<UnsyncBoxBody<Bytes, std::convert::Infallible>>;

/// The form of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Protobuf,
    Json,
}

impl Form {
    /// By the type that the message says it has.
    pub(super) fn of(content_type: Option<&HeaderValue>) -> Option<Self> {
        let text = content_type?.to_str().ok()?;
        match text.split(';').next()?.trim() {
            kind if kind.eq_ignore_ascii_case("application/x-protobuf") => Some(Self::Protobuf),
            kind if kind.eq_ignore_ascii_case("application/json") => Some(Self::Json),
            _ => None,
        }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        })
    }

    /// All was taken but so many spans.
    pub(super) fn taken(self, rejected: u64, why: &str) -> Answer {
        let body = match self {
            Self::Protobuf => partial(rejected, why),
            Self::Json if rejected == 0 => b"{}".to_vec(),
            Self::Json => {
                json!({"partialSuccess": {"rejectedSpans": rejected.to_string(), "errorMessage": why}})
                    .to_string()
                    .into_bytes()
            }
        };
        answer(StatusCode::OK, self.content_type(), body)
    }

    /// Nothing was taken.
    pub(super) fn refused(self, status: StatusCode, words: &str) -> Answer {
        let body = match self {
            // google.rpc.Status
            Self::Protobuf => field(2, words.as_bytes()),
            Self::Json => json!({"code": 3, "message": words}).to_string().into_bytes(),
        };
        let mut answer = answer(status, self.content_type(), body);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        answer
    }
}

/// `ExportTraceServiceResponse`, empty unless something was not taken.
pub(super) fn partial(rejected: u64, why: &str) -> Vec<u8> {
    if rejected == 0 {
        return Vec::new();
    }
    let mut partial = vec![0x08];
    varint(rejected, &mut partial);
    partial.extend(field(2, why.as_bytes()));
    field(1, &partial)
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    varint(bytes.len() as u64, &mut out);
    out.extend_from_slice(bytes);
    out
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The status of HTTP that says why.
pub(super) fn status(refused: Refused) -> StatusCode {
    match refused {
        Refused::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refused::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Refused::Broken | Refused::NotGzip => StatusCode::BAD_REQUEST,
        Refused::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
    }
}

/// Words for a person.
pub(super) fn words(status: StatusCode, words: &str) -> Answer {
    let mut answer =
        answer(status, HeaderValue::from_static("text/plain"), format!("{words}\n").into_bytes());
    if status == StatusCode::METHOD_NOT_ALLOWED {
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    answer
}

fn answer(status: StatusCode, content_type: HeaderValue, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)).boxed_unsync());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
    use prost::Message as _;

    use super::*;

    #[test]
    fn what_was_not_taken_is_said_as_opentelemetry_reads_it() {
        assert!(partial(0, "x").is_empty());
        let read = ExportTraceServiceResponse::decode(&*partial(300, "no identifier")).unwrap();
        let partial = read.partial_success.unwrap();
        assert_eq!((partial.rejected_spans, partial.error_message.as_str()), (300, "no identifier"));
    }

    #[test]
    fn forms_by_their_types() {
        let form = |text: &'static str| Form::of(Some(&HeaderValue::from_static(text)));
        assert_eq!(form("application/x-protobuf"), Some(Form::Protobuf));
        assert_eq!(form("Application/JSON; charset=utf-8"), Some(Form::Json));
        // What a page of somebody else's may send without asking.
        assert_eq!((form("text/plain"), form(""), Form::of(None)), (None, None, None));
    }
}
