//! Answers compressed for those who ask for it; nobody else pays for more than a look at a header and at the answer's size.

use std::{convert::Infallible, future::ready};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use tower::{ServiceExt, service_fn};
use tower_http::{
    CompressionLevel,
    compression::{
        Compression, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
};

/// A smaller answer fits into a packet as it is, with what it would save.
const SMALLEST_BYTES: u64 = 1_024;

/// The answer as a client wants it whose `Accept-Encoding` has these values. `Vary` says so on every answer that may be compressed, whether or not this one is.
pub(crate) async fn compressed(asked: &[HeaderValue], mut response: Response) -> Response {
    if !is_worth_it(&response) {
        return response;
    }
    if asked.is_empty() {
        if !varies(&response) {
            response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        return response;
    }
    let mut request = Request::new(Body::empty());
    for encodings in asked {
        request.headers_mut().append(header::ACCEPT_ENCODING, encodings.clone());
    }
    let mut answer = Some(response);
    let service = service_fn(move |_: Request| {
        ready(Ok::<_, Infallible>(answer.take().expect("a service is called once by `oneshot`")))
    });
    // Made while somebody waits for it: the quickest, which already saves most.
    let compression = Compression::new(service).quality(CompressionLevel::Fastest);
    match compression.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

/// Pictures that are compressed in themselves are left alone, and so are batches whose answers are sent one by one: none of them should
/// wait for a compressor.
fn is_worth_it(response: &Response) -> bool {
    SizeAbove::new(SMALLEST_BYTES)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new("application/jsonl"))
        .should_compress(response)
}

fn varies(response: &Response) -> bool {
    response.headers().get_all(header::VARY).iter().any(|vary| {
        let mut words = vary.as_bytes().split(|byte| *byte == b',');
        words.any(|word| word.trim_ascii().eq_ignore_ascii_case(b"accept-encoding"))
    })
}
