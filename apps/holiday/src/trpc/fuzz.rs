//! What a fuzzer does with the input decoder. `fuzz/` calls it with libFuzzer's inputs; the tests below call it with the kept inputs and
//! with mutations of them, so that it is never out of date.

use axum::http::Uri;
use serde_json::Value;

use super::{
    Input,
    call::{LARGEST_BATCH, Query, batch_inputs},
    error::{CallError, Code},
};
use crate::{catalogue::Ages, place::find_postcode};

/// The names of all fields that procedures read.
const FIELDS: [&str; 9] =
    ["location", "radius", "ageGroup", "id", "limit", "cursor", "priceId", "testMode", "json"];

/// Decodes these bytes as every kind of input there is, and reads every field in every way.
///
/// # Panics
/// An error is no client's error, or does not name its field; two spellings of one input differ.
pub(crate) fn decode(bytes: &[u8]) {
    match Input::decode(bytes) {
        Ok(input) => read(&input),
        Err(error) => assert_is_the_clients(&error),
    }
    match batch_inputs(bytes, LARGEST_BATCH) {
        Ok(inputs) => {
            for (_, value) in inputs {
                match Input::from_value(value) {
                    Ok(input) => read(&input),
                    Err(error) => assert_is_the_clients(&error),
                }
            }
        }
        Err(error) => assert_is_the_clients(&error),
    }
    // Bare and wrapped are the same, unless the bare one looks wrapped.
    if let Ok(Value::Object(fields)) = serde_json::from_slice(bytes)
        && !fields.contains_key("json")
    {
        let wrapped = serde_json::json!({ "json": fields });
        assert_eq!(Input::from_value(wrapped), Input::decode(bytes));
    }
    // As a query string, such as a GET's.
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(uri) = format!("/api/trpc/a?{text}").parse::<Uri>()
        && let Some(input) = Query::parse(&uri).input
        && let Err(error) = Input::decode(input.as_bytes())
    {
        assert_is_the_clients(&error);
    }
}

fn read(input: &Input) {
    for field in FIELDS {
        let _ = input.text(field).map(find_postcode);
        let errors = [
            input.text(field).err(),
            input.optional_text(field).err(),
            input.parsed::<Ages>(field).err(),
            input.number(field, "km", &(0.1..=1_000.0), 10.0).err(),
            input.integer(field, &(1..=100)).err(),
            input.flag(field).err(),
        ];
        for error in errors.into_iter().flatten() {
            assert_is_the_clients(&error);
            assert_eq!(error.field, Some(field), "{}", error.message);
            assert!(error.message.starts_with('`'), "{}", error.message);
        }
    }
}

fn assert_is_the_clients(error: &CallError) {
    assert!(matches!(error.code, Code::ParseError | Code::BadRequest), "{error:?}");
    assert!(!error.message.is_empty());
    let json: Value = serde_json::from_slice(&error.to_json("a")).expect("an error is JSON");
    assert!(json["error"].is_object(), "{json}");
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use rand::{Rng, RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Inputs that found something, or lead somewhere.
    fn kept() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/trpc_input");
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(|file| fs::read(file).unwrap()).collect()
    }

    /// Some bytes changed, doubled, left out, or replaced by what matters to a decoder.
    fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], random: &mut impl Rng) {
        const WORDS: [&[u8]; 14] = [
            b"{",
            b"}",
            b"[",
            b"]",
            b"\"",
            b":",
            b",",
            b"null",
            b"1e999",
            b"-0",
            b"\\u0000",
            b"\xff",
            b"{\"json\":",
            b"input=%7B",
        ];
        for _ in 0..random.random_range(1..=4) {
            let at = random.random_range(0..=input.len());
            let end = random.random_range(at..=input.len().min(at + 16));
            match random.random_range(0..6) {
                0 if at < input.len() => input[at] ^= 1 << random.random_range(0..8),
                1 if at < input.len() => input[at] = random.random(),
                2 => drop(input.drain(at..end)),
                3 => {
                    let part = input[at..end].to_vec();
                    input.splice(at..at, part);
                }
                4 => drop(input.splice(at..end, WORDS[random.random_range(0..WORDS.len())].iter().copied())),
                _ => {
                    let other = &others[random.random_range(0..others.len())];
                    let from = random.random_range(0..=other.len());
                    input.splice(at..at, other[from..].iter().copied());
                }
            }
        }
        input.truncate(4_096);
    }

    /// `FUZZ_INPUTS=3000000 cargo test --release -p holiday fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let kept = kept();
        assert!(kept.len() >= 10, "{}", kept.len());
        for input in &kept {
            decode(input);
        }
        let inputs: u64 = std::env::var("FUZZ_INPUTS").map_or(20_000, |count| count.parse().unwrap());
        let mut random = ChaCha8Rng::seed_from_u64(inputs);
        let mut input = Vec::new();
        for _ in 0..inputs {
            // A chain of mutations, begun anew now and then.
            if input.is_empty() || random.random_ratio(1, 8) {
                input.clone_from(&kept[random.random_range(0..kept.len())]);
            }
            mutate(&mut input, &kept, &mut random);
            decode(&input);
        }
    }
}
