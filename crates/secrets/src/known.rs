//! Secrets that are known by their values, and the names that were added to those that say so by themselves.

use std::borrow::Cow;

use serde_json::Value;

use crate::mask::MASK;
use crate::names::says_secret;
use crate::places::{Place, places};

/// Values of variables that are shorter are words or numbers, not secrets.
const SHORTEST: usize = 6;
/// Passwords in URLs that are shorter are not looked for elsewhere.
const SHORTEST_PASSWORD: usize = 4;
/// Values of this length and more are found within other words.
const ANYWHERE: usize = 8;
/// What URLs begin with whose user alone lets nobody in.
const DATABASES: [&str; 2] = ["postgres://", "postgresql://"];
/// So many values are looked for.
const MOST: usize = 1000;

/// What is secret.
#[derive(Debug, Default, Clone)]
pub struct Secrets {
    /// The longest first, so that what a secret contains does not hide it.
    values: Vec<String>,
    /// In lower case.
    names: Vec<String>,
    /// Names of variables that are set, which are no values themselves.
    variables: Vec<(String, String)>,
}

impl Secrets {
    /// Nothing but what places and names say.
    pub const fn new() -> Self {
        Self { values: Vec::new(), names: Vec::new(), variables: Vec::new() }
    }

    /// Adds a variable.
    pub fn learn_variable(&mut self, name: &str, value: &str) {
        // `DISABLE_AUTH=true` is a switch.
        let is_switch = name.to_ascii_lowercase().ends_with("auth");
        // The shell's own: where one works, which is in every path that is printed.
        let is_folder = name == "PWD";
        if (says_secret(name) && !is_switch && !is_folder) || self.is_listed(name) {
            self.learn_value(value, SHORTEST);
        }
        self.learn_url(value);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Adds what is secret in a URL.
    pub fn learn_url(&mut self, text: &str) {
        let mut found = Vec::new();
        places(text, &|name| self.is_listed(name), &mut found);
        for (range, _) in found {
            let (before, part) = (&text[..range.start], &text[range]);
            match part.split_once(':') {
                Some((_, password)) => self.learn_value(password, SHORTEST_PASSWORD),
                // A database's user is the name of one; `postgres` is also that of folders, programs and databases.
                None if DATABASES.iter().any(|scheme| before.ends_with(scheme)) => {}
                None => self.learn_value(part, SHORTEST),
            }
        }
    }

    /// Adds names, or secrets themselves.
    pub fn learn_listed(&mut self, listed: &[String]) {
        for text in listed {
            self.names.push(text.to_lowercase());
            let values: Vec<String> = self
                .variables
                .iter()
                .filter(|(name, _)| name == text)
                .map(|(_, value)| value.clone())
                .collect();
            if values.is_empty() {
                self.learn_value(text, SHORTEST);
            }
            for value in values {
                self.learn_value(&value, 1);
            }
        }
    }

    fn learn_value(&mut self, value: &str, shortest: usize) {
        let value = value.trim();
        if value.len() < shortest || value.chars().all(|character| character == '*') {
            return;
        }
        for form in [value.to_owned(), decoded(value), encoded(value)] {
            if self.values.len() < MOST && !self.values.contains(&form) {
                self.values.push(form);
            }
        }
        self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    fn is_listed(&self, name: &str) -> bool {
        !self.names.is_empty() && self.names.contains(&name.to_lowercase())
    }

    /// The text without secrets; borrowed where there is none.
    pub fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let places = self.places(text);
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut safe = String::with_capacity(text.len());
        let mut from = 0;
        for (range, instead) in places {
            safe.push_str(&text[from..range.start]);
            safe.push_str(instead);
            from = range.end;
        }
        safe.push_str(&text[from..]);
        Cow::Owned(safe)
    }

    /// Where secrets are, in order and apart from each other.
    pub(crate) fn places(&self, text: &str) -> Vec<Place> {
        let mut found = Vec::new();
        places(text, &|name| self.is_listed(name), &mut found);
        for value in &self.values {
            for (start, _) in text.match_indices(value.as_str()) {
                let end = start + value.len();
                let joins = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
                let within = joins(text[..start].chars().next_back()) || joins(text[end..].chars().next());
                if !within || value.len() >= ANYWHERE {
                    found.push((start..end, MASK));
                }
            }
        }
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut apart: Vec<Place> = Vec::with_capacity(found.len());
        for (range, instead) in found {
            match apart.last_mut() {
                Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
                _ => apart.push((range, instead)),
            }
        }
        apart
    }

    /// The value of a header, as it may be shown.
    pub fn masked_header<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        if says_secret(name) || self.is_listed(name) { MASK.into() } else { self.masked(value) }
    }

    /// Takes secrets out of JSON.
    pub fn mask_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(safe) = self.masked(text) {
                    *text = safe;
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|value| self.mask_json(value)),
            Value::Object(all) => {
                // Selectors of tags are names, too.
                if all.keys().any(|name| matches!(self.masked(name), Cow::Owned(_))) {
                    *all = std::mem::take(all)
                        .into_iter()
                        .map(|(name, value)| (self.masked(&name).into_owned(), value))
                        .collect();
                }
                for (name, value) in all {
                    if name == "env" {
                        hide_texts(value);
                    } else if value.is_string() && (says_secret(name) || self.is_listed(name)) {
                        *value = MASK.into();
                    } else {
                        self.mask_json(value);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Takes every text out.
fn hide_texts(value: &mut Value) {
    match value {
        Value::String(text) => MASK.clone_into(text),
        Value::Number(_) => *value = MASK.into(),
        Value::Array(all) => all.iter_mut().for_each(hide_texts),
        Value::Object(all) => all.values_mut().for_each(hide_texts),
        _ => {}
    }
}

/// The text with `%41` read as `A`; as it is where that is no text.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut read = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = (byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let read_as = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        read.push(read_as.unwrap_or(byte));
        at += if read_as.is_some() { 3 } else { 1 };
    }
    String::from_utf8(read).unwrap_or_else(|_| text.to_owned())
}

/// The text as a query has it.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Secrets::new().masked(text), expected);
        assert_eq!(Secrets::new().masked(expected), expected, "once more");
    }

    #[test]
    fn places_give_secrets_away() {
        check("GET http://me:s3cret@host/x?y#z", "GET http://****:****@host/x?y#z");
        check("`postgres://ci:p/w@db/x` is wrong", "`postgres://****:****@db/x` is wrong");
        check("http://token@host/", "http://****:****@host/");
        check("http://host:80/a@b http://host/a@b", "http://host:80/a@b http://host/a@b");
        check("/x?a=1&token=abc&b=2 more", "/x?a=1&token=****&b=2 more");
        check("/x?api_key=abc;sig=d#access_token=e", "/x?api_key=****;sig=****#access_token=****");
        check("authorization: Bearer abcdefghijklmnop.q", "authorization: Bearer ****");
        check("unexpected token=x", "unexpected token=x");
        check("a bearer of bad news", "a bearer of bad news");
        check("/x?token=&a=", "/x?token=&a=");
    }

    #[test]
    fn the_user_of_a_database_is_no_secret_and_its_password_is() {
        let mut secrets = Secrets::new();
        secrets.learn_url("postgres://postgres@/shop?host=/var/run/postgresql");
        secrets.learn_url("postgresql://deployer@db.test/shop");
        let text = "written to `/home/deployer/a.portrait`, of /var/run/postgresql";
        assert_eq!(secrets.masked(text), text);
        secrets.learn_url("postgres://postgres:correct-horse@/shop?host=/var/run/postgresql");
        assert_eq!(secrets.masked("postgres said correct-horse"), "postgres said ****");
    }

    #[test]
    fn variables_and_lists_give_values_away() {
        let mut secrets = Secrets::new();
        secrets.learn_variable("SHOP_PASSWORD", "correct horse");
        secrets.learn_variable("BASE_URL", "https://me:hun%2Fter@shop.test?api_key=k1234567");
        secrets.learn_variable("DISABLE_AUTH", "enabled");
        secrets.learn_variable("PWD", "/home/me/shop");
        secrets.learn_variable("PIN", "4711");
        secrets.learn_listed(&["PIN".to_owned(), "X-Shop".to_owned(), "a very secret text".to_owned()]);
        for (text, expected) in [
            ("it is correct horse!", "it is ****!"),
            ("it is correct%20horse!", "it is ****!"),
            ("hun/ter and hun%2Fter, not hunter", "**** and ****, not hunter"),
            ("xk1234567y", "x****y"),
            ("4711 is not 14711", "**** is not 14711"),
            ("/?x-shop=1 of a very secret text", "/?x-shop=**** of ****"),
            ("auth is enabled", "auth is enabled"),
            ("/home/me/shop/a.run", "/home/me/shop/a.run"),
        ] {
            assert_eq!(secrets.masked(text), expected);
        }
        assert_eq!(secrets.masked_header("x-shop", "1"), "****");
        assert_eq!(secrets.masked_header("Cookie", "a=b"), "****");
        assert_eq!(secrets.masked_header("accept", "text/html"), "text/html");
    }

    #[test]
    fn json_keeps_its_shape() {
        let mut options = json!({
            "scenarios": { "a": { "env": { "A": "1", "B": 2 }, "vus": 3 } },
            "token": "abc", "hosts": { "x": "http://u:p@h" }, "thresholds": { "http_reqs{url:/?token=abc}": ["count>1"] },
        });
        Secrets::new().mask_json(&mut options);
        assert_eq!(
            options,
            json!({
                "scenarios": { "a": { "env": { "A": "****", "B": "****" }, "vus": 3 } },
                "token": "****", "hosts": { "x": "http://****:****@h" },
                "thresholds": { "http_reqs{url:/?token=****}": ["count>1"] },
            })
        );
    }

    proptest! {
        #[test]
        fn a_known_value_is_nowhere(value in "[a-zA-Z0-9+/=%]{8,30}", before in "\\PC{0,20}", behind in "\\PC{0,20}") {
            let mut secrets = Secrets::new();
            secrets.learn_variable("A_TOKEN", &value);
            prop_assume!(!before.contains(&value) && !behind.contains(&value));
            let text = format!("{before}{value}{behind} ?q={}", encoded(&value));
            let safe = secrets.masked(&text).into_owned();
            prop_assert!(!safe.contains(&value) && !safe.contains(&encoded(&value)), "{safe}");
        }

        #[test]
        fn any_text_is_masked_without_harm(text in "(://|@|\\?|token=|&|日|\\PC){0,60}") {
            let safe = Secrets::new().masked(&text).into_owned();
            prop_assert!(safe.len() <= text.len() + 10 * text.matches("://").count() + 4 * text.len());
        }
    }
}
