//! Bodies that were compressed on their way.
//!
//! What comes out is bounded as what comes in is: a few hundred bytes that say they are gigabytes are read no further than the limit.

use std::io::Read;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, header},
};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::body::{BodyError, LARGEST_BYTES};

/// What is understood, as `Accept-Encoding` says it.
pub(crate) const UNDERSTOOD: HeaderValue = HeaderValue::from_static("gzip, deflate, br");
/// Buffered while brotli is decoded.
const BUFFER_BYTES: usize = 4 * 1024;

/// A coding of the whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

/// The body as its sender meant it. The headers then say nothing of a coding any more.
pub(super) fn decoded(headers: &mut HeaderMap, body: Bytes) -> Result<Bytes, BodyError> {
    let Some(coding) = coding_of(headers)? else { return Ok(body) };
    headers.remove(header::CONTENT_ENCODING);
    headers.remove(header::CONTENT_LENGTH);
    match coding {
        Coding::Gzip => read(MultiGzDecoder::new(&body[..])),
        Coding::Brotli => read(brotli::Decompressor::new(&body[..], BUFFER_BYTES)),
        // Zlib by the book; bare by many who did not read it.
        Coding::Deflate => match read(ZlibDecoder::new(&body[..])) {
            Err(BodyError::Undecodable) => read(DeflateDecoder::new(&body[..])),
            outcome => outcome,
        },
    }
}

/// `None` when the body is as it is.
fn coding_of(headers: &HeaderMap) -> Result<Option<Coding>, BodyError> {
    let mut found = None;
    for value in headers.get_all(header::CONTENT_ENCODING) {
        let value = value.to_str().map_err(|_| BodyError::Unsupported)?;
        for word in value.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let coding = match word.to_ascii_lowercase().as_str() {
                "identity" => continue,
                "gzip" | "x-gzip" => Coding::Gzip,
                "deflate" => Coding::Deflate,
                "br" => Coding::Brotli,
                _ => return Err(BodyError::Unsupported),
            };
            // Nobody compresses twice but to make more of it.
            if found.replace(coding).is_some() {
                return Err(BodyError::Unsupported);
            }
        }
    }
    Ok(found)
}

fn read(decoder: impl Read) -> Result<Bytes, BodyError> {
    let mut bytes = Vec::new();
    decoder.take(LARGEST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|_| BodyError::Undecodable)?;
    if bytes.len() > LARGEST_BYTES { Err(BodyError::TooLarge) } else { Ok(bytes.into()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn bare(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        ::brotli::CompressorWriter::new(&mut out, BUFFER_BYTES, 1, 20).write_all(bytes).unwrap();
        out
    }

    fn decode(coding: &str, body: Vec<u8>) -> Result<Vec<u8>, BodyError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, coding.parse().unwrap());
        let decoded = decoded(&mut headers, body.into())?;
        assert!(coding == "identity" || headers.is_empty());
        Ok(decoded.to_vec())
    }

    proptest! {
        #[test]
        fn what_was_compressed_is_there_again(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            for (coding, body) in [
                ("gzip", gzip(&bytes)),
                ("X-GZIP", gzip(&bytes)),
                ("deflate", zlib(&bytes)),
                ("deflate", bare(&bytes)),
                ("br", brotli(&bytes)),
                ("identity", bytes.clone()),
                ("identity, gzip", gzip(&bytes)),
            ] {
                prop_assert_eq!(decode(coding, body).unwrap(), bytes.as_slice(), "{}", coding);
            }
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            for coding in ["gzip", "deflate", "br"] {
                let _ = decode(coding, bytes.clone());
            }
        }
    }

    #[test]
    fn what_is_refused() {
        for coding in ["zstd", "compress", "gzip, gzip", "br, gzip", "*"] {
            assert!(matches!(decode(coding, gzip(b"x")), Err(BodyError::Unsupported)), "{coding}");
        }
        let large = vec![b' '; LARGEST_BYTES + 1];
        for (coding, body) in [("gzip", gzip(&large)), ("deflate", zlib(&large)), ("br", brotli(&large))] {
            assert!(body.len() < 1_000, "{coding}");
            assert!(matches!(decode(coding, body.clone()), Err(BodyError::TooLarge)), "{coding}");
            let cut = body[..body.len() / 2].to_vec();
            assert!(
                matches!(decode(coding, cut), Err(BodyError::Undecodable | BodyError::TooLarge)),
                "{coding}"
            );
        }
        assert!(matches!(decode("gzip", b"{}".to_vec()), Err(BodyError::Undecodable)));
    }
}
