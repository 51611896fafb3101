//! The access log: a line of JSON for each request, in the names of nginx's variables, as `log_format … escape=json`
//! writes them.
//!
//! Lines are put into buffers, one for each worker, and written by a thread of their own, so that a slow disk holds up
//! no request. What has no room in a buffer any more is lost, and counted.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use http::uri::Authority;
use http::{HeaderValue, Method, Version};
use jiff::Timestamp;
use loadline_secrets::masked;
use serde_json::json;

use crate::outcome::Outcome;

/// So many bytes wait to be written, of each worker.
const MOST_WAITING: usize = 4 << 20;
/// How often they are written.
const BETWEEN_WRITES: Duration = Duration::from_millis(200);

/// An access log.
#[derive(Debug, Default)]
pub(crate) struct Log {
    buffers: Mutex<Vec<Arc<Mutex<Vec<u8>>>>>,
    lost: AtomicU64,
}

/// What writes an access log, until it is dropped: then it has written all there is.
#[derive(Debug)]
pub struct LogWriter {
    ending: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// One worker's way into the log.
#[derive(Debug, Clone)]
pub(crate) struct Pen {
    log: Arc<Log>,
    buffer: Arc<Mutex<Vec<u8>>>,
}

/// What a line says of a request.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) client: std::net::IpAddr,
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) host: Option<HeaderValue>,
    pub(crate) authority: Option<Authority>,
    pub(crate) is_encrypted: bool,
    pub(crate) version: Version,
    pub(crate) referer: Option<HeaderValue>,
    pub(crate) user_agent: Option<HeaderValue>,
    pub(crate) rule: String,
}

/// What is known of it at its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    pub(crate) sent: u64,
    pub(crate) took: Duration,
    pub(crate) is_whole: bool,
}

impl Log {
    /// A log, and the thread that writes it. An error of writing is said once, and the lines are lost and counted.
    pub(crate) fn new(mut to: Box<dyn Write + Send>) -> io::Result<(Arc<Self>, LogWriter)> {
        let log = Arc::<Self>::default();
        let (ending, ended) = channel::<()>();
        let written = Arc::clone(&log);
        let thread = std::thread::Builder::new().name("access-log".to_owned()).spawn(move || {
            let mut has_failed = false;
            loop {
                let is_over = !matches!(ended.recv_timeout(BETWEEN_WRITES), Err(RecvTimeoutError::Timeout));
                let buffers: Vec<_> = locked(&written.buffers).clone();
                for buffer in buffers {
                    let lines = std::mem::take(&mut *locked(&buffer));
                    if lines.is_empty() {
                        continue;
                    }
                    if let Err(error) = to.write_all(&lines).and_then(|()| to.flush()) {
                        let count = lines.split(|byte| *byte == b'\n').count() - 1;
                        written.lost.fetch_add(count as u64, Ordering::Relaxed);
                        if !std::mem::replace(&mut has_failed, true) {
                            tracing::error!(%error, "the access log cannot be written");
                        }
                    }
                }
                if is_over {
                    return;
                }
            }
        })?;
        Ok((log, LogWriter { ending: Some(ending), thread: Some(thread) }))
    }

    /// Another worker's way into it.
    pub(crate) fn pen(self: &Arc<Self>) -> Pen {
        let buffer = Arc::default();
        locked(&self.buffers).push(Arc::clone(&buffer));
        Pen { log: Arc::clone(self), buffer }
    }

    /// How many lines were lost.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        drop(self.ending.take());
        if let Some(thread) = self.thread.take() {
            // It only ends by its own.
            let _ = thread.join();
        }
    }
}

impl Pen {
    /// Writes a line.
    pub(crate) fn write(&self, line: &Line, end: End) {
        let now = Timestamp::now();
        let seconds = |time: Duration| format!("{:.3}", time.as_secs_f64());
        let text = json!({
            "time_iso8601": now.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
            "msec": format!("{}.{:03}", now.as_second(), now.subsec_millisecond()),
            "remote_addr": line.client.to_string(),
            "request_method": line.method.as_str(),
            "scheme": if line.is_encrypted { "https" } else { "http" },
            "host": line.authority.as_ref().map_or_else(|| shown(line.host.as_ref()), ToString::to_string),
            "request_uri": masked(&line.target),
            "server_protocol": format!("{:?}", line.version),
            "status": end.status.to_string(),
            "body_bytes_sent": end.sent.to_string(),
            "request_time": seconds(end.took),
            "request_completion": if end.is_whole { "OK" } else { "" },
            "http_referer": masked(&shown(line.referer.as_ref())),
            "http_user_agent": shown(line.user_agent.as_ref()),
            "upstream_cache_status": end.outcome.nginx(),
            "edge_outcome": end.outcome.word(),
            "edge_rule": line.rule,
        })
        .to_string();
        let mut buffer = locked(&self.buffer);
        if buffer.len() + text.len() >= MOST_WAITING {
            self.log.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        buffer.extend_from_slice(text.as_bytes());
        buffer.push(b'\n');
    }
}

fn shown(value: Option<&HeaderValue>) -> String {
    value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
