//! Identifiers of traces and spans, as texts and as bytes have them.
//!
//! OTLP's JSON writes them in hexadecimal, Tempo's in the Base64 of protobuf's JSON, and Jaeger may leave leading zeros
//! out. Which it is shows by the length, so that nobody has to say.

/// A trace's identifier; none where it is not one, or zero, which none is.
pub(crate) fn trace(text: &str) -> Option<u128> {
    let number = match text.len() {
        24 => u128::from_be_bytes(base64::<16>(text)?),
        1..=32 => hexadecimal(text)?,
        _ => return None,
    };
    (number != 0).then_some(number)
}

/// A span's identifier; none where it is not one, or zero.
pub(crate) fn span(text: &str) -> Option<u64> {
    let number = match text.len() {
        12 if text.ends_with('=') => u64::from_be_bytes(base64::<8>(text)?),
        1..=16 => hexadecimal(text)? as u64,
        _ => return None,
    };
    (number != 0).then_some(number)
}

/// The identifier of a parent: `Some(0)` says that there is none.
pub(crate) fn parent(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte == b'0') {
        return Some(0);
    }
    if text == "AAAAAAAAAAA=" {
        return Some(0);
    }
    span(text)
}

/// A trace's identifier of sixteen bytes.
pub(crate) fn trace_of(bytes: &[u8]) -> Option<u128> {
    Some(u128::from_be_bytes(bytes.try_into().ok()?)).filter(|number| *number != 0)
}

/// A span's identifier of eight bytes.
pub(crate) fn span_of(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.try_into().ok()?)).filter(|number| *number != 0)
}

/// A parent's identifier: no bytes, or eight zeros, say that there is none.
pub(crate) fn parent_of(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() { Some(0) } else { Some(u64::from_be_bytes(bytes.try_into().ok()?)) }
}

fn hexadecimal(text: &str) -> Option<u128> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

/// Exactly so many bytes of standard Base64 with its padding.
fn base64<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    let (mut bits, mut count, mut at) = (0_u32, 0, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            *out.get_mut(at)? = (bits >> count) as u8;
            at += 1;
            bits &= (1 << count) - 1;
        }
    }
    (at == N && bits == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: u128 = 0x5b8e_fff7_9803_8103_d269_b633_813f_c60c;
    const SPAN: u64 = 0xeee1_9b7e_c3c1_b174;

    #[test]
    fn one_identifier_in_three_forms() {
        for text in [
            "5b8efff798038103d269b633813fc60c",
            "5B8EFFF798038103D269B633813FC60C",
            "W47/95gDgQPSabYzgT/GDA==",
        ] {
            assert_eq!(trace(text), Some(TRACE), "{text}");
        }
        for text in ["eee19b7ec3c1b174", "EEE19B7EC3C1B174", "7uGbfsPBsXQ="] {
            assert_eq!(span(text), Some(SPAN), "{text}");
        }
        assert_eq!((trace("1f"), span("1f")), (Some(31), Some(31)), "Jaeger leaves leading zeros out");
        assert_eq!((trace_of(&TRACE.to_be_bytes()), span_of(&SPAN.to_be_bytes())), (Some(TRACE), Some(SPAN)));
    }

    #[test]
    fn what_is_none_is_none() {
        for text in ["", "0", "00000000000000000000000000000000", "x", "5b8efff798038103d269b633813fc60c0"] {
            assert_eq!(trace(text), None, "{text}");
        }
        for text in ["", "0", "zz", "eee19b7ec3c1b1740", "7uGbfsPBsX!=", "+f"] {
            assert_eq!(span(text), None, "{text}");
        }
        assert_eq!(
            (trace_of(&[1; 8]), trace_of(&[0; 16]), span_of(&[1; 16]), span_of(&[])),
            (None, None, None, None)
        );
    }

    #[test]
    fn a_parent_may_be_none_and_may_be_wrong() {
        for text in ["", "0000000000000000", "AAAAAAAAAAA="] {
            assert_eq!(parent(text), Some(0), "{text}");
        }
        assert_eq!((parent("eee19b7ec3c1b174"), parent("nobody")), (Some(SPAN), None));
        assert_eq!((parent_of(&[]), parent_of(&[0; 8]), parent_of(&[1])), (Some(0), Some(0), None));
    }
}
