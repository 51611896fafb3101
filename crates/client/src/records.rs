//! Where TLS records begin and end (RFC 8446 section 5.1, RFC 5246 section 6.2.1): a type, a version, a length.
//!
//! TLS holds back what it cannot decrypt yet and does not say so. On a connection that nobody uses, half a record is
//! the beginning of an answer to no request; counting lengths is enough to know that one is there.

/// The type and the version, before the length.
const BEFORE_LENGTH: u8 = 3;

/// A place in a stream of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Records {
    /// Bytes of the current header that have passed; the length is its last two.
    header: u8,
    high: u8,
    /// Bytes of the current record that are still to come.
    left: u16,
}

impl Records {
    /// Moves over bytes that came.
    pub(crate) fn pass(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if self.left > 0 {
                let skipped = rest.len().min(usize::from(self.left));
                // No more than what is left, so it fits.
                self.left -= skipped as u16;
                rest = &rest[skipped..];
                continue;
            }
            rest = after;
            match self.header {
                BEFORE_LENGTH => self.high = byte,
                4 => {
                    self.left = u16::from_be_bytes([self.high, byte]);
                    self.header = 0;
                    continue;
                }
                _ => {}
            }
            self.header += 1;
        }
    }

    /// Whether a record has begun that has not ended.
    pub(crate) fn is_inside(self) -> bool {
        self.left > 0 || self.header > 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_record_ends_where_it_says(lengths in prop::collection::vec(0..20_000_u16, 0..6), cut in any::<prop::sample::Index>(), piece in 1..7_000_usize) {
            let mut stream = Vec::new();
            let mut ends = vec![0];
            for length in lengths {
                stream.extend_from_slice(&[23, 3, 3]);
                stream.extend_from_slice(&length.to_be_bytes());
                stream.extend(std::iter::repeat_n(0x17, length.into()));
                ends.push(stream.len());
            }
            let cut = cut.index(stream.len() + 1);
            let mut records = Records::default();
            stream[..cut].chunks(piece).for_each(|piece| records.pass(piece));
            prop_assert_eq!(records.is_inside(), !ends.contains(&cut));
            stream[cut..].chunks(piece).for_each(|piece| records.pass(piece));
            prop_assert!(!records.is_inside());
        }
    }
}
