//! What a request is counted under.
//!
//! Labels must be few, so they are names of routes and never paths: a path has an identifier in it, and every value of a label is a
//! time series that is kept for ever. A [`Naming`] says the name; what it does not know is `(unmatched)`.

use http::{Extensions, HeaderMap, Method, Request, Uri};

/// What is known of a request before its handler runs.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The target.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// What services above have left.
    pub extensions: &'a Extensions,
}

/// The name of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name<'a> {
    /// No route matched; counted under `(unmatched)`.
    Unmatched,
    /// The route's pattern, like `/users/{id}`: both `http.route` and the story's `endpoint`.
    Route(&'a str),
    /// The story's `endpoint` has another name than the route.
    Endpoint {
        /// `http.route`.
        route: &'a str,
        /// The story's `endpoint`.
        endpoint: &'a str,
    },
    /// One request that calls several endpoints. It is one request of its route, and one call of each endpoint: with the whole
    /// request's status and duration, unless the answer has [`crate::Calls`] or [`crate::StreamedCalls`] in its extensions.
    Batch {
        /// `http.route`.
        route: &'a str,
        /// The story's `endpoint`, once for each call.
        endpoints: Vec<&'a str>,
    },
}

/// Gives requests their names.
pub trait Naming: Send + Sync + 'static {
    /// The name of a request. What is returned becomes labels: it must come from a small set.
    fn name<'a>(&'a self, request: &RequestHead<'a>) -> Name<'a>;

    /// Whether it is a load test's, which then has the label `load_test`.
    fn load_test(&self, request: &RequestHead<'_>) -> LoadTest {
        let _ = request;
        LoadTest::No
    }
}

/// Whether a request is a load test's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadTest {
    /// It does not say so; without the label.
    #[default]
    No,
    /// It says so, as anybody can: `load_test="claimed"`. Nothing should depend on it.
    Claimed,
    /// It says so and has shown that the operator sent it: `load_test="proven"`.
    Proven,
}

impl LoadTest {
    /// The value of the label.
    pub(crate) fn label(self) -> Option<&'static str> {
        match self {
            LoadTest::No => None,
            LoadTest::Claimed => Some("claimed"),
            LoadTest::Proven => Some("proven"),
        }
    }
}

impl<F> Naming for F
where
    F: for<'a> Fn(&RequestHead<'a>) -> Name<'a> + Send + Sync + 'static,
{
    fn name<'a>(&'a self, request: &RequestHead<'a>) -> Name<'a> {
        self(request)
    }
}

/// The route that axum matched. The layer must be added by `Router::layer`, below which the router has left it.
#[cfg(feature = "axum")]
#[derive(Clone, Copy, Debug, Default)]
pub struct MatchedPaths;

#[cfg(feature = "axum")]
impl Naming for MatchedPaths {
    fn name<'a>(&'a self, request: &RequestHead<'a>) -> Name<'a> {
        match request.extensions.get::<axum::extract::MatchedPath>() {
            Some(path) => Name::Route(path.as_str()),
            None => Name::Unmatched,
        }
    }
}

impl<'a> RequestHead<'a> {
    /// The head of a request.
    pub fn of<B>(request: &'a Request<B>) -> RequestHead<'a> {
        RequestHead {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }
}
