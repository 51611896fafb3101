//! From the first window to the last flush.

use std::io;
use std::sync::{Arc, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use loadline_measure::{Window, unix_time};
use tokio::runtime;

use super::courier::{Courier, Remarks, Sent};
use super::mailbox::{Mailbox, Measured};
use super::way::Way;
use crate::form::Form;

/// How often, and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How often messages are made.
    pub(crate) interval: Duration,
    /// The longest that an answer may take.
    pub(crate) patience: Duration,
    /// The longest that everything may take that is left at the end.
    pub(crate) at_end: Duration,
}

/// A thread that sends, as whoever feeds it sees it.
pub(crate) struct Sender {
    mailbox: Arc<Mailbox>,
    remarks: Remarks,
    /// Until it was waited for.
    thread: Option<JoinHandle<Option<Sent>>>,
}

impl Sender {
    /// Starts it.
    ///
    /// # Errors
    /// When there can be no more threads.
    pub(crate) fn start(form: Box<dyn Form>, way: Way, pace: Pace) -> io::Result<Self> {
        let (mailbox, remarks) = (Arc::new(Mailbox::default()), Remarks::default());
        let (theirs, heard) = (Arc::clone(&mailbox), Arc::clone(&remarks));
        let thread = Builder::new().name("telemetry".to_owned()).spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async move {
                let place = way.place();
                let courier = Courier::new(form, way.carrier(), place, pace.patience, heard);
                Some(run(courier, &theirs, pace).await)
            })
        })?;
        Ok(Self { mailbox, remarks, thread: Some(thread) })
    }

    /// Hands over what was measured until now, and never waits.
    pub(crate) fn put(&self, window: Window) {
        self.mailbox.put(Measured { time_ms: now_ms(), window });
    }

    /// What people should hear, since this was asked last.
    pub(crate) fn remarks(&self) -> Vec<String> {
        std::mem::take(&mut *self.remarks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says that nothing more is to come, and does not wait.
    pub(crate) fn end(&self) {
        self.mailbox.end();
    }

    /// Has everything sent that is left, within the time for that; `None` when the thread broke down.
    pub(crate) fn finish(&mut self) -> Option<Sent> {
        self.mailbox.end();
        self.thread.take()?.join().ok()?
    }
}

/// A run that never came to its end leaves no thread that waits for more.
impl Drop for Sender {
    fn drop(&mut self) {
        self.mailbox.end();
    }
}

/// Milliseconds since 1970 UTC.
pub(crate) fn now_ms() -> i64 {
    unix_time().as_millis() as i64
}

async fn run(mut courier: Courier, mailbox: &Mailbox, pace: Pace) -> Sent {
    let interval_ms = pace.interval.as_millis() as i64;
    // The time of the newest window, and of the newest messages, which ascends.
    let (mut newest_ms, mut said_ms) = (now_ms(), now_ms());
    let mut last_push_ms = newest_ms;
    loop {
        let (windows, is_over) = mailbox.take(courier.due()).await;
        for measured in windows {
            courier.form.take(&measured.window);
            newest_ms = measured.time_ms;
            // Windows come each second, a little early or late.
            if newest_ms - last_push_ms + SLACK_MS >= interval_ms {
                last_push_ms = newest_ms;
                said_ms = newest_ms.max(said_ms + 1);
                let messages = courier.form.messages(said_ms);
                courier.add(messages);
            }
        }
        if is_over {
            said_ms = newest_ms.max(said_ms + 1);
            let messages = courier.form.messages(said_ms);
            courier.add(messages);
            let last = courier.form.last_words(said_ms + 1);
            courier.add(last);
            return courier.bring_all(pace.at_end).await;
        }
        courier.bring().await;
    }
}

/// What a second may be shorter by.
const SLACK_MS: i64 = 100;
