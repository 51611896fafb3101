//! What becomes of each message: taken, tried again, refused, or lost.
//!
//! A message that is not taken is tried again for as long as there is room for those behind it, and keeps its time, so
//! that a receiver that was down for a while has no gap. Series of messages for which there was no more room are said
//! again by the next, so that their totals come out right. What a receiver refuses is lost at once: it would refuse it
//! again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use loadline_secrets::masked;
use loadline_units::count;
use loadline_verdict::escape;
use rustc_hash::FxHashSet;
use tokio::time::{Instant, sleep, timeout};

use super::outbox::Outbox;
use super::retry::{asked, wait};
use super::way::Carrier;
use crate::form::{Answer, Form, Message, Next};

/// How often a message may be put into other words.
const OTHER_WORDS: u32 = 4;

/// What came of it all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Values that were to be sent.
    pub(crate) points: u64,
    /// Values that never arrived.
    pub(crate) lost: u64,
    /// Series whose newest value never arrived.
    pub(crate) behind: u64,
    /// What was in the way last.
    pub(crate) trouble: Option<String>,
}

/// What people should hear while a run goes on.
pub(super) type Remarks = Arc<Mutex<Vec<String>>>;

/// Who brings messages to one receiver.
pub(super) struct Courier {
    pub(super) form: Box<dyn Form>,
    outbox: Outbox,
    carrier: Carrier,
    /// The receiver's name for people.
    place: String,
    /// The longest that an answer may take.
    patience: Duration,
    failures: u32,
    not_before: Option<Instant>,
    /// Series whose newest value did not arrive.
    behind: FxHashSet<u32>,
    sent: Sent,
    remarks: Remarks,
    is_refused: bool,
}

impl Courier {
    pub(super) fn new(
        form: Box<dyn Form>,
        carrier: Carrier,
        place: String,
        patience: Duration,
        remarks: Remarks,
    ) -> Self {
        Self {
            form,
            outbox: Outbox::default(),
            carrier,
            place,
            patience,
            failures: 0,
            not_before: None,
            behind: FxHashSet::default(),
            sent: Sent::default(),
            remarks,
            is_refused: false,
        }
    }

    /// Adds messages behind those that wait.
    pub(super) fn add(&mut self, messages: Vec<Message>) {
        for message in messages {
            self.sent.points += message.points;
            for lost in self.outbox.put(message) {
                self.form.repeat(&lost.series);
                self.lose(&lost);
            }
        }
    }

    /// How long until something is to be done here; `None` when nothing waits.
    pub(super) fn due(&self) -> Option<Duration> {
        self.outbox.first()?;
        Some(self.not_before.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now())))
    }

    /// Brings what waits, until the receiver wants to be asked later.
    pub(super) async fn bring(&mut self) {
        while self.due() == Some(Duration::ZERO) {
            self.bring_one(self.patience).await;
        }
    }

    /// Brings what waits within this time; what is left then is lost.
    pub(super) async fn bring_all(mut self, within: Duration) -> Sent {
        let deadline = Instant::now() + within;
        let left = || deadline.saturating_duration_since(Instant::now());
        while let Some(due) = self.due() {
            if due >= left() {
                break;
            }
            sleep(due).await;
            self.bring_one(self.patience.min(left())).await;
        }
        while let Some(message) = self.outbox.take() {
            self.lose(&message);
        }
        self.sent.behind = self.behind.len() as u64;
        self.sent
    }

    async fn bring_one(&mut self, patience: Duration) {
        for _ in 0..OTHER_WORDS {
            let Some(message) = self.outbox.first() else { return };
            // The client's own time does not cover what it waits for before it connects.
            let answer = match timeout(patience, self.carrier.send(message, patience)).await {
                Ok(answer) => answer,
                Err(_) => Err(format!("does not answer within {}", loadline_units::duration_text(patience))),
            };
            let next = answer.as_ref().map_or(Next::Again, |answer| self.form.answered(message, answer));
            if let Some(remark) = self.form.remark() {
                self.say(&remark);
            }
            match next {
                Next::Taken { missing } => return self.taken(missing, answer.as_ref().ok()),
                Next::Again => return self.again(&answer),
                Next::Refused => {
                    let words = self.words(&answer);
                    return self.refused(&words);
                }
                Next::Instead(other) => {
                    self.sent.points -= message.points.saturating_sub(other.points);
                    self.outbox.replace(other);
                }
            }
        }
        self.refused("does not agree to any form of it");
    }

    fn taken(&mut self, missing: u64, answer: Option<&Answer>) {
        let Some(message) = self.outbox.take() else { return };
        if self.form.adds_up() {
            for series in &message.series {
                self.behind.remove(series);
            }
        }
        if std::mem::take(&mut self.failures) > 1 {
            self.say("takes values again");
        }
        self.not_before = None;
        if missing > 0 {
            self.sent.lost += missing;
            self.behind.extend(&message.series);
            let text = answer.map(|answer| self.form.quoted(answer)).unwrap_or_default();
            self.trouble(&format!(
                "it wrote {} of {} values of a message {text}",
                count(message.points - missing),
                count(message.points)
            ));
        }
    }

    fn again(&mut self, answer: &Result<Answer, String>) {
        self.failures += 1;
        let asked = answer.as_ref().ok().and_then(|answer| asked(answer, Timestamp::now()));
        self.not_before = Some(Instant::now() + wait(self.failures, asked));
        let words = self.words(answer);
        // One that is busy for a moment is not worth a word.
        if self.failures == 2 {
            self.say(&format!("does not take what is sent, which is tried again: {words}"));
        }
        self.trouble(&words);
    }

    fn refused(&mut self, words: &str) {
        let Some(message) = self.outbox.take() else { return };
        self.lose(&message);
        (self.failures, self.not_before) = (0, None);
        if !std::mem::replace(&mut self.is_refused, true) {
            self.say(&format!("refuses what is sent: {words}"));
        }
        self.trouble(words);
    }

    fn lose(&mut self, message: &Message) {
        self.sent.lost += message.points;
        self.behind.extend(&message.series);
    }

    fn trouble(&mut self, words: &str) {
        self.sent.trouble = Some(words.trim().to_owned());
    }

    fn say(&self, words: &str) {
        let words = format!("`{}` {words}", self.place);
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner).push(words);
    }

    /// What a receiver said, or why it said nothing, without secrets and on one line.
    fn words(&self, answer: &Result<Answer, String>) -> String {
        let words = match answer {
            Ok(answer) => match self.form.quoted(answer) {
                text if text.is_empty() => format!("it answers {}", answer.line),
                text => format!("it answers {}: {text}", answer.line),
            },
            Err(why) => why.clone(),
        };
        escape(&masked(&words)).into_owned()
    }
}
