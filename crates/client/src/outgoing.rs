//! One request on its way: what is sent, and what is measured of it.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::exchange::{Response, Timings, TlsInfo};
use crate::failure::Failure;
use crate::field_names::FieldNames;
use crate::h1::{HeadParts, write_traceparent};
use crate::h2::RequestError;
use crate::headers::Headers;
use crate::io::WireBytes;
use crate::pool::Host;
use crate::request::BodyMode;
use crate::trace_context::{TraceContext, Traceparent};

/// What a hop sends and until when.
pub(crate) struct Outgoing<'a> {
    pub(crate) parts: HeadParts<'a>,
    pub(crate) body: &'a Bytes,
    pub(crate) body_mode: BodyMode,
    pub(crate) deadline: Instant,
    pub(crate) timeout: Duration,
    /// The request put into form beforehand; headers are then kept of neither side, unless the template wants some.
    pub(crate) template: Option<&'a Template>,
}

/// What a hop measured.
pub(crate) struct Measured {
    pub(crate) request_headers: Headers,
    pub(crate) outcome: Result<Response, Failure>,
    /// What had come of the body when there is no response after all.
    pub(crate) partial: Bytes,
    pub(crate) timings: Timings,
    pub(crate) remote: Option<SocketAddr>,
    pub(crate) tls: Option<TlsInfo>,
    pub(crate) bytes: WireBytes,
    pub(crate) reused: bool,
    pub(crate) repeats: u32,
    pub(crate) trace: Option<TraceContext>,
}

/// The parts of a request that are the same each time.
pub(crate) struct Template {
    pub(crate) host: Rc<Host>,
    /// The head as HTTP/1.1 writes it.
    pub(crate) head: Vec<u8>,
    /// The head as HTTP/2 sends it, or why it can't.
    pub(crate) http2: Result<http::Request<()>, RequestError>,
    /// Headers of answers are kept where one of these is among them.
    pub(crate) keep_with: Option<&'static FieldNames>,
}

impl Template {
    /// Appends the head as HTTP/1.1 writes it.
    pub(crate) fn write(&self, traceparent: Option<&Traceparent>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        if let Some(field) = traceparent {
            // In front of the empty line.
            out.truncate(out.len() - LINE_END.len());
            write_traceparent(field, out);
            out.extend_from_slice(LINE_END);
        }
    }
}

const LINE_END: &[u8] = b"\r\n";

impl Default for Measured {
    fn default() -> Measured {
        Measured {
            request_headers: Headers::default(),
            outcome: Err(Failure::unsent()),
            partial: Bytes::new(),
            timings: Timings::default(),
            remote: None,
            tls: None,
            bytes: WireBytes::default(),
            reused: false,
            repeats: 0,
            trace: None,
        }
    }
}
