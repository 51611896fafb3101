//! An answer that is coming, for those who ask for the same meanwhile.

use bytes::Bytes;
use http::Response;
use loadline_edge::{Asking, Cache, Share, Underway};

use crate::body::Body;
use crate::clock::now;
use crate::flow::Source;
use crate::outcome::Outcome;

/// An answer that is coming.
#[derive(Debug)]
pub(crate) struct Coming {
    pub(crate) underway: Underway,
    pub(crate) source: Source,
    /// How many bytes its body has, if that is known.
    pub(crate) length: Option<u64>,
}

impl Coming {
    /// What a request gets of it; none when it is not an answer to it, or it is too late to come along.
    pub(crate) fn shared(&self, cache: &Cache, asking: &Asking) -> Option<Response<Body>> {
        let Share { response, status, shown } = cache.share(now(), asking, &self.underway)?;
        let body = if shown.is_empty() {
            Body::whole(Bytes::new())
        } else {
            Body::flowing(self.source.outlet()?, self.length).behind(Bytes::new(), shown)
        };
        Some(response.map(|()| body.with_outcome(Outcome::of(&status))))
    }
}
