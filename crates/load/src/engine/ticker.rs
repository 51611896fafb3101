//! Waiting for an instant, finely enough to start thousands of iterations per second on time.
//!
//! tokio's timer wheel has a resolution of 1 ms: 5,000 arrivals per second would start in bursts of five. On Linux
//! an open model therefore waits on a timer file descriptor in the same event loop, which the kernel fires within
//! microseconds. Spinning would be finer still and would steal the core from the virtual users it starts.
//! Arrivals closer than [`FINEST`] share a wake-up, so that 100,000 per second do not cost 100,000 wake-ups.

use std::time::Duration;

use tokio::time::Instant;

/// No two wake-ups are closer than this.
const FINEST: Duration = Duration::from_micros(200);

/// A source of wake-ups for one waiter.
#[derive(Debug)]
pub(super) enum Ticker {
    /// tokio's timer: obeys a paused clock; rounds up to the millisecond.
    Timer,
    /// A timer of the kernel.
    #[cfg(target_os = "linux")]
    Kernel(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>),
}

impl Ticker {
    /// The finest ticker there is here: the kernel's, unless the clock must stay tokio's own.
    pub(super) fn new(fine: bool) -> Self {
        #[cfg(target_os = "linux")]
        if fine && let Ok(kernel) = kernel_timer() {
            return Self::Kernel(kernel);
        }
        let _ = fine;
        Self::Timer
    }

    /// Returns at `at`, or up to [`FINEST`] later; seldom before it.
    pub(super) async fn until(&self, at: Instant, now: Instant) {
        match self {
            Self::Timer => tokio::time::sleep_until(at).await,
            #[cfg(target_os = "linux")]
            Self::Kernel(timer) => {
                let wait = at.saturating_duration_since(now).max(FINEST);
                if arm(timer, wait).is_err() || fired(timer).await.is_err() {
                    // A descriptor that fails is replaced by the coarser clock rather than by a lost arrival.
                    tokio::time::sleep_until(at).await;
                }
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "tokio registers a foreign descriptor only on the caller's word that it stays open"
)]
fn kernel_timer() -> std::io::Result<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>> {
    use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
    // SAFETY: the `OwnedFd` moves into the `AsyncFd`, which gives it out by shared reference only; so it is open, and
    // the same descriptor, until the `AsyncFd` is dropped.
    let timer =
        unsafe { tokio::io::unix::AsyncFd::register_with_interest(timer, tokio::io::Interest::READABLE)? };
    Ok(timer)
}

#[cfg(target_os = "linux")]
fn arm(timer: &tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>, wait: Duration) -> std::io::Result<()> {
    use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
    let once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let value = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
    timerfd_settime(timer, TimerfdTimerFlags::empty(), &Itimerspec { it_interval: once, it_value: value })?;
    Ok(())
}

/// Waits for the timer without reading it: arming it again forgets the expiration, and the event loop reports each
/// one once. That saves a system call per wake-up; a leftover wake-up after a wait that was given up does no harm,
/// because the waiter looks at the clock anyway.
#[cfg(target_os = "linux")]
async fn fired(timer: &tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>) -> std::io::Result<()> {
    timer.readable().await?.clear_ready();
    Ok(())
}
