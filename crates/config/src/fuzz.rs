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
    use super::*;

    /// `FUZZ_INPUTS=1000000 cargo test --release -p loadline-config fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let words = [
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
        loadline_fuzzed::try_all("project", &words.map(str::as_bytes), 2_000, project_file);
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
