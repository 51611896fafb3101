//! What the layer costs: a trivial handler with and without it, for `bench/monitor`.
//!
//!     cost serve on|off          serves `/users/{id}` on a free port and prints where
//!     cost call on|off NUMBER    calls it in this thread so often, for counting instructions
//!
//! `on` has the layer and a query timer; `off` is the same handler without either.

use std::{
    convert::Infallible,
    error::Error,
    future::ready,
    io::{self, Write},
};

use axum::{Router, body::Body, extract::Path, http::Request, routing::get};
use loadline_monitor::Monitor;
use tokio::{net::TcpListener, runtime::Runtime};
use tower::Service;

fn router(variant: &str) -> Router {
    if variant == "off" {
        return Router::new().route("/users/{id}", get(|Path(id): Path<u32>| find(id)));
    }
    let monitor = Monitor::default();
    let select_users = monitor.query("select", "users");
    let handler = move |Path(id): Path<u32>| {
        let select_users = select_users.clone();
        async move {
            let found: Result<String, Infallible> = select_users.time(async { Ok(find(id).await) }).await;
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
        ["serve", variant @ ("on" | "off")] => Runtime::new()?.block_on(serve(variant)),
        ["call", variant @ ("on" | "off"), number] => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            runtime.block_on(call(variant, number.parse()?))
        }
        _ => Err("use `serve on|off` or `call on|off NUMBER`".into()),
    }
}
