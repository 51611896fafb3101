//! `key=value,key=value` with per cent encoding, as OpenTelemetry's variables have headers and attributes (W3C Baggage).

/// What stands where a pair should.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotAPair(pub(super) String);

/// The pairs of a text.
///
/// # Errors
/// The pair that is none.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, NotAPair> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').ok_or_else(|| NotAPair(pair.to_owned()))?;
            let decoded = (decode(key.trim()), decode(value.trim()));
            match decoded {
                (Some(key), Some(value)) if !key.is_empty() => Ok((key, value)),
                _ => Err(NotAPair(pair.to_owned())),
            }
        })
        .collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_specification_has_them() {
        let pairs = parse("api-key=a%20b, x=1=2,,deployment.environment.name=ci").unwrap();
        let expected = [("api-key", "a b"), ("x", "1=2"), ("deployment.environment.name", "ci")];
        assert_eq!(pairs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        for wrong in ["a", "=b", "a=%2", "a=%zz", "a=%ff"] {
            assert_eq!(parse(wrong), Err(NotAPair(wrong.to_owned())));
        }
        assert_eq!(parse(""), Ok(vec![]));
    }
}
