//! Bytes of a Run file as they come, into frames: whole ones, each as soon as it is there.
//!
//! Nothing here waits or reads: whoever has bytes gives them. So a file that is still written, pieces from a database
//! and a whole file are read by the same code.

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::allowance::Allowance;
use super::format::{Kind, LONGEST_PAYLOAD, PREFIX};
use crate::frame::Damage;
use crate::pack::inflate;

/// Bytes of a frame's checksum.
const CHECKSUM: usize = 4;
/// How much is decompressed at once: no more than this waits beside a frame, whatever the bytes claim to become.
const STEP: usize = 128 << 10;

/// What the decoder may look back to, as a power of two; the writer's is eight times smaller.
const LONGEST_WINDOW: u32 = 24;

/// Frames in one compressed stream, or each of them for itself.
pub(super) struct Frames {
    form: Form,
    /// What is decompressed and not yet a whole frame.
    pending: Vec<u8>,
    pub(super) allowance: Allowance,
}

enum Form {
    /// A stream, and whether it has come to its own end.
    Compressed(Box<Decoder<'static>>, bool),
    Packed,
}

impl Frames {
    /// Frames in one compressed stream.
    pub(super) fn compressed() -> std::io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(LONGEST_WINDOW))?;
        Ok(Self {
            form: Form::Compressed(Box::new(decoder), false),
            pending: Vec::new(),
            allowance: Allowance::default(),
        })
    }

    /// Frames that are compressed one by one.
    pub(super) fn packed() -> Self {
        Self { form: Form::Packed, pending: Vec::new(), allowance: Allowance::default() }
    }

    /// Takes bytes, and hands every frame that is whole to `take`, until that wants no more.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(Kind, Vec<u8>, &mut Allowance) -> Result<More, Damage>,
    ) -> Result<(), Damage> {
        let packed = matches!(self.form, Form::Packed);
        let Self { form, pending, allowance } = self;
        allowance.take(bytes.len());
        let Form::Compressed(stream, closed) = form else {
            pending.extend_from_slice(bytes);
            return match drain(pending, packed, allowance, &mut take)? {
                More::Yes => Ok(()),
                More::No => self.behind(&[]),
            };
        };
        let mut input = InBuffer::around(bytes);
        let mut step = vec![0; STEP];
        loop {
            let mut output = OutBuffer::around(&mut step[..]);
            let wanted = stream.run(&mut input, &mut output).map_err(|_| "the compressed data is damaged")?;
            *closed = wanted == 0;
            let full = output.pos() == output.capacity();
            pending.extend_from_slice(output.as_slice());
            let came = output.pos();
            let more = drain(pending, packed, allowance, &mut take)?;
            allowance.decompressed(came, pending.len())?;
            if matches!(more, More::No) {
                let rest = input.pos();
                return self.behind(&bytes[rest..]);
            }
            // A full step may hold something back although all bytes are taken.
            if input.pos() == bytes.len() && !full {
                return Ok(());
            }
        }
    }

    /// Takes bytes that come behind the last frame: there are only those that end the compressed stream.
    pub(super) fn behind(&mut self, bytes: &[u8]) -> Result<(), Damage> {
        const BEHIND: Damage = "there is something behind its end";
        if !self.pending.is_empty() {
            return Err(BEHIND);
        }
        let Form::Compressed(stream, closed) = &mut self.form else {
            return if bytes.is_empty() { Ok(()) } else { Err(BEHIND) };
        };
        let mut input = InBuffer::around(bytes);
        while !*closed {
            let mut step = [0; 8];
            let mut output = OutBuffer::around(&mut step[..]);
            *closed = stream.run(&mut input, &mut output).map_err(|_| BEHIND)? == 0;
            if output.pos() > 0 {
                return Err(BEHIND);
            }
            if input.pos() == bytes.len() {
                return Ok(());
            }
        }
        if input.pos() == bytes.len() { Ok(()) } else { Err(BEHIND) }
    }
}

/// Hands on the frames that are whole, and leaves the rest.
fn drain(
    pending: &mut Vec<u8>,
    packed: bool,
    allowance: &mut Allowance,
    take: &mut impl FnMut(Kind, Vec<u8>, &mut Allowance) -> Result<More, Damage>,
) -> Result<More, Damage> {
    let mut taken = 0;
    let mut more = More::Yes;
    while matches!(more, More::Yes)
        && let Some(Whole { kind, payload, length }) = whole(&pending[taken..])?
    {
        allowance.frame()?;
        // The columns of a block are compressed one by one.
        let inflated = if packed && kind != Kind::Block {
            inflate(payload, allowance.longest_frame())?
        } else {
            payload.to_vec()
        };
        taken += length;
        more = take(kind, inflated, allowance)?;
    }
    pending.drain(..taken);
    Ok(more)
}

/// Whether more frames are wanted.
#[derive(Clone, Copy)]
pub(super) enum More {
    Yes,
    No,
}

/// A frame among bytes.
struct Whole<'a> {
    kind: Kind,
    payload: &'a [u8],
    /// Of all of it.
    length: usize,
}

/// The frame that the bytes begin with, once it is whole.
fn whole(bytes: &[u8]) -> Result<Option<Whole<'_>>, Damage> {
    let Some((prefix, rest)) = bytes.split_at_checked(PREFIX) else { return Ok(None) };
    let length = u32::from_le_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]);
    if length > LONGEST_PAYLOAD {
        return Err("a frame is too long");
    }
    let Some((payload, rest)) = rest.split_at_checked(length as usize) else { return Ok(None) };
    let Some(checksum) = rest.first_chunk::<CHECKSUM>() else { return Ok(None) };
    if u32::from_le_bytes(*checksum) != crc32fast::hash(&bytes[..PREFIX + payload.len()]) {
        return Err("a checksum does not match");
    }
    let kind = Kind::of(prefix[0]).ok_or("a frame is of an unknown kind")?;
    Ok(Some(Whole { kind, payload, length: PREFIX + payload.len() + CHECKSUM }))
}
