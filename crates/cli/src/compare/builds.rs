//! The two builds: addresses that are there, or commands that are started on free loopback ports and ended afterwards.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::time::Instant;

/// How long a build may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a port is tried.
const EVERY: Duration = Duration::from_millis(20);

/// A build that answers at an address.
pub(super) struct Build {
    /// As the user named it, for reports.
    pub(super) name: String,
    /// Its base URL.
    pub(super) url: String,
    process: Option<Child>,
}

impl Build {
    /// The build of an address, or of a command, which is started and waited for.
    pub(super) fn start(text: &str, limit: Duration) -> Result<Self> {
        if text.starts_with("http://") || text.starts_with("https://") {
            let url = text.trim_end_matches('/').to_owned();
            return Ok(Self { name: without_credentials(text), url, process: None });
        }
        if !text.contains("{port}") {
            bail!(
                "`{text}` is neither an address nor a command with a port\nhint: write `http://…`, or a command such as `shop --port {{port}}`: a free loopback port is put there"
            );
        }
        let port = free_port()?;
        let command = text.replace("{port}", &port.to_string());
        // A group of its own: a shell's children end with it.
        let process = Command::new("sh")
            .args(["-c", &format!("exec {command}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start `{command}`"))?;
        let mut build =
            Self { name: text.to_owned(), url: format!("http://127.0.0.1:{port}"), process: Some(process) };
        build.wait_until_it_answers(port, limit)?;
        Ok(build)
    }

    fn wait_until_it_answers(&mut self, port: u16, limit: Duration) -> Result<()> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let until = Instant::now() + limit;
        loop {
            if let Some(process) = &mut self.process
                && let Some(status) = process.try_wait().context("cannot ask how a build is")?
            {
                bail!(
                    "`{}` ended before it answered, with {status}; what it printed stands above",
                    self.name
                );
            }
            match TcpStream::connect_timeout(&address, EVERY) {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() < until => {
                    if error.kind() != ErrorKind::TimedOut {
                        std::thread::sleep(EVERY);
                    }
                }
                Err(_) => bail!(
                    "`{}` did not answer on port {port} within {limit:?}\nhint: does it listen on 127.0.0.1:{{port}}? `--start-timeout` gives it more time",
                    self.name
                ),
            }
        }
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else { return };
        let group = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
        let Some(group) = group else { return };
        // It may be gone already.
        let _ = kill_process_group(group, Signal::TERM);
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match process.try_wait() {
                Ok(None) => std::thread::sleep(EVERY),
                _ => return,
            }
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = process.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free loopback port")?;
    Ok(listener.local_addr().context("a listener without an address")?.port())
}

/// An address without its credentials.
fn without_credentials(text: &str) -> String {
    let Ok(url) = url::Url::parse(text) else { return text.to_owned() };
    loadline_client::without_credentials(&url).as_str().trim_end_matches('/').to_owned()
}
