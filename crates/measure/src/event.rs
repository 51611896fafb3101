//! What happened to a run, and when: a stage began, it was aborted, something was restarted. Charts mark it, so that a
//! step in a curve has its reason beside it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Events that a run keeps; what is beyond is counted.
const MOST: usize = 500;
/// Characters of an event's words.
const LONGEST: usize = 200;

/// What happened to a run, in the order of time, at most a few hundred.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunEvents {
    /// The events.
    list: Vec<RunEvent>,
    /// How many more there were.
    #[serde(skip_serializing_if = "is_zero")]
    more: u64,
}

/// One thing that happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunEvent {
    /// When, in milliseconds since the run's scenarios started.
    pub at_ms: u64,
    /// What kind of thing.
    pub kind: EventKind,
    /// In words that stand beside its moment: `search: to 20 VUs within 30s`. Secrets are left out by whoever says it.
    pub words: String,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// The load changes from here on.
    Stage,
    /// The load is held, or goes on.
    Pause,
    /// A person changed it while it went on.
    Steer,
    /// Something was started again.
    Restart,
    /// Another version was put in place.
    Deploy,
    /// The run was ended before its time.
    Abort,
    /// Something else, or what a later version knows.
    #[default]
    #[serde(other)]
    Other,
}

impl EventKind {
    /// What kind of thing a line tells, by its first word: `deploy: 1.4.2`.
    pub fn said(line: &str) -> Self {
        let first = line.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
        match first.to_lowercase().as_str() {
            "deploy" | "deployed" | "deployment" | "release" | "released" | "rollback" => Self::Deploy,
            "pause" | "paused" | "resume" | "resumed" => Self::Pause,
            "restart" | "restarted" => Self::Restart,
            _ => Self::Other,
        }
    }

    /// The word of it in files and pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Pause => "pause",
            Self::Steer => "steer",
            Self::Restart => "restart",
            Self::Deploy => "deploy",
            Self::Abort => "abort",
            Self::Other => "other",
        }
    }
}

impl RunEvents {
    /// Adds what happened at a time since the scenarios started.
    pub fn add(&mut self, at: Duration, kind: EventKind, words: &str) {
        let at_ms = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        self.push(RunEvent { at_ms, kind, words: words.to_owned() });
    }

    /// Adds what happened.
    pub fn push(&mut self, mut event: RunEvent) {
        if let Some((end, _)) = event.words.char_indices().nth(LONGEST) {
            event.words.truncate(end);
        }
        self.insert(event);
    }

    /// Leaves out what is not to be any more.
    pub fn retain(&mut self, keep: impl FnMut(&RunEvent) -> bool) {
        self.list.retain(keep);
    }

    /// The events, in the order of time.
    pub fn iter(&self) -> impl Iterator<Item = &RunEvent> {
        self.list.iter()
    }

    /// How many happened that are not kept.
    pub fn left_out(&self) -> u64 {
        self.more
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.more == 0
    }

    /// Adds what happened to another part of the same run; what both say is said once.
    pub fn merge(&mut self, other: &Self) {
        for event in other.iter().filter(|event| !self.list.contains(event)).cloned().collect::<Vec<_>>() {
            self.insert(event);
        }
        self.more += other.more;
    }

    fn insert(&mut self, event: RunEvent) {
        if self.list.len() >= MOST {
            self.more += 1;
            return;
        }
        let at = self.list.partition_point(|known| known.at_ms <= event.at_ms);
        self.list.insert(at, event);
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_kept_in_the_order_of_time_and_counted_beyond_their_limit() {
        let mut events = RunEvents::default();
        events.add(Duration::from_secs(9), EventKind::Abort, "a threshold failed");
        events.add(Duration::from_secs(3), EventKind::Stage, &"x".repeat(1_000));
        assert_eq!(events.iter().map(|event| event.at_ms).collect::<Vec<_>>(), [3_000, 9_000]);
        assert_eq!(events.iter().next().map(|event| event.words.len()), Some(LONGEST));
        for second in 0..MOST as u64 {
            events.add(Duration::from_secs(second), EventKind::Other, "again");
        }
        assert_eq!((events.iter().count(), events.left_out()), (MOST, 2));
    }

    #[test]
    fn parts_of_a_run_say_once_what_happened_to_both() {
        let mut one = RunEvents::default();
        one.add(Duration::from_secs(1), EventKind::Stage, "to 20 VUs");
        let mut other = one.clone();
        other.add(Duration::from_secs(2), EventKind::Restart, "the database");
        one.merge(&other);
        assert_eq!(one, other);
    }

    #[test]
    fn what_a_later_version_knows_is_read() {
        let text = r#"{"list":[{"at_ms":5,"kind":"eclipse","words":"dark","by":"the moon"}]}"#;
        let events: RunEvents = serde_json::from_str(text).unwrap();
        assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::Other]);
        assert_eq!(
            serde_json::from_str::<RunEvents>(&serde_json::to_string(&events).unwrap()).unwrap(),
            events
        );
    }
}
