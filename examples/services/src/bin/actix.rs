//! A service of actix-web, with metrics: one middleware, `measured`, begins each request and says how it was answered.
//!
//! ```sh
//! cargo run -p monitored-services --bin actix [ADDRESS [METRICS-ADDRESS]]
//! curl http://127.0.0.1:8080/users/7; curl http://127.0.0.1:9464/metrics
//! ```
//!
//! actix-web has types of its own for heads of requests and answers; what the monitor wants of them is put into those
//! of the crate `http`.

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Write};
use std::net::TcpListener;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use http::{Request, Response};
use loadline_monitor::{LoadTest, Monitor, Name, Query};

/// The middleware. It belongs outermost, so that what others refuse is counted too.
async fn measured(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let Some(monitor) = request.app_data::<Data<Monitor>>().cloned() else {
        return next.call(request).await;
    };
    let route = request.match_pattern();
    let name = route.as_deref().map_or(Name::Unmatched, Name::Route);
    let load_test = match request.headers().get("x-load-test") {
        Some(value) if value == "true" => LoadTest::Claimed,
        _ => LoadTest::No,
    };
    let mut running = monitor.begin(&head(&request), name, load_test);
    let mut answered = running.around(next.call(request)).await;
    if let (Ok(response), Some(timing)) = (&mut answered, running.server_timing())
        && let Ok(value) = HeaderValue::from_bytes(timing.as_bytes())
    {
        response.headers_mut().append(HeaderName::from_static("server-timing"), value);
    }
    let (status, headers) = match &answered {
        Ok(response) => (response.status(), Some(response.headers())),
        Err(error) => (error.as_response_error().status_code(), None),
    };
    running.answered(&answer(status.as_u16(), headers));
    answered
}

/// Method, path and headers, in the types of `http`.
fn head(request: &ServiceRequest) -> Request<()> {
    let mut head = Request::new(());
    if let Ok(method) = request.method().as_str().parse() {
        *head.method_mut() = method;
    }
    if let Ok(uri) = request.path().parse() {
        *head.uri_mut() = uri;
    }
    copy(request.headers(), head.headers_mut());
    head
}

/// Status and headers.
fn answer(status: u16, headers: Option<&HeaderMap>) -> Response<()> {
    let mut answer = Response::new(());
    if let Ok(status) = status.try_into() {
        *answer.status_mut() = status;
    }
    if let Some(headers) = headers {
        copy(headers, answer.headers_mut());
    }
    answer
}

/// The headers that the monitor reads: of a trace, and of caches.
fn copy(from: &HeaderMap, to: &mut http::HeaderMap) {
    for name in ["traceparent", "tracestate", "cache-control", "cache-status", "x-cache", "age"] {
        for value in from.get_all(name) {
            if let Ok(value) = http::HeaderValue::from_bytes(value.as_bytes()) {
                to.append(name, value);
            }
        }
    }
}

async fn user(select_users: Data<Query>, id: Path<u32>) -> String {
    let found = select_users.time(async move { Ok::<_, Infallible>(format!("user {id}")) }).await;
    match found {
        Ok(user) => user,
        Err(never) => match never {},
    }
}

async fn panics() -> HttpResponse {
    panic!("a fault to be found")
}

/// What a Prometheus reads.
async fn metrics(monitor: Data<Monitor>, request: HttpRequest) -> HttpResponse {
    let mut wanted = http::HeaderMap::new();
    let accept = request.headers().get("accept");
    if let Some(accept) = accept.and_then(|accept| http::HeaderValue::from_bytes(accept.as_bytes()).ok()) {
        wanted.insert(http::header::ACCEPT, accept);
    }
    let text = monitor.scrape(&wanted);
    let form = text.headers().get("content-type").map_or(&b"text/plain"[..], |form| form.as_bytes()).to_vec();
    HttpResponse::Ok().insert_header(("content-type", form)).body(text.into_body())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut addresses = std::env::args().skip(1);
    let mut address = |usual: &str| addresses.next().unwrap_or_else(|| usual.to_owned());
    let public = TcpListener::bind(address("127.0.0.1:8080"))?;
    let private = TcpListener::bind(address("127.0.0.1:9464"))?;
    writeln!(
        io::stdout(),
        "serves http://{}\nmetrics http://{}/metrics",
        public.local_addr()?,
        private.local_addr()?
    )?;

    let monitor = Monitor::default();
    // Anybody can claim to be a load test: where that must not be enough, ask for a proof.
    monitor.tell_timing(|_, load_test| load_test != LoadTest::No);
    let select_users = Data::new(monitor.query("select", "users"));
    let monitor = Data::new(monitor);
    let measuring = monitor.clone();
    let service = HttpServer::new(move || {
        App::new()
            .app_data(measuring.clone())
            .app_data(select_users.clone())
            .route("/users/{id}", web::get().to(user))
            .route("/panics", web::get().to(panics))
            .wrap(from_fn(measured))
    });
    let scraped = HttpServer::new(move || {
        App::new().app_data(monitor.clone()).route("/metrics", web::get().to(metrics))
    });
    let (service, scraped) =
        (service.workers(2).listen(public)?.run(), scraped.workers(1).listen(private)?.run());
    futures_util::try_join!(service, scraped)?;
    Ok(())
}
