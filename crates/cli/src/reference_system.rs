//! The reference system as a child process: started, told where it listens, stopped whatever happens.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long it may take to end by itself when asked to.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to start.
pub(crate) struct ReferenceSettings {
    /// Accounts that can log in.
    pub(crate) accounts: u64,
    /// Their password.
    pub(crate) password: String,
    /// Added to every search.
    pub(crate) search_delay: Duration,
    /// Share of the payment gateway's calls that fail.
    pub(crate) payment_error_rate: f64,
    /// Where it keeps its data; nothing for its own default.
    pub(crate) database: Option<String>,
}

/// A running reference system. It ends when this is dropped; and, because its standard input ends then, when this
/// process dies without a chance to drop anything.
pub(crate) struct ReferenceSystem {
    child: Child,
    _alive: ChildStdin,
    url: String,
}

impl ReferenceSystem {
    /// Starts it on a free loopback port and waits until it is ready.
    ///
    /// The binary carries the service, so nothing else has to be built or found.
    pub(crate) fn start(settings: &ReferenceSettings) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let mut command = Command::new(program);
        // By the environment, which other users of the machine can't read: a password may stand in it.
        match &settings.database {
            Some(database) => command.env("HOLIDAY_DATABASE", database),
            None => command.env_remove("HOLIDAY_DATABASE"),
        };
        let mut child = command
            .args(["holiday", "serve", "--listen", "127.0.0.1:0", "--exit-with-parent"])
            .args(["--load-test-accounts", &settings.accounts.to_string()])
            .args(["--search-delay", &format!("{}ms", settings.search_delay.as_millis())])
            .args(["--payment-error-rate", &settings.payment_error_rate.to_string()])
            .env("LOAD_TEST_PASSWORD", &settings.password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the reference system")?;
        let alive = child.stdin.take().expect("standard input was asked for");
        let out = child.stdout.take().expect("standard output was asked for");
        let mut system = Self { child, _alive: alive, url: String::new() };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).context("cannot read from the reference system")?;
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            // Without that line it ended; what went wrong stands on standard error, which it shares with us.
            let status = system.child.wait().context("the reference system cannot be waited for")?;
            bail!("the reference system did not start ({status})");
        };
        url.clone_into(&mut system.url);
        Ok(system)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// User and system time it took so far, in seconds; nothing where the kernel does not tell.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        crate::processor::of_process(self.child.id())
    }
}

impl Drop for ReferenceSystem {
    fn drop(&mut self) {
        let pid = Pid::from_child(&self.child);
        if kill_process(pid, Signal::TERM).is_err() {
            return;
        }
        // `wait` cannot be given a deadline; a thread that is not joined can wait instead.
        let (ended, ends) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if ends.recv_timeout(PATIENCE).is_err() {
                    let _ = kill_process(pid, Signal::KILL);
                }
            });
            let _ = self.child.wait();
            let _ = ended.send(());
        });
    }
}
