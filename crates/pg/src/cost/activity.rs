//! Who is at work, at one moment: what statements wait for, and who waits for whom.

use std::collections::BTreeMap;

/// What a session at work waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wait {
    /// Nothing that the server knows: it computes.
    Cpu,
    /// A class of events, as the server calls it: `Lock`, `IO`, `LWLock`, `Client`.
    For(String),
}

/// A session at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivitySample {
    /// The number of its process.
    pub process: i32,
    /// The number of the statement that it runs or ran last, where the server computes these.
    pub query: Option<i64>,
    /// Whether it is at work.
    pub active: bool,
    /// Whether it has a transaction open and leaves it alone.
    pub idle_in_transaction: bool,
    /// What it waits for, when it is at work.
    pub wait: Wait,
    /// How long its transaction has been open, in milliseconds.
    pub transaction_ms: Option<f64>,
    /// Its statement's text, or the comments at both ends of a long one.
    pub text: String,
    /// Whether the server has cut the text, so that a comment at its end is gone.
    pub is_cut: bool,
    /// When its statement started, in microseconds since 1970 by the server's clock: which execution this is. Without
    /// it each look counts as another one.
    pub started_us: Option<i64>,
    /// How long ago that was, in milliseconds.
    pub age_ms: Option<f64>,
}

/// Who waits for a lock, and who has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Blocked {
    /// The statement that waits.
    pub waiting: Option<i64>,
    /// The statement that the other session runs, or ran last.
    pub blocking: Option<i64>,
    /// Whether the other session does nothing in its transaction.
    pub blocker_idle: bool,
}

/// All sessions of clients at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity {
    /// Those at work, those in transactions, and those that ran something since the look before.
    pub sessions: Vec<ActivitySample>,
    /// Those that do nothing.
    pub idle: u64,
    /// Those of other users of which the role may not know what they do.
    pub hidden: u64,
    /// Who waits for whom; empty where nobody does.
    pub blocked: Vec<Blocked>,
}

impl Wait {
    /// From the server's word for the class of an event.
    pub fn of(class: Option<&str>) -> Self {
        match class {
            None | Some("") => Self::Cpu,
            Some(class) => Self::For(class.to_owned()),
        }
    }

    /// As a tag's value.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Cpu => "CPU",
            Self::For(class) => class,
        }
    }

    /// Whether it waits for another transaction.
    pub fn is_lock(&self) -> bool {
        *self == Self::For("Lock".to_owned())
    }
}

/// What activity said of statements over a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Watched {
    /// How long sessions were at work, by statement and by what they waited for, in milliseconds.
    pub(super) active_ms: BTreeMap<(Option<i64>, Wait), f64>,
    /// Looks at sessions at work, and those of them that waited for a lock.
    pub(super) looks: BTreeMap<Option<i64>, (u64, u64)>,
    /// Who waited for whom, and in how many looks.
    pub(super) blocked: BTreeMap<Blocked, u64>,
    /// The newest look.
    pub(super) sessions: Option<Sessions>,
}

/// How many sessions did what.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sessions {
    pub(super) active: u64,
    pub(super) waiting: u64,
    pub(super) idle_in_transaction: u64,
    pub(super) idle: u64,
    pub(super) hidden: u64,
    pub(super) longest_transaction_ms: f64,
}

impl Watched {
    /// Takes in a look; the one before was so long ago.
    pub(super) fn add(&mut self, look: &Activity, since_ms: f64) {
        let mut sessions = Sessions { idle: look.idle, hidden: look.hidden, ..Sessions::default() };
        for session in &look.sessions {
            let age = session.transaction_ms.unwrap_or_default();
            sessions.longest_transaction_ms = sessions.longest_transaction_ms.max(age);
            sessions.idle_in_transaction += u64::from(session.idle_in_transaction);
            if !session.active {
                continue;
            }
            let waits = session.wait.is_lock();
            sessions.active += 1;
            sessions.waiting += u64::from(waits);
            *self.active_ms.entry((session.query, session.wait.clone())).or_default() += since_ms;
            let (all, locked) = self.looks.entry(session.query).or_default();
            *all += 1;
            *locked += u64::from(waits);
        }
        for blocked in &look.blocked {
            *self.blocked.entry(blocked.clone()).or_default() += 1;
        }
        self.sessions = Some(sessions);
    }

    /// Takes in what was watched later.
    pub(super) fn merge(&mut self, later: &Self) {
        for (key, ms) in &later.active_ms {
            *self.active_ms.entry(key.clone()).or_default() += ms;
        }
        for (query, (all, locked)) in &later.looks {
            let looks = self.looks.entry(*query).or_default();
            *looks = (looks.0 + all, looks.1 + locked);
        }
        for (blocked, looks) in &later.blocked {
            *self.blocked.entry(blocked.clone()).or_default() += looks;
        }
        self.sessions = later.sessions.or(self.sessions);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(query: i64, wait: &str, text: &str) -> ActivitySample {
        ActivitySample {
            process: 1,
            query: Some(query),
            active: true,
            idle_in_transaction: false,
            wait: Wait::of(Some(wait)),
            transaction_ms: Some(40.0),
            text: text.to_owned(),
            is_cut: false,
            started_us: None,
            age_ms: None,
        }
    }

    #[test]
    fn looks_add_up() {
        let mut watched = Watched::default();
        let look = Activity {
            sessions: vec![
                session(1, "Lock", "UPDATE t"),
                session(1, "", "UPDATE t"),
                session(2, "IO", "SELECT"),
            ],
            ..Activity::default()
        };
        watched.add(&look, 100.0);
        watched.add(&look, 50.0);
        assert_eq!(watched.active_ms[&(Some(1), Wait::For("Lock".to_owned()))], 150.0);
        assert_eq!(watched.active_ms[&(Some(1), Wait::Cpu)], 150.0);
        assert_eq!(watched.looks[&Some(1)], (4, 2));
        let sessions = watched.sessions.unwrap();
        assert_eq!((sessions.active, sessions.waiting), (3, 1));
        assert_eq!(sessions.longest_transaction_ms, 40.0);
    }
}
