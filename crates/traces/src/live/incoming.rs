//! What exporters send: as much of it as there may be, in time, and unpacked.

use std::io::Read as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::time::timeout;

/// The most bytes of a message, as sent.
pub(super) const LARGEST: usize = 4 << 20;
/// The most bytes of a message, unpacked.
const LARGEST_UNPACKED: u64 = 16 << 20;
/// How long a message may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a message is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("a message may have 4 MiB, and 16 MiB unpacked: send smaller batches")]
    TooLarge,
    #[error("it took longer than ten seconds to come")]
    TooSlow,
    #[error("it broke off")]
    Broken,
    #[error("it is packed in a way that is not known here: send it as it is, or with gzip")]
    Encoding,
    #[error("it is no gzip")]
    NotGzip,
}

/// All of a body, as sent.
pub(super) async fn whole(body: Incoming, most: usize) -> Result<Bytes, Refused> {
    let read = Limited::new(body, most).collect();
    match timeout(PATIENCE, read).await {
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refused::TooLarge),
        Ok(Err(_)) => Err(Refused::Broken),
        Err(_) => Err(Refused::TooSlow),
    }
}

/// A message of HTTP, unpacked as its fields say.
pub(super) fn unpacked(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Refused> {
    let packed = headers.get(CONTENT_ENCODING).map_or(&b""[..], |value| value.as_bytes());
    if packed.is_empty() || packed.eq_ignore_ascii_case(b"identity") {
        Ok(body)
    } else if packed.eq_ignore_ascii_case(b"gzip") {
        gunzip(&body)
    } else {
        Err(Refused::Encoding)
    }
}

/// What was packed with gzip.
pub(super) fn gunzip(packed: &[u8]) -> Result<Bytes, Refused> {
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(packed).take(LARGEST_UNPACKED + 1).read_to_end(&mut unpacked);
    match read {
        Ok(bytes) if bytes as u64 > LARGEST_UNPACKED => Err(Refused::TooLarge),
        Ok(_) => Ok(unpacked.into()),
        Err(_) => Err(Refused::NotGzip),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn gzip_is_unpacked_and_a_bomb_is_not() {
        let mut headers = HeaderMap::new();
        assert_eq!(unpacked(&headers, Bytes::from_static(b"x")), Ok(Bytes::from_static(b"x")));
        headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        assert_eq!(unpacked(&headers, packed(b"spans")), Ok(Bytes::from_static(b"spans")));
        assert_eq!(unpacked(&headers, Bytes::from_static(b"spans")), Err(Refused::NotGzip));
        assert_eq!(unpacked(&headers, packed(&vec![0; (16 << 20) + 1])), Err(Refused::TooLarge));
        headers.insert(CONTENT_ENCODING, "zstd".parse().unwrap());
        assert_eq!(unpacked(&headers, packed(b"spans")), Err(Refused::Encoding));
    }
}
