//! Reading `Set-Cookie` (RFC 6265 section 5.2, with the `SameSite` attribute of RFC 6265bis).

use std::time::SystemTime;

use crate::cookie::date;

/// A cookie as a server sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    /// Its name; not empty.
    pub name: String,
    /// Its value, without quotes around it.
    pub value: String,
    /// Whether the server put quotes around the value: they are sent back.
    pub quoted: bool,
    /// The domain it is for, in lower case and without a leading dot; `None` is the host that set it, alone.
    pub domain: Option<String>,
    /// The path it is for; `None` is that of the page that set it.
    pub path: Option<String>,
    /// When it ends, as a date.
    pub expires: Option<SystemTime>,
    /// When it ends, in seconds from now; zero or less deletes it. Goes before `expires`.
    pub max_age: Option<i64>,
    /// Only over https.
    pub secure: bool,
    /// Not for scripts in a browser.
    pub http_only: bool,
    /// Whether other sites' requests carry it; a load test has no other sites.
    pub same_site: Option<SameSite>,
}

/// The `SameSite` attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// `Strict`.
    Strict,
    /// `Lax`.
    Lax,
    /// `None`.
    None,
}

/// Why a cookie cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CookieError {
    /// It has no name.
    #[error("a cookie has no name")]
    NoName,
    /// A byte of its name.
    #[error("cookie `{}` has the byte `{}` in its name, which the name of a cookie may not contain", .name.escape_debug(), .byte.escape_ascii())]
    Name {
        /// The cookie's name.
        name: String,
        /// The byte.
        byte: u8,
    },
    /// A byte of its value.
    #[error("cookie `{}` has the byte `{}` in its value, which the value of a cookie may not contain: encode the value, as with `encodeURIComponent`", .name.escape_debug(), .byte.escape_ascii())]
    Value {
        /// The cookie's name.
        name: String,
        /// The byte.
        byte: u8,
    },
}

/// Whether a cookie can be sent: what would end the header's line, or the cookie, would let data write headers and
/// cookies of its own. Anything else is sent as it is, as browsers do.
///
/// # Errors
/// See [`CookieError`].
pub fn check_cookie(name: &str, value: &str) -> Result<(), CookieError> {
    let bad = |text: &str, more: &[u8]| {
        text.bytes().find(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f || more.contains(byte))
    };
    if name.is_empty() {
        return Err(CookieError::NoName);
    }
    if let Some(byte) = bad(name, b"=;") {
        return Err(CookieError::Name { name: name.to_owned(), byte });
    }
    if let Some(byte) = bad(value, b";") {
        return Err(CookieError::Value { name: name.to_owned(), byte });
    }
    Ok(())
}

impl SetCookie {
    /// A cookie for the host and path that it is set from.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> SetCookie {
        SetCookie {
            name: name.into(),
            value: value.into(),
            quoted: false,
            domain: None,
            path: None,
            expires: None,
            max_age: None,
            secure: false,
            http_only: false,
            same_site: None,
        }
    }

    /// Reads a header's value; `None` when it is no cookie. Bytes that are not UTF-8 become U+FFFD.
    pub fn parse(header: &[u8]) -> Option<SetCookie> {
        let text = String::from_utf8_lossy(header);
        let mut parts = text.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || name.contains(char::is_control) || value.contains(char::is_control) {
            return None;
        }
        let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let mut cookie = SetCookie::new(name, unquoted.unwrap_or(value));
        cookie.quoted = unquoted.is_some();
        for attribute in parts {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            cookie.set_attribute(key.trim(), value.trim());
        }
        Some(cookie)
    }

    /// Later attributes win over earlier ones; unknown and unreadable ones are passed over.
    fn set_attribute(&mut self, key: &str, value: &str) {
        match key.to_ascii_lowercase().as_str() {
            "domain" => {
                let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
                self.domain = (!domain.is_empty()).then_some(domain);
            }
            "path" => self.path = value.starts_with('/').then(|| value.to_owned()),
            "expires" => self.expires = date::parse(value).or(self.expires),
            "max-age" => {
                let digits = value.strip_prefix('-').unwrap_or(value);
                if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    let out_of_range = if value.starts_with('-') { i64::MIN } else { i64::MAX };
                    self.max_age = Some(value.parse().unwrap_or(out_of_range));
                }
            }
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            "samesite" => {
                self.same_site = match value.to_ascii_lowercase().as_str() {
                    "strict" => Some(SameSite::Strict),
                    "lax" => Some(SameSite::Lax),
                    "none" => Some(SameSite::None),
                    _ => None,
                };
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_attribute() {
        let text =
            b"id=\"a=b\"; Path=/x; Domain=.Example.COM; Max-Age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT; \
                     Secure; HttpOnly; SameSite=lax; Priority=High";
        let cookie = SetCookie::parse(text).unwrap();
        let expected = SetCookie {
            domain: Some("example.com".to_owned()),
            path: Some("/x".to_owned()),
            expires: Some(SystemTime::UNIX_EPOCH),
            max_age: Some(60),
            secure: true,
            http_only: true,
            same_site: Some(SameSite::Lax),
            quoted: true,
            ..SetCookie::new("id", "a=b")
        };
        assert_eq!(cookie, expected);
    }

    #[test]
    fn bytes_that_no_cookie_may_have_are_named() {
        for value in ["", "a b", "\"q\"", "ü", "{\"a\":[1,2]}", "a=b\t"] {
            assert_eq!(check_cookie("sid", value), Ok(()), "{value}");
        }
        let check = |name: &str, value: &str, words: &str| {
            let error = check_cookie(name, value).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        check("sid", "a\r\nX: y", "cookie `sid` has the byte `\\r` in its value");
        check("sid", "a;b=c", "cookie `sid` has the byte `;` in its value");
        check("sid", "\0", "`\\x00`");
        check("s\nd", "a", "cookie `s\\nd` has the byte `\\n` in its name");
        check("a=b", "c", "`=` in its name");
        check("", "c", "no name");
    }

    #[test]
    fn quotes_are_remembered() {
        let check = |header: &[u8], value: &str, quoted: bool| {
            let cookie = SetCookie::parse(header).unwrap();
            assert_eq!((cookie.value.as_str(), cookie.quoted), (value, quoted));
        };
        check(b"a=\"b c\"", "b c", true);
        check(b"a=\"\"", "", true);
        check(b"a=\"", "\"", false);
        check(b"a=b\"c\"", "b\"c\"", false);
    }

    #[test]
    fn passes_over_nonsense() {
        assert_eq!(SetCookie::parse(b""), None);
        assert_eq!(SetCookie::parse(b"=x"), None);
        assert_eq!(SetCookie::parse(b"novalue; Path=/"), None);
        assert_eq!(SetCookie::parse(b"a=b\x01"), None);
        let cookie = SetCookie::parse(b"a=; Path=relative; Max-Age=soon; Domain=; Expires=never;;").unwrap();
        assert_eq!(cookie, SetCookie::new("a", ""));
        assert_eq!(SetCookie::parse(b"a=b; Max-Age=-1").unwrap().max_age, Some(-1));
        assert_eq!(SetCookie::parse(b"a=b; Max-Age=99999999999999999999").unwrap().max_age, Some(i64::MAX));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_cookie_or_none(bytes: Vec<u8>, tail in "[ -~]{0,40}") {
            SetCookie::parse(&bytes);
            SetCookie::parse(format!("a=b; {tail}").as_bytes());
            SetCookie::parse(format!("a=b; expires={tail}").as_bytes());
        }
    }
}
