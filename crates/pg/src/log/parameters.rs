//! The values of an execution's parameters, as a server's log has them: `$1 = 'it''s', $2 = NULL`.

/// What a server puts at the end of a value that it cuts (`log_parameter_max_length`).
const CUT: &str = "...";

/// The values in their order, none for null; nothing where the text is not all of them, or where a value may be cut.
///
/// ```
/// use loadline_pg::log::values_of;
///
/// let values = values_of("$1 = 'it''s, $2', $2 = NULL").unwrap();
/// assert_eq!(values, [Some("it's, $2".to_owned()), None]);
/// assert_eq!(values_of("$1 = 'a long te...'"), None);
/// assert_eq!(values_of("$1 = 'no end"), None);
/// ```
pub fn values_of(text: &str) -> Option<Vec<Option<String>>> {
    let mut values = Vec::new();
    let mut rest = text.trim_end();
    loop {
        rest = rest.strip_prefix(&format!("${} = ", values.len() + 1))?;
        let value;
        (value, rest) = match rest.strip_prefix("NULL") {
            Some(rest) => (None, rest),
            None => quoted(rest.strip_prefix('\'')?).map(|(value, rest)| (Some(value), rest))?,
        };
        if value.as_ref().is_some_and(|value| value.ends_with(CUT)) {
            return None;
        }
        values.push(value);
        if rest.is_empty() {
            return Some(values);
        }
        rest = rest.strip_prefix(", ")?;
    }
}

/// A text up to its quote, and what is behind that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut rest) = (String::new(), text);
    loop {
        let (part, behind) = rest.split_once('\'')?;
        value += part;
        match behind.strip_prefix('\'') {
            Some(behind) => {
                value.push('\'');
                rest = behind;
            }
            None => return Some((value, behind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_a_server_writes_is_read(values in proptest::collection::vec(proptest::option::of("(?s)[^.]{0,12}"), 1..6)) {
            let written: Vec<String> = values
                .iter()
                .zip(1..)
                .map(|(value, number): (&Option<String>, u32)| match value {
                    Some(value) => format!("${number} = '{}'", value.replace('\'', "''")),
                    None => format!("${number} = NULL"),
                })
                .collect();
            prop_assert_eq!(values_of(&written.join(", ")), Some(values));
        }

        #[test]
        fn no_text_is_too_odd(text in "(?s)[$1-3 ='N,UL.a]{0,40}") {
            let _ = values_of(&text);
        }
    }
}
