//! What takes a while and is ended by a signal at once.

use loadline_runner::{Ending, Ends, Failure};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// Does something until it is done or a signal asks for the end, which `words` say. What a thread still waits for ends
/// with this process.
pub(crate) fn until_interrupted<T>(
    work: impl Future<Output = Result<T, Failure>>,
    words: &str,
) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let done = runtime.block_on(async {
        let mut int = signal(SignalKind::interrupt()).ends(Ending::CouldNotRun)?;
        let mut term = signal(SignalKind::terminate()).ends(Ending::CouldNotRun)?;
        let mut hang_up = signal(SignalKind::hangup()).ends(Ending::CouldNotRun)?;
        let interrupted = || Err(Failure::new(Ending::Signal, words.to_owned()));
        tokio::select! {
            done = work => done,
            _ = int.recv() => interrupted(),
            _ = term.recv() => interrupted(),
            _ = hang_up.recv() => interrupted(),
        }
    });
    runtime.shutdown_background();
    done
}
