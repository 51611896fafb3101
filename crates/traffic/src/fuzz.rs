//! What a fuzzer does with access logs. `fuzz/` calls it with libFuzzer's inputs; the test below calls it with the kept
//! inputs and with mutations of them, so that it is never out of date.

use loadline_verdict::Endpoints;

use crate::log_mix::LogMix;
use crate::mix::Mix;

/// Reads these bytes as a log.
///
/// # Panics
/// A mix has no minutes, more requests than lines, or nothing is said of what is wrong.
pub(crate) fn access_log(bytes: &[u8]) {
    let texts = [("home", "GET /"), ("item", "GET /item/:id"), ("login", "POST /login")];
    let endpoints = Endpoints::of_texts(&texts.map(|(name, route)| (name.to_owned(), route.to_owned())));
    let mut log = LogMix::new(&endpoints);
    let read = log.read(bytes);
    assert!(read.is_ok(), "bytes can be read");
    match log.mix() {
        Ok(mix) => {
            let lines = bytes.split(|byte| *byte == b'\n').count() as f64;
            let requests: f64 = (0..texts.len()).map(|endpoint| mix.requests(endpoint)).sum();
            assert!((1..=Mix::MOST_MINUTES).contains(&mix.minutes()));
            // A batch of calls is a request of each of them.
            assert!(requests >= 1.0 && requests <= lines * texts.len() as f64, "{requests} of {lines}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FUZZ_INPUTS=1000000 cargo test --release -p loadline-traffic fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let words = [
            "[04/Jul/2026:09:00:00 +0200]",
            "\"GET / HTTP/1.1\"",
            "{\"ts\":1783148400,\"request\":\"GET /item/7 HTTP/2\"}",
            "\"method\":\"POST\"",
            "9999999999999",
            "1e300",
            "\n",
            "\\u0000",
            "日",
        ];
        loadline_fuzzed::try_all("access_log", &words.map(str::as_bytes), 5_000, access_log);
    }
}
