//! The cookies of one virtual user.
//!
//! No public suffix list is consulted, as in k6: a test talks to its own domains.

use std::cell::RefCell;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use url::Url;

use crate::cookie::SetCookie;

/// Cookies by where they are sent (RFC 6265 section 5.3 and 5.4).
#[derive(Debug, Default)]
pub struct CookieJar {
    cookies: RefCell<Vec<Stored>>,
}

#[derive(Clone, Debug)]
struct Stored {
    name: String,
    value: String,
    domain: String,
    host_only: bool,
    path: String,
    expires: Option<SystemTime>,
    secure: bool,
}

impl CookieJar {
    /// An empty jar.
    pub fn new() -> CookieJar {
        CookieJar::default()
    }

    /// Keeps a cookie that `url` set. False when it must be refused: its domain is not the host's or above it.
    /// One that has ended already removes the kept one of the same name, domain and path.
    pub fn set(&self, url: &Url, cookie: SetCookie) -> bool {
        self.set_at(url, cookie, SystemTime::now())
    }

    /// Keeps every cookie among these `Set-Cookie` values.
    pub(crate) fn store<'a>(&self, url: &Url, headers: impl Iterator<Item = &'a [u8]>) {
        for cookie in headers.filter_map(SetCookie::parse) {
            self.set(url, cookie);
        }
    }

    /// The cookies to send to `url`, those with longer paths first, as name and value.
    pub fn cookies_for(&self, url: &Url) -> Vec<(String, String)> {
        self.cookies_at(url, SystemTime::now())
    }

    /// Removes the cookies of this name that would be sent to `url`.
    pub fn delete(&self, url: &Url, name: &str) {
        let target = Target::new(url);
        self.cookies.borrow_mut().retain(|cookie| cookie.name != name || !target.takes(cookie));
    }

    /// Removes all cookies that would be sent to `url`.
    pub fn clear(&self, url: &Url) {
        let target = Target::new(url);
        self.cookies.borrow_mut().retain(|cookie| !target.takes(cookie));
    }

    /// Removes everything: a new visitor.
    pub fn reset(&self) {
        self.cookies.borrow_mut().clear();
    }

    /// Whether no cookie is kept.
    pub fn is_empty(&self) -> bool {
        self.cookies.borrow().is_empty()
    }

    fn set_at(&self, url: &Url, cookie: SetCookie, now: SystemTime) -> bool {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let (domain, host_only) = match cookie.domain {
            None => (host, true),
            Some(domain) if domain == host => (host.clone(), is_address(&host)),
            // A bare top-level name such as `com` would reach every site below it.
            Some(domain) if domain.contains('.') && !is_address(&host) && is_below(&host, &domain) => {
                (domain, false)
            }
            Some(_) => return false,
        };
        let expires = match cookie.max_age {
            Some(seconds) if seconds <= 0 => Some(SystemTime::UNIX_EPOCH),
            Some(seconds) => now.checked_add(Duration::from_secs(seconds.unsigned_abs())),
            None => cookie.expires,
        };
        let path = cookie.path.unwrap_or_else(|| default_path(url));
        let mut cookies = self.cookies.borrow_mut();
        let same = |old: &Stored| old.name == cookie.name && old.domain == domain && old.path == path;
        let place = cookies.iter().position(same);
        if expires.is_some_and(|expires| expires <= now) {
            if let Some(place) = place {
                cookies.remove(place);
            }
            return true;
        }
        let stored = Stored {
            name: cookie.name,
            value: cookie.value,
            domain,
            host_only,
            path,
            expires,
            secure: cookie.secure,
        };
        match place {
            // In place: the order of creation is the order of sending.
            Some(place) => cookies[place] = stored,
            None => cookies.push(stored),
        }
        true
    }

    fn cookies_at(&self, url: &Url, now: SystemTime) -> Vec<(String, String)> {
        let cookies = self.cookies.borrow();
        if cookies.is_empty() {
            return Vec::new();
        }
        let target = Target::new(url);
        let alive = |cookie: &&Stored| cookie.expires.is_none_or(|expires| expires > now);
        let mut chosen: Vec<&Stored> =
            cookies.iter().filter(|cookie| target.takes(cookie)).filter(alive).collect();
        chosen.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        chosen.into_iter().map(|cookie| (cookie.name.clone(), cookie.value.clone())).collect()
    }
}

/// Where a request goes, as far as cookies care.
struct Target<'a> {
    host: &'a str,
    path: &'a str,
    secure: bool,
}

impl<'a> Target<'a> {
    fn new(url: &'a Url) -> Target<'a> {
        Target { host: url.host_str().unwrap_or_default(), path: url.path(), secure: url.scheme() == "https" }
    }

    fn takes(&self, cookie: &Stored) -> bool {
        let domain = if cookie.host_only {
            self.host.eq_ignore_ascii_case(&cookie.domain)
        } else {
            is_below(self.host, &cookie.domain)
        };
        domain && path_matches(self.path, &cookie.path) && (self.secure || !cookie.secure)
    }
}

fn is_address(host: &str) -> bool {
    host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

/// RFC 6265 section 5.1.3.
fn is_below(host: &str, domain: &str) -> bool {
    if host.eq_ignore_ascii_case(domain) {
        return true;
    }
    let Some(cut) = host.len().checked_sub(domain.len() + 1) else { return false };
    host.as_bytes()[cut] == b'.' && host.as_bytes()[cut + 1..].eq_ignore_ascii_case(domain.as_bytes())
}

/// RFC 6265 section 5.1.4.
fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie_path.ends_with('/'))
}

fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => url.path()[..end].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn jar(cookies: &[(&str, &str)]) -> CookieJar {
        let jar = CookieJar::new();
        for (from, header) in cookies {
            jar.set(&url(from), SetCookie::parse(header.as_bytes()).unwrap());
        }
        jar
    }

    fn sent(jar: &CookieJar, to: &str) -> String {
        let cookies = jar.cookies_for(&url(to));
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn check(set: &[(&str, &str)], to: &str, expected: &str) {
        assert_eq!(sent(&jar(set), to), expected, "{set:?} to {to}");
    }

    #[test]
    fn domains_decide() {
        check(&[("http://a.test/", "x=1")], "http://a.test/", "x=1");
        check(&[("http://a.test/", "x=1")], "http://b.a.test/", "");
        check(&[("http://b.a.test/", "x=1; domain=a.test")], "http://c.a.test/", "x=1");
        check(&[("http://a.test/", "x=1; domain=a.test")], "http://b.a.test:81/", "x=1");
        check(&[("http://a.test/", "x=1; domain=b.a.test")], "http://b.a.test/", "");
        check(&[("http://a.test/", "x=1; domain=test")], "http://a.test/", "");
        check(&[("http://bada.test/", "x=1; domain=a.test")], "http://a.test/", "");
        check(&[("http://127.0.0.1/", "x=1; domain=127.0.0.1")], "http://127.0.0.1/", "x=1");
        check(&[("http://127.0.0.1/", "x=1; domain=0.0.1")], "http://127.0.0.1/", "");
        check(&[("http://localhost/", "x=1; domain=localhost")], "http://localhost/", "x=1");
    }

    #[test]
    fn paths_and_schemes_decide() {
        check(&[("http://a.test/shop/cart", "x=1")], "http://a.test/shop/pay", "x=1");
        check(&[("http://a.test/shop/cart", "x=1")], "http://a.test/shopping", "");
        check(&[("http://a.test/", "x=1; path=/a/")], "http://a.test/a/b", "x=1");
        check(&[("http://a.test/", "x=1; path=/a/")], "http://a.test/a", "");
        check(&[("https://a.test/", "x=1; secure")], "http://a.test/", "");
        check(&[("https://a.test/", "x=1; secure")], "https://a.test/", "x=1");
        let set = [("http://a.test/", "x=1"), ("http://a.test/", "y=2; path=/a"), ("http://a.test/", "z=3")];
        check(&set, "http://a.test/a", "y=2; x=1; z=3");
    }

    #[test]
    fn ended_cookies_go_and_new_ones_replace() {
        let from = "http://a.test/";
        check(&[(from, "x=1; max-age=60"), (from, "x=2; max-age=0")], from, "");
        check(&[(from, "x=1"), (from, "x=2; expires=Thu, 01 Jan 1970 00:00:00 GMT")], from, "");
        check(&[(from, "x=1"), (from, "y=2"), (from, "x=3")], from, "x=3; y=2");
        let jar = jar(&[(from, "x=1; max-age=60")]);
        let later = SystemTime::now() + Duration::from_secs(61);
        assert!(jar.cookies_at(&url(from), later).is_empty());
    }

    #[test]
    fn cookies_are_removed_by_name_by_url_or_all() {
        let all = [("http://a.test/", "x=1"), ("http://a.test/", "y=1"), ("http://b.test/", "z=1")];
        let jar = jar(&all);
        jar.delete(&url("http://a.test/"), "x");
        assert_eq!(sent(&jar, "http://a.test/"), "y=1");
        jar.clear(&url("http://a.test/"));
        assert_eq!(sent(&jar, "http://a.test/"), "");
        assert_eq!(sent(&jar, "http://b.test/"), "z=1");
        jar.reset();
        assert!(jar.is_empty());
    }
}
