//! The form that a receiver takes a run in: windows in, messages out. Nothing here waits for anybody.

use bytes::Bytes;
use http::HeaderMap;
use loadline_measure::Window;

/// A header field that goes with every message of a kind.
pub(crate) type Field = (&'static str, &'static str);

/// One request's worth.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// What is posted.
    pub(crate) body: Bytes,
    /// What says how to read it.
    pub(crate) fields: &'static [Field],
    /// How many values are in it.
    pub(crate) points: u64,
    /// Whose values these are, by the form's own numbers.
    pub(crate) series: Vec<u32>,
}

/// What a receiver said to a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The status with its words: `429 Too Many Requests`.
    pub(crate) line: String,
    /// The header fields.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

/// Bytes of an answer that are read as text.
const QUOTED: usize = 300;
/// Characters of an answer that people are told.
pub(crate) const MOST_QUOTED: usize = 300;

impl Answer {
    /// The beginning of its body, as text.
    pub(crate) fn plain_text(&self) -> String {
        String::from_utf8_lossy(&self.body[..self.body.len().min(QUOTED)]).trim().to_owned()
    }
}

/// What an answer means.
#[derive(Debug)]
pub(crate) enum Next {
    /// It took all of it but so many values.
    Taken {
        /// Values that it says it left out.
        missing: u64,
    },
    /// It may take it later.
    Again,
    /// It will never take this.
    Refused,
    /// It wants the same in other words.
    Instead(Message),
}

/// What makes messages of windows.
pub(crate) trait Form: Send {
    /// Adds what was measured.
    fn take(&mut self, window: &Window);

    /// What changed since the last time, as it stands at this time in milliseconds since 1970 UTC, which is later than
    /// that of any message before.
    fn messages(&mut self, time_ms: i64) -> Vec<Message>;

    /// What says that nothing more is to come.
    fn last_words(&mut self, _time_ms: i64) -> Vec<Message> {
        Vec::new()
    }

    /// These series are to be in the next messages again: what was said of them never arrived.
    fn repeat(&mut self, series: &[u32]);

    /// What an answer means.
    fn answered(&mut self, message: &Message, answer: &Answer) -> Next {
        let _ = message;
        by_status(answer.status)
    }

    /// What an answer says in words.
    fn text(&self, answer: &Answer) -> String {
        answer.plain_text()
    }

    /// The beginning of it, as people are told.
    fn quoted(&self, answer: &Answer) -> String {
        self.text(answer).chars().take(MOST_QUOTED).collect()
    }

    /// Whether the newest value of a series makes up for all before, as totals do.
    fn adds_up(&self) -> bool {
        true
    }

    /// What people should know about it, since they were told last.
    fn remark(&mut self) -> Option<String> {
        None
    }
}

/// What a status means to most receivers: too much at once, and what is wrong with the server, may pass.
pub(crate) fn by_status(status: u16) -> Next {
    match status {
        200..=299 => Next::Taken { missing: 0 },
        408 | 429 | 500..=599 => Next::Again,
        _ => Next::Refused,
    }
}
