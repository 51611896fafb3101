//! What a fuzzer does with spans. `fuzz/` calls it with libFuzzer's inputs; the test below calls it with the kept
//! inputs and with mutations of them, so that it is never out of date.

use std::time::Duration;

use crate::collector::{Collector, Limits};
use crate::jaeger::read_jaeger;
use crate::name::LONGEST;
use crate::otlp::{read_json, read_protobuf};
use crate::parts::explain;
use crate::span::{Batch, LONGEST_NS};

/// Reads these bytes in each form, and explains the request of every span that comes of it.
///
/// # Panics
/// A span is none, its name is no short line, parts are not what the server span took, or the collector keeps more
/// than it may.
pub(crate) fn spans(bytes: &[u8]) {
    for read in [read_protobuf(bytes), read_json(bytes), read_jaeger(bytes)] {
        match read {
            Ok(batch) => check(&batch),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn check(batch: &Batch) {
    let limits = Limits { traces: 5, bytes: 5_000, spans_of_trace: 20, ..Limits::default() };
    let mut collector = Collector::new(0, limits);
    for (number, span) in batch.spans.iter().enumerate() {
        assert!(span.trace != 0 && span.id != 0 && span.end_ns - span.begin_ns <= LONGEST_NS, "{span:?}");
        assert!(!span.name.is_empty() && span.name.chars().count() <= LONGEST, "{span:?}");
        assert!(!span.name.chars().any(char::is_control), "{span:?}");
        if number < 50
            && let Some(explained) = explain(&batch.spans, span.parent)
        {
            let sum: u64 = explained.parts.iter().map(|(_, ns)| ns).sum();
            assert_eq!(sum - explained.overlap_ns, explained.server_ns, "{explained:?}");
        }
        let now = Duration::from_secs(number as u64 / 7);
        collector.came(span.clone(), now);
        collector.ended(span.trace, span.parent, number, now);
        assert!(collector.waiting() <= limits.traces + 1);
    }
    let settled = collector.finish().len();
    assert_eq!((settled, collector.bytes()), (batch.spans.len(), 0));
}

#[cfg(test)]
mod tests {
    /// `FUZZ_INPUTS=1000000 cargo test --release -p loadline-traces fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let words = [
            "{",
            "}",
            "[",
            "]",
            "\"",
            ",",
            "null",
            "0",
            "-1",
            "18446744073709551615",
            "\"spans\":",
            "\"resourceSpans\":",
            "\"scopeSpans\":",
            "\"batches\":",
            "\"trace\":",
            "\"data\":",
            "\"traceId\":",
            "\"parentSpanId\":",
            "\"kind\":",
            "SPAN_KIND_SERVER",
            "\"attributes\":",
            "\"stringValue\":",
            "\"references\":",
            "CHILD_OF",
            "\\u0000",
            "\u{ff}\u{1}",
            "\u{a}\u{2}",
            "\u{12}\u{10}",
            "db.statement",
            "server.address",
        ];
        loadline_fuzzed::try_all("spans", &words.map(str::as_bytes), 5_000, super::spans);
    }
}
