//! The two builds: addresses that are there, or commands that are started on free loopback ports and ended afterwards.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use loadline_children::{LogFile, Order, Ward, last_lines};
use loadline_runner::{Interrupts, children_folder};
use tokio::time::Instant;

/// How long a build may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a port is tried.
const EVERY: Duration = Duration::from_millis(20);
/// So many lines of what it printed are shown of a build that ended.
const SHOWN: usize = 10;

/// A build that answers at an address.
pub(crate) struct Build {
    /// As the user named it, for reports.
    pub(crate) name: String,
    /// Its base URL.
    pub(crate) url: String,
    service: Option<Service>,
}

/// A build that was started.
struct Service {
    ward: Ward,
    log: LogFile,
}

/// Where builds come from and who may stop them.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    /// How long one may take until it answers.
    pub(crate) limit: Duration,
    /// For what has no other place.
    pub(crate) folder: &'a Path,
    /// Where commands are run; in the working directory without.
    pub(crate) home: Option<&'a Path>,
    pub(crate) interrupts: &'a Interrupts,
}

impl Build {
    /// The build of an address, or of a command, which is started and waited for; nothing when the user stopped it.
    /// `side` is what its output is called.
    pub(crate) fn start(text: &str, side: &str, site: &Site<'_>) -> Result<Option<Self>> {
        if text.starts_with("http://") || text.starts_with("https://") {
            let url = text.trim_end_matches('/').to_owned();
            return Ok(Some(Self { name: without_credentials(text), url, service: None }));
        }
        if !text.contains("{port}") {
            bail!(
                "`{text}` is neither an address nor a command with a port\nhint: write `http://…`, or a command such as `shop --port {{port}}`: a free loopback port is put there"
            );
        }
        let port = free_port()?;
        let command = text.replace("{port}", &port.to_string());
        let log = LogFile::create(side, &children_folder(), site.folder)
            .context("there is no file for what a build prints")?;
        let path = std::path::absolute(log.path()).context("there is no path to what a build prints")?;
        let order = Order {
            words: shell(&command, site.home),
            log: Some(path),
            patience: PATIENCE,
            ..Order::default()
        };
        let ward = Ward::start(&order).with_context(|| format!("cannot start `{command}`"))?;
        let mut build = Self {
            name: text.to_owned(),
            url: format!("http://127.0.0.1:{port}"),
            service: Some(Service { ward, log }),
        };
        Ok(build.wait_until_it_answers(port, site)?.then_some(build))
    }

    /// Where what it prints goes, if it was started here.
    pub(crate) fn log(&self) -> Option<&Path> {
        self.service.as_ref().map(|service| service.log.path())
    }

    /// Whether it is still there; an address always is.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.ended()? {
            Some(status) => Err(self.is_gone("ended while it was loaded", status)),
            None => Ok(()),
        }
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let Some(service) = &mut self.service else { return Ok(None) };
        service.ward.ended().context("cannot ask how a build is")
    }

    fn is_gone(&self, how: &str, status: ExitStatus) -> anyhow::Error {
        anyhow!("`{}` {how}, with {status}{}", self.name, self.said())
    }

    /// What it printed last, and where all of it is.
    fn said(&self) -> String {
        let Some(log) = self.log() else { return String::new() };
        match last_lines(log, SHOWN) {
            lines if lines.is_empty() => "; it printed nothing".to_owned(),
            lines => format!("; `{}` has what it printed, which ends with\n{lines}", log.display()),
        }
    }

    /// Whether it does; not when the user stopped it.
    fn wait_until_it_answers(&mut self, port: u16, site: &Site<'_>) -> Result<bool> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let until = Instant::now() + site.limit;
        loop {
            if site.interrupts.any() {
                return Ok(false);
            }
            if let Some(status) = self.ended()? {
                return Err(self.is_gone("ended before it answered", status));
            }
            match TcpStream::connect_timeout(&address, EVERY) {
                Ok(_) => return Ok(true),
                Err(error) if Instant::now() < until => {
                    if error.kind() != ErrorKind::TimedOut {
                        std::thread::sleep(EVERY);
                    }
                }
                Err(_) => bail!(
                    "`{}` did not answer on port {port} within {:?}{}\nhint: does it listen on 127.0.0.1:{{port}}? `--start-timeout` gives it more time",
                    self.name,
                    site.limit,
                    self.said()
                ),
            }
        }
    }
}

/// A command line of the user's, run in a folder or in the working directory.
pub(crate) fn shell(command: &str, home: Option<&Path>) -> Vec<OsString> {
    match home {
        None => ["sh", "-c", command].map(Into::into).into(),
        Some(home) => {
            let words = ["sh", "-c", "cd \"$0\" && exec sh -c \"$1\""].map(OsString::from);
            words.into_iter().chain([home.into(), command.into()]).collect()
        }
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
