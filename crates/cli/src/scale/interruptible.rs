//! Simulations take a while and touch nothing but memory: a signal ends them at once.

use loadline_runner::{Ending, Ends, Failure};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// Does something until it is done or a signal asks for the end. What it is in the midst of ends with this process.
pub(super) fn until_interrupted(
    work: impl FnOnce() -> Result<Ending, Failure> + Send + 'static,
) -> Result<Ending, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let done = runtime.block_on(async {
        let mut int = signal(SignalKind::interrupt()).ends(Ending::CouldNotRun)?;
        let mut term = signal(SignalKind::terminate()).ends(Ending::CouldNotRun)?;
        let mut hang_up = signal(SignalKind::hangup()).ends(Ending::CouldNotRun)?;
        let work = tokio::task::spawn_blocking(work);
        tokio::select! {
            done = work => done.ends(Ending::CouldNotRun)?,
            _ = int.recv() => Err(interrupted()),
            _ = term.recv() => Err(interrupted()),
            _ = hang_up.recv() => Err(interrupted()),
        }
    });
    runtime.shutdown_background();
    done
}

fn interrupted() -> Failure {
    Failure::new(Ending::Signal, "stopped by a signal: nothing was written")
}
