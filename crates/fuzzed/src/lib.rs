//! For tests: what a fuzz target is given where there is no fuzzer.
//!
//! The bodies of the targets in `fuzz/` are plain functions of the crates that they are about. Tests call them with the
//! inputs that are kept in `fuzz/seeds/`, and with mutations of them, so that none is ever out of date; the same ones
//! each time, because a test that finds something has to find it again.

use std::path::Path;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bytes of the longest input.
const LONGEST: usize = 20_000;
/// One of so many words is put in often.
const SELDOM: u32 = 40;
/// So often it is then.
const OFTEN: usize = 1_000;

/// Calls a function with all inputs that are kept for a target, and with mutations of them, into which these words are
/// put. The environment's `FUZZ_INPUTS` says how many mutations, in place of `inputs`.
///
/// # Panics
/// There are no inputs of this target, or the function panics.
pub fn try_all(target: &str, words: &[&[u8]], inputs: u64, mut try_it: impl FnMut(&[u8])) {
    let kept = kept(target);
    assert!(kept.len() >= 3, "{} inputs are kept for {target}", kept.len());
    for input in &kept {
        try_it(input);
    }
    let inputs: u64 =
        std::env::var("FUZZ_INPUTS").map_or(inputs, |count| count.parse().expect("FUZZ_INPUTS is a number"));
    let mut random = ChaCha8Rng::seed_from_u64(inputs);
    let mut input = Vec::new();
    for _ in 0..inputs {
        if input.is_empty() || random.random_ratio(1, 8) {
            input.clone_from(&kept[random.random_range(0..kept.len())]);
        }
        mutate(&mut input, &kept, words, &mut random);
        try_it(&input);
    }
}

/// The inputs that are kept for a target, in the order of their names.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files = std::fs::read_dir(&folder).expect("a folder of inputs");
    let mut files: Vec<_> = files.map(|entry| entry.expect("an input").path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).expect("an input")).collect()
}

/// Some bytes changed, left out, doubled, in place of words, or taken from another input.
fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&[u8]], random: &mut impl Rng) {
    for _ in 0..random.random_range(1..=4) {
        let at = random.random_range(0..=input.len());
        let end = random.random_range(at..=input.len().min(at + 16));
        match random.random_range(0..5) {
            0 if at < input.len() => input[at] = random.random(),
            1 => drop(input.drain(at..end)),
            2 => {
                let part = input[at..end].to_vec();
                input.splice(at..at, part);
            }
            3 => {
                let word = words[random.random_range(0..words.len())];
                let times = if random.random_ratio(1, SELDOM) { OFTEN } else { 1 };
                input.splice(at..end, word.repeat(times));
            }
            _ => {
                let other = &others[random.random_range(0..others.len())];
                let from = random.random_range(0..=other.len());
                input.splice(at..at, other[from..].iter().copied());
            }
        }
    }
    input.truncate(LONGEST);
}
