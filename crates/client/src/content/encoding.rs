//! The content encodings there are (RFC 9110 section 8.4), and applying them to a request's body.

use std::io::{self, Write};

use bytes::Bytes;

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
