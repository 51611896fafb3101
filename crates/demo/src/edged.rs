//! The reference system behind a cache: both as child processes, and an origin that can be killed and comes back.
//!
//! The service keeps its data in a file and listens at the same address again, so that a killed one comes back as
//! itself.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use loadline_children::{TemporaryFolder, last_lines};
use loadline_runner::{Process, SamplingSettings};

use crate::child::Child;
use crate::system::Staged;

/// The reference system's own cache rules.
pub const RULES: &str = include_str!("../../../apps/holiday/edge.toml");

/// A running service with a cache in front.
pub struct EdgedSystem {
    edge: Child,
    origin: Arc<Mutex<Origin>>,
    // Last: they hold it.
    folder: Arc<TemporaryFolder>,
}

/// The service, and those before it.
struct Origin {
    /// None while it is away.
    running: Option<Child>,
    /// Processor time that those took that were killed, in seconds.
    before: f64,
}

/// How an origin was taken away and came back.
#[derive(Debug)]
pub struct Away {
    /// For how long nobody was there.
    pub gone: Duration,
    /// How long it then took to be there again.
    pub starting: Duration,
}

impl EdgedSystem {
    /// Starts both on free loopback ports, and waits until they are ready. So many accounts can log in by the password.
    pub fn start(accounts: u64, password: &str) -> Result<Self> {
        let folder = TemporaryFolder::new().context("cannot make a folder for the reference system")?;
        let rules = folder.path().join("edge.toml");
        std::fs::write(&rules, RULES).context("cannot write the cache rules")?;
        let origin = service(accounts, password, "127.0.0.1:0", folder.path())?;
        let words = [
            "edge",
            "serve",
            origin.url(),
            "--rules",
            &rules.to_string_lossy(),
            "--listen",
            "127.0.0.1:0",
            // It gives up an origin that is away, and does not wait for one.
            "--connect-timeout",
            "1s",
            "--server-timing",
            "--exit-with-parent",
        ];
        let edge = Child::start("edge", &words.map(str::to_owned), &[], folder.path())?;
        let origin = Arc::new(Mutex::new(Origin { running: Some(origin), before: 0.0 }));
        Ok(Self { edge, origin, folder: Arc::new(folder) })
    }

    /// Where the cache listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        self.edge.url()
    }

    /// The logs that have something in them.
    pub fn logs(&self) -> Vec<PathBuf> {
        let origin = held(&self.origin);
        let all = [Some(&self.edge), origin.running.as_ref()].into_iter().flatten();
        all.map(Child::log).filter(|log| !last_lines(log, 1).is_empty()).map(Path::to_owned).collect()
    }

    /// What kills the service when it is called, and starts it again after so long.
    pub fn killer(
        &self,
        accounts: u64,
        password: &str,
        gone: Duration,
    ) -> impl FnOnce() -> Result<Away> + Send + 'static {
        let (origin, folder, password) =
            (Arc::clone(&self.origin), Arc::clone(&self.folder), password.to_owned());
        move || {
            let killed = {
                let mut origin = held(&origin);
                origin.before += origin.running.as_ref().and_then(seconds).unwrap_or(0.0);
                origin.running.take()
            };
            let killed = killed.context("the service is away already")?;
            let address = killed.url().trim_start_matches("http://").to_owned();
            killed.kill()?;
            std::thread::sleep(gone);
            let before = loadline_measure::unix_time();
            let again = service(accounts, &password, &address, folder.path())?;
            let starting = loadline_measure::unix_time().saturating_sub(before);
            held(&origin).running = Some(again);
            Ok(Away { gone, starting })
        }
    }
}

impl Staged for EdgedSystem {
    fn sampling(&self) -> SamplingSettings {
        let process = self.edge.id().and_then(Process::open);
        SamplingSettings {
            processes: process.map(|process| ("edge".to_owned(), process)).into_iter().collect(),
            ..SamplingSettings::default()
        }
    }

    /// Of both, and of the service before it was killed.
    fn cpu_seconds(&self) -> Option<f64> {
        let origin = held(&self.origin);
        Some(seconds(&self.edge)? + origin.before + origin.running.as_ref().and_then(seconds).unwrap_or(0.0))
    }
}

fn seconds(child: &Child) -> Option<f64> {
    loadline_runner::processor_seconds_of(child.id()?)
}

/// What is behind the lock, also after a panic while it was held: nothing there is ever half done.
fn held(origin: &Mutex<Origin>) -> MutexGuard<'_, Origin> {
    origin.lock().unwrap_or_else(PoisonError::into_inner)
}

fn service(accounts: u64, password: &str, listen: &str, folder: &Path) -> Result<Child> {
    let accounts = accounts.to_string();
    let database = folder.join("holiday.sqlite");
    let words = [
        "holiday",
        "serve",
        "--load-test-accounts",
        &accounts,
        "--database",
        &database.to_string_lossy(),
        "--listen",
        listen,
        "--obey-parent",
    ];
    Child::start("holiday", &words.map(str::to_owned), &[("LOAD_TEST_PASSWORD", Some(password))], folder)
}
