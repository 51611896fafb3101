//! One encoding, undone piece by piece: each call does no more than its two slices allow.

use std::fmt;

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{InBuffer, Operation, OutBuffer};
use zstd::zstd_safe::DParameter;

use super::encoding::Encoding;
use super::gzip::Gzip;
use super::progress::{DecodeError, Progress};

/// The largest window of zstd, as a power of two: what HTTP allows (RFC 9659), and all that one body may take beside
/// itself.
const ZSTD_WINDOW: u32 = 23;

/// A decoder of one encoding.
pub(super) enum Codec {
    Gzip(Box<Gzip>),
    /// `None` until the first two bytes tell zlib from raw deflate.
    Deflate {
        first: Option<u8>,
        inflate: Option<Decompress>,
        ended: bool,
    },
    Brotli {
        state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
        ended: bool,
    },
    Zstd {
        decoder: zstd::stream::raw::Decoder<'static>,
        between: bool,
    },
}

impl Codec {
    /// # Errors
    /// When there is no memory for one.
    pub(super) fn new(encoding: Encoding) -> Result<Codec, DecodeError> {
        Ok(match encoding {
            Encoding::Gzip => Codec::Gzip(Box::new(Gzip::new())),
            Encoding::Deflate => Codec::Deflate { first: None, inflate: None, ended: false },
            Encoding::Brotli => {
                let memory = StandardAlloc::default;
                // Strict: windows up to 16 MiB, as RFC 7932 has them.
                let state = Box::new(BrotliState::new_strict(memory(), memory(), memory()));
                Codec::Brotli { state, ended: false }
            }
            Encoding::Zstd => {
                let mut decoder = zstd::stream::raw::Decoder::new()?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW))?;
                Codec::Zstd { decoder, between: false }
            }
        })
    }

    /// Decodes as much as both slices allow.
    ///
    /// # Errors
    /// When the input is not what it should be.
    pub(super) fn run(&mut self, input: &[u8], out: &mut [u8]) -> Result<Progress, DecodeError> {
        match self {
            Codec::Gzip(gzip) => gzip.run(input, out),
            Codec::Deflate { first, inflate, ended } => deflate(first, inflate, ended, input, out),
            Codec::Brotli { state, ended } => brotli(state, ended, input, out),
            Codec::Zstd { decoder, between } => {
                if *between && input.is_empty() {
                    return Ok(Progress { whole: true, ..Progress::default() });
                }
                let mut source = InBuffer::around(input);
                let mut target = OutBuffer::around(out);
                let wanted = decoder.run(&mut source, &mut target)?;
                let (used, made) = (source.pos(), target.pos());
                // Nothing wanted: a frame is complete and all of it was given out. Another may follow.
                *between = wanted == 0;
                Ok(Progress { used, made, whole: *between })
            }
        }
    }
}

/// Some servers send raw deflate under this name, against the specification; browsers take both, and tell by the start.
fn deflate(
    first: &mut Option<u8>,
    inflate: &mut Option<Decompress>,
    ended: &mut bool,
    input: &[u8],
    out: &mut [u8],
) -> Result<Progress, DecodeError> {
    if *ended {
        // What follows the stream is passed over, as browsers do.
        return Ok(Progress { used: input.len(), made: 0, whole: true });
    }
    let Some(decoder) = inflate else {
        let Some((&byte, rest)) = input.split_first() else { return Ok(Progress::default()) };
        let Some(start) = *first else {
            *first = Some(byte);
            let mut ran = deflate(first, inflate, ended, rest, out)?;
            ran.used += 1;
            return Ok(ran);
        };
        // RFC 1950 section 2.2: the method, the window, and a checksum over both bytes.
        let zlib =
            start & 0x0f == 8 && start >> 4 <= 7 && (u32::from(start) << 8 | u32::from(byte)) % 31 == 0;
        let mut decoder = Decompress::new(zlib);
        // One byte gives nothing yet.
        decoder.decompress(&[start], &mut [], FlushDecompress::None)?;
        if decoder.total_in() != 1 {
            return Err(DecodeError::Form("deflate decompression error"));
        }
        *inflate = Some(decoder);
        return deflate(first, inflate, ended, input, out);
    };
    let (from, to) = (decoder.total_in(), decoder.total_out());
    let status = decoder.decompress(input, out, FlushDecompress::None)?;
    *ended = status == Status::StreamEnd;
    let (used, made) = ((decoder.total_in() - from) as usize, (decoder.total_out() - to) as usize);
    Ok(Progress { used, made, whole: *ended })
}

fn brotli(
    state: &mut BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    ended: &mut bool,
    input: &[u8],
    out: &mut [u8],
) -> Result<Progress, DecodeError> {
    if *ended {
        return if input.is_empty() {
            Ok(Progress { whole: true, ..Progress::default() })
        } else {
            Err(DecodeError::Form("bytes follow its end"))
        };
    }
    let (mut in_left, mut used, mut out_left, mut made, mut total) = (input.len(), 0, out.len(), 0, 0);
    let result = BrotliDecompressStream(
        &mut in_left,
        &mut used,
        input,
        &mut out_left,
        &mut made,
        out,
        &mut total,
        state,
    );
    match result {
        BrotliResult::ResultFailure => Err(DecodeError::Form("invalid brotli data")),
        BrotliResult::ResultSuccess => {
            *ended = true;
            Ok(Progress { used, made, whole: true })
        }
        BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {
            Ok(Progress { used, made, whole: false })
        }
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Codec::Gzip(_) => "gzip",
            Codec::Deflate { .. } => "deflate",
            Codec::Brotli { .. } => "br",
            Codec::Zstd { .. } => "zstd",
        })
    }
}
