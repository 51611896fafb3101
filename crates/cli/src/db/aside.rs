//! Work that waits for each answer, on a thread of its own: an interrupt stops it, and nothing of it is left.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use loadline_runner::{Ending, Failure};
use tokio::sync::{oneshot, watch};

/// How long it may take until what was started is gone.
const LONGEST: Duration = Duration::from_secs(10);

/// Does it. When this is dropped before it is done, the work hears that it is to stop, and is waited for.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce(watch::Receiver<bool>) -> Result<T, String> + Send + 'static,
) -> Result<T, Failure> {
    let could_not = |why: String| Failure::new(Ending::CouldNotRun, why);
    let (answer, answered) = oneshot::channel();
    let (stop, stopped) = watch::channel(false);
    let (end, ended) = mpsc::channel();
    let whole = move || {
        // Whoever asked may have gone.
        let _ = answer.send(work(stopped));
        let _ = end.send(());
    };
    thread::Builder::new()
        .name("advise".to_owned())
        .spawn(whole)
        .map_err(|error| could_not(error.to_string()))?;
    let _stopping = Stopping { stop, ended };
    let done = answered.await.map_err(|_| could_not("the search for indexes broke off".to_owned()))?;
    done.map_err(could_not)
}

/// Stops the work when nobody waits for it any more, and waits until what it had started is gone.
struct Stopping {
    stop: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
}

impl Drop for Stopping {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        // Whatever holds it up, the next start removes what is left.
        let _ = self.ended.recv_timeout(LONGEST);
    }
}
