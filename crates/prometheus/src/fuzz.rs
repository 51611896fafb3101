//! What a fuzzer does with answers. `fuzz/` calls it with libFuzzer's inputs; the test below calls it with the kept
//! inputs and with mutations of them, so that it is never out of date.

use crate::answer::{Answer, ResultType};
use crate::exposition::samples;
use crate::text::Text;

/// Reads these bytes as an answer.
///
/// # Panics
/// A point is no number, an instant has several, or nothing is said of what is wrong.
pub(crate) fn answer(bytes: &[u8]) {
    match Answer::read(bytes) {
        Ok(answer) => {
            for row in &answer.rows {
                assert!(row.points.iter().all(|(_, number)| !number.is_nan()), "{row:?}");
                assert!(answer.result_type == ResultType::Matrix || row.points.len() <= 1, "{row:?}");
                assert!(row.labels.iter().all(|(name, value)| row.label(name) == Some(value)), "{row:?}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Reads these bytes as what a service says of itself; what is understood is the same once it is written again.
///
/// # Panics
/// It is not, or nothing is said of what is wrong.
pub(crate) fn exposition(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for sample in samples(text) {
        let sample = match sample {
            Ok(sample) => sample,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let labels: Vec<(&str, &str)> = sample.labels.iter().map(|(name, value)| (*name, &**value)).collect();
        let mut again = Text::new("");
        again.value(sample.name, &labels, sample.value);
        let again = again.written();
        let read: Vec<_> = samples(&again).collect();
        let [Ok(read)] = &read[..] else { panic!("{sample:?} is written as {again:?}") };
        assert!((read.name, &read.labels) == (sample.name, &sample.labels), "{sample:?} {read:?}");
        assert!(
            read.value == sample.value || read.value.is_nan() && sample.value.is_nan(),
            "{sample:?} {read:?}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FUZZ_INPUTS=1000000 cargo test --release -p loadline-prometheus fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let words = [
            "{",
            "}",
            "[",
            "]",
            ",",
            "\"",
            "NaN",
            "+Inf",
            "1e999",
            "-9e18",
            "null",
            "{\"metric\":{},\"value\":[1,\"1\"]}",
            "\"warnings\":[\"x\"]",
            "\"status\":\"error\"",
            "\"errorType\":\"timeout\"",
            "\\u0000",
            "日",
        ];
        loadline_fuzzed::try_all("prometheus", &words.map(str::as_bytes), 5_000, answer);
    }

    #[test]
    fn no_text_of_metrics_is_too_strange() {
        let words = [
            "{",
            "}",
            "\"",
            "\\",
            "\n",
            "#",
            ",",
            "=",
            " ",
            "NaN",
            "+Inf",
            "1e999",
            "_bucket",
            "le=\"+Inf\"",
            "é",
        ];
        loadline_fuzzed::try_all("exposition", &words.map(str::as_bytes), 5_000, exposition);
    }
}
