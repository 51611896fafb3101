//! What the layer costs: a trivial handler with and without it, for `bench/monitor`.
//!
//!     cost serve VARIANT          serves `/users/{id}` on a free port and prints where
//!     cost call VARIANT NUMBER    calls it in this thread so often, for counting instructions
//!
//! `on` has the layer and a query timer; `off` is the same handler without either. `eight` has eight query timers, and `parts` one and
//! seven parts, of which nobody is told; `eight-told` and `parts-told` are the same with `Server-Timing` on every answer.

use std::{
    convert::Infallible,
    error::Error,
    future::ready,
    io::{self, Write},
    sync::Arc,
};

use axum::{Router, body::Body, extract::Path, http::Request, routing::get};
use loadline_monitor::{Monitor, Part, Query};
use tokio::{net::TcpListener, runtime::Runtime};
use tower::Service;

const VARIANTS: [&str; 6] = ["on", "off", "eight", "eight-told", "parts", "parts-told"];

fn router(variant: &str) -> Router {
    if variant == "off" {
        return Router::new().route("/users/{id}", get(|Path(id): Path<u32>| find(id)));
    }
    let monitor = Monitor::default();
    if variant.ends_with("-told") {
        monitor.tell_timing(|_, _| true);
    }
    let queries = if variant.starts_with("eight") { 8 } else { 1 };
    let parts = if variant.starts_with("parts") { 7 } else { 0 };
    let queries: Vec<Query> =
        (0..queries).map(|number| monitor.query("select", &format!("users-{number}"))).collect();
    let parts: Vec<Part> = (0..parts).map(|number| monitor.part(&format!("part-{number}"))).collect();
    let timers = Arc::new((queries, parts));
    let handler = move |Path(id): Path<u32>| {
        let timers = Arc::clone(&timers);
        async move {
            let (queries, parts) = &*timers;
            for part in parts {
                part.time(ready(())).await;
            }
            let (last, others) = queries.split_last().expect("there is at least one");
            for query in others {
                let _: Result<(), Infallible> = query.time(ready(Ok(()))).await;
            }
            let found: Result<String, Infallible> = last.time(async { Ok(find(id).await) }).await;
            found.unwrap_or_default()
        }
    };
    Router::new()
        .route("/users/{id}", get(handler))
        .layer(monitor.layer())
        .route_service("/metrics", monitor.metrics())
}

fn find(id: u32) -> impl Future<Output = String> {
    ready(format!("user {id}"))
}

async fn serve(variant: &str) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    Ok(axum::serve(listener, router(variant)).await?)
}

async fn call(variant: &str, number: u32) -> Result<(), Box<dyn Error>> {
    let mut router = router(variant);
    for _ in 0..number {
        let request = Request::get("/users/7").body(Body::empty())?;
        let answer = router.call(request).await?;
        assert!(answer.status().is_success(), "{}", answer.status());
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", variant] if VARIANTS.contains(variant) => Runtime::new()?.block_on(serve(variant)),
        ["call", variant, number] if VARIANTS.contains(variant) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            runtime.block_on(call(variant, number.parse()?))
        }
        _ => {
            Err(format!("use `serve VARIANT` or `call VARIANT NUMBER`; variants are {}", VARIANTS.join(", "))
                .into())
        }
    }
}
