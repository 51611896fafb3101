//! Where a cookie is sent (RFC 6265 sections 5.1.3 and 5.1.4, and 5.3 for where one may be set).

use std::net::IpAddr;

use url::Url;

use crate::cookie::SetCookie;

/// Where a cookie goes.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) domain: String,
    /// Not to the domains below it.
    pub(super) host_only: bool,
    pub(super) path: String,
    /// Only with TLS.
    pub(super) secure: bool,
}

impl Scope {
    /// Where a cookie goes that an answer of `url` sets; `None` when it may not set that one.
    pub(super) fn of(url: &Url, cookie: &SetCookie) -> Option<Scope> {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let (domain, host_only) = match &cookie.domain {
            None => (host, true),
            Some(domain) if *domain == host => (domain.clone(), is_address(&host)),
            // A bare top-level name such as `com` would reach every site below it.
            Some(domain) if domain.contains('.') && !is_address(&host) && is_below(&host, domain) => {
                (domain.clone(), false)
            }
            Some(_) => return None,
        };
        let path = cookie.path.clone().unwrap_or_else(|| default_path(url));
        Some(Scope { domain, host_only, path, secure: cookie.secure })
    }
}

/// Where a request goes, as far as cookies care.
pub(super) struct Target<'a> {
    host: &'a str,
    path: &'a str,
    secure: bool,
}

impl<'a> Target<'a> {
    pub(super) fn new(url: &'a Url) -> Target<'a> {
        let host = url.host_str().unwrap_or_default();
        Target { host, path: url.path(), secure: url.scheme() == "https" || is_this_machine(host) }
    }

    /// The domains whose cookies it may take: its own, and those above.
    pub(super) fn domains(&self) -> impl Iterator<Item = &'a str> {
        let mut rest = Some(self.host);
        let is_address = is_address(self.host);
        std::iter::from_fn(move || {
            let domain = rest?;
            rest = domain.split_once('.').map(|(_, above)| above).filter(|_| !is_address);
            Some(domain)
        })
    }

    /// The paths whose cookies it may take: its own, and each that ends at or before a `/` of it.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> {
        let path = self.path;
        // Before a slash that follows another stands what ends with that other.
        let before = move |at: usize| (at > 0 && path.as_bytes()[at - 1] != b'/').then(|| &path[..at]);
        let slashes =
            path.match_indices('/').flat_map(move |(at, _)| before(at).into_iter().chain([&path[..=at]]));
        slashes.filter(move |part| part.len() < path.len()).chain([path])
    }

    /// Whether cookies that go there go with it.
    pub(super) fn takes(&self, scope: &Scope) -> bool {
        let domain = if scope.host_only {
            self.host.eq_ignore_ascii_case(&scope.domain)
        } else {
            is_below(self.host, &scope.domain)
        };
        domain && path_matches(self.path, &scope.path) && (self.secure || !scope.secure)
    }
}

/// What browsers call a trustworthy origin whatever its scheme: nobody listens on the way to it.
fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
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
