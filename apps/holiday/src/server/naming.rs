//! What requests are counted under: the route, and of tRPC the procedure.
//!
//! A batch is one request of its route and one call of each of its procedures. A name that is no procedure is what anybody can write,
//! so it is `(unmatched)`.

use std::borrow::Cow;

use axum::extract::MatchedPath;
use loadline_monitor::{LoadTest, Name, Naming, RequestHead};

use crate::{
    procedures::Procedure,
    web::{Traffic, claims},
};

/// Where the procedures are.
const PREFIX: &str = "/api/trpc/";
/// The route of requests that call several procedures.
const BATCH: &str = "/api/trpc/{procedures}";
/// Where users log in; the name is that of the project file.
const LOGIN: &str = "/api/auth/callback/credentials";
/// More names than a batch may have are not looked at.
const LARGEST_BATCH: usize = 10;

/// Names this service's requests.
#[derive(Clone)]
pub(super) struct Endpoints {
    /// What makes a request a load test's.
    pub(super) load_test_secret: Option<String>,
}

impl Naming for Endpoints {
    fn name<'a>(&'a self, request: &RequestHead<'a>) -> Name<'a> {
        let path = request.uri.path();
        if let Some(procedures) = path.strip_prefix(PREFIX) {
            let procedures = decoded(procedures);
            return match Procedure::find(&procedures) {
                Some(procedure) => Name::Endpoint { route: procedure.route(), endpoint: procedure.name() },
                None if procedures.contains(',') => batch(&procedures),
                None => Name::Unmatched,
            };
        }
        if path == LOGIN {
            return Name::Endpoint { route: LOGIN, endpoint: "auth.login" };
        }
        match request.extensions.get::<MatchedPath>() {
            Some(path) => Name::Route(path.as_str()),
            None => Name::Unmatched,
        }
    }

    fn load_test(&self, request: &RequestHead<'_>) -> LoadTest {
        match Traffic::of(request.headers, self.load_test_secret.as_deref()) {
            Traffic::LoadTest => LoadTest::Proven,
            Traffic::User if claims(request.headers) => LoadTest::Claimed,
            Traffic::User => LoadTest::No,
        }
    }
}

/// As the router reads it: `search%2EfindPrograms` is the same procedure.
fn decoded(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let digits =
            after.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn batch(procedures: &str) -> Name<'static> {
    let names = procedures.split(',').take(LARGEST_BATCH);
    Name::Batch { route: BATCH, endpoints: names.map(Procedure::label).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    #[test]
    fn procedures_by_name() {
        let naming = Endpoints { load_test_secret: None };
        let single = "/api/trpc/search.findPrograms";
        for (uri, expected) in [
            (single, Name::Endpoint { route: single, endpoint: "search.findPrograms" }),
            (
                "/api/trpc/search.findPrograms?input=%7B%7D",
                Name::Endpoint { route: single, endpoint: "search.findPrograms" },
            ),
            (
                "/api/trpc/search.findPrograms,nonsense,programs.getById?batch=1",
                Name::Batch {
                    route: BATCH,
                    endpoints: vec!["search.findPrograms", "(unmatched)", "programs.getById"],
                },
            ),
            (
                "/api/trpc/search%2EfindPrograms",
                Name::Endpoint { route: single, endpoint: "search.findPrograms" },
            ),
            (
                "/api/trpc/search%2efindPrograms%2Cprograms.getById?batch=1",
                Name::Batch { route: BATCH, endpoints: vec!["search.findPrograms", "programs.getById"] },
            ),
            ("/api/trpc/search%2", Name::Unmatched),
            (LOGIN, Name::Endpoint { route: LOGIN, endpoint: "auth.login" }),
            ("/api/trpc/search.findprograms", Name::Unmatched),
            ("/api/trpc/", Name::Unmatched),
            ("/wp-login.php", Name::Unmatched),
        ] {
            let request = Request::get(uri).body(()).unwrap();
            assert_eq!(naming.name(&RequestHead::of(&request)), expected, "{uri}");
        }
    }

    #[test]
    fn a_load_test_is_one_by_its_claim_or_by_the_secret() {
        for (claim, secret, expected) in [
            ("true", Some("s"), LoadTest::Proven),
            ("true", Some("other"), LoadTest::Claimed),
            ("true", None, LoadTest::Claimed),
            ("1", Some("s"), LoadTest::No),
        ] {
            let request = Request::get("/").header("x-load-test", claim);
            let request = request.header("x-load-test-secret", "s").body(()).unwrap();
            let naming = Endpoints { load_test_secret: secret.map(str::to_owned) };
            assert_eq!(naming.load_test(&RequestHead::of(&request)), expected, "{claim} {secret:?}");
        }
    }
}
