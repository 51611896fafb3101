//! Script code on a thread of its own, which whoever waits for it can leave behind.
//!
//! QuickJS asks from time to time whether it has to end, but a native function that takes for ever (a regular
//! expression, the sorting of something huge) never gets there, and a thread cannot be ended from outside. So nobody
//! waits on the script's own thread: the one who waits keeps its event loop, its signals and its limits, and when
//! the code does not end in time goes on without it. Such a thread is left as it is until the process ends.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use loadline_measure::Window;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use crate::vm::StopWhen;

/// How long code that has been told to end may take to do so.
const PATIENCE: Duration = Duration::from_secs(1);

/// Stack of the thread; scripts run on stacks of their own, but the compiler recurses.
const STACK: usize = 16 << 20;

/// What a thread tells whoever waits for it.
enum Step<T> {
    /// From now on it may take so long.
    Limited(Duration),
    /// What was measured since the last one.
    Measured(Window),
    Done(T),
}

/// What the code on the thread knows of the one who waits.
pub(super) struct Side<T> {
    steps: UnboundedSender<Step<T>>,
    told: Arc<Told>,
}

/// Whether the code was told to end.
#[derive(Default)]
struct Told {
    end: AtomicBool,
    notify: Notify,
}

/// Why nobody waits any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It took longer than this.
    Overdue(Duration),
    /// It was told to end, and did not.
    Interrupted,
    /// The thread did not start, or panicked.
    Broken,
}

impl<T> Side<T> {
    /// What follows may take so long.
    pub(super) fn limit(&self, limit: Duration) {
        // Nobody waits any longer: nothing matters then.
        let _ = self.steps.send(Step::Limited(limit));
    }

    /// Hands over what was measured.
    pub(super) fn measured(&self, window: Window) {
        let _ = self.steps.send(Step::Measured(window));
    }

    /// Hands over the result. The thread may still clean up afterwards.
    pub(super) fn done(&self, result: T) {
        let _ = self.steps.send(Step::Done(result));
    }

    /// Whether the code was told to end, for code that computes.
    pub(super) fn stop(&self) -> StopWhen {
        let told = Arc::clone(&self.told);
        StopWhen::asked(move || told.end.load(Ordering::Acquire))
    }

    /// Returns when the code was told to end, for code that waits.
    pub(super) fn told(&self) -> impl Future<Output = ()> + use<T> {
        let told = Arc::clone(&self.told);
        async move {
            let mut notified = std::pin::pin!(told.notify.notified());
            // Enlisted before the look: a word that comes between the two is not missed.
            notified.as_mut().enable();
            if !told.end.load(Ordering::Acquire) {
                notified.await;
            }
        }
    }
}

/// Runs `body` on a thread, and tells it to end when `interrupt` returns. `body` says what limits it has, and the
/// result.
pub(super) async fn aside<T: Send + 'static>(
    name: &str,
    body: impl FnOnce(&Side<T>) + Send + 'static,
    interrupt: impl Future<Output = ()>,
    mut measured: impl FnMut(Window),
) -> Result<T, Left> {
    let (steps, mut received) = unbounded_channel();
    let told = Arc::new(Told::default());
    let side = Side { steps, told: Arc::clone(&told) };
    thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK)
        .spawn(move || body(&side))
        .map_err(|_| Left::Broken)?;
    let mut interrupt = std::pin::pin!(interrupt);
    let mut interrupted = false;
    let mut deadline: Option<(Instant, Left)> = None;
    loop {
        tokio::select! {
            biased;
            step = received.recv() => match step {
                Some(Step::Limited(_)) if interrupted => {}
                Some(Step::Limited(limit)) => {
                    let at = Instant::now().checked_add(limit.saturating_add(PATIENCE));
                    deadline = at.map(|at| (at, Left::Overdue(limit)));
                }
                Some(Step::Measured(window)) => measured(window),
                Some(Step::Done(result)) => return Ok(result),
                None => return Err(Left::Broken),
            },
            () = &mut interrupt, if !interrupted => {
                interrupted = true;
                told.end.store(true, Ordering::Release);
                told.notify.notify_waiters();
                let latest = Instant::now() + PATIENCE;
                if deadline.is_none_or(|(at, _)| at > latest) {
                    deadline = Some((latest, Left::Interrupted));
                }
            }
            left = over(deadline) => {
                drain(&mut received, measured);
                return Err(left);
            }
        }
    }
}

async fn over(deadline: Option<(Instant, Left)>) -> Left {
    match deadline {
        Some((at, left)) => {
            sleep_until(at).await;
            left
        }
        None => std::future::pending().await,
    }
}

fn drain<T>(received: &mut UnboundedReceiver<Step<T>>, mut measured: impl FnMut(Window)) {
    while let Ok(step) = received.try_recv() {
        if let Step::Measured(window) = step {
            measured(window);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::mpsc::channel;

    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    /// With a clock that goes on by itself when nobody has anything to do.
    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap().block_on(future)
    }

    #[test]
    fn code_that_hears_nothing_is_left_behind() {
        // It waits until the test lets it go, whatever it is told.
        for (limited, interrupted, expected) in [
            (true, false, Left::Overdue(LIMIT)),
            (true, true, Left::Interrupted),
            (false, true, Left::Interrupted),
        ] {
            let (release, released) = channel::<()>();
            let (begun, begins) = tokio::sync::oneshot::channel();
            let stuck = move |side: &Side<()>| {
                side.measured(Window::default());
                begun.send(()).unwrap();
                if limited {
                    side.limit(LIMIT);
                }
                let _ = released.recv();
            };
            let mut windows = 0;
            let interrupt = async move {
                begins.await.unwrap();
                if !interrupted {
                    pending::<()>().await;
                }
            };
            let left = run(aside("test", stuck, interrupt, |_| windows += 1));
            assert_eq!(left, Err(expected));
            assert_eq!(windows, 1, "what was measured before is there");
            drop(release);
        }
    }

    #[test]
    fn code_that_listens_is_told_and_gives_its_result() {
        let listens = |side: &Side<&str>| {
            side.limit(LIMIT);
            while !side.stop().is_now() {
                thread::yield_now();
            }
            // Told already, so that this is over at once.
            run(side.told());
            side.done("ended");
        };
        // Real time: the other thread's work is no reason for a paused clock to stand still.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        assert_eq!(runtime.block_on(aside("test", listens, ready(()), |_| {})), Ok("ended"));
    }

    #[test]
    fn a_panic_does_not_keep_anybody_waiting() {
        let panics = |_: &Side<()>| panic!("this panic belongs to the test");
        assert_eq!(run(aside("test", panics, pending(), |_| {})), Err(Left::Broken));
    }
}
