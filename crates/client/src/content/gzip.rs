//! Gzip (RFC 1952) as a machine that is fed: headers and trailers byte by byte, what is between them by inflate.
//!
//! The library's own readers pull until they have something to give, however long that takes; a body that was made to
//! give nothing for gigabytes would hold up every user of a worker. This one does as much as the pieces it is given
//! allow.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::progress::{DecodeError, Progress};

const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0xe0;

/// A stream of one or more members, which are decoded as one.
#[derive(Debug)]
pub(super) struct Gzip {
    place: Place,
    flags: u8,
    inflate: Decompress,
    header_sum: Crc,
    sum: Crc,
    trailer: [u8; 8],
}

/// What the next byte belongs to; numbers count what was read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Fixed(u8),
    ExtraLength(u8, u16),
    Extra(u16),
    Name,
    Comment,
    HeaderCrc(u8, u16),
    Data,
    Trailer(u8),
    /// Behind a member: the end, or the start of another.
    Between,
}

impl Gzip {
    pub(super) fn new() -> Gzip {
        Gzip {
            place: Place::Fixed(0),
            flags: 0,
            inflate: Decompress::new(false),
            header_sum: Crc::new(),
            sum: Crc::new(),
            trailer: [0; 8],
        }
    }

    /// Decodes as much as both slices allow.
    ///
    /// # Errors
    /// When this is no gzip.
    pub(super) fn run(&mut self, input: &[u8], out: &mut [u8]) -> Result<Progress, DecodeError> {
        let mut ran = Progress::default();
        while ran.made < out.len() || self.place != Place::Data {
            if self.place == Place::Data {
                let (from, to) = (self.inflate.total_in(), self.inflate.total_out());
                let status = self.inflate.decompress(
                    &input[ran.used..],
                    &mut out[ran.made..],
                    FlushDecompress::None,
                )?;
                let used = (self.inflate.total_in() - from) as usize;
                let made = (self.inflate.total_out() - to) as usize;
                self.sum.update(&out[ran.made..ran.made + made]);
                ran.used += used;
                ran.made += made;
                if status == Status::StreamEnd {
                    self.place = Place::Trailer(0);
                } else if used == 0 && made == 0 {
                    break;
                }
                continue;
            }
            let Some(&byte) = input.get(ran.used) else { break };
            ran.used += 1;
            self.place = self.step(byte)?;
        }
        ran.whole = self.place == Place::Between;
        Ok(ran)
    }

    /// One byte of framing.
    fn step(&mut self, byte: u8) -> Result<Place, DecodeError> {
        let place = if self.place == Place::Between {
            self.inflate.reset(false);
            self.sum.reset();
            self.header_sum.reset();
            Place::Fixed(0)
        } else {
            self.place
        };
        if let Place::Trailer(read) = place {
            return self.trail(byte, read);
        }
        let sum = self.header_sum.sum() as u16;
        self.header_sum.update(&[byte]);
        Ok(match place {
            Place::Fixed(at) => {
                let right = match at {
                    0 => byte == 0x1f,
                    1 => byte == 0x8b,
                    2 => byte == 8,
                    3 => byte & RESERVED == 0,
                    _ => true,
                };
                if !right {
                    return Err(DecodeError::Form("invalid gzip header"));
                }
                if at == 3 {
                    self.flags = byte;
                }
                if at < 9 { Place::Fixed(at + 1) } else { self.after(EXTRA) }
            }
            Place::ExtraLength(0, _) => Place::ExtraLength(1, byte.into()),
            Place::ExtraLength(_, low) => match low | u16::from(byte) << 8 {
                0 => self.after(NAME),
                length => Place::Extra(length),
            },
            Place::Extra(1) => self.after(NAME),
            Place::Extra(left) => Place::Extra(left - 1),
            Place::Name if byte == 0 => self.after(COMMENT),
            Place::Comment if byte == 0 => self.after(HEADER_CRC),
            Place::HeaderCrc(0, _) => {
                // Of what came before these two bytes.
                Place::HeaderCrc(1, sum ^ u16::from(byte))
            }
            Place::HeaderCrc(_, difference) => {
                if difference != u16::from(byte) << 8 {
                    return Err(DecodeError::Form("the gzip header does not match its checksum"));
                }
                Place::Data
            }
            other => other,
        })
    }

    /// The next part of the header, from `flag` on, that is there.
    fn after(&self, flag: u8) -> Place {
        let parts = [
            (EXTRA, Place::ExtraLength(0, 0)),
            (NAME, Place::Name),
            (COMMENT, Place::Comment),
            (HEADER_CRC, Place::HeaderCrc(0, 0)),
        ];
        let from = parts.iter().position(|(other, _)| *other == flag).unwrap_or_default();
        let next = parts[from..].iter().find(|(flag, _)| self.flags & flag != 0);
        next.map_or(Place::Data, |(_, place)| *place)
    }

    fn trail(&mut self, byte: u8, read: u8) -> Result<Place, DecodeError> {
        self.trailer[usize::from(read)] = byte;
        if read < 7 {
            return Ok(Place::Trailer(read + 1));
        }
        // The checksum and the length, both from their low byte up.
        let found = u64::from(self.sum.amount()) << 32 | u64::from(self.sum.sum());
        if u64::from_le_bytes(self.trailer) != found {
            return Err(DecodeError::Form("the gzip stream does not match its checksum"));
        }
        Ok(Place::Between)
    }
}
