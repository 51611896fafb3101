//! What is counted, in the text that Prometheus reads.

use std::sync::atomic::Ordering;

use loadline_edge::disk::DiskCounts;
use loadline_prometheus::Text;
use loadline_serve::sealed_count;

use crate::edge::Edge;
use crate::outcome::{OUTCOMES, Outcome};

impl Edge {
    /// All metrics, in Prometheus's text format.
    pub fn metrics(&self) -> String {
        let totals = self.common.totals();
        let kept = self.cache.counts();
        let health = self.health.counts();
        let mut text = Text::new("loadline_edge_");
        let outcomes = |counts: &[u64; OUTCOMES]| -> Vec<(&'static str, u64)> {
            Outcome::ALL.into_iter().map(|outcome| (outcome.word(), counts[outcome as usize])).collect()
        };
        text.begin("requests_total", "counter", "Requests of clients, by what the cache did with them.");
        for (word, count) in outcomes(&totals.outcomes) {
            text.value("requests_total", &[("outcome", word)], count);
        }
        text.begin("rule_requests_total", "counter", "The same by rule; the empty one is no rule.");
        for (rule, counts) in &totals.rules {
            for (word, count) in outcomes(counts).into_iter().filter(|(_, count)| *count > 0) {
                text.value("rule_requests_total", &[("rule", rule), ("outcome", word)], count);
            }
        }
        text.begin("responses_total", "counter", "Answers to clients, by the first digit of their status.");
        for (class, count) in ["1xx", "2xx", "3xx", "4xx", "5xx"].into_iter().zip(totals.statuses) {
            text.value("responses_total", &[("status", class)], count);
        }
        text.begin("origin_requests_total", "counter", "Requests to the origin, by how they ended.");
        for (how, count) in &totals.asked {
            text.value("origin_requests_total", &[("ended", how)], *count);
        }
        text.begin("origin_kept_from_total", "counter", "Requests that the origin was kept from, by why.");
        for (why, count) in &totals.unasked {
            text.value("origin_kept_from_total", &[("why", why)], *count);
        }
        let load = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let waiting = u64::try_from(self.common.waiting.load(Ordering::Relaxed)).unwrap_or_default();
        for (name, kind, help, value) in [
            ("sent_bytes_total", "counter", "Bytes of bodies that went to clients.", totals.bytes_sent),
            (
                "origin_received_bytes_total",
                "counter",
                "Bytes of bodies that came from the origin.",
                totals.bytes_received,
            ),
            ("origin_cut_total", "counter", "Answers of the origin that ended early.", totals.cut),
            (
                "origin_up",
                "gauge",
                "Whether the origin gives answers, by what was tried.",
                u64::from(!health.is_down),
            ),
            (
                "origin_down_total",
                "counter",
                "Times that the origin was found to give no answers.",
                health.trips,
            ),
            (
                "origin_tries_total",
                "counter",
                "Requests that tried whether the origin is down still.",
                health.tries,
            ),
            (
                "origin_in_flight",
                "gauge",
                "Requests that the origin has at this moment.",
                self.gate.in_flight(),
            ),
            (
                "origin_queue",
                "gauge",
                "Requests that wait for the origin to have fewer.",
                self.gate.waiting(),
            ),
            ("waiting", "gauge", "Requests that wait for another's answer.", waiting),
            (
                "refreshes_total",
                "counter",
                "Questions to the origin in the background.",
                load(&self.common.refreshes),
            ),
            ("purged_total", "counter", "Answers that were purged.", load(&self.common.purges)),
            ("reloads_total", "counter", "Rules that were read again.", load(&self.common.reloads)),
            (
                "failed_reloads_total",
                "counter",
                "Rules that were read again, and were none.",
                load(&self.common.failed_reloads),
            ),
            (
                "log_lines_lost_total",
                "counter",
                "Lines of the access log that were not written.",
                self.lost(),
            ),
            ("answers", "gauge", "Answers that are kept.", kept.answers),
            ("kept_bytes", "gauge", "Bytes of all that is kept.", kept.bytes),
            (
                "sealed_bodies",
                "gauge",
                "Large bodies that the system sends without copying them.",
                sealed_count() as u64,
            ),
            ("evicted_total", "counter", "Answers that had to go because there was no room.", kept.evicted),
            (
                "too_large_total",
                "counter",
                "Answers that were not kept because they were too large.",
                kept.too_large,
            ),
            (
                "cut_short_total",
                "counter",
                "Answers that were not kept because they did not come to their end.",
                kept.cut_short,
            ),
            (
                "variants_dropped_total",
                "counter",
                "Answers that had to go because their key had too many.",
                kept.variants_dropped,
            ),
        ] {
            text.one(name, kind, help, value);
        }
        if let Some(disk) = self.disk.get() {
            write_disk(&mut text, disk.counts());
        }
        text.written()
    }
}

fn write_disk(text: &mut Text, counts: DiskCounts) {
    for (name, kind, help, value) in [
        ("disk_bytes", "gauge", "Bytes of the store's files.", counts.bytes),
        (
            "disk_written_total",
            "counter",
            "Answers and purges that were written to the disk.",
            counts.written,
        ),
        ("disk_skipped_total", "counter", "Answers that the disk was too slow for.", counts.skipped),
        ("disk_failed_total", "counter", "Answers that the disk did not take.", counts.failed),
        (
            "disk_files_dropped_total",
            "counter",
            "Files that had to go for want of room.",
            counts.files_dropped,
        ),
        (
            "disk_wiped_total",
            "counter",
            "Times that the disk let go of all, lest a purge be lost.",
            counts.wiped,
        ),
        ("disk_broken", "gauge", "Whether the disk takes nothing any more.", u64::from(counts.is_broken)),
    ] {
        text.one(name, kind, help, value);
    }
}
