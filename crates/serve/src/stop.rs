//! When to stop: a signal, or the end of the process that started this one.

use std::io::{self, Read};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// What ends the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// SIGTERM or SIGINT.
    Signal,
    /// Also the end of standard input: a parent that holds the other end of a pipe can then not die without ending its
    /// child.
    SignalOrEndOfInput,
}

/// Completes when the service should stop. Handlers are installed when this returns, before anything is awaited.
///
/// # Errors
/// The system refuses to install signal handlers.
pub fn stop_requested(stop: Stop) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let end_of_input = (stop == Stop::SignalOrEndOfInput).then(end_of_input).transpose()?;
    Ok(async move {
        let parent_gone = async {
            match end_of_input {
                Some(end) => drop(end.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => tracing::info!("stopping: SIGTERM"),
            _ = interrupt.recv() => tracing::info!("stopping: SIGINT"),
            () = parent_gone => tracing::info!("stopping: standard input ended"),
        }
    })
}

/// A thread of its own, since reading standard input can't be given up: tokio's would hold the process at its end.
fn end_of_input() -> io::Result<oneshot::Receiver<()>> {
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new().name("parent-watch".to_owned()).spawn(move || {
        let mut ignored = [0; 1024];
        while matches!(io::stdin().lock().read(&mut ignored), Ok(1..)) {}
        let _ = ended.send(());
    })?;
    Ok(end)
}
