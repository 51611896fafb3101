//! A thread with an event loop of its own.

use std::io;
use std::thread::{Builder, JoinHandle};

use tokio::runtime::Runtime;

/// Starts a thread with an event loop. Whoever starts it may be within a loop himself: where the system has no thread
/// left, there is an error, and nothing waits for the loop that nobody uses.
///
/// # Errors
/// When the system has no thread or no descriptor left.
#[expect(clippy::missing_panics_doc, reason = "the loop is taken once")]
pub fn thread_with_loop<T: Send + 'static>(
    name: String,
    work: impl FnOnce(Runtime) -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let unused = Unused(Some(tokio::runtime::Builder::new_current_thread().enable_all().build()?));
    Builder::new().name(name).spawn(move || {
        let mut unused = unused;
        work(unused.0.take().expect("it is there until it is used"))
    })
}

/// A loop that no thread has yet. Dropping a loop waits for its threads, which is an error within another.
struct Unused(Option<Runtime>);

impl Drop for Unused {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_without_a_thread_goes_within_another_loop() {
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        let unused = Unused(Some(runtime()));
        runtime().block_on(async move { drop(unused) });
    }

    #[test]
    fn the_thread_has_the_loop() {
        let thread = thread_with_loop("test".to_owned(), |runtime| runtime.block_on(async { 7 })).unwrap();
        assert_eq!(thread.join().unwrap(), 7);
    }
}
