//! Any bytes as results of another tool, the first of which chooses the format: `cargo +nightly fuzz run imports
//! fuzz/corpus/imports fuzz/seeds/imports`.
#![no_main]

use loadline_import::{Format, import};

const FORMATS: [Format; 8] = [
    Format::K6Lines,
    Format::K6Summary,
    Format::Vegeta,
    Format::Wrk,
    Format::HdrLog,
    Format::JtlCsv,
    Format::JtlXml,
    Format::Oha,
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let _ = Format::detect(bytes);
    let _ = import(FORMATS[usize::from(*which) % FORMATS.len()], bytes, "any");
});
