//! The cache behind a socket: as little as it takes to hold the policy engine against test suites that speak HTTP.
//!
//!     cargo run -p loadline-edge --example loopback -- 127.0.0.1:8002 http://127.0.0.1:8000 [as-permitted]
//!
//! It is no server to use: it has no limits and no time-outs, and reads whole bodies. With `as-permitted` it keeps what
//! RFC 9111 permits and the defaults do not: answers that set cookies, and those to authorized requests that say so.
#![expect(clippy::print_stdout, reason = "an example says where it listens")]

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use loadline_edge::policy::{Authorized, Policy, SetCookie};
use loadline_edge::{Asking, Cache, Limits, Moment, Reply, Step, key};
use tokio::net::TcpListener;

type Upstream = Client<HttpConnector, Full<Bytes>>;

struct Edge {
    cache: Cache,
    upstream: Upstream,
    origin: String,
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, origin, rest @ ..] = arguments.as_slice() else {
        return Err("usage: loopback ADDRESS ORIGIN [as-permitted]".into());
    };
    let mut policy = Policy::default();
    if rest.iter().any(|word| word == "as-permitted") {
        policy.set_cookie = SetCookie::Keep;
        policy.authorized = Authorized::WherePermitted;
    }
    let edge = Arc::new(Edge {
        cache: Cache::new(policy, Limits::default()),
        upstream: Client::builder(TokioExecutor::new()).build_http(),
        origin: origin.clone(),
    });
    let listener = TcpListener::bind(listen).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let edge = Arc::clone(&edge);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let edge = Arc::clone(&edge);
                async move { Ok::<_, Infallible>(edge.serve(request).await) }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

impl Edge {
    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let Ok(content) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
            return plain(StatusCode::BAD_REQUEST);
        };
        let mut request = Request::from_parts(head, ());
        // Node marks a `GET` that has no content with a length of 0 for some methods only.
        request.headers_mut().remove("expect");
        let Ok(key) = key::plain(&request, &content) else { return plain(StatusCode::BAD_REQUEST) };
        let step = self.cache.request(now(), &key, &request);
        let reply = match step {
            Step::Done(reply) => reply,
            Step::DoneAndAsk(reply, asking) => {
                tokio::spawn(Arc::clone(&self).ask(asking, content));
                reply
            }
            Step::Ask(asking) => Arc::clone(&self).ask(asking, content).await,
        };
        let mut response = reply.response;
        if request.method() == http::Method::HEAD || response.status() == StatusCode::NOT_MODIFIED {
            *response.body_mut() = Bytes::new();
        }
        response.map(Full::new)
    }

    async fn ask(self: Arc<Self>, mut asking: Box<Asking>, content: Bytes) -> Reply {
        loop {
            let mut request = asking.forwarded.request.clone();
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            *request.uri_mut() = format!("{}{path}", self.origin).parse().expect("an origin and a path");
            let mut answer = self.upstream.request(request.map(|()| Full::new(content.clone()))).await;
            if answer.is_err() {
                // A connection that was kept open may be closed by the time it is used.
                let again = asking.forwarded.request.clone();
                let path = again.uri().path_and_query().map_or("/", |path| path.as_str());
                let uri = format!("{}{path}", self.origin).parse().expect("an origin and a path");
                let mut again = again;
                *again.uri_mut() = uri;
                answer = self.upstream.request(again.map(|()| Full::new(content.clone()))).await;
            }
            let answer = match answer {
                Ok(answer) => {
                    let (head, body) = answer.into_parts();
                    body.collect().await.ok().map(|body| Response::from_parts(head, body.to_bytes()))
                }
                Err(_) => None,
            };
            let Some(answer) = answer else { return self.cache.unreachable(now(), &asking) };
            match self.cache.answer_whole(now(), asking, answer) {
                Step::Done(reply) | Step::DoneAndAsk(reply, _) => return reply,
                Step::Ask(next) => asking = next,
            }
        }
    }
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
