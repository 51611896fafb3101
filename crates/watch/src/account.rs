//! What a watch has done, as metrics of its own: whoever watches the watch reads them.

use std::collections::BTreeMap;

use loadline_prometheus::Text;

use crate::alert::{Alerts, Phase};
use crate::scrape::Dropped;

/// What was done so far, and how things stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    /// Budgets that are watched.
    pub budgets: u64,
    /// Those of which nothing is known.
    pub without_data: u64,
    /// Looks that found out how budgets stand.
    pub evaluations: u64,
    /// When the last of them was, in milliseconds since 1970 UTC.
    pub evaluated_ms: Option<i64>,
    /// How long it took, from the question to what there is to tell, in seconds.
    pub took_s: f64,
    /// Looks that found nothing out, because what was asked did not answer.
    pub failures: u64,
    /// Alerts by phase: pending, firing, over.
    pub alerts: [u64; 3],
    /// Whether what must not be forgotten could not be written when it was last tried.
    pub is_unkept: bool,
    /// Who is told, by name.
    pub receivers: BTreeMap<String, Told>,
    /// Scrapes that brought something and those that did not, by target, where there is no Prometheus.
    pub scrapes: BTreeMap<String, [u64; 2]>,
    /// What of them is in no window.
    pub dropped: Dropped,
}

/// What one receiver was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// Messages that it took.
    pub sent: u64,
    /// Times that it took none: each is tried again.
    pub failed: u64,
    /// Messages that are given up.
    pub lost: u64,
    /// Messages that wait for it.
    pub waiting: u64,
}

impl Account {
    /// Counts alerts by where they are.
    pub fn set_alerts(&mut self, alerts: &Alerts) {
        self.alerts =
            PHASES.map(|(phase, _)| alerts.iter().filter(|alert| alert.phase == phase).count() as u64);
    }

    /// What one receiver was told, to be counted on.
    pub fn receiver(&mut self, name: &str) -> &mut Told {
        self.receivers.entry(name.to_owned()).or_default()
    }

    /// Counts a scrape.
    pub fn scraped(&mut self, target: &str, brought: bool) {
        self.scrapes.entry(target.to_owned()).or_default()[usize::from(!brought)] += 1;
    }

    /// All of it in Prometheus's text format, at this time in milliseconds since 1970 UTC.
    pub fn text(&self, now_ms: i64) -> String {
        let mut text = Text::new("loadline_watch_");
        text.one("budgets", "gauge", "Budgets that are watched.", self.budgets);
        text.one("budgets_without_data", "gauge", "Budgets of which nothing is known.", self.without_data);
        text.one("evaluations_total", "counter", "Looks that found out how budgets stand.", self.evaluations);
        text.one("query_failures_total", "counter", "Looks that got no answer.", self.failures);
        text.one("evaluation_seconds", "gauge", "How long the last look took.", self.took_s);
        if let Some(evaluated_ms) = self.evaluated_ms {
            let since_s = (now_ms - evaluated_ms).max(0) as f64 / 1000.0;
            text.one("since_evaluation_seconds", "gauge", "How long ago the last look was.", since_s);
        }
        text.begin(
            "alerts",
            "gauge",
            "Alerts by where they are; those that are over are remembered for a while.",
        );
        for ((_, name), number) in PHASES.iter().zip(self.alerts) {
            text.value("alerts", &[("state", name)], number);
        }
        text.one(
            "state_kept",
            "gauge",
            "Whether what must not be forgotten is written.",
            u8::from(!self.is_unkept),
        );
        let told: [(&str, &str, &str, OfTold); 4] = [
            ("notices_sent_total", "counter", "Notices that a receiver took.", |told| told.sent),
            (
                "notices_failed_total",
                "counter",
                "Times that a receiver took none; it is tried again.",
                |told| told.failed,
            ),
            ("notices_lost_total", "counter", "Notices that are given up.", |told| told.lost),
            ("notices_waiting", "gauge", "Notices that wait for a receiver.", |told| told.waiting),
        ];
        for (name, kind, help, of) in told {
            if self.receivers.is_empty() {
                continue;
            }
            text.begin(name, kind, help);
            for (receiver, told) in &self.receivers {
                text.value(name, &[("receiver", receiver)], of(told));
            }
        }
        if !self.scrapes.is_empty() {
            self.scrape_text(&mut text);
        }
        text.written()
    }

    fn scrape_text(&self, text: &mut Text) {
        for (position, name, help) in [
            (0, "scrapes_total", "Scrapes that brought something."),
            (1, "scrape_failures_total", "Scrapes that brought nothing."),
        ] {
            text.begin(name, "counter", help);
            for (target, counts) in &self.scrapes {
                text.value(name, &[("target", target)], counts[position]);
            }
        }
        let Dropped { requests, readings, strange } = self.dropped;
        text.begin("dropped_total", "counter", "What is in no window, by why.");
        for (why, number) in [
            ("unread_requests", requests),
            ("too_many_series", readings as f64),
            ("no_number", strange as f64),
        ] {
            text.value("dropped_total", &[("why", why)], number);
        }
    }
}

type OfTold = fn(&Told) -> u64;

const PHASES: [(Phase, &str); 3] =
    [(Phase::Pending, "pending"), (Phase::Firing, "firing"), (Phase::Over, "over")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_counted_is_said() {
        let mut account =
            Account { budgets: 3, evaluations: 2, evaluated_ms: Some(1_000), ..Account::default() };
        account.scraped("http://a/metrics", false);
        account.dropped.readings = 7;
        account.receiver("slack").sent += 1;
        account.receiver("a \"b\"").lost += 2;
        let text = account.text(3_500);
        for line in [
            "loadline_watch_budgets 3",
            "loadline_watch_since_evaluation_seconds 2.5",
            "loadline_watch_alerts{state=\"firing\"} 0",
            "loadline_watch_state_kept 1",
            "loadline_watch_scrapes_total{target=\"http://a/metrics\"} 0",
            "loadline_watch_scrape_failures_total{target=\"http://a/metrics\"} 1",
            "loadline_watch_dropped_total{why=\"too_many_series\"} 7",
            "loadline_watch_notices_sent_total{receiver=\"slack\"} 1",
            "loadline_watch_notices_lost_total{receiver=\"a \\\"b\\\"\"} 2",
        ] {
            assert!(text.lines().any(|said| said == line), "{line}: {text}");
        }
        // A clock that was put back.
        assert!(account.text(0).contains("since_evaluation_seconds 0\n"));
    }
}
