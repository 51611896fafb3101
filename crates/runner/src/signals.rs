//! Signals that ask for the end: the first one asks, the second one insists, the third one does not wait.
//!
//! They are taken on a thread of their own, which waits for nothing for long: whatever a script, an output or a
//! terminal holds up, the third one ends the process. What there is to say is said by another thread, because a voice
//! may take its time.

use std::sync::mpsc::{self, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use loadline_load::Control;
use loadline_report::Phase;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::ending::{Dialect, Ending};
use crate::machine::proc;
use crate::voice::Voice;

/// SIGXCPU, of a process that has taken the processor time that it may (setrlimit(2)).
const PROCESSOR_TIME: i32 = 24;
/// A terminal that goes away is told by the system and by the shell: hang-ups within this time are one.
const ONE_HANG_UP: Duration = Duration::from_secs(1);

/// How long saying something may take.
const PATIENCE: Duration = Duration::from_millis(300);

/// How often this process was asked to stop.
#[derive(Clone)]
pub struct Interrupts {
    state: Arc<State>,
}

struct State {
    count: watch::Sender<u8>,
    doing: Mutex<Doing>,
    control: Control,
}

/// What a signal would stop now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// The script is compiled and its init code runs, or `setup()`: nothing has begun that would have to end.
    Preparing,
    /// The scenarios, which may take this long to end when they are asked.
    Iterating(Duration),
    /// `teardown()`.
    TearingDown,
    /// Judging and reporting; `handleSummary()`.
    Reporting,
    /// Nothing: the process only stays.
    Lingering,
}

impl Doing {
    /// What is said of the first and of the second signal.
    fn words(self, count: u8) -> Option<&'static str> {
        Some(match (self, count) {
            (Self::Lingering, _) | (_, 0 | 3..) => return None,
            (Self::Preparing, 1) => "stopping: nothing more is begun; interrupt again to stop at once",
            (Self::Iterating(_), 1) => {
                "stopping: iterations under way may end; interrupt again to stop at once"
            }
            (Self::TearingDown, 1) => "stopping: teardown() may end; interrupt again to stop at once",
            (Self::Reporting, 1) => {
                "stopping: the report may end; interrupt again to cut handleSummary() short"
            }
            (_, 2) => "stopping at once; a third interrupt ends without a report",
        })
    }
}

/// What the thread that speaks is told.
struct Say {
    what: Words,
    /// Told when it has been said.
    done: SyncSender<()>,
}

enum Words {
    /// A note, and for how long iterations may now go on.
    Note(&'static str, Option<Duration>),
    /// The process ends when this has been said.
    Last(&'static str),
}

impl Interrupts {
    /// Listens for SIGINT, SIGTERM, SIGHUP and SIGQUIT from now on. Hang-ups and quits that whoever started this
    /// process wants ignored, as `nohup` does, are.
    ///
    /// # Errors
    /// When the system has no thread or no descriptor left.
    pub fn listen(voice: &Arc<dyn Voice>) -> std::io::Result<Self> {
        let state = Arc::new(State {
            count: watch::Sender::new(0),
            doing: Mutex::new(Doing::Preparing),
            control: Control::new(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut signals = {
            let _within = runtime.enter();
            Signals::new(ignored())?
        };
        let (say, said) = mpsc::channel();
        let voice = Arc::clone(voice);
        thread::Builder::new().name("says".to_owned()).spawn(move || speaker(&*voice, &said))?;
        let taken = Arc::clone(&state);
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                loop {
                    signals.next().await;
                    taken.take(&say);
                }
            });
        })?;
        Ok(Self { state })
    }

    /// No signals: only `control` stops the run.
    pub fn none(control: Control) -> Self {
        let count = watch::Sender::new(0);
        Self { state: Arc::new(State { count, doing: Mutex::new(Doing::Preparing), control }) }
    }

    /// What a signal would stop from now on.
    pub fn now(&self, doing: Doing) {
        *self.state.doing.lock().unwrap_or_else(PoisonError::into_inner) = doing;
    }

    /// What stops the scenarios.
    pub fn control(&self) -> Control {
        self.state.control.clone()
    }

    /// Whether there was one.
    pub fn any(&self) -> bool {
        *self.state.count.borrow() > 0
    }

    /// Those so far ended nothing but a wait: the run is as whole as it was.
    pub(crate) fn forgive(&self) {
        self.state.count.send_replace(0);
    }

    /// Whether there were two.
    pub fn twice(&self) -> bool {
        *self.state.count.borrow() > 1
    }

    /// After the run: returns at the first one, or at once if there was one.
    pub async fn linger(&self) {
        self.now(Doing::Lingering);
        self.reached(1).await;
    }

    /// Returns at the first one, or when a person stops the run.
    pub async fn first(&self) {
        tokio::select! {
            () = self.reached(1) => {}
            () = self.state.control.stops() => {}
        }
    }

    /// Returns at the second one.
    pub async fn second(&self) {
        self.reached(2).await;
    }

    async fn reached(&self, count: u8) {
        // The sender lives as long as this.
        let _ = self.state.count.subscribe().wait_for(|counted| *counted >= count).await;
    }
}

impl State {
    /// Takes note of one signal: first in words, so that they stand before what comes of it.
    fn take(&self, say: &mpsc::Sender<Say>) {
        let doing = *self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        let count = self.count.borrow().saturating_add(1);
        if let Some(words) = doing.words(count) {
            let grace = match doing {
                Doing::Iterating(grace) if count == 1 => Some(grace),
                _ => None,
            };
            speak(say, Words::Note(words, grace));
        }
        match count {
            1 => self.control.stop(),
            2 => self.control.stop_now(),
            _ => {
                speak(say, Words::Last("ended without a report: what was recorded is kept"));
                // The same in both dialects.
                std::process::exit(i32::from(Ending::Signal.code(Dialect::K6)));
            }
        }
        self.count.send_replace(count);
    }
}

/// Has something said. A voice that takes nothing keeps nobody for long.
fn speak(say: &mpsc::Sender<Say>, what: Words) {
    let (done, spoken) = sync_channel(1);
    // The other thread never ends by itself.
    let _ = say.send(Say { what, done });
    let _ = spoken.recv_timeout(PATIENCE);
}

fn speaker(voice: &dyn Voice, said: &mpsc::Receiver<Say>) {
    for Say { what, done } in said {
        match what {
            Words::Note(words, grace) => {
                voice.note(words);
                if let Some(grace) = grace {
                    voice.phase(Phase::Stopping { grace });
                }
            }
            Words::Last(words) => {
                voice.close();
                voice.note(words);
            }
        }
        // Nobody may wait any longer.
        let _ = done.send(());
    }
}

/// The signals that ask for the end.
struct Signals {
    int: Signal,
    term: Signal,
    hang_up: Option<Signal>,
    quit: Option<Signal>,
    processor: Signal,
    hung_up: Option<Instant>,
}

impl Signals {
    fn new(ignored: u64) -> std::io::Result<Self> {
        let unless_ignored = |kind: SignalKind| {
            let number = kind.as_raw_value();
            (ignored >> (number - 1) & 1 == 0).then(|| signal(kind)).transpose()
        };
        Ok(Self {
            int: signal(SignalKind::interrupt())?,
            term: signal(SignalKind::terminate())?,
            hang_up: unless_ignored(SignalKind::hangup())?,
            quit: unless_ignored(SignalKind::quit())?,
            processor: signal(SignalKind::from_raw(PROCESSOR_TIME))?,
            hung_up: None,
        })
    }

    async fn next(&mut self) {
        loop {
            tokio::select! {
                Some(()) = self.int.recv() => return,
                Some(()) = self.term.recv() => return,
                Some(()) = self.processor.recv() => return,
                () = received(&mut self.quit) => return,
                () = received(&mut self.hang_up) => {
                    let now = Instant::now();
                    let before = self.hung_up.replace(now);
                    if before.is_none_or(|before| now - before > ONE_HANG_UP) {
                        return;
                    }
                }
            }
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// The signals that this process was started to ignore, as a set of bits; none where the system does not tell.
fn ignored() -> u64 {
    ignored_in(&proc::status_of(std::process::id()).unwrap_or_default())
}

fn ignored_in(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_read_from_the_status() {
        let hang_up = SignalKind::hangup().as_raw_value() - 1;
        assert_eq!(ignored_in("Name:\tloadline\nSigIgn:\t0000000000001001\n") >> hang_up & 1, 1);
        assert_eq!(ignored_in("SigIgn:\t0000000000001000\n") >> hang_up & 1, 0);
        assert_eq!(ignored_in("Name:\tloadline\n"), 0);
    }

    #[test]
    fn whatever_goes_on_two_signals_are_answered_in_words() {
        let all = [Doing::Preparing, Doing::Iterating(Duration::ZERO), Doing::TearingDown, Doing::Reporting];
        for doing in all {
            assert!(doing.words(1).is_some_and(|words| words.starts_with("stopping: ")), "{doing:?}");
            assert!(doing.words(2).is_some_and(|words| words.contains("at once")), "{doing:?}");
            assert_eq!(doing.words(3), None);
        }
        assert_eq!(Doing::Lingering.words(1), None);
    }
}
