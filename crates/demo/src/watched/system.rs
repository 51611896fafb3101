//! All parts together, and a release that is slow.
//!
//! The service keeps its data in a file and listens at the same address again, so that a release is a restart as any
//! other: the process starts anew, and its version is another one.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use loadline_children::{Order, TemporaryFolder, Ward};
use tokio::time::{Instant, sleep};

use super::prometheus::Prometheus;
use crate::child::Child;
use crate::scaled::is_ready;

/// What visitors ask for.
pub const ENDPOINT: &str = "public.getPrograms";
/// Requests per second that they make.
const RATE: u64 = 20;
/// Requests that the service works on at a time: as many as visitors make while a slow one takes its time.
const WORKERS: u64 = 60;
/// How long visitors come for at the most: the demo is over before.
const LONGEST: &str = "15m";
/// How long parts may take to end.
const PATIENCE: Duration = Duration::from_secs(8);
/// How often it is looked whether something is there.
const LOOKS: Duration = Duration::from_millis(50);
/// How long the first figures may take.
const FIRST: Duration = Duration::from_mins(1);

/// A watched system. All of it ends when this is dropped.
pub struct WatchedSystem {
    // Who asks first, and who answers last.
    _watch: Ward,
    _visitors: Ward,
    prometheus: Prometheus,
    service: Option<Child>,
    address: String,
    // Last: they hold it.
    folder: TemporaryFolder,
}

/// What it is watched by.
fn project(prometheus: &str, hook: &str, state: &Path) -> String {
    format!(
        r#"[endpoints]
"{ENDPOINT}" = "GET /api/trpc/{ENDPOINT}"

[[budget]]
endpoint = "{ENDPOINT}"
p95 = "500ms"

[watch]
prometheus = "{prometheus}"
step = "2s"
windows = [{{ long = "20s", short = "2s", burn = 2 }}]
resolve_after = "2s"
state = "{}"

[[watch.notify]]
kind = "webhook"
url = "{hook}"
"#,
        state.display()
    )
}

impl WatchedSystem {
    /// Starts all of it with a version that takes `work` for each request, and waits until Prometheus has figures of
    /// it. Whoever must know is told at `hook`.
    ///
    /// # Errors
    /// When there is no Prometheus, or a part does not start.
    pub async fn start(version: &str, work: Duration, hook: &str) -> Result<Self> {
        let folder = TemporaryFolder::new().context("cannot make a folder for the reference system")?;
        let prometheus = Prometheus::start(folder.path()).await?;
        let service = service(work, "127.0.0.1:0", folder.path())?;
        prometheus.scrape(&service.metrics()?, version)?;
        let address = service.url().trim_start_matches("http://").to_owned();
        let state = folder.path().join("watch.sqlite");
        let file = folder.path().join("loadline.toml");
        std::fs::write(&file, project(&prometheus.url(), hook, &state)).context("cannot write a project")?;
        let url = format!("http://{address}/api/trpc/{ENDPOINT}");
        let rate = RATE.to_string();
        let visitors = ours(
            &[
                "hit",
                &url,
                "--rate",
                &rate,
                "--duration",
                LONGEST,
                "--project",
                "none",
                "--no-history",
                "--quiet",
            ],
            &folder.path().join("visitors.log"),
        )?;
        let enough =
            format!("sum(increase(api_request_duration_ms_count{{endpoint=\"{ENDPOINT}\"}}[6s])) > 80");
        let until = Instant::now() + FIRST;
        while !prometheus.says(&enough).await {
            anyhow::ensure!(
                Instant::now() < until,
                "Prometheus has no figures of the reference system after a minute"
            );
            sleep(LOOKS).await;
        }
        let history = folder.path().join("history.sqlite");
        let watch = ours(
            &["watch", "--project", &file.to_string_lossy(), "--history", &history.to_string_lossy()],
            &folder.path().join("watch.log"),
        )?;
        Ok(Self { _watch: watch, _visitors: visitors, prometheus, service: Some(service), address, folder })
    }

    /// Where visitors go: `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where Prometheus is.
    pub fn prometheus(&self) -> String {
        self.prometheus.url()
    }

    /// Puts another version in its place, and waits until it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn release(&mut self, version: &str, work: Duration) -> Result<()> {
        if let Some(before) = self.service.take() {
            before.kill()?;
        }
        let service = service(work, &self.address, self.folder.path())?;
        self.prometheus.scrape(&service.metrics()?, version)?;
        self.service = Some(service);
        let until = Instant::now() + FIRST;
        while !is_ready(&self.address).await {
            anyhow::ensure!(Instant::now() < until, "version {version} does not get ready");
            sleep(LOOKS).await;
        }
        Ok(())
    }

    /// The last that the watch said, where something went wrong.
    pub fn watch_said(&self) -> String {
        loadline_children::last_lines(&self.folder.path().join("watch.log"), 10)
    }
}

/// A command of this program, whose words go into a file.
fn ours(words: &[&str], log: &Path) -> Result<Ward> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let order = Order {
        words: std::iter::once(program.into()).chain(words.iter().map(Into::into)).collect(),
        log: Some(log.to_owned()),
        patience: PATIENCE,
        ..Order::default()
    };
    Ward::start(&order).with_context(|| format!("cannot start `loadline {}`", words[0]))
}

fn service(work: Duration, listen: &str, folder: &Path) -> Result<Child> {
    let database = folder.join("holiday.sqlite");
    let (workers, work) = (format!("--workers={WORKERS}"), format!("--work={}ms", work.as_millis()));
    let words = [
        "holiday",
        "serve",
        "--programs=2000",
        "--database",
        &database.to_string_lossy(),
        "--listen",
        listen,
        &workers,
        &work,
        "--log=error",
        "--obey-parent",
    ];
    Child::start("holiday", &words.map(str::to_owned), &[], folder)
}
