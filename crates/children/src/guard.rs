//! `loadline guard`: a process between this one and a child that ends with it, and with it all that descends from it.
//!
//! It is told of the parent's death by the system (`PR_SET_PDEATHSIG`), also of one by SIGKILL, and looks itself once a
//! second. Descendants that lose their parents become its own children (`PR_SET_CHILD_SUBREAPER`), so it knows when
//! nothing is left of them: a service that goes into the background is still its ward. It leads a process group, which
//! a terminal's Ctrl-C does not reach: whether and how a child ends is the parent's to say.
//!
//! SIGTERM is handed on to the child. SIGUSR2 ends everything: the child is asked, then the group, then whoever is left
//! is killed. The child itself is started through the guard a second time, which binds it to the first one's life.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{
    Gid, Pid, Signal, Uid, WaitOptions, getpid, getppid, kill_process, kill_process_group,
    set_child_subreaper, set_parent_process_death_signal, wait,
};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::descendants::descendants_of;
use crate::log;

/// What ends everything.
pub(crate) const END: Signal = Signal::USR2;
/// How often the parent is looked for, whatever was told.
const LOOKS: Duration = Duration::from_secs(1);
/// How long the child alone is waited for before all of its group are asked.
const ALONE: Duration = Duration::from_secs(1);
/// How often what is left is killed.
const KILLS: Duration = Duration::from_millis(50);
/// How long killed processes may take to go: longer only in a system call that does not come back.
const GONE: Duration = Duration::from_secs(2);

/// What a guard is told.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Who it ends with.
    pub parent: i32,
    /// Where what the command prints goes.
    pub log: Option<PathBuf>,
    /// Whether what it prints on standard output is for the parent.
    pub talks: bool,
    /// How long the command may take to end.
    pub patience: Duration,
    /// How it is asked to end.
    pub farewell: Farewell,
    /// Whom it runs as, if not as the guard.
    pub run_as: Option<RunAs>,
    /// Become the command, and be killed with the parent.
    pub become_it: bool,
    /// The command, at least its program.
    pub command: Vec<OsString>,
}

/// How a command is asked to end; some programs have more than one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Farewell {
    /// SIGTERM, as everywhere.
    #[default]
    Term,
    /// SIGINT: PostgreSQL ends its sessions and itself.
    Int,
    /// SIGQUIT: PostgreSQL ends at once and keeps nothing.
    Quit,
}

impl Farewell {
    fn signal(self) -> Signal {
        match self {
            Self::Term => Signal::TERM,
            Self::Int => Signal::INT,
            Self::Quit => Signal::QUIT,
        }
    }
}

impl FromStr for Farewell {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "TERM" => Ok(Self::Term),
            "INT" => Ok(Self::Int),
            "QUIT" => Ok(Self::Quit),
            _ => Err("must be `TERM`, `INT` or `QUIT`"),
        }
    }
}

impl fmt::Display for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Quit => "QUIT",
        })
    }
}

/// A user that a command runs as, and its group; of other groups it is no member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunAs {
    /// The user's number.
    pub user: u32,
    /// The group's number.
    pub group: u32,
}

impl RunAs {
    /// Makes this process, which has one thread, the user's.
    fn take_on(self) -> rustix::io::Result<()> {
        set_thread_groups(&[])?;
        set_thread_gid(Gid::from_raw(self.group))?;
        set_thread_uid(Uid::from_raw(self.user))
    }
}

impl FromStr for RunAs {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers =
            text.split_once(':').and_then(|(user, group)| Some((user.parse().ok()?, group.parse().ok()?)));
        numbers
            .map(|(user, group)| Self { user, group })
            .ok_or("must be the numbers of a user and a group, such as `101:104`")
    }
}

impl fmt::Display for RunAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.user, self.group)
    }
}

impl Guard {
    /// Starts the command and stays until nothing is left of it; gives the command's own exit code.
    ///
    /// # Errors
    /// When the command cannot be started.
    pub fn keep(&self) -> io::Result<u8> {
        if self.become_it { Err(become_it(self)) } else { keep(self) }
    }
}

/// Becomes the command; comes back only when that fails.
fn become_it(guard: &Guard) -> io::Error {
    // First: whoever becomes another is told of no death any more that was to be told before (prctl(2)).
    if let Some(user) = guard.run_as
        && let Err(error) = user.take_on()
    {
        return error.into();
    }
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return error.into();
    }
    if is_orphan(guard.parent) {
        return io::Error::other("whoever wanted it is gone");
    }
    Command::new(&guard.command[0]).args(&guard.command[1..]).exec()
}

fn is_orphan(parent: i32) -> bool {
    Pid::as_raw(getppid()) != parent
}

fn keep(guard: &Guard) -> io::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut died = signal(SignalKind::user_defined1())?;
        let mut end = signal(SignalKind::user_defined2())?;
        let mut children = signal(SignalKind::child())?;
        let mut term = signal(SignalKind::terminate())?;
        let mut int = signal(SignalKind::interrupt())?;
        set_child_subreaper(Some(getpid()))?;
        set_parent_process_death_signal(Some(Signal::USR1))?;
        if is_orphan(guard.parent) {
            return Ok(0);
        }
        let (child, relayed) = start(guard)?;
        let mut ward = Watched {
            child,
            ended: None,
            ending: None,
            patience: guard.patience,
            farewell: guard.farewell.signal(),
        };
        while ward.anyone() {
            tokio::select! {
                _ = children.recv() => {}
                _ = died.recv() => {}
                _ = end.recv() => ward.end(),
                _ = term.recv() => ward.hand_on(Signal::TERM),
                _ = int.recv() => ward.hand_on(Signal::INT),
                () = tokio::time::sleep(ward.next_look()) => {}
            }
            if is_orphan(guard.parent) {
                ward.end();
            }
            ward.insist();
            if ward.is_given_up() {
                break;
            }
        }
        if let Some(relayed) = relayed {
            // What a process that got away still holds open is not waited for.
            let _ = relayed.recv_timeout(LOOKS);
        }
        Ok(ward.ended.unwrap_or(0))
    })
}

/// Starts the command in this process's group, bound to this process's life.
fn start(guard: &Guard) -> io::Result<(Pid, Option<Receiver<()>>)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["guard", "--become-it", "--parent", &std::process::id().to_string()]);
    if let Some(user) = guard.run_as {
        command.args(["--run-as", &user.to_string()]);
    }
    command.arg("--").args(&guard.command);
    let mut relayed = None;
    if let Some(path) = guard.log.clone() {
        let (reader, writer) = io::pipe()?;
        if !guard.talks {
            command.stdout(Stdio::from(writer.try_clone()?));
        }
        command.stderr(Stdio::from(writer));
        let (done, waits) = channel();
        std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            log::relay(reader, &path);
            let _ = done.send(());
        })?;
        relayed = Some(waits);
    }
    let child = command.spawn()?;
    Ok((Pid::from_child(&child), relayed))
}

/// The child and all that descends from it.
struct Watched {
    child: Pid,
    /// The code it ended with.
    ended: Option<u8>,
    /// Since when everything is to end.
    ending: Option<Stage>,
    patience: Duration,
    farewell: Signal,
}

struct Stage {
    since: Instant,
    group_asked: bool,
}

impl Watched {
    /// Buries who has ended. Whether anyone is left.
    fn anyone(&mut self) -> bool {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((id, status))) if id == self.child => {
                    let status = std::process::ExitStatus::from_raw(status.as_raw());
                    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
                    let code = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
                    self.ended = Some(code);
                    // What a command that failed leaves behind is no service.
                    if code != 0 {
                        self.end();
                    }
                }
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    fn hand_on(&self, signal: Signal) {
        if self.ended.is_none() && self.ending.is_none() {
            let _ = kill_process(self.child, signal);
        }
    }

    /// Asks the child to end; what comes after that is [`Watched::insist`]'s.
    fn end(&mut self) {
        if self.ending.is_some() {
            return;
        }
        if self.ended.is_none() {
            let _ = kill_process(self.child, self.farewell);
        }
        self.ending = Some(Stage { since: Instant::now(), group_asked: false });
    }

    fn insist(&mut self) {
        let Some(stage) = &mut self.ending else { return };
        let taken = stage.since.elapsed();
        if !stage.group_asked && (self.ended.is_some() || taken >= ALONE) {
            stage.group_asked = true;
            // This process is of the group as well, and hands nothing on while it ends.
            let _ = kill_process_group(getpid(), Signal::TERM);
        }
        if taken >= self.patience {
            for left in descendants_of(getpid()) {
                let _ = kill_process(left, Signal::KILL);
            }
        }
    }

    fn is_given_up(&self) -> bool {
        let limit = self.patience + GONE;
        self.ending.as_ref().is_some_and(|stage| stage.since.elapsed() > limit)
    }

    fn next_look(&self) -> Duration {
        if self.ending.is_some() { KILLS } else { LOOKS }
    }
}
