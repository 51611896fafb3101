//! OTLP over gRPC: messages with a head of five bytes, and the outcome in the fields behind the body.
//!
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::{BodyExt as _, Empty, Full};

use super::answer::{Answer, partial};
use super::incoming::{Refused, gunzip};

const HEAD: usize = 5;

/// The outcomes that there are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    InvalidArgument = 3,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Unavailable = 14,
}

impl Outcome {
    pub(super) fn of(refused: Refused) -> Self {
        match refused {
            Refused::TooLarge => Self::ResourceExhausted,
            Refused::TooSlow | Refused::Broken => Self::Unavailable,
            Refused::Encoding => Self::Unimplemented,
            Refused::NotGzip => Self::InvalidArgument,
        }
    }
}

/// Whether a request is a call.
pub(super) fn is_call(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// The one message of a call, unpacked.
pub(super) fn message(headers: &HeaderMap, body: &Bytes) -> Result<Bytes, Refused> {
    let (head, message) = body.split_at_checked(HEAD).ok_or(Refused::Broken)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    if length as usize != message.len() {
        return Err(Refused::Broken);
    }
    match (head[0], headers.get("grpc-encoding").map(HeaderValue::as_bytes)) {
        (0, _) => Ok(body.slice(HEAD..)),
        (1, Some(b"gzip")) => gunzip(message),
        _ => Err(Refused::Encoding),
    }
}

/// All was taken but so many spans.
pub(super) fn taken(rejected: u64, why: &str) -> Answer {
    let message = partial(rejected, why);
    let mut body = BytesMut::with_capacity(HEAD + message.len());
    body.put_u8(0);
    body.put_u32(message.len() as u32);
    body.extend_from_slice(&message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(body.freeze()).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut answer = Response::new(body.boxed_unsync());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    answer
}

/// Nothing was taken.
pub(super) fn refused(outcome: Outcome, words: &str) -> Answer {
    let mut answer = Response::new(Empty::new().boxed_unsync());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from(outcome as u16));
    // Percent signs are the only character of ours that would have to be written otherwise.
    if let Ok(words) = HeaderValue::try_from(words.replace('%', "%25")) {
        headers.insert("grpc-message", words);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_one_whole_message() {
        let mut headers = HeaderMap::new();
        let read = |headers: &HeaderMap, bytes: &'static [u8]| message(headers, &Bytes::from_static(bytes));
        assert_eq!(read(&headers, b"\0\0\0\0\x02ab"), Ok(Bytes::from_static(b"ab")));
        for broken in [&b""[..], b"\0\0\0\0", b"\0\0\0\0\x03ab", b"\0\0\0\0\x01ab"] {
            assert_eq!(read(&headers, broken), Err(Refused::Broken), "{broken:?}");
        }
        assert_eq!(read(&headers, b"\x01\0\0\0\x02ab"), Err(Refused::Encoding));
        headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
        assert_eq!(read(&headers, b"\x01\0\0\0\x02ab"), Err(Refused::NotGzip));
    }
}
