//! What is noted of a request when its answer is out, or its client has gone.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::header::{HOST, REFERER, USER_AGENT};
use http::{Request, StatusCode};
use loadline_serve::{Encrypted, Peer};
use tokio::time::Instant;

use crate::counters::Counters;
use crate::log::{End, Line, Pen};
use crate::outcome::Outcome;

/// What is noted of one request; noted when it is dropped.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) counters: Arc<Counters>,
    pub(crate) outcome: Outcome,
    pub(crate) sent: u64,
    /// Whether all of it has gone out.
    pub(crate) is_whole: bool,
    pub(crate) line: Option<Box<Written>>,
}

/// What is written down of it.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) pen: Pen,
    pub(crate) line: Line,
    pub(crate) status: u16,
    pub(crate) began: Instant,
}

impl Written {
    /// What a request says of itself.
    pub(crate) fn of<B>(request: &Request<B>, pen: Pen) -> Self {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        let headers = request.headers();
        let line = Line {
            client: peer.unwrap_or(IpAddr::from([0, 0, 0, 0])),
            method: request.method().clone(),
            target: request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned(),
            host: headers.get(HOST).cloned(),
            authority: request.uri().authority().cloned(),
            is_encrypted: request.extensions().get::<Encrypted>().is_some(),
            version: request.version(),
            referer: headers.get(REFERER).cloned(),
            user_agent: headers.get(USER_AGENT).cloned(),
            rule: String::new(),
        };
        Self { pen, line, status: 0, began: Instant::now() }
    }

    /// The same with its answer.
    pub(crate) fn answered(mut self, status: StatusCode, rule: &str) -> Self {
        self.status = status.as_u16();
        rule.clone_into(&mut self.line.rule);
        self
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.counters.bytes_sent.fetch_add(self.sent, Ordering::Relaxed);
        if let Some(written) = &self.line {
            written.pen.write(
                &written.line,
                End {
                    status: written.status,
                    outcome: self.outcome,
                    sent: self.sent,
                    took: written.began.elapsed(),
                    is_whole: self.is_whole,
                },
            );
        }
    }
}
