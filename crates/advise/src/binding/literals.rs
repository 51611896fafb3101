//! Arrays as PostgreSQL writes them: `{a,"b,c",NULL}`.

/// The elements of an array of one dimension; nothing where the text is none. `None` is a null.
pub(super) fn elements(text: &str) -> Option<Vec<Option<String>>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut all = Vec::new();
    if inner.is_empty() {
        return Some(all);
    }
    let mut letters = inner.chars();
    let (mut element, mut quoted, mut was_quoted) = (String::new(), false, false);
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => element.push(letters.next()?),
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' if !quoted => {
                all.push(finished(&mut element, was_quoted));
                was_quoted = false;
            }
            '{' | '}' if !quoted => return None,
            letter => element.push(letter),
        }
    }
    if quoted {
        return None;
    }
    all.push(finished(&mut element, was_quoted));
    Some(all)
}

fn finished(element: &mut String, was_quoted: bool) -> Option<String> {
    let element = std::mem::take(element);
    (was_quoted || element != "NULL").then_some(element)
}

/// An array of these elements.
pub(super) fn array<'e>(elements: impl IntoIterator<Item = &'e str>) -> String {
    let quoted: Vec<String> = elements
        .into_iter()
        .map(|element| format!("\"{}\"", element.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    format!("{{{}}}", quoted.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_array_is_read_as_it_is_written() {
        let read = |text: &str| {
            let all = elements(text)?;
            Some(all.into_iter().map(|element| element.unwrap_or_else(|| "–".to_owned())).collect::<Vec<_>>())
        };
        assert_eq!(read(r#"{1,NULL,"NULL","a,\"b\\c",""}"#).unwrap(), ["1", "–", "NULL", r#"a,"b\c"#, ""]);
        assert_eq!(read("{}").unwrap(), Vec::<String>::new());
        assert_eq!((read("1,2"), read(r#"{"a}"#), read("{{1},{2}}")), (None, None, None));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(all in proptest::collection::vec(".*", 0..5)) {
            let text = array(all.iter().map(String::as_str));
            let read: Vec<String> = elements(&text).unwrap().into_iter().flatten().collect();
            prop_assert_eq!(read, all);
        }
    }
}
