//! Content encodings (RFC 9110 section 8.4): undoing those of responses, applying those of requests.

use std::io::{self, Read, Write};

use bytes::Bytes;

use crate::failure::{Failure, code};

/// A content encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `gzip`, RFC 1952.
    Gzip,
    /// `deflate`: zlib, RFC 1950.
    Deflate,
    /// `br`: Brotli, RFC 7932.
    Brotli,
    /// `zstd`, RFC 8878.
    Zstd,
}

impl Encoding {
    /// The encoding of this name (in any case); `x-gzip` is `gzip`.
    pub fn from_name(name: &str) -> Option<Encoding> {
        let all = [Encoding::Gzip, Encoding::Deflate, Encoding::Brotli, Encoding::Zstd];
        let name = if name.eq_ignore_ascii_case("x-gzip") { "gzip" } else { name };
        all.into_iter().find(|encoding| encoding.name().eq_ignore_ascii_case(name))
    }

    /// Its name in `Content-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Gzip => "gzip",
            Encoding::Deflate => "deflate",
            Encoding::Brotli => "br",
            Encoding::Zstd => "zstd",
        }
    }
}

/// Applies encodings in the order given: the body to send, and the `Content-Encoding` to send with it.
///
/// # Errors
/// What the compressor said; it has no reason to with a body in memory.
pub fn compress(encodings: &[Encoding], body: &[u8]) -> io::Result<(Bytes, String)> {
    let mut data = body.to_vec();
    for encoding in encodings {
        data = match encoding {
            Encoding::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                writer.write_all(&data)?;
                writer.finish()?
            }
            Encoding::Deflate => {
                let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
                writer.write_all(&data)?;
                writer.finish()?
            }
            Encoding::Brotli => {
                let mut out = Vec::new();
                // Quality 6 and a 4 MiB window: the usual choice for bodies made on the fly.
                let mut writer = brotli::CompressorWriter::new(&mut out, 4096, 6, 22);
                writer.write_all(&data)?;
                writer.flush()?;
                drop(writer);
                out
            }
            Encoding::Zstd => zstd::stream::encode_all(&data[..], 0)?,
        };
    }
    let names: Vec<&str> = encodings.iter().map(|encoding| encoding.name()).collect();
    Ok((data.into(), names.join(", ")))
}

/// Undoes the encodings that `header` (a `Content-Encoding` value) lists, last first; unknown ones are left as they are.
pub(crate) fn decompress(header: &str, body: Bytes, limit: u64) -> Result<Bytes, Failure> {
    let mut body = body;
    for name in header.rsplit(',').map(str::trim) {
        let Some(encoding) = Encoding::from_name(name) else { continue };
        if body.is_empty() {
            return Ok(body);
        }
        let decoded = decode(encoding, &body, limit).map_err(|error| {
            Failure::new(code::DECOMPRESSION, format!("error decompressing response body ({name})"))
                .with_detail(format!("error decompressing response body: `{name}`: {error}"))
        })?;
        if decoded.len() as u64 > limit {
            return Err(too_large(limit));
        }
        body = decoded.into();
    }
    Ok(body)
}

pub(crate) fn too_large(limit: u64) -> Failure {
    Failure::new(code::GENERIC, "response body is too large").with_detail(format!(
        "response body is larger than the {limit} bytes that are kept; discard it (`responseType: \"none\"` or `discardResponseBodies`)"
    ))
}

/// Decodes up to one byte more than `limit`.
fn decode(encoding: Encoding, body: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    match encoding {
        Encoding::Gzip => read(flate2::read::MultiGzDecoder::new(body), limit),
        // Some servers send raw deflate under this name, against the specification; browsers take both.
        Encoding::Deflate => read(flate2::read::ZlibDecoder::new(body), limit)
            .or_else(|error| read(flate2::read::DeflateDecoder::new(body), limit).map_err(|_| error)),
        Encoding::Brotli => read(brotli::Decompressor::new(body, 4096), limit),
        Encoding::Zstd => read(zstd::stream::read::Decoder::new(body)?, limit),
    }
}

fn read(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_and_chain_comes_back() {
        use Encoding::{Brotli, Deflate, Gzip, Zstd};
        let text = "programme ".repeat(1000);
        for chain in [&[Gzip][..], &[Deflate], &[Brotli], &[Zstd], &[Gzip, Brotli, Zstd, Deflate]] {
            let (body, header) = compress(chain, text.as_bytes()).unwrap();
            assert!(body.len() < text.len() / 10, "{header}");
            assert_eq!(decompress(&header.to_uppercase(), body, 1 << 20).unwrap(), text, "{header}");
        }
    }

    #[test]
    fn raw_deflate_is_taken_too() {
        let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(b"raw").unwrap();
        assert_eq!(decompress("deflate", writer.finish().unwrap().into(), 100).unwrap(), "raw");
    }

    #[test]
    fn what_is_unknown_or_empty_stays() {
        assert_eq!(decompress("aws-chunked, identity", Bytes::from_static(b"x"), 9).unwrap(), "x");
        assert_eq!(decompress("gzip", Bytes::new(), 9).unwrap(), "");
    }

    #[test]
    fn broken_and_oversized_bodies_are_failures() {
        for name in ["gzip", "deflate", "br", "zstd"] {
            let failure = decompress(name, Bytes::from_static(b"\xffnot compressed"), 100).unwrap_err();
            assert_eq!((failure.code, name), (1701, name));
        }
        let (bomb, header) = compress(&[Encoding::Gzip], &vec![0; 1 << 20]).unwrap();
        let cut = bomb.slice(..bomb.len() - 9);
        assert_eq!(decompress(&header, cut, 2 << 20).unwrap_err().code, 1701);
        assert_eq!(decompress(&header, bomb, 1 << 10).unwrap_err().code, 1000);
    }
}
