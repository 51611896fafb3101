//! The kept answers: one JSON object a line, compressed.

use std::io::Read;

use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;

/// All cases of a file under `tests/data`.
pub(crate) fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = format!("{}/tests/data/{name}.jsonl.gz", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Fails with the first few of what differs, and how many there are.
pub(crate) fn expect_none(wrong: &[String], of: usize, at_least: usize) {
    assert!(of >= at_least, "only {of} cases");
    let shown: Vec<&String> = wrong.iter().take(10).collect();
    assert!(wrong.is_empty(), "{} of {of} differ: {shown:#?}", wrong.len());
}
