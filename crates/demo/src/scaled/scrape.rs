//! What a replica says of itself: asked over a connection of its own, with a time that it may take.

use std::time::Duration;

use anyhow::{Context, Result};
use loadline_scale::drive::Counters;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take: replicas are asked every quarter of a second at the most often.
const PATIENCE: Duration = Duration::from_millis(500);
/// The most bytes of an answer.
const LONGEST: u64 = 1 << 20;

/// Asks for a path at an address: `127.0.0.1:PORT`. The status line and all that follows it.
pub(crate) async fn ask(address: &str, path: &str) -> Result<String> {
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.take(LONGEST).read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    timeout(PATIENCE, asked).await.context("it takes too long")?
}

/// Whether a replica says that it is ready.
pub(crate) async fn is_ready(address: &str) -> bool {
    ask(address, "/api/health/ready").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// What a replica's metrics say, at a time by the clock since the load began.
pub(crate) async fn counters(address: &str, at: Duration) -> Result<Counters> {
    let text = ask(address, "/metrics").await?;
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.trim().parse::<f64>().ok())
            .with_context(|| format!("it says nothing of `{name}`"))
    };
    Ok(Counters {
        at,
        busy_s: value("holiday_workers_busy_seconds_total")?,
        came: value("holiday_workers_requests_total")?,
        busy: value("holiday_workers_busy")?,
        waiting: value("holiday_workers_waiting")?,
    })
}
