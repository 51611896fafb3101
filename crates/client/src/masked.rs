//! URLs without what nobody may see: the one place that takes credentials out of them.

use std::borrow::Cow;

use url::Url;

/// The URL with `****` for user name and password, as k6 masks them.
pub fn masked(url: &Url) -> Cow<'_, Url> {
    with_credentials(url, "****", Some("****"))
}

/// The URL without user name and password.
pub fn without_credentials(url: &Url) -> Cow<'_, Url> {
    with_credentials(url, "", None)
}

/// A text that is no URL, without what would be user name and password in one.
pub fn masked_text(text: &str) -> Cow<'_, str> {
    let start = text.find("//").map_or(0, |slashes| slashes + 2);
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |length| start + length);
    match text[start..end].rfind('@') {
        Some(at) => format!("{}****:****{}", &text[..start], &text[start + at..]).into(),
        None => text.into(),
    }
}

fn with_credentials<'a>(url: &'a Url, name: &str, password: Option<&str>) -> Cow<'a, Url> {
    if url.username().is_empty() && url.password().is_none() {
        return Cow::Borrowed(url);
    }
    let mut url = url.clone();
    // Both can only fail for URLs without a host, which have no credentials.
    let _ = (url.set_username(name), url.set_password(password));
    Cow::Owned(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_masked_or_taken_out() {
        for text in ["http://me:secret@host/x?y#z", "http://me@host/x?y#z", "http://:secret@host/x?y#z"] {
            let url: Url = text.parse().unwrap();
            assert_eq!(masked(&url).as_str(), "http://****:****@host/x?y#z");
            assert_eq!(without_credentials(&url).as_str(), "http://host/x?y#z");
        }
        let url: Url = "http://host/x".parse().unwrap();
        assert!(matches!(masked(&url), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_no_url_may_have_a_password_nevertheless() {
        assert_eq!(masked_text("htp://me:secret@host/x@y"), "htp://****:****@host/x@y");
        assert_eq!(masked_text("me:secret@ho st"), "****:****@ho st");
        assert_eq!(masked_text("undefined/a@b"), "undefined/a@b");
        assert_eq!(masked_text(""), "");
    }
}
