//! Connections that become something else, such as a WebSocket: once the origin agrees, bytes go both ways.

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use loadline_edge::fields::hop;
use tokio::io::copy_bidirectional;

use crate::arrival::{Client, Refusal, Upgrade};
use crate::ask::marked;
use crate::body::Body;
use crate::origin::{Failure, Outgoing, Upgrades, Urgency};
use crate::worker::{Question, Worker};

impl Worker {
    /// Passes a request on whose connection is to become something else.
    pub(crate) async fn upgraded(
        &self,
        mut request: Request<()>,
        client: Client,
        upgrade: Upgrade,
    ) -> Result<Response<Body>, Refusal> {
        let Upgrade { protocol, upgrading } = upgrade;
        hop::strip(request.headers_mut());
        for (name, value) in [(CONNECTION, HeaderValue::from_static("upgrade")), (UPGRADE, protocol.clone())]
        {
            request.headers_mut().insert(name, value);
        }
        // No rule is for what a connection becomes, and none of its answers is kept.
        let question = Question { client, applied: None, urgency: Urgency::Awaited };
        let sent = self.sent(request.map(|()| Outgoing::None), &question, Upgrades::Wanted).await;
        match sent {
            Ok(answer) if !is_as_asked(&answer, &protocol) => {
                let why = "it goes on in another protocol than the one that was asked for";
                Ok(self.passed_on(Err(Failure::Malformed(why.to_owned()))))
            }
            Ok(mut answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
                let theirs = hyper::upgrade::on(&mut answer);
                hop::strip(answer.headers_mut());
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
                answer.headers_mut().insert(UPGRADE, protocol);
                tokio::spawn(async move {
                    if let (Ok(ours), Ok(theirs)) = tokio::join!(upgrading, theirs) {
                        let (mut ours, mut theirs) = (TokioIo::new(ours), TokioIo::new(theirs));
                        if let Err(error) = copy_bidirectional(&mut ours, &mut theirs).await {
                            tracing::debug!(%error, "an upgraded connection ended early");
                        }
                    }
                });
                Ok(marked(answer.map(|_| Body::whole(bytes::Bytes::new())), &self.bypass()))
            }
            other => Ok(self.passed_on(other)),
        }
    }
}

/// Whether an answer stays in HTTP, or goes on in the protocol that was asked for (RFC 9110 §7.8).
fn is_as_asked<B>(answer: &Response<B>, protocol: &HeaderValue) -> bool {
    let theirs = answer.headers().get(UPGRADE);
    answer.status() != StatusCode::SWITCHING_PROTOCOLS
        || theirs.is_some_and(|theirs| theirs.as_bytes().eq_ignore_ascii_case(protocol.as_bytes()))
}
