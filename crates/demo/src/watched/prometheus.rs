//! A Prometheus of this machine's, as a child process: it scrapes what a file names, every second.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use loadline_children::{Order, Ward, last_lines};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::scaled::ask;

/// Somebody else may take the port before it does.
const TRIES: usize = 5;
/// How long it may take to be ready.
const STARTING: Duration = Duration::from_secs(30);
/// How often it is asked whether it is.
const LOOKS: Duration = Duration::from_millis(50);
/// How long it may take to end.
const PATIENCE: Duration = Duration::from_secs(8);
const SHOWN: usize = 5;

/// A running Prometheus. It ends when this is dropped.
pub(super) struct Prometheus {
    _ward: Ward,
    address: String,
    targets: PathBuf,
}

impl Prometheus {
    /// Starts it with its data in a folder, and waits until it is ready.
    ///
    /// # Errors
    /// When there is none on this machine, or it does not start.
    pub(super) async fn start(folder: &Path) -> Result<Self> {
        is_there()?;
        let targets = folder.join("targets.json");
        std::fs::write(&targets, "[]").context("cannot write what is scraped")?;
        let settings = json!({
            "global": { "scrape_interval": "1s", "scrape_timeout": "1s" },
            "scrape_configs": [{
                "job_name": "holiday",
                "file_sd_configs": [{ "files": [targets], "refresh_interval": "1s" }],
            }],
        });
        // JSON is YAML.
        let file = folder.join("prometheus.yml");
        std::fs::write(&file, settings.to_string()).context("cannot write the settings of Prometheus")?;
        let log = folder.join("prometheus.log");
        for _ in 0..TRIES {
            let address = format!("127.0.0.1:{}", free_port()?);
            let words = [
                "prometheus".into(),
                format!("--config.file={}", file.display()),
                format!("--storage.tsdb.path={}", folder.join("prometheus").display()),
                format!("--web.listen-address={address}"),
                "--log.level=error".into(),
            ];
            let order = Order {
                words: words.into_iter().map(Into::into).collect(),
                log: Some(log.clone()),
                patience: PATIENCE,
                ..Order::default()
            };
            let mut ward = Ward::start(&order).context("cannot start Prometheus")?;
            let until = Instant::now() + STARTING;
            while matches!(ward.ended(), Ok(None)) && Instant::now() < until {
                if ask(&address, "/-/ready").await.is_ok_and(|answer| answer.contains(" 200 ")) {
                    return Ok(Self { _ward: ward, address, targets });
                }
                sleep(LOOKS).await;
            }
        }
        bail!("Prometheus did not start:\n{}", last_lines(&log, SHOWN))
    }

    /// Where it is: `http://127.0.0.1:PORT`.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it scrapes this address, and no other, as that of a version.
    pub(super) fn scrape(&self, address: &str, version: &str) -> Result<()> {
        let targets = json!([{ "targets": [address], "labels": { "version": version } }]);
        // Whole or not at all: it reads the file when it likes.
        let beside = self.targets.with_extension("new");
        std::fs::write(&beside, targets.to_string()).context("cannot write what is scraped")?;
        std::fs::rename(&beside, &self.targets).context("cannot write what is scraped")
    }

    /// Whether a query has an answer with something in it now.
    pub(super) async fn says(&self, query: &str) -> bool {
        let mut encoded = String::with_capacity(3 * query.len());
        for byte in query.bytes() {
            let _ = write!(encoded, "%{byte:02X}");
        }
        let answer = ask(&self.address, &format!("/api/v1/query?query={encoded}")).await;
        answer.is_ok_and(|answer| answer.contains("\"value\":"))
    }
}

/// Whether there is one.
fn is_there() -> Result<()> {
    let quiet = || Stdio::null();
    let tried =
        Command::new("prometheus").arg("--version").stdin(quiet()).stdout(quiet()).stderr(quiet()).status();
    match tried {
        Ok(status) if status.success() => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "there is no `prometheus` on this machine\nhint: `apt-get install prometheus` on Debian and Ubuntu, `brew install prometheus` on a Mac, or put the one of https://prometheus.io/download/ into your PATH"
        ),
        Err(error) => Err(error).context("cannot start `prometheus`"),
        Ok(status) => bail!("`prometheus --version` ends with {status}"),
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("there is no free port")?;
    Ok(listener.local_addr()?.port())
}
