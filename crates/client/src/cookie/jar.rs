//! The cookies of one virtual user.
//!
//! No public suffix list is consulted, as in k6: a test talks to its own domains.

use std::cell::RefCell;
use std::cmp::{Ordering, Reverse};
use std::time::{Duration, SystemTime};

use url::Url;

use crate::cookie::scope::{Scope, Target};
use crate::cookie::{SetCookie, check_cookie};

/// With fewer cookies than this each is looked at: most jars hold two or three.
const FEW: usize = 16;
/// How many cookies there are before those that have ended are looked for and forgotten.
const FIRST_CLEANING: usize = 64;

/// Cookies by where they are sent (RFC 6265 section 5.3 and 5.4).
#[derive(Debug, Default)]
pub struct CookieJar {
    cookies: RefCell<Cookies>,
}

/// Sorted by domain, path and name, so that what goes to a URL is found without looking at the rest.
#[derive(Debug, Default)]
struct Cookies {
    sorted: Vec<Stored>,
    created: u64,
    /// At so many cookies those that have ended are forgotten.
    cleaning: usize,
}

#[derive(Clone, Debug)]
struct Stored {
    name: String,
    value: String,
    quoted: bool,
    scope: Scope,
    expires: Option<SystemTime>,
    /// The order of creation is the order of sending.
    created: u64,
}

/// A cookie to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) quoted: bool,
}

impl CookieJar {
    /// An empty jar.
    pub fn new() -> CookieJar {
        CookieJar::default()
    }

    /// Keeps a cookie that `url` set. False when it must be refused: its domain is not the host's or above it, or it
    /// has bytes that [`check_cookie`] names. One that has ended already removes the kept one of the same name, domain
    /// and path.
    pub fn set(&self, url: &Url, cookie: SetCookie) -> bool {
        self.set_at(url, cookie, SystemTime::now())
    }

    /// Keeps every cookie among these `Set-Cookie` values.
    pub(crate) fn store<'a>(&self, url: &Url, headers: impl Iterator<Item = &'a [u8]>) {
        for cookie in headers.filter_map(SetCookie::parse) {
            self.set(url, cookie);
        }
    }

    /// The cookies to send to `url`, those with longer paths first, as name and value without quotes.
    pub fn cookies_for(&self, url: &Url) -> Vec<(String, String)> {
        self.sent_to(url).into_iter().map(|cookie| (cookie.name, cookie.value)).collect()
    }

    /// The cookies to send to `url`, those with longer paths first.
    pub(crate) fn sent_to(&self, url: &Url) -> Vec<Sent> {
        self.sent_at(url, SystemTime::now())
    }

    /// Removes the cookies of this name that would be sent to `url`.
    pub fn delete(&self, url: &Url, name: &str) {
        let target = Target::new(url);
        self.cookies.borrow_mut().sorted.retain(|cookie| cookie.name != name || !cookie.goes_to(&target));
    }

    /// Removes all cookies that would be sent to `url`.
    pub fn clear(&self, url: &Url) {
        let target = Target::new(url);
        self.cookies.borrow_mut().sorted.retain(|cookie| !cookie.goes_to(&target));
    }

    /// Removes everything: a new visitor.
    pub fn reset(&self) {
        self.cookies.borrow_mut().sorted.clear();
    }

    /// Whether no cookie is kept.
    pub fn is_empty(&self) -> bool {
        self.cookies.borrow().sorted.is_empty()
    }

    fn set_at(&self, url: &Url, cookie: SetCookie, now: SystemTime) -> bool {
        if check_cookie(&cookie.name, &cookie.value).is_err() {
            return false;
        }
        let Some(scope) = Scope::of(url, &cookie) else { return false };
        let expires = match cookie.max_age {
            Some(seconds) if seconds <= 0 => Some(SystemTime::UNIX_EPOCH),
            Some(seconds) => now.checked_add(Duration::from_secs(seconds.unsigned_abs())),
            None => cookie.expires,
        };
        let mut cookies = self.cookies.borrow_mut();
        let place =
            cookies.sorted.binary_search_by(|old| old.order(&scope.domain, &scope.path, Some(&cookie.name)));
        if expires.is_some_and(|expires| expires <= now) {
            if let Ok(place) = place {
                cookies.sorted.remove(place);
            }
            return true;
        }
        let mut stored = Stored {
            name: cookie.name,
            value: cookie.value,
            quoted: cookie.quoted,
            scope,
            expires,
            created: cookies.created,
        };
        match place {
            Ok(place) => {
                stored.created = cookies.sorted[place].created;
                cookies.sorted[place] = stored;
            }
            Err(place) => {
                cookies.created += 1;
                cookies.sorted.insert(place, stored);
                cookies.clean(now);
            }
        }
        true
    }

    fn sent_at(&self, url: &Url, now: SystemTime) -> Vec<Sent> {
        let cookies = self.cookies.borrow();
        let target = Target::new(url);
        let mut chosen = cookies.taken_by(&target);
        chosen.retain(|cookie| cookie.expires.is_none_or(|expires| expires > now));
        chosen.sort_by_key(|cookie| (Reverse(cookie.scope.path.len()), cookie.created));
        let sent = |cookie: &Stored| Sent {
            name: cookie.name.clone(),
            value: cookie.value.clone(),
            quoted: cookie.quoted,
        };
        chosen.into_iter().map(sent).collect()
    }
}

impl Cookies {
    /// The cookies that go to `target`, in any order.
    fn taken_by(&self, target: &Target<'_>) -> Vec<&Stored> {
        let taken = |cookie: &&Stored| cookie.goes_to(target);
        let places = || target.domains().flat_map(|domain| target.paths().map(move |path| (domain, path)));
        // An address with a great many parts is no way to look up a few cookies.
        if self.sorted.len() <= FEW || places().nth(self.sorted.len()).is_some() {
            return self.sorted.iter().filter(taken).collect();
        }
        let mut chosen = Vec::new();
        for (domain, path) in places() {
            let start = self.sorted.partition_point(|cookie| cookie.order(domain, path, None).is_lt());
            let same =
                self.sorted[start..].iter().take_while(|cookie| cookie.order(domain, path, None).is_eq());
            chosen.extend(same.filter(taken));
        }
        chosen
    }

    /// Forgets what has ended, now and then: a server may set a cookie of another name with each answer.
    fn clean(&mut self, now: SystemTime) {
        if self.sorted.len() >= self.cleaning.max(FIRST_CLEANING) {
            self.sorted.retain(|cookie| cookie.expires.is_none_or(|expires| expires > now));
            self.cleaning = self.sorted.len() * 2;
        }
    }
}

impl Stored {
    fn goes_to(&self, target: &Target<'_>) -> bool {
        #[cfg(test)]
        tests::looked_at();
        target.takes(&self.scope)
    }

    /// Where it stands before or behind a domain, a path and, if it matters, a name.
    fn order(&self, domain: &str, path: &str, name: Option<&str>) -> Ordering {
        #[cfg(test)]
        tests::looked_at();
        let names = || name.map_or(Ordering::Equal, |name| self.name.as_str().cmp(name));
        self.scope
            .domain
            .as_str()
            .cmp(domain)
            .then_with(|| self.scope.path.as_str().cmp(path))
            .then_with(names)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    thread_local! {
        static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
    }

    /// A cookie was compared with something.
    pub(super) fn looked_at() {
        LOOKED_AT.set(LOOKED_AT.get() + 1);
    }

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
        let cookies = jar.sent_to(&url(to));
        cookies
            .iter()
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect::<Vec<_>>()
            .join("; ")
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
        for here in ["http://127.0.0.1:8080/", "http://localhost/", "http://shop.localhost/", "http://[::1]/"]
        {
            check(&[(here, "x=1; secure")], here, "x=1");
        }
        check(&[("http://10.0.0.1/", "x=1; secure")], "http://10.0.0.1/", "");
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
        assert!(jar.sent_at(&url(from), later).is_empty());
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

    #[test]
    fn what_no_cookie_may_have_is_refused() {
        let jar = CookieJar::new();
        assert!(!jar.set(&url("http://a.test/"), SetCookie::new("x", "1\r\nX: y")));
        assert!(jar.is_empty());
    }

    /// Cookies of other hosts and other paths, and two that go to `http://www.shop.test/a/b`.
    fn crowd(size: usize) -> CookieJar {
        let jar = jar(&[
            ("http://www.shop.test/", "x=1"),
            ("http://www.shop.test/", "y=2; path=/a/; domain=shop.test"),
        ]);
        for number in 0..size / 2 {
            jar.set(&url(&format!("http://n{number}.test/")), SetCookie::new("x", "other host"));
            let mut cookie = SetCookie::new("x", "other path");
            cookie.path = Some(format!("/n{number}/"));
            jar.set(&url("http://www.shop.test/"), cookie);
        }
        jar
    }

    #[test]
    fn thousands_of_cookies_do_not_slow_a_jar() {
        let cost = |size| {
            let jar = crowd(size);
            LOOKED_AT.set(0);
            assert_eq!(sent(&jar, "http://www.shop.test/a/b"), "y=2; x=1");
            let read = LOOKED_AT.take();
            jar.set(&url("http://www.shop.test/"), SetCookie::new("z", "3"));
            (read, LOOKED_AT.take())
        };
        let (few, many) = (cost(30), cost(3000));
        assert!(many.0 <= few.0 * 4 && many.1 <= few.1 * 4, "{few:?} {many:?}");
    }

    #[test]
    fn cookies_that_have_ended_do_not_pile_up() {
        let jar = CookieJar::new();
        let start = SystemTime::now();
        for number in 0..10_000 {
            let mut cookie = SetCookie::new(format!("n{number}"), "1");
            cookie.max_age = Some(1);
            jar.set_at(&url("http://a.test/"), cookie, start + Duration::from_secs(number));
        }
        assert!(jar.cookies.borrow().sorted.len() <= 2 * FIRST_CLEANING);
    }

    /// Hosts and paths that have something to do with each other.
    fn place() -> impl Strategy<Value = String> {
        let host = prop::sample::select(
            &["a.test", "b.a.test", "c.b.a.test", "ba.test", "127.0.0.1", "localhost", "test"][..],
        );
        let path = prop::sample::select(&["/", "/a", "/a/", "/a/b", "/a/b/", "/a//b", "//", "/ab"][..]);
        (prop::bool::ANY, host, path)
            .prop_map(|(secure, host, path)| format!("http{}://{host}{path}", if secure { "s" } else { "" }))
    }

    proptest! {
        #[test]
        fn the_index_finds_what_looking_at_each_finds(
            set in prop::collection::vec((place(), 0..4_u8, prop::option::of(prop::sample::select(&["a.test", "b.a.test", "test"][..])), prop::option::of(prop::sample::select(&["/", "/a", "/a/", "/a/b"][..])), prop::bool::ANY), 0..60),
            to in place(),
        ) {
            let jar = CookieJar::new();
            for (number, (from, name, domain, path, secure)) in set.into_iter().enumerate() {
                let mut cookie = SetCookie::new(format!("n{name}"), number.to_string());
                cookie.domain = domain.map(str::to_owned);
                cookie.path = path.map(str::to_owned);
                cookie.secure = secure;
                jar.set(&url(&from), cookie);
            }
            let to = url(&to);
            let target = Target::new(&to);
            let mut cookies = jar.cookies.borrow_mut();
            let mut expected: Vec<u64> =
                cookies.sorted.iter().filter(|cookie| cookie.goes_to(&target)).map(|cookie| cookie.created).collect();
            // Enough of them that the index is asked.
            for number in 0..40_u64 {
                let domain = format!("z{number:02}.zzz");
                let scope = Scope { domain, host_only: true, path: "/".to_owned(), secure: false };
                cookies.sorted.push(Stored {
                    name: "z".to_owned(), value: String::new(), quoted: false, scope, expires: None, created: 1000 + number,
                });
            }
            cookies.sorted.sort_by(|a, b| a.order(&b.scope.domain, &b.scope.path, Some(&b.name)));
            let mut found: Vec<u64> = cookies.taken_by(&target).iter().map(|cookie| cookie.created).collect();
            expected.sort_unstable();
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
