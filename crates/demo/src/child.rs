//! A part of the reference system as a child process: started, told what to do, stopped whatever happens.
//!
//! This binary carries the service, so nothing else has to be built or found. Commands go to the child's standard input
//! and answers come from its standard output; no one else can send them. When this process dies without a chance to
//! stop its children, their standard input ends, and they with it; whatever they leave, their guards end.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::ChildStdin;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use loadline_children::{LogFile, Order, Ward, last_lines};
use loadline_runner::children_folder;
use serde_json::Value;

/// How long it may take to end by itself when asked to: a private database of its own is to be removed.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long its end may take to be told when it said that it does not start.
const SOON: Duration = Duration::from_secs(10);
/// So many lines of what it printed are shown when it does not start.
const SHOWN: usize = 10;

/// A running part. It ends when this is dropped.
pub(crate) struct Child {
    ward: Ward,
    log: LogFile,
    talk: Mutex<Talk>,
    url: String,
}

struct Talk {
    input: ChildStdin,
    output: Receiver<String>,
    /// Where its metrics are, said once.
    metrics: Receiver<String>,
}

impl Child {
    /// Starts a command of this program that listens, and waits until it is ready. Secrets come by the environment,
    /// which other users of the machine can't read. Its own temporary folders are in `folder`; its log has this name.
    pub(crate) fn start(
        name: &str,
        command: &[String],
        environment: &[(&str, Option<&str>)],
        folder: &Path,
    ) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let log = LogFile::create(name, &children_folder(), folder)
            .context("there is no file for the reference system's log")?;
        let words = std::iter::once(program.into()).chain(command.iter().map(Into::into)).collect();
        let mut all = vec![("TMPDIR".to_owned(), Some(folder.into()))];
        all.extend(environment.iter().map(|(name, value)| ((*name).to_owned(), value.map(Into::into))));
        let order = Order {
            words,
            environment: all,
            log: Some(log.path().to_owned()),
            talks: true,
            patience: PATIENCE,
            ..Order::default()
        };
        let mut ward = Ward::start(&order).context("cannot start the reference system")?;
        let (input, output) = ward.pipes().context("the reference system has no pipes")?;
        let lines = BufReader::new(output).lines();
        let (said, output) = channel();
        let (told, metrics) = channel();
        // Ends with the child, whose end closes the pipe.
        std::thread::Builder::new().name("reference-system".to_owned()).spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Said once, after the address.
                if let Some(url) = line.strip_prefix("metrics on ") {
                    let _ = told.send(url.to_owned());
                    continue;
                }
                if said.send(line).is_err() {
                    return;
                }
            }
        })?;
        let first = output.recv().unwrap_or_default();
        let talk = Mutex::new(Talk { input, output, metrics });
        let Some(url) = first.strip_prefix("listening on ") else {
            // Without that line it ended.
            let ended = ward.wait_for(SOON).context("the reference system cannot be waited for")?;
            let status = ended.map_or_else(|| "it goes on".to_owned(), |status| status.to_string());
            bail!("the reference system did not start ({status}):\n{}", last_lines(log.path(), SHOWN));
        };
        Ok(Self { ward, log, talk, url: url.to_owned() })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Where its metrics are: `127.0.0.1:PORT`. To be asked once, of a part that has any.
    pub(crate) fn metrics(&self) -> Result<String> {
        let talk = self.talk.lock().expect("nothing panics while it is held");
        let url =
            talk.metrics.recv_timeout(SOON).context("the reference system says nothing of its metrics")?;
        let address = url.trim_start_matches("http://").split('/').next().unwrap_or_default();
        Ok(address.to_owned())
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.ward.ended(), Ok(None))
    }

    /// Its process's number; nothing once it has ended.
    pub(crate) fn id(&self) -> Option<u32> {
        self.ward.id()
    }

    /// Kills it, as a machine that dies would.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.ward.kill().context("the reference system cannot be killed")
    }

    /// Where its log is.
    pub(crate) fn log(&self) -> &Path {
        self.log.path()
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
