//! A notice: what is new of an alert, with everything that explains it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::Change;
use crate::burn::Severity;

/// What somebody is told of one alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// What is new.
    pub change: Change,
    /// The same for ever: `search.findPrograms p95<=500ms page`.
    pub key: String,
    /// Its endpoint.
    pub endpoint: String,
    /// Its budget.
    pub condition: String,
    /// How urgent it is.
    pub severity: Severity,
    /// Since when it burns, in seconds since 1970 UTC.
    pub since_s: i64,
    /// When this was found out.
    pub at_s: i64,
    /// When it was over.
    pub over_s: Option<i64>,
    /// How often it has come again lately.
    pub again: u32,
    /// What was counted, and how fast it burns: sentences without a full stop.
    pub facts: Vec<String>,
    /// What changed around its beginning, and what load tests said: sentences without a full stop.
    #[serde(default)]
    pub around: Vec<String>,
    /// The command that shows more.
    pub more: String,
}

impl Notice {
    /// One line: `page: search.findPrograms burns its budget p95<=500ms`.
    pub fn title(&self) -> String {
        let (severity, endpoint, condition) = (self.severity.name(), &self.endpoint, &self.condition);
        match self.change {
            Change::Firing => format!("{severity}: {endpoint} burns its budget {condition}"),
            Change::StillFiring => format!("{severity}: {endpoint} still burns its budget {condition}"),
            Change::Resolved => format!("over: {endpoint} keeps its budget {condition} again"),
        }
    }

    /// The key of its objective: `search.findPrograms p95<=500ms`.
    pub fn objective(&self) -> String {
        format!("{} {}", self.endpoint, self.condition)
    }

    /// Whether the alert is on.
    pub fn is_on(&self) -> bool {
        self.change != Change::Resolved
    }

    /// All that is known, one thing on each line.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("since {}", time(self.since_s))];
        if let Some(over_s) = self.over_s.filter(|_| !self.is_on()) {
            lines[0] += &format!(" until {}", time(over_s));
        }
        if self.again > 0 {
            lines.push(format!("it came again {} times lately", self.again));
        }
        lines.extend(self.facts.iter().chain(&self.around).cloned());
        lines.push(format!("more: {}", self.more));
        lines
    }
}

/// As RFC 3339 has it, in UTC.
pub(crate) fn time(at_s: i64) -> String {
    Timestamp::from_second(at_s).map_or_else(|_| at_s.to_string(), |time| time.to_string())
}

/// Notices that are told together: those of an endpoint, of one urgency, that began or ended at the same time.
pub fn grouped(notices: Vec<Notice>) -> Vec<Vec<Notice>> {
    let mut groups: Vec<Vec<Notice>> = Vec::new();
    for notice in notices {
        let same = |group: &Vec<Notice>| {
            let first = &group[0];
            (first.change, &first.endpoint, first.severity)
                == (notice.change, &notice.endpoint, notice.severity)
        };
        match groups.iter_mut().find(|group| same(group)) {
            Some(group) => group.push(notice),
            None => groups.push(vec![notice]),
        }
    }
    groups
}

#[cfg(test)]
pub(crate) fn example(change: Change) -> Notice {
    Notice {
        change,
        key: "search.findPrograms p95<=500ms page".to_owned(),
        endpoint: "search.findPrograms".to_owned(),
        condition: "p95<=500ms".to_owned(),
        severity: Severity::Page,
        since_s: 1_783_155_600,
        at_s: 1_783_155_600,
        over_s: (change == Change::Resolved).then_some(1_783_159_200),
        again: 0,
        facts: vec!["\"1,920\" of 7,200 <requests> took longer".to_owned()],
        around: vec!["changed: version 1.4.0 answers".to_owned()],
        more: "loadline watch --once".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_of_one_endpoint_are_told_together() {
        let other = Notice { condition: "p99<=1s".to_owned(), ..example(Change::Firing) };
        let ticket = Notice { severity: Severity::Ticket, ..example(Change::Firing) };
        let groups = grouped(vec![example(Change::Firing), ticket, other, example(Change::Resolved)]);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn a_notice_says_since_when_and_what_to_do() {
        assert_eq!(
            example(Change::Resolved).lines(),
            [
                "since 2026-07-04T09:00:00Z until 2026-07-04T10:00:00Z",
                "\"1,920\" of 7,200 <requests> took longer",
                "changed: version 1.4.0 answers",
                "more: loadline watch --once"
            ]
        );
    }
}
