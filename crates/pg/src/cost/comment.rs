//! What a statement's comment says of where it comes from: sqlcommenter's form, and that of its ancestors.
//!
//! `/*action='index',route='%2Fprograms%2F:id',traceparent='00-…'*/`: keys and values in quotes, each encoded as in a
//! URL, quotes in values escaped with a backslash. Rails wrote `/*controller:programs,action:index*/` before that, and
//! some still do. `pg_stat_statements` keeps the comment of one execution alone, whoever else ran the statement, so
//! comments are read from sessions at work.
//!
//! Source: <https://google.github.io/sqlcommenter/spec/>.

use std::collections::BTreeMap;

use crate::shape::{Kind, Tokens};

/// Keys whose value names an endpoint, those that say most first.
const NAMING: [&str; 6] = ["endpoint", "route", "http.route", "path", "http.target", BOTH];
/// What Rails' `controller` and `action` are together.
const BOTH: &str = "controller#action";
/// Comments that are longer say nothing to us.
const LONGEST: usize = 2_048;

/// Keys and values of a statement's comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommentTags(BTreeMap<String, String>);

impl CommentTags {
    /// What the comments of a statement say.
    ///
    /// ```
    /// use loadline_pg::cost::CommentTags;
    ///
    /// let tags = CommentTags::of("SELECT 1 /*route='%2Fprograms%2F%3Aid',db_driver='pg'*/");
    /// assert_eq!(tags.endpoint(), Some("/programs/:id"));
    /// assert_eq!(CommentTags::of("SELECT '/*route=''/a''*/'").endpoint(), None);
    /// ```
    pub fn of(text: &str) -> Self {
        let mut tags = BTreeMap::new();
        for token in Tokens::of(text).filter(|token| token.kind == Kind::Comment && !token.is_open) {
            let comment = &text[token.range];
            let inside = comment.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/"));
            if let Some(inside) = inside.filter(|inside| inside.len() <= LONGEST) {
                read(inside, &mut tags);
            }
        }
        Self(tags)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// What it calls its endpoint: a name, a route, or `controller#action`.
    pub fn endpoint(&self) -> Option<&str> {
        self.names().next()
    }

    /// All that it calls its endpoint, what says most first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        NAMING.iter().filter_map(|key| self.get(key))
    }
}

fn read(comment: &str, tags: &mut BTreeMap<String, String>) {
    for pair in pairs(comment) {
        let Some(at) = pair.find(['=', ':']) else { continue };
        let (key, value) = (pair[..at].trim(), pair[at + 1..].trim());
        let value = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(value);
        let (key, value) = (decoded(key), decoded(&value.replace("\\'", "'")));
        let is_key = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if !key.is_empty() && key.len() <= 64 && key.bytes().all(is_key) && !value.is_empty() {
            tags.insert(key, value);
        }
    }
    if let (Some(controller), Some(action)) = (tags.get("controller"), tags.get("action")) {
        let both = format!("{controller}#{action}");
        tags.insert(BOTH.to_owned(), both);
    }
}

/// What is between commas that are not in quotes.
fn pairs(comment: &str) -> Vec<&str> {
    let (mut pairs, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, character) in comment.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => quoted = !quoted,
            ',' if !quoted => {
                pairs.push(&comment[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pairs.push(&comment[start..]);
    pairs
}

/// Without `%2F`; what is no such code stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_form_is_read() {
        for (text, endpoint) in [
            ("SELECT 1 /*action='%2Fparam*d',controller='index',route='%2Fpolls'*/", Some("/polls")),
            ("/*controller:programs,action:index*/ SELECT 1", Some("programs#index")),
            ("SELECT 1 /*endpoint='search.findPrograms',route='/api'*/", Some("search.findPrograms")),
            ("SELECT 1 /*route='it\\'s, one'*/", Some("it's, one")),
            ("SELECT 1 /* all of them: none */", None),
            ("SELECT 1 -- route='/a'", None),
            ("SELECT 1 /*route='/cut", None),
            ("SELECT 1 /*route=''*/", None),
        ] {
            assert_eq!(CommentTags::of(text).endpoint(), endpoint, "{text}");
        }
        let trace = "SELECT 1 /*traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'*/";
        let parent = CommentTags::of(trace).get("traceparent").map(str::len);
        assert_eq!(parent, Some(55));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a-z/*'=,\\\\%2F: é]{0,60}|.{0,60}") {
            let _ = CommentTags::of(&text);
        }
    }
}
