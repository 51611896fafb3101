//! A plain axum service with metrics: three lines of it are the monitor's.
//!
//!     cargo run -p loadline-monitor --example axum [ADDRESS [METRICS-ADDRESS]]
//!     curl http://127.0.0.1:8080/users/7; curl http://127.0.0.1:9464/metrics

use std::{convert::Infallible, io};

use axum::{Router, extract::Path, routing::get};
use loadline_monitor::{Monitor, Query};
use tokio::net::TcpListener;

/// The service, and its metrics for a listener of their own.
fn routers() -> (Router, Router) {
    let monitor = Monitor::default();
    let select_users = monitor.query("select", "users");
    let service = Router::new()
        .route("/users/{id}", get(move |Path(id): Path<u32>| user(select_users.clone(), id)))
        .layer(monitor.layer());
    let metrics = Router::new().route_service("/metrics", monitor.metrics());
    (service, metrics)
}

/// A handler that asks a database.
async fn user(select_users: Query, id: u32) -> String {
    let found: Result<String, Infallible> = select_users.time(async move { Ok(format!("user {id}")) }).await;
    match found {
        Ok(user) => user,
        Err(never) => match never {},
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let (service, metrics) = routers();
    let mut addresses = std::env::args().skip(1);
    let mut address = |usual: &str| addresses.next().unwrap_or_else(|| usual.to_owned());
    let public = TcpListener::bind(address("127.0.0.1:8080")).await?;
    let private = TcpListener::bind(address("127.0.0.1:9464")).await?;
    tokio::try_join!(axum::serve(public, service), axum::serve(private, metrics))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    #[tokio::test]
    async fn what_is_asked_is_counted() {
        let (service, metrics) = routers();
        for path in ["/users/7", "/users/8", "/nothing"] {
            service.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        }
        let answer = metrics.oneshot(Request::get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
        let text = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        for line in [
            r#"api_request_duration_ms_count{method="GET",endpoint="/users/{id}",status="200"} 2"#,
            r#"api_request_duration_ms_count{method="GET",endpoint="(unmatched)",status="404"} 1"#,
            r#"db_query_duration_ms_count{operation="select",model="users"} 2"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
