//! What a fuzzer does with the grammars. `fuzz/` calls it with libFuzzer's inputs; the tests below call it with the
//! kept inputs and with mutations of them, so that it is never out of date.

use loadline_measure::{BudgetText, Builtin, Schema, ThresholdText};

use crate::budgets::Budgets;
use crate::endpoint::{Endpoints, Route};
use crate::escape::escape;
use crate::problem::Problems;
use crate::project::ProjectBudget;
use crate::selector::Selector;
use crate::threshold::Threshold;

/// Bytes of what is said of one text.
const LONGEST: usize = 4_000;

/// Reads these bytes as everything that has a grammar here: the first line as a selector, the second as a threshold,
/// both of them and a third as routes and budgets.
///
/// # Panics
/// What is said of it is long or commands a terminal, or what was read is written as something else.
pub(crate) fn grammars(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.splitn(4, '\n');
    let [first, second, third] = [(); 3].map(|()| parts.next().unwrap_or_default());
    match Selector::parse(first) {
        Ok(selector) => {
            // What a comma or space in a value makes of quotes is not always undone; but never is it another metric.
            let again = Selector::parse(&selector.to_string());
            assert!(again.is_ok_and(|again| again.metric == selector.metric), "{selector:?}");
        }
        Err(problems) => assert_is_short(&problems),
    }
    for text in [first, second, third] {
        match Threshold::parse(text) {
            Ok(threshold) => {
                let limit = threshold.limit.value();
                assert!(!limit.is_nan(), "{threshold:?}");
            }
            Err(problems) => assert_is_short(&problems),
        }
        match Route::parse(text) {
            Ok(route) => assert_eq!(Route::parse(&route.to_string()).as_ref(), Ok(&route)),
            Err(problems) => assert_is_short(&problems),
        }
    }
    let schema = Schema::new();
    Builtin::define(&schema).expect("the schema is new");
    let threshold = ThresholdText {
        selector: first.to_owned(),
        expression: second.to_owned(),
        ..ThresholdText::default()
    };
    if let Err(problems) = Budgets::parse(third, &[threshold.clone(), threshold], &schema) {
        assert_is_short(&problems);
    }
    let endpoints = Endpoints::of_texts(&[("home".to_owned(), "GET /".to_owned())]);
    for (endpoint, metric) in [("home", ""), ("", first), (first, "")] {
        let budget = BudgetText {
            endpoint: endpoint.to_owned(),
            metric: metric.to_owned(),
            part: String::new(),
            quantity: second.to_owned(),
            limit: third.to_owned(),
            over: parts.clone().next().unwrap_or_default().to_owned(),
            allow_no_data: false,
            ignore_dropped: false,
        };
        if let Err(problem) = ProjectBudget::parse(&budget, &endpoints) {
            assert_is_short(&Problems::one(problem.problem));
        }
    }
}

fn assert_is_short(problems: &Problems) {
    let text = problems.to_string();
    // An origin is the caller's.
    let own: String = text.lines().filter(|line| !line.starts_with("  --> ")).collect();
    assert!(own.len() <= LONGEST, "{} bytes: {own}", own.len());
    assert_eq!(escape(&own), own, "it could command a terminal");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FUZZ_INPUTS=1000000 cargo test --release -p loadline-verdict fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let words = [
            "{",
            "}",
            "\"",
            "'",
            ":",
            ",",
            "p(",
            ")",
            "<=",
            "1e999",
            "%",
            "µs",
            "/h",
            "\n",
            "\u{202e}",
            "\u{1b}[2J",
        ];
        loadline_fuzzed::try_all("grammars", &words.map(str::as_bytes), 1_000, grammars);
    }

    /// Much of each kind: the work goes with the length, or this takes hours.
    #[test]
    fn a_long_text_of_anything_is_read_or_refused() {
        for unit in [
            "{", "}", "a", "9", "\"", "a:\"b,", "a:'b',", "a:b,", ",", ":", " ", "(", "p(", "<", "/", "/:a",
            "日", "\u{1b}", "\u{301}", "`", "`a", "x:\"\" ,", "1e", "/**",
        ] {
            let long = unit.repeat(200_000 / unit.len());
            // Each kind stands where it matters: as a selector's tags, as a threshold's number, as a route, as a limit.
            for text in [
                format!("{long}\nx"),
                format!("x{{{long}}}"),
                format!("\np(95)<{long}"),
                format!("\n\nGET /{long}"),
                format!("home\np95\n5{long}"),
            ] {
                grammars(text.as_bytes());
            }
        }
    }
}
