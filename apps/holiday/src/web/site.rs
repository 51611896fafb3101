//! This site's own address as its client knows it, for answers that must name it: next-auth's clients read absolute addresses alone.

use axum::extract::Request;

use super::own_site::authority;

/// Scheme, host and port, like `http://127.0.0.1:3000`; in the extensions of requests below `/api/auth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site(String);

impl Site {
    /// The site that a request asked; `proxied` when a proxy that is trusted sent it.
    pub(crate) fn of(request: &Request, secure: bool, proxied: bool) -> Site {
        let scheme = if secure { "https" } else { "http" };
        Site(format!("{scheme}://{}", authority(request, proxied).unwrap_or("localhost")))
    }

    /// A path's address.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Where a client wants to go on, if that is on this site; its start page otherwise.
    pub(crate) fn onward(&self, wanted: Option<&str>) -> String {
        match wanted {
            Some(path) if path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\") => {
                self.url(path)
            }
            Some(url) if self.is_own(url) => url.to_owned(),
            _ => self.url("/"),
        }
    }

    fn is_own(&self, url: &str) -> bool {
        url.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};

    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        let request = Request::post("/x").header("host", "a.example").body(Body::empty()).unwrap();
        let site = Site::of(&request, true, false);
        let start = "https://a.example/";
        for (wanted, expected) in [
            (None, start),
            (Some("/programs?x=1#y"), "https://a.example/programs?x=1#y"),
            (Some("https://a.example/programs"), "https://a.example/programs"),
            (Some("https://a.example"), "https://a.example"),
            (Some("//b.example/"), start),
            (Some("/\\b.example/"), start),
            (Some("https://a.example.b.example/"), start),
            (Some("https://a.example@b.example/"), start),
            (Some("http://a.example/"), start),
            (Some("javascript:alert(1)"), start),
        ] {
            assert_eq!(site.onward(wanted), expected, "{wanted:?}");
        }
    }
}
