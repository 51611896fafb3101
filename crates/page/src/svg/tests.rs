//! Pictures of runs that are made up.

use loadline_measure::{Run, RunMeta, Schema};
use proptest::prelude::*;

use super::svg;
use crate::document::Document;
use crate::tests::{document, run};

/// What a picture may weigh.
const MOST_BYTES: usize = 30_000;

fn elements(picture: &str, name: &str) -> usize {
    picture.matches(&format!("<{name}")).count()
}

#[test]
fn the_verdict_comes_first_then_what_is_not_met_then_two_charts() {
    let run = run(&["/a", "/b"], 40, &[("http_reqs", "count>1"), ("response_time", "p(95)<20")]);
    let picture = svg(&document(&run));
    let at = |words: &str| picture.find(words).unwrap_or_else(|| panic!("no {words}: {picture}"));
    assert!(at("1 of 2 requirements is not met") < at("response_time p(95)"));
    assert!(at("response_time p(95)") < at("http_reqs count"), "what is not met comes before what is");
    assert!(at("Response time</text>") < at("Requests per second</text>"));
    assert_eq!(elements(&picture, "path class=\"limit\""), 1);
    assert_eq!(elements(&picture, "path class=\"bad\""), 1, "failed requests have an area of their own");
    assert!(picture.contains("prefers-color-scheme:dark"));
}

#[test]
fn a_run_without_anything_has_a_picture() {
    let nothing: Document = document(&Run::new(RunMeta::default(), Schema::new()));
    assert!(svg(&nothing).contains("Nothing was measured."));
}

#[test]
fn however_much_there_is_it_stays_small() {
    let names: Vec<String> = (0..40).map(|at| format!("/{}/{at}", "very-long".repeat(40))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let thresholds: Vec<(String, String)> =
        names.iter().map(|name| (format!("response_time{{name:{name}}}"), "p(95)<20".to_owned())).collect();
    let thresholds: Vec<(&str, &str)> =
        thresholds.iter().map(|(selector, limit)| (selector.as_str(), limit.as_str())).collect();
    let picture = svg(&document(&run(&names, 1_300, &thresholds)));
    assert!(picture.len() < MOST_BYTES, "{}", picture.len());
    assert!(picture.contains("and 34 more, 34 of them not met"), "{picture}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is named, it is text: the elements are the picture's own, and no character is one that XML forbids.
    #[test]
    fn names_are_never_markup(name in prop_oneof!["\\PC{0,60}", "[\\x00-\\x1f<>&\"']{0,20}", Just("\u{202e}</text><script>alert(1)</script>\u{fffe}".to_owned())]) {
        let mut plain = run(&["x"], 3, &[("response_time", "p(95)<20")]);
        plain.meta.name = "x".to_owned();
        let mut hostile = plain.clone();
        hostile.meta.name.clone_from(&name);
        hostile.meta.origin.target = name;
        hostile.meta.saturation = None;
        let (plain, hostile) = (svg(&document(&plain)), svg(&document(&hostile)));
        for element in ["text", "path", "script", "style", "rect", "tspan"] {
            prop_assert_eq!(elements(&plain, element), elements(&hostile, element), "{}", hostile);
        }
        let forbidden = |character: char| character.is_control() || character == '\u{fffe}' || character == '\u{ffff}';
        let found = hostile.trim_end().chars().find(|character| forbidden(*character));
        prop_assert_eq!(found, None);
        prop_assert_eq!(hostile.matches('<').count(), hostile.matches('>').count());
    }
}
