//! Protobuf's wire format: fields one after another, without a copy.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>.

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// The fields of a message, each with its number. After what is wrong nothing more comes.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn field(&mut self) -> Result<(u64, Value<'a>), &'static str> {
        let tag = self.varint()?;
        let number = tag >> 3;
        if number == 0 || number > 0x1fff_ffff {
            return Err("a field has no number");
        }
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| CUT)?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.fixed()?)),
            _ => return Err("a field has a type that is no more or not yet"),
        };
        Ok((number, value))
    }

    fn varint(&mut self) -> Result<u64, &'static str> {
        let mut number = 0_u64;
        for shift in (0..70).step_by(7) {
            let [byte] = self.fixed::<1>()?;
            if shift == 63 && byte > 1 {
                return Err("a number has more than 64 bits");
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err("a number has more than ten bytes")
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        self.take(N)?.try_into().map_err(|_| CUT)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(CUT)?;
        self.0 = rest;
        Ok(taken)
    }
}

const CUT: &str = "it is cut off";

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_as_the_guide_has_them() {
        fn read(bytes: &[u8]) -> Result<Vec<(u64, Value<'_>)>, &'static str> {
            Fields::of(bytes).collect()
        }
        assert_eq!(read(&[0x08, 0x96, 0x01]), Ok(vec![(1, Value::Varint(150))]));
        let text = [0x12, 0x07, b't', b'e', b's', b't', b'i', b'n', b'g'];
        assert_eq!(read(&text), Ok(vec![(2, Value::Bytes(b"testing"))]));
        assert_eq!(read(&[0x0d, 1, 0, 0, 0]), Ok(vec![(1, Value::Fixed32(1))]));
        assert_eq!(read(&[0x09, 1, 0, 0, 0, 0, 0, 0, 0]), Ok(vec![(1, Value::Fixed64(1))]));
        let most = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(read(&most), Ok(vec![(1, Value::Varint(u64::MAX))]));
    }

    #[test]
    fn what_is_wrong_ends_it() {
        for wrong in [&[0x08][..], &[0x08, 0x80], &[0x12, 5, 1], &[0x00], &[0x0b], &[0x0f, 1], &[0x09, 1]] {
            let mut fields = Fields::of(wrong);
            assert!(fields.next().is_some_and(|field| field.is_err()), "{wrong:?}");
            assert_eq!(fields.next(), None);
        }
        assert!(Fields::of(&[0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2]).next().unwrap().is_err());
        assert!(Fields::of(&[0x12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]).next().unwrap().is_err());
    }
}
