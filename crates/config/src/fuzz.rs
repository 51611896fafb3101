//! What a fuzzer does with project files. `fuzz/` calls it with libFuzzer's inputs; the tests below call it with the
//! kept inputs and with mutations of them, so that it is never out of date.

use loadline_verdict::escape;

use crate::project::Project;

/// Bytes of everything that is said of a file.
const LONGEST: usize = 4_500;

/// Reads these bytes as a project file.
///
/// # Panics
/// What is said of it is long, commands a terminal, or names no place.
pub(crate) fn project_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(problems) = Project::parse("x.toml", &text) {
        let shown = problems.to_string();
        assert!(shown.len() <= LONGEST, "{} bytes: {shown}", shown.len());
        assert!(shown.contains("--> x.toml:"), "{shown}");
        assert!(shown.lines().all(|line| escape(line) == line), "{shown:?}");
        assert!(shown.lines().all(|line| line.chars().count() <= 500), "{shown}");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rand::{Rng, RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn kept() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/project");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
    }

    fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], random: &mut impl Rng) {
        const WORDS: [&str; 16] = [
            "[",
            "]",
            "[[budget]]\n",
            "{",
            "}",
            "=",
            "\"",
            "'",
            "\"\"\"",
            "\n",
            ".",
            "#",
            "p95 = \"1s\"\n",
            "[endpoints]\n",
            "日",
            "\u{1b}[2J",
        ];
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
                    let word = WORDS[random.random_range(0..WORDS.len())];
                    let times = if random.random_ratio(1, 20) { 2_000 } else { 1 };
                    input.splice(at..end, word.repeat(times).into_bytes());
                }
                _ => {
                    let other = &others[random.random_range(0..others.len())];
                    let from = random.random_range(0..=other.len());
                    input.splice(at..at, other[from..].iter().copied());
                }
            }
        }
        input.truncate(20_000);
    }

    /// `FUZZ_INPUTS=1000000 cargo test --release -p loadline-config fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let kept = kept();
        assert!(kept.len() >= 6, "{}", kept.len());
        for input in &kept {
            project_file(input);
        }
        let inputs: u64 = std::env::var("FUZZ_INPUTS").map_or(2_000, |count| count.parse().unwrap());
        let mut random = ChaCha8Rng::seed_from_u64(inputs);
        let mut input = Vec::new();
        for _ in 0..inputs {
            if input.is_empty() || random.random_ratio(1, 8) {
                input.clone_from(&kept[random.random_range(0..kept.len())]);
            }
            mutate(&mut input, &kept, &mut random);
            project_file(&input);
        }
    }

    /// Much of each kind: the work goes with the length, or this takes hours.
    #[test]
    fn a_long_text_of_anything_is_read_or_refused() {
        let big = |unit: &str| unit.repeat(300_000 / unit.len());
        let numbered = |line: &dyn Fn(usize) -> String| (0..5_000).map(line).collect::<String>();
        let endpoints = "[endpoints]\n".to_owned() + &numbered(&|n| format!("e{n} = 'GET /e/{n}'\n"));
        for text in [
            big("["),
            "x = ".to_owned() + &big("["),
            "x = ".to_owned() + &big("{a="),
            format!("x = {}{}", "[".repeat(150_000), "]".repeat(150_000)),
            big("a."),
            format!("[{}a]", big("a.")),
            big("a = 1\n"),
            big("\u{1b}日\" ' = [ ]]\n"),
            big("[[budget]]\n"),
            big("[[budget]]\nendpoint = 'x'\np95 = '1s'\n"),
            endpoints.clone() + &numbered(&|n| format!("[[budget]]\nendpoint='f{n}'\np95='1s'\n")),
            "[[budget]]\nmetric = 'x'\n".to_owned() + &numbered(&|n| format!("p{n}x = '1'\n")),
            format!("[target]\nurl = \"{}\"\n", big("x")),
            format!("{} = 1", big("x")),
            format!("x = [{}]", big("a,")),
            format!("budget = [{}]", big("{a=1},")),
            format!("[[budget]]\nmetric = '''x{{{}}}'''\nmax = '1s'", big("a:\"b,")),
        ] {
            project_file(text.as_bytes());
        }
        // What is right and long is read.
        let budgets = numbered(&|n| format!("[[budget]]\nendpoint='e{n}'\np95='1s'\n"));
        assert_eq!(Project::parse("x.toml", &(endpoints + &budgets)).unwrap().budgets.len(), 5_000);
    }
}
