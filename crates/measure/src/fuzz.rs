//! What a fuzzer does with a field that a server sends. `fuzz/` calls it with libFuzzer's inputs; the test below calls
//! it with the kept inputs and with mutations of them, so that it is never out of date.

use std::sync::Arc;
use std::time::Duration;

use crate::builtin::Builtin;
use crate::recorder::Recorder;
use crate::request::{HttpOutcome, HttpRequest, LateStart, Phases, ServerTiming};
use crate::schema::Schema;
use crate::tags::Tags;

/// Takes these bytes as the lines of a `Server-Timing`. Whatever they say, the account of the request adds up, and
/// names stay few.
///
/// # Panics
/// It does not.
pub(crate) fn server_timing(bytes: &[u8]) {
    let schema = Schema::new();
    let Ok(builtin) = Builtin::define(&schema) else { return };
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let request = HttpRequest {
        outcome: HttpOutcome::Answered { status: 200, proto: "HTTP/1.1" },
        phases: Phases { waiting: Duration::from_millis(20), ..Phases::default() },
        server_timing: ServerTiming::of(bytes.split(|byte| *byte == b'\n')),
        ..HttpRequest::unsent("GET", "/", 0, "")
    };
    let tags = Tags::default();
    for _ in 0..2 {
        request.record(&mut recorder, &builtin, &LateStart::default(), &tags, &tags);
    }
    let window = recorder.take_window();
    let [(_, ledger)] = window.ledgers() else { panic!("one request has one ledger") };
    let [band] = ledger.bands() else { panic!("two that are alike are in one band") };
    let parts: i64 = band.parts().iter().map(|part| part.nanoseconds).sum();
    assert_eq!(band.total(), 40_000_000);
    assert_eq!(parts + band.overlap + band.untold(), band.told_waiting);
    assert!(band.untold() >= 0 && band.overlap <= 0 && band.told <= 2 && band.refused <= 2);
    assert!(schema.tag_set_count() < 300, "names without bound");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FUZZ_INPUTS=1000000 cargo test --release -p loadline-measure fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let words = [
            "total;dur=",
            "db",
            ".",
            ";",
            ",",
            "=",
            "\"",
            "\\",
            "dur",
            "desc",
            "1e3",
            "-1",
            "NaN",
            "inf",
            "0.0001",
            "21.5",
            "99999999999999999999",
            "\n",
            " ",
            "\t",
            "pool-wait",
            "pool_wait",
            "(other)",
            "日",
            "<b>",
            "\u{0}",
        ];
        loadline_fuzzed::try_all("server_timing", &words.map(str::as_bytes), 20_000, server_timing);
    }
}
