//! Names of endpoints as names of functions, and texts as JavaScript has them.

use std::collections::HashSet;

/// Words that cannot name a function, or that the script uses itself.
const TAKEN: &[&str] = &[
    "http",
    "options",
    "scenario",
    "setup",
    "teardown",
    "handleSummary",
    "value",
    "body",
    "BASE_URL",
    "TIMES",
    "MINUTE_S",
    "SECONDS",
    "PER_MINUTE",
    "PER_TARGET",
    "BODIES",
    "SEGMENTS",
    "missing",
    "default",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "let",
    "new",
    "null",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "void",
    "while",
    "var",
    "with",
    "yield",
    "await",
    "static",
    "arguments",
    "eval",
];

/// A name for each of these, of letters, digits and `_`, no two alike.
pub(crate) fn functions<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut taken: HashSet<String> = TAKEN.iter().map(|word| (*word).to_owned()).collect();
    names
        .map(|name| {
            let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
            let mut function: String = name.chars().map(plain).collect();
            if !function.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
                function.insert(0, '_');
            }
            let begins = function.clone();
            let mut number = 2;
            while !taken.insert(function.clone()) {
                function = format!("{begins}_{number}");
                number += 1;
            }
            function
        })
        .collect()
}

/// A string of JavaScript's.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What stands between backticks.
pub(crate) fn in_template(text: &str) -> String {
    text.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${")
}

/// What stands in a comment of one line.
pub(crate) fn in_comment(text: &str) -> String {
    text.chars()
        .map(
            |character| {
                if character.is_control() || "\u{2028}\u{2029}".contains(character) { ' ' } else { character }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names() {
        let names = ["search.findPrograms", "search_findPrograms", "3d", "default", "ä", ""];
        assert_eq!(
            functions(names.into_iter()),
            ["search_findPrograms", "search_findPrograms_2", "_3d", "default_2", "_", "__2"]
        );
        assert_eq!(in_template("/a`${b}\\"), "/a\\`\\${b}\\\\");
        assert_eq!(in_comment("a\nb\u{2028}c"), "a b c");
    }
}
