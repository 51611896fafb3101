//! A part of the reference system as a child process: started, told what to do, stopped whatever happens.
//!
//! This binary carries the service, so nothing else has to be built or found. Commands go to the child's standard input
//! and answers come from its standard output; no one else can send them. When this process dies without a chance to
//! stop its children, their standard input ends, and they with it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{self, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long it may take to end by itself when asked to.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running part. It ends when this is dropped.
pub(crate) struct Child {
    process: process::Child,
    talk: Mutex<Talk>,
    url: String,
}

struct Talk {
    input: ChildStdin,
    output: Receiver<String>,
}

impl Child {
    /// Starts it on a free loopback port and waits until it is ready. Secrets come by the environment, which other
    /// users of the machine can't read.
    pub(crate) fn start(arguments: &[String], environment: &[(&str, Option<&str>)]) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let mut command = Command::new(program);
        for (name, value) in environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        // A group of its own: what a terminal sends to all of a group (an interrupt, a hang-up) is for this process,
        // which needs the child until the run has ended.
        let mut process = command
            .process_group(0)
            .arg("holiday")
            .args(arguments)
            .args(["--listen", "127.0.0.1:0", "--obey-parent"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the reference system")?;
        let input = process.stdin.take().expect("standard input was asked for");
        let lines = BufReader::new(process.stdout.take().expect("standard output was asked for")).lines();
        let (said, output) = channel();
        // Ends with the child, whose end closes the pipe.
        std::thread::Builder::new().name("reference-system".to_owned()).spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Said once, after the address; nothing here scrapes.
                if line.starts_with("metrics on ") {
                    continue;
                }
                if said.send(line).is_err() {
                    return;
                }
            }
        })?;
        let first = output.recv().unwrap_or_default();
        let talk = Mutex::new(Talk { input, output });
        let mut child = Self { process, talk, url: String::new() };
        let Some(url) = first.strip_prefix("listening on ") else {
            // Without that line it ended; what went wrong stands on standard error, which it shares with us.
            let status = child.process.wait().context("the reference system cannot be waited for")?;
            bail!("the reference system did not start ({status})");
        };
        url.clone_into(&mut child.url);
        Ok(child)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its process's number.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Lets it do something, and returns its answer.
    pub(crate) fn ask(&self, command: &str, longest: Duration) -> Result<Value> {
        let name = command.split(' ').next().unwrap_or_default();
        let talk = self.talk.lock().expect("nothing panics while it is held");
        writeln!(&talk.input, "{command}").with_context(|| format!("cannot ask for `{name}`"))?;
        let line = talk.output.recv_timeout(longest).with_context(|| format!("no answer to `{name}`"))?;
        let answer: Value = serde_json::from_str(&line).with_context(|| format!("the answer to `{name}`"))?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => bail!("`{name}` failed: {error}"),
            None => Ok(answer),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let pid = Pid::from_child(&self.process);
        if kill_process(pid, Signal::TERM).is_err() {
            return;
        }
        // `wait` cannot be given a deadline; a thread that is not joined can wait instead.
        let (ended, ends) = channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if ends.recv_timeout(PATIENCE).is_err() {
                    let _ = kill_process(pid, Signal::KILL);
                }
            });
            let _ = self.process.wait();
            let _ = ended.send(());
        });
    }
}
