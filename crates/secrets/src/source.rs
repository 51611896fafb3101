//! The text of a project file, as an error about it may quote it.

use std::ops::Range;

use crate::known::Secrets;
use crate::names::says_secret;

/// The key of the list of secrets.
const LIST: &str = "secrets";

/// The text with a `*` for each byte of a secret.
pub(crate) fn masked_source(text: &str, secrets: &Secrets) -> String {
    let mut ranges: Vec<Range<usize>> = secrets.places(text).into_iter().map(|(range, _)| range).collect();
    let mut start = 0;
    let mut in_list = false;
    for line in text.split_inclusive('\n') {
        let value = match line.split_once('=') {
            Some((key, value)) if !in_list => {
                let key = key.trim().rsplit('.').next().unwrap_or_default().trim_matches(['"', '\'', ' ']);
                if says_secret(key) { Some(line.len() - value.len()) } else { None }
                    .inspect(|_| in_list = key == LIST && !value.contains(']'))
            }
            _ if in_list => {
                in_list = !line.contains(']');
                Some(0)
            }
            _ => None,
        };
        if let Some(from) = value {
            ranges.push(start + from..start + line.len());
        }
        start += line.len();
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in ranges {
        // What holds the text together stays.
        let hidden =
            |byte: &u8| !(byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'[' | b']' | b','));
        bytes[range].iter_mut().filter(|byte| hidden(byte)).for_each(|byte| *byte = b'*');
    }
    // Only whole characters were replaced.
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_stays_where_it_was() {
        let text = "[target]\nurl = \"http://me:pw@h\"\nvers = \"1\"\nsecrets = [\"größe\",\n  'b', # c\n]\nx.token=1\n";
        assert_eq!(
            masked_source(text, &Secrets::new()),
            "[target]\nurl = \"http://*****@h\"\nvers = \"1\"\nsecrets = [\"*******\",\n  '*', * *\n]\nx.token=*\n"
        );
    }
}
