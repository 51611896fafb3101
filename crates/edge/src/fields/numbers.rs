//! Numbers and texts in as few bytes as they need, for what is kept in large numbers: seven bits a byte, the lowest
//! first, the highest bit set while more follow.

/// Writes a number.
pub(crate) fn put(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Writes a number that may be missing.
pub(crate) fn put_some(number: Option<u64>, into: &mut Vec<u8>) {
    put(u64::from(number.is_some()), into);
    if let Some(number) = number {
        put(number, into);
    }
}

/// Writes bytes, with how many there are.
pub(crate) fn put_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    put(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

/// Reads what was written; none where there is something else, which on a disk there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'b> {
    /// What is left.
    pub(crate) rest: &'b [u8],
}

impl<'b> Reader<'b> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            number |= part << shift;
            if byte < 0x80 {
                // The tenth byte has one bit that counts.
                return (shift < 63 || part <= 1).then_some(number);
            }
        }
        None
    }

    #[expect(clippy::option_option, reason = "what is missing is another thing than what cannot be read")]
    pub(crate) fn maybe(&mut self) -> Option<Option<u64>> {
        match self.byte()? {
            0 => Some(None),
            1 => self.number().map(Some),
            _ => None,
        }
    }

    pub(crate) fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    pub(crate) fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(numbers in proptest::collection::vec(any::<u64>().prop_flat_map(|top| 0..=top), 0..9)) {
            let mut bytes = Vec::new();
            for number in &numbers {
                put(*number, &mut bytes);
                put_some(Some(*number), &mut bytes);
                put_some(None, &mut bytes);
            }
            let mut reader = Reader { rest: &bytes };
            for number in numbers {
                prop_assert_eq!(reader.number(), Some(number));
                prop_assert_eq!(reader.maybe(), Some(Some(number)));
                prop_assert_eq!(reader.maybe(), Some(None));
            }
            prop_assert_eq!(reader.number(), None);
        }
    }
}
