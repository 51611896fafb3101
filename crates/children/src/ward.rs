//! A child under guard, as its parent sees it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::time::Instant;

use crate::descendants::children_of;
use crate::guard::{END, Farewell, RunAs};

/// How often it is looked whether a child has ended.
const EVERY: Duration = Duration::from_millis(10);
/// How long a guard may take beside its own patience: it has killed what it could by then.
const BESIDE: Duration = Duration::from_secs(3);
/// What begins like this in the environment is said to this program, and may be a password of its history.
const OURS: &str = "LOADLINE_";

/// What is to be started.
#[derive(Debug, Default)]
pub struct Order {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// What else stands in its environment, or does not. Passwords belong here: other users of the machine see
    /// arguments.
    pub environment: Vec<(String, Option<OsString>)>,
    /// Whether it is this program, and takes what is said to it in the environment.
    pub ours: bool,
    /// Where what it prints goes; nowhere without.
    pub log: Option<PathBuf>,
    /// Whether there is something to say to it: its standard input and output are pipes, and only those.
    pub talks: bool,
    /// How long it may take to end when it is asked to.
    pub patience: Duration,
    /// How it is asked to end.
    pub farewell: Farewell,
    /// Whom it runs as, if not as this process: only root can say so.
    pub run_as: Option<RunAs>,
}

/// A running child. It ends when this is dropped, or when this process ends, and with it all that descends from it.
#[derive(Debug)]
pub struct Ward {
    guard: Child,
    ended: Option<ExitStatus>,
    patience: Duration,
}

impl Ward {
    /// Starts it.
    ///
    /// # Errors
    /// When its guard cannot be started. That the command itself cannot be shows in its end.
    pub fn start(order: &Order) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["guard", "--parent", &std::process::id().to_string()]);
        command.args(["--patience-ms", &order.patience.as_millis().to_string()]);
        if let Some(log) = &order.log {
            command.arg("--log").arg(log);
        }
        if order.farewell != Farewell::default() {
            command.args(["--farewell", &order.farewell.to_string()]);
        }
        if let Some(user) = order.run_as {
            command.args(["--run-as", &user.to_string()]);
        }
        if !order.ours {
            for (name, _) in std::env::vars_os() {
                if name.to_str().is_some_and(|name| name.starts_with(OURS)) {
                    command.env_remove(name);
                }
            }
        }
        for (name, value) in &order.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        // A group of its own: what a terminal sends to all of a group, an interrupt, is for this process alone, which
        // says when the child is to end.
        command.process_group(0);
        if order.talks {
            command.arg("--talks").stdin(Stdio::piped()).stdout(Stdio::piped());
        } else {
            command.stdin(Stdio::null()).stdout(Stdio::null());
            // What goes wrong before the log is open is still said.
            if order.log.is_none() {
                command.stderr(Stdio::null());
            }
        }
        command.arg("--").args(&order.words);
        Ok(Self { guard: command.spawn()?, ended: None, patience: order.patience })
    }

    /// The pipes of a child that talks, once.
    pub fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout)> {
        self.guard.stdin.take().zip(self.guard.stdout.take())
    }

    /// The number of the child's process; nothing once it has ended.
    pub fn id(&self) -> Option<u32> {
        children_of(self.guard_id()).first().map(|child| child.as_raw_pid() as u32)
    }

    /// How it ended, if it did; nothing is left of it then.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.guard.try_wait()?;
            if self.ended.is_some() {
                // Whoever killed the guard has not killed its group.
                let _ = kill_process_group(self.guard_id(), Signal::KILL);
            }
        }
        Ok(self.ended)
    }

    /// Waits for its end, so long at the most.
    ///
    /// # Errors
    /// As [`Ward::ended`].
    pub fn wait_for(&mut self, longest: Duration) -> io::Result<Option<ExitStatus>> {
        let until = Instant::now() + longest;
        loop {
            let ended = self.ended()?;
            if ended.is_some() || Instant::now() >= until {
                return Ok(ended);
            }
            std::thread::sleep(EVERY);
        }
    }

    /// Asks the child to end, once more than before.
    pub fn ask_to_end(&self) {
        if self.ended.is_none() {
            let _ = kill_process(self.guard_id(), Signal::TERM);
        }
    }

    /// Kills the child itself, as a machine that dies would, and waits until nothing is left of it.
    ///
    /// # Errors
    /// When the system does not permit it, or the child is there all the same.
    pub fn kill(&mut self) -> io::Result<()> {
        if let Some(child) = children_of(self.guard_id()).first() {
            kill_process(*child, Signal::KILL)?;
        }
        match self.wait_for(self.patience + BESIDE)? {
            Some(_) => Ok(()),
            None => Err(io::Error::new(io::ErrorKind::TimedOut, "it goes on")),
        }
    }

    fn guard_id(&self) -> Pid {
        Pid::from_child(&self.guard)
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        if !matches!(self.ended(), Ok(None)) {
            return;
        }
        let _ = kill_process(self.guard_id(), END);
        if let Ok(None) = self.wait_for(self.patience + BESIDE) {
            let _ = kill_process_group(self.guard_id(), Signal::KILL);
            let _ = self.guard.wait();
        }
    }
}
