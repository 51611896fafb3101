//! W3C Trace Context: which trace a request is in, and as which span.
//!
//! Source: <https://www.w3.org/TR/trace-context/#traceparent-header>.

/// A request's place in a trace: what its `traceparent` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace; never 0.
    pub trace: u128,
    /// The request's own span, which the server's is a child of; never 0.
    pub span: u64,
    /// Whether the server is asked to keep its spans.
    pub sampled: bool,
}

/// The field of a context, `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traceparent([u8; Traceparent::LENGTH]);

/// The name of the field.
pub(crate) const TRACEPARENT: &str = "traceparent";

impl Traceparent {
    const LENGTH: usize = 55;

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TraceContext {
    /// The context of a field; none where it is not one.
    pub fn parse(field: &[u8]) -> Option<Self> {
        let known = field.get(..Traceparent::LENGTH)?;
        let version = hexadecimal(&known[..2])?;
        // Later versions may have more behind another dash; version 00 has none, and ff is none.
        let more = &field[Traceparent::LENGTH..];
        let may_be = version != 0xff && (more.is_empty() || version > 0 && more[0] == b'-');
        if !may_be || [2, 35, 52].iter().any(|dash| known[*dash] != b'-') {
            return None;
        }
        let (trace, span) = (hexadecimal(&known[3..35])?, hexadecimal(&known[36..52])? as u64);
        let sampled = hexadecimal(&known[53..])? & 1 == 1;
        (trace != 0 && span != 0).then_some(Self { trace, span, sampled })
    }

    pub(crate) fn field(&self) -> Traceparent {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        for (place, digit) in text[3..35].iter_mut().enumerate() {
            *digit = DIGITS[(self.trace >> (124 - 4 * place)) as usize & 15];
        }
        for (place, digit) in text[36..52].iter_mut().enumerate() {
            *digit = DIGITS[(self.span >> (60 - 4 * place)) as usize & 15];
        }
        text[54] = if self.sampled { b'1' } else { b'0' };
        Traceparent(text)
    }
}

/// Lower-case hexadecimal digits, as many as there are.
fn hexadecimal(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number: u128, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_specification_s_examples() {
        let expected = TraceContext {
            trace: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
            span: 0x00f0_67aa_0ba9_02b7,
            sampled: true,
        };
        assert_eq!(TraceContext::parse(GOOD.as_bytes()), Some(expected));
        assert_eq!(expected.field().as_bytes(), GOOD.as_bytes());
        let later = format!("{}-what-the-future-brings", GOOD.replacen("00", "cc", 1));
        assert_eq!(TraceContext::parse(later.as_bytes()), Some(expected));
        let unsampled = TraceContext::parse(GOOD.replace("-01", "-02").as_bytes());
        assert_eq!(unsampled, Some(TraceContext { sampled: false, ..expected }));
    }

    #[test]
    fn what_is_wrong_is_none() {
        for wrong in [
            String::new(),
            GOOD[1..].to_owned(),
            GOOD.to_uppercase(),
            GOOD.replacen("00", "ff", 1),
            format!("{GOOD}-more"),
            format!("{}more", GOOD.replacen("00", "01", 1)),
            GOOD.replace('-', "_"),
            GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
        ] {
            assert_eq!(TraceContext::parse(wrong.as_bytes()), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(trace in 1_u128.., span in 1_u64.., sampled: bool) {
            let context = TraceContext { trace, span, sampled };
            prop_assert_eq!(TraceContext::parse(context.field().as_bytes()), Some(context));
        }
    }
}
