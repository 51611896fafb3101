//! `Vary`: which request fields chose an answer, and whether two requests choose the same one (RFC 9111 §4.1,
//! RFC 9110 §12.5.5).
//!
//! Fields match when one can be made the other by what their grammar says is the same: lines put together, blanks
//! around commas. `Accept-Encoding`, `Accept-Language` and `Accept` are lists of weighted names, of which more is
//! known: case, `q=1`, and for encodings, which RFC 9110 gives no order, the order too. The order of languages is
//! kept: the specification warns that some take the first of equals (§12.5.4), so two orders may have two answers.

use http::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, VARY};
use http::{HeaderMap, HeaderName};

use super::list::{members, split, text};

/// What an answer varies on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Vary {
    /// On nothing but its key.
    #[default]
    Nothing,
    /// On these fields, in their order by name.
    Fields(Vec<HeaderName>),
    /// On what nobody says, `*` or something that is no field name: no other request is the same.
    Unknown,
}

impl Vary {
    /// What the headers of an answer say.
    pub fn of(headers: &HeaderMap) -> Self {
        if headers.get_all(VARY).iter().any(|line| text(line).is_none()) {
            return Self::Unknown;
        }
        let mut fields: Vec<HeaderName> = Vec::new();
        for name in members(headers, VARY) {
            match name.parse() {
                Ok(name) if name != "*" => fields.push(name),
                _ => return Self::Unknown,
            }
        }
        fields.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        fields.dedup();
        if fields.is_empty() { Self::Nothing } else { Self::Fields(fields) }
    }

    /// The fields it names.
    pub fn fields(&self) -> &[HeaderName] {
        match self {
            Self::Fields(fields) => fields,
            Self::Nothing | Self::Unknown => &[],
        }
    }
}

/// A field of a request in the form in which it is compared; none when the request does not have it, which is another
/// thing than having it empty.
///
/// ```
/// use http::{HeaderMap, header};
/// use loadline_edge::fields::vary::comparable;
/// let mut headers = HeaderMap::new();
/// headers.insert(header::ACCEPT_ENCODING, "GZIP;q=1.0 , br".parse()?);
/// assert_eq!(comparable(&headers, &header::ACCEPT_ENCODING).as_deref(), Some(b"br,gzip".as_slice()));
/// assert_eq!(comparable(&headers, &header::ACCEPT), None);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn comparable(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<u8>> {
    let first = headers.get(name)?.as_bytes();
    // One word in lower case is what it is by any grammar.
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    if first.iter().all(is_plain) && headers.get_all(name).iter().nth(1).is_none() {
        return Some(first.to_vec());
    }
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect();
    let whole = lines.join(&b',');
    let Ok(whole) = std::str::from_utf8(&whole) else { return Some(whole) };
    let members: Vec<String> = match *name {
        ACCEPT_ENCODING => {
            let mut codings: Vec<String> = split(whole).map(weighted).collect();
            codings.sort();
            codings
        }
        ACCEPT_LANGUAGE | ACCEPT => split(whole).map(weighted).collect(),
        _ => split(whole).map(str::to_owned).collect(),
    };
    Some(members.join(",").into_bytes())
}

/// A weighted name without blanks, in lower case, without the weight that it has anyway.
fn weighted(member: &str) -> String {
    let mut parts = member.split(';').map(str::trim);
    let mut written = parts.next().unwrap_or_default().to_ascii_lowercase();
    for part in parts {
        let is_whole = part.split_once('=').is_some_and(|(name, weight)| {
            name.eq_ignore_ascii_case("q") && matches!(weight, "1" | "1." | "1.0" | "1.00" | "1.000")
        });
        if !is_whole {
            // A parameter's value may depend on case.
            written.push(';');
            written.push_str(part);
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(name: &HeaderName, one: &[&str], other: &[&str]) -> bool {
        let headers = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(name, line.parse().unwrap());
            }
            headers
        };
        comparable(&headers(one), name) == comparable(&headers(other), name)
    }

    #[test]
    fn what_the_grammar_calls_the_same_is_the_same() {
        let foo = HeaderName::from_static("foo");
        for (name, one, other, expected) in [
            (&foo, &["1, 2"][..], &["1", "2"][..], true),
            (&foo, &["1,2"], &[" 1 , 2 "], true),
            (&foo, &["1, 2"], &["2, 1"], false),
            (&foo, &["a"], &["A"], false),
            (&foo, &[""], &[], false),
            (&foo, &["\"a,b\""], &["\"a, b\""], false),
            (&ACCEPT_ENCODING, &["gzip, br"], &["BR;q=1, gzip"], true),
            (&ACCEPT_ENCODING, &["gzip;q=0, br"], &["br"], false),
            (&ACCEPT_LANGUAGE, &["en, de"], &["EN,De;q=1.0"], true),
            (&ACCEPT_LANGUAGE, &["en, de"], &["de, en"], false),
            (&ACCEPT, &["text/html;level=A"], &["text/html;level=a"], false),
        ] {
            assert_eq!(same(name, one, other), expected, "{name} {one:?} {other:?}");
        }
    }

    #[test]
    fn what_an_answer_varies_on_is_known_or_not() {
        let of = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(VARY, line.parse().unwrap());
            }
            Vary::of(&headers)
        };
        assert_eq!(of(&[]), Vary::Nothing);
        assert_eq!(of(&[","]), Vary::Nothing);
        assert_eq!(of(&["Foo, bar", "FOO"]).fields(), ["bar", "foo"]);
        for unknown in [&["*"][..], &["foo, *"], &["", "*"], &["foo bar"], &["foo", "é"]] {
            assert_eq!(of(unknown), Vary::Unknown, "{unknown:?}");
        }
    }
}
