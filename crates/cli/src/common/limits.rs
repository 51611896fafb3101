//! Limits of the system that would end this process without a word, or in the middle of a library.

use std::fs::File;
use std::sync::{Arc, Mutex};
use std::thread;

use loadline_runner::{Ending, Failure};
use rustix::process::{Resource, getrlimit};
use tokio::signal::unix::{SignalKind, signal};

/// SIGXFSZ, of a file that has come to the size that is allowed (setrlimit(2)).
const FILE_SIZE: i32 = 25;
/// Descriptors that every command may have at once: signals, an event loop, a history with its log and its locks.
const DESCRIPTORS: usize = 16;
/// Threads beside the workers: signals, what is said, sampling, samples, a script's init code.
const THREADS: usize = 6;
/// Addresses beside those of the threads' stacks: heaps, the engine of the scripts, buffers.
const ADDRESSES: usize = 128 << 20;
/// Addresses that the C library sets aside for what a thread allocates, whether used or not (glibc's `HEAP_MAX_SIZE`).
const ARENA: usize = 64 << 20;
/// More workers than this are not tried out.
const MOST_WORKERS: usize = 16;

/// Has the system say that a file may not grow, as an error of the write, instead of killing the process; and refuses
/// to begin with fewer descriptors than it takes.
///
/// # Errors
/// When there are too few.
pub(crate) fn survive() -> Result<(), Failure> {
    loadline_runner::raise_descriptor_limit();
    let opened: Vec<_> = (0..DESCRIPTORS).map(|_| File::open("/dev/null")).collect();
    let most = opened.iter().filter(|file| file.is_ok()).count();
    if let Some(error) = opened.into_iter().find_map(Result::err) {
        let text = format!(
            "this process can open {most} files more, and takes {DESCRIPTORS} to begin: {error}\nhint: raise the limit with `ulimit -n`"
        );
        return Err(Failure::new(Ending::CouldNotRun, text));
    }
    // The handler stays when the runtime goes.
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() {
        let _within = runtime.enter();
        let _ = signal(SignalKind::from_raw(FILE_SIZE));
    }
    Ok(())
}

/// Refuses to begin a run with fewer threads, or fewer addresses beside them, than it takes: all at once, because that
/// is how they are needed. An allocation that fails later ends the process.
///
/// # Errors
/// When there are too few.
pub(crate) fn enough_threads() -> Result<(), Failure> {
    let workers = thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_WORKERS));
    let wanted = THREADS + workers;
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock();
    let mut started = Vec::new();
    let mut failed = None;
    for _ in 0..wanted {
        let gate = Arc::clone(&gate);
        match thread::Builder::new().spawn(move || drop(gate.lock())) {
            Ok(thread) => started.push(thread),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    // Only a limit on addresses makes them scarce. No memory is taken of what is not written to.
    let limited = getrlimit(Resource::As).current.is_some();
    let needed = ADDRESSES + if limited { wanted * ARENA } else { 0 };
    let addresses = Vec::<u8>::new().try_reserve_exact(needed);
    drop(closed);
    let most = started.len();
    for thread in started {
        let _ = thread.join();
    }
    let Some(error) = failed else {
        return addresses.map_err(|_| {
            let text = format!(
                "this process may not have the addresses that a run takes, {} MB beside its threads\nhint: raise the limit with `ulimit -v`",
                needed >> 20
            );
            Failure::new(Ending::CouldNotRun, text)
        });
    };
    let text = format!(
        "this process can have {most} threads more, and takes {wanted} for a run: {error}\nhint: raise the limit with `ulimit -u`, or the limit of its control group"
    );
    Err(Failure::new(Ending::CouldNotRun, text))
}
