//! A webhook: takes what it is sent, and hands it on.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use loadline_serve::{Bound, Patience, serve};
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tower_service::Service;

/// Notices that wait to be looked at; more are refused, and sent again.
const MOST: usize = 64;
/// Bytes of the longest notice.
const LONGEST: usize = 1 << 20;

/// What came, in order.
pub type Notices = Receiver<Value>;

/// Listens on a free port of this machine as long as the future that is returned goes on: its address, what comes, and
/// that future.
///
/// # Errors
/// When there is no port.
pub async fn receive() -> Result<(String, Notices, impl Future<Output = ()>)> {
    let bound = Bound::new(([127, 0, 0, 1], 0).into()).await?;
    let url = format!("http://{}/", bound.address());
    let (sender, notices) = channel(MOST);
    let serving = async move {
        serve(bound, Hook(sender), Patience::default(), std::future::pending()).await;
    };
    Ok((url, notices, serving))
}

#[derive(Clone)]
struct Hook(Sender<Value>);

impl Hook {
    async fn take(self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let body = Limited::new(request.into_body(), LONGEST).collect().await;
        let notice = body.ok().and_then(|body| serde_json::from_slice::<Value>(&body.to_bytes()).ok());
        let status = match notice.map(|notice| self.0.try_send(notice)) {
            None => StatusCode::BAD_REQUEST,
            Some(Ok(())) => StatusCode::NO_CONTENT,
            Some(Err(_)) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut response = Response::new(Full::default());
        *response.status_mut() = status;
        response
    }
}

impl Service<Request<Incoming>> for Hook {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let hook = self.clone();
        Box::pin(async move { Ok(hook.take(request).await) })
    }
}
