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
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clap::Args;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, getppid, kill_process, kill_process_group, set_child_subreaper,
    set_parent_process_death_signal, wait,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use super::descendants::descendants_of;
use super::log;

/// What ends everything.
pub(super) const END: Signal = Signal::USR2;
/// How often the parent is looked for, whatever was told.
const LOOKS: Duration = Duration::from_secs(1);
/// How long the child alone is waited for before all of its group are asked.
const ALONE: Duration = Duration::from_secs(1);
/// How often what is left is killed.
const KILLS: Duration = Duration::from_millis(50);
/// How long killed processes may take to go: longer only in a system call that does not come back.
const GONE: Duration = Duration::from_secs(2);

/// `loadline guard`: not for people.
#[derive(Debug, Args)]
pub(crate) struct GuardArguments {
    /// Who the guard ends with
    #[arg(long)]
    parent: i32,
    /// Where what the command prints goes
    #[arg(long)]
    log: Option<PathBuf>,
    /// What it prints on standard output is for the parent
    #[arg(long)]
    talks: bool,
    /// How long the command may take to end, in milliseconds
    #[arg(long, default_value_t = 5000)]
    patience_ms: u64,
    /// Become the command, and be killed with the parent
    #[arg(long)]
    become_it: bool,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Starts the command and stays until nothing is left of it; the exit code is the command's own.
pub(crate) fn guard(arguments: &GuardArguments) -> ExitCode {
    let kept = if arguments.become_it { Err(become_it(arguments)) } else { keep(arguments) };
    match kept {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let command = arguments.command.first().map(|word| word.to_string_lossy()).unwrap_or_default();
            crate::common::screen::complain(&format!("cannot start `{command}`: {error}"));
            // As shells have it.
            ExitCode::from(127)
        }
    }
}

/// Becomes the command; comes back only when that fails.
fn become_it(arguments: &GuardArguments) -> io::Error {
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return error.into();
    }
    if is_orphan(arguments.parent) {
        return io::Error::other("whoever wanted it is gone");
    }
    Command::new(&arguments.command[0]).args(&arguments.command[1..]).exec()
}

fn is_orphan(parent: i32) -> bool {
    Pid::as_raw(getppid()) != parent
}

fn keep(arguments: &GuardArguments) -> io::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut died = signal(SignalKind::user_defined1())?;
        let mut end = signal(SignalKind::user_defined2())?;
        let mut children = signal(SignalKind::child())?;
        let mut term = signal(SignalKind::terminate())?;
        let mut int = signal(SignalKind::interrupt())?;
        set_child_subreaper(Some(getpid()))?;
        set_parent_process_death_signal(Some(Signal::USR1))?;
        if is_orphan(arguments.parent) {
            return Ok(0);
        }
        let (child, relayed) = start(arguments)?;
        let mut ward = Watched { child, ended: None, ending: None, patience: arguments.patience_ms };
        while ward.anyone() {
            tokio::select! {
                _ = children.recv() => {}
                _ = died.recv() => {}
                _ = end.recv() => ward.end(),
                _ = term.recv() => ward.hand_on(Signal::TERM),
                _ = int.recv() => ward.hand_on(Signal::INT),
                () = tokio::time::sleep(ward.next_look()) => {}
            }
            if is_orphan(arguments.parent) {
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
fn start(arguments: &GuardArguments) -> io::Result<(Pid, Option<Receiver<()>>)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["guard", "--become-it", "--parent", &std::process::id().to_string(), "--"]);
    command.args(&arguments.command);
    let mut relayed = None;
    if let Some(path) = arguments.log.clone() {
        let (reader, writer) = io::pipe()?;
        if !arguments.talks {
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
    patience: u64,
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
            let _ = kill_process(self.child, Signal::TERM);
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
        if taken >= Duration::from_millis(self.patience) {
            for left in descendants_of(getpid()) {
                let _ = kill_process(left, Signal::KILL);
            }
        }
    }

    fn is_given_up(&self) -> bool {
        let limit = Duration::from_millis(self.patience) + GONE;
        self.ending.as_ref().is_some_and(|stage| stage.since.elapsed() > limit)
    }

    fn next_look(&self) -> Duration {
        if self.ending.is_some() { KILLS } else { LOOKS }
    }
}
