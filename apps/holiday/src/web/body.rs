//! Reading a request's body: bounded in size and time.
//!
//! A client that sends too much gets its answer only if it is still reading, so a moderate excess is read and thrown away before the
//! refusal; beyond that the connection is simply closed.

use std::{pin::pin, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use futures_util::StreamExt;
use tokio::time::timeout;

/// No request of this service needs more.
pub(super) const LARGEST_BYTES: usize = 64 * 1024;
/// Read and thrown away for the sake of the answer.
const LARGEST_REFUSED_BYTES: usize = 32 * 1024 * 1024;
/// Senders slower than this are given up.
const LONGEST: Duration = Duration::from_secs(10);
/// And those that send nothing for so long.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);

/// Why there is no body.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// More than a request may have.
    #[error("the body is larger than {LARGEST_BYTES} bytes")]
    TooLarge,
    /// Not all of it came in time.
    #[error("the body did not arrive within {} s", LONGEST.as_secs())]
    TooSlow,
    /// It was compressed in a way that is not understood.
    #[error("the body's `Content-Encoding` is not understood; send it as gzip, deflate or br, or as it is")]
    Unsupported,
    /// It is not what its `Content-Encoding` says.
    #[error("the body is not what its `Content-Encoding` says")]
    Undecodable,
    /// The connection broke or its framing is wrong.
    #[error("the body could not be read: {0}")]
    Broken(axum::Error),
}

impl From<axum::Error> for BodyError {
    /// What was found when the body arrived is what its handler is told.
    fn from(error: axum::Error) -> BodyError {
        let mut inner = error.into_inner();
        loop {
            // A body of a body wraps the error once more.
            inner = match inner.downcast::<axum::Error>() {
                Ok(wrapped) => wrapped.into_inner(),
                Err(inner) => {
                    return match inner.downcast::<BodyError>() {
                        Ok(known) => *known,
                        Err(other) => BodyError::Broken(axum::Error::new(other)),
                    };
                }
            };
        }
    }
}

/// The whole body.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, BodyError> {
    timeout(LONGEST, collect(headers, body)).await.map_err(|_| BodyError::TooSlow)?
}

async fn collect(headers: &HeaderMap, body: Body) -> Result<Bytes, BodyError> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > LARGEST_REFUSED_BYTES) {
        return Err(BodyError::TooLarge);
    }
    let mut chunks = pin!(body.into_data_stream());
    let Some(first) =
        timeout(LONGEST_SILENCE, chunks.next()).await.map_err(|_| BodyError::TooSlow)?.transpose()?
    else {
        return Ok(Bytes::new());
    };
    if announced == Some(first.len()) && first.len() <= LARGEST_BYTES {
        return Ok(first);
    }
    let (mut collected, mut total) = (first.to_vec(), first.len());
    while total <= LARGEST_REFUSED_BYTES
        && let Some(chunk) =
            timeout(LONGEST_SILENCE, chunks.next()).await.map_err(|_| BodyError::TooSlow)?.transpose()?
    {
        total += chunk.len();
        if total <= LARGEST_BYTES {
            collected.extend_from_slice(&chunk);
        }
    }
    if total > LARGEST_BYTES { Err(BodyError::TooLarge) } else { Ok(collected.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_bytes(count: usize) -> Result<Bytes, BodyError> {
        read(&HeaderMap::new(), Body::from(vec![b'x'; count])).await
    }

    #[tokio::test]
    async fn sizes() {
        for count in [0, 1, LARGEST_BYTES] {
            assert_eq!(read_bytes(count).await.unwrap().len(), count);
        }
        for count in [LARGEST_BYTES + 1, LARGEST_REFUSED_BYTES + 1] {
            assert!(matches!(read_bytes(count).await, Err(BodyError::TooLarge)), "{count}");
        }
    }

    #[tokio::test]
    async fn what_was_found_before_is_found_again() {
        let body = Body::from_stream(futures_util::stream::iter([Err::<Bytes, _>(BodyError::TooSlow)]));
        assert!(matches!(read(&HeaderMap::new(), body).await, Err(BodyError::TooSlow)));
    }

    #[tokio::test]
    async fn many_small_chunks_are_one_body() {
        let chunks = (0..300).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"abc")));
        let body = Body::from_stream(futures_util::stream::iter(chunks));
        assert_eq!(read(&HeaderMap::new(), body).await.unwrap().len(), 900);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_stalls_is_given_up() {
        let body = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        assert!(matches!(read(&HeaderMap::new(), body).await, Err(BodyError::TooSlow)));
    }
}
