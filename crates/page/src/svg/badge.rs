//! A badge: what was asked of a run and what came out, in one line, for a README.
//!
//! It is as wide as its text. Which font a reader has is not known, so that the width of the text is worked out and
//! stated, and the letters are set to it. What it says, it says to those who don't see it as well, and its colours keep
//! the contrast of WCAG 2.2 (1.4.3) with white letters.

use std::fmt::Write as _;
use std::str::FromStr;

use super::markup::{escaped, text};
use super::picture::MADE_BY;
use super::scale::figure;
use crate::document::{Document, Outcome};

/// What a badge shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shows {
    /// Whether everything was met.
    #[default]
    Verdict,
    /// The median response time.
    P50,
    /// The time within which 95 of 100 requests were answered.
    P95,
    /// … and 99.
    P99,
    /// Requests per second.
    Rate,
    /// The load that a search found.
    Capacity,
}

/// Response times, and the usual name of them where a run has no other.
const TIMES: [&str; 2] = ["response_time", "http_req_duration"];
const HEIGHT: f64 = 20.0;
const SIZE: f64 = 11.0;
/// Room on both sides of a text.
const BESIDE: f64 = 6.0;
/// Columns of the longest text.
const LONGEST: usize = 40;
const BACK: &str = "#3b414b";

/// The names that it is asked for by.
const NAMES: [(&str, Shows); 6] = [
    ("verdict", Shows::Verdict),
    ("p50", Shows::P50),
    ("p95", Shows::P95),
    ("p99", Shows::P99),
    ("rate", Shows::Rate),
    ("capacity", Shows::Capacity),
];

impl FromStr for Shows {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, shows)| *shows).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            format!("no badge shows that: use one of {}", names.join(", "))
        })
    }
}

impl Shows {
    /// What stands at the left, unless somebody wants another word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Verdict => "load test",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Rate => "requests",
            Self::Capacity => "capacity",
        }
    }

    /// What stands at the right; `None` where the run has no such figure.
    fn message(self, document: &Document) -> Option<String> {
        let last = |name: &str, figure: &str| {
            let metric = document.metrics.iter().find(|metric| metric.name == name)?;
            let value = metric.all.figures.get(figure).copied().flatten()?;
            Some((value, metric.unit.as_str()))
        };
        let time = |of: &str| {
            let (value, unit) = TIMES.into_iter().find_map(|name| last(name, of))?;
            Some(figure(value, unit, ""))
        };
        match self {
            Self::Verdict => Some(outcome(document).0.to_owned()),
            Self::P50 => time("p50"),
            Self::P95 => time("p95"),
            Self::P99 => time("p99"),
            Self::Rate => last("http_reqs", "rate").map(|(value, _)| figure(value.round(), "", "/s")),
            Self::Capacity => last("capacity", "last").map(|(value, _)| figure(value.round(), "", "")),
        }
    }
}

/// How the run came out, in a word and a colour.
fn outcome(document: &Document) -> (&'static str, &'static str) {
    if document.requirements.is_empty() {
        return ("nothing required", "#0b62a8");
    }
    match document.verdict.outcome {
        Outcome::Pass => ("passed", "#1a7f4b"),
        Outcome::Fail => ("failed", "#c3271c"),
        Outcome::NoData => ("no data", "#8a5a00"),
        Outcome::Inconclusive => ("open", "#8a5a00"),
    }
}

/// A document as a badge, with another word at its left where one is given.
///
/// # Errors
/// What the run has not, in words.
pub fn badge(document: &Document, shows: Shows, label: Option<&str>) -> Result<String, String> {
    let message = shows.message(document).ok_or_else(|| {
        format!(
            "the run has no {}",
            if shows == Shows::Capacity { "capacity: it is no search" } else { shows.label() }
        )
    })?;
    // A figure that nothing was required of is neither good nor bad.
    let colour = outcome(document).1;
    let label = text(label.unwrap_or(shows.label()), LONGEST);
    let message = escaped(&message);
    let (left, right) = (width(&label), width(&message));
    let (first, second) = (left + 2.0 * BESIDE, right + 2.0 * BESIDE);
    let whole = first + second;
    let said = format!("{label}: {message}");
    let mut badge = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"{HEIGHT}\" viewBox=\"0 0 {whole} {HEIGHT}\" role=\"img\" aria-label=\"{said}\">\
         <title>{said}</title>{MADE_BY}<clipPath id=\"r{whole}\"><rect width=\"{whole}\" height=\"{HEIGHT}\" rx=\"4\"/></clipPath>\
         <g clip-path=\"url(#r{whole})\"><path fill=\"{BACK}\" d=\"M0 0h{first}v{HEIGHT}H0z\"/>\
         <path fill=\"{colour}\" d=\"M{first} 0h{second}v{HEIGHT}H{first}z\"/></g>\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"{SIZE}\" aria-hidden=\"true\">"
    );
    for (from, length, words) in [(BESIDE, left, &label), (first + BESIDE, right, &message)] {
        let _ = write!(
            badge,
            "<text x=\"{from}\" y=\"14\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\">{words}</text>"
        );
    }
    badge += "</g></svg>\n";
    Ok(badge)
}

/// How wide a text is in Verdana at this size, in whole pixels.
fn width(escaped: &str) -> f64 {
    // What XML writes as several letters is one.
    let said =
        escaped.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    let per_em: f64 = said
        .chars()
        .map(|letter| match letter {
            'i' | 'j' | 'l' | '\'' => 0.29,
            ' ' | '.' | ',' | ':' | ';' | '!' | '|' | 'f' | 't' | 'I' => 0.39,
            'r' | '-' | '/' | '(' | ')' | '[' | ']' | '"' => 0.45,
            's' | 'c' | 'z' | 'J' => 0.53,
            'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.0,
            'A'..='Z' | '<' | '>' | '=' | '+' | '&' | '#' => 0.76,
            letter if letter.is_ascii() => 0.62,
            // Letters of other scripts may be as wide as they are high.
            _ => 1.0,
        })
        .sum();
    (per_em * SIZE).ceil().max(1.0)
}

#[cfg(test)]
mod tests {
    use loadline_measure::{Run, RunMeta, Schema};
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{document, run};

    #[test]
    fn it_says_what_came_out_to_everybody() {
        let passed = document(&run(&["/a"], 40, &[("http_reqs", "count>1")]));
        let failed = document(&run(&["/a"], 40, &[("http_reqs", "count<1")]));
        let nothing = document(&Run::new(RunMeta::default(), Schema::new()));
        for (document, words) in [(&passed, "passed"), (&failed, "failed"), (&nothing, "nothing required")] {
            let made = badge(document, Shows::Verdict, None).unwrap();
            assert!(made.contains(&format!("role=\"img\" aria-label=\"load test: {words}\"")), "{made}");
            assert!(made.contains(&format!("<title>load test: {words}</title>")), "{made}");
            assert!(made.len() < 1_500, "{}", made.len());
        }
        let p95 = badge(&passed, Shows::P95, Some("search")).unwrap();
        assert!(p95.contains("<title>search: ") && p95.contains("ms</title>"), "{p95}");
        let none = badge(&nothing, Shows::P95, None).unwrap_err();
        assert_eq!(none, "the run has no p95");
        assert!(badge(&passed, Shows::Capacity, None).unwrap_err().contains("no search"));
    }

    /// The relative luminance of a colour. Source: <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn white_letters_are_readable_on_every_colour() {
        for colour in [BACK, "#0b62a8", "#1a7f4b", "#c3271c", "#8a5a00"] {
            let contrast = 1.05 / (luminance(colour) + 0.05);
            assert!(contrast >= 4.5, "{colour}: {contrast}");
        }
    }

    proptest! {
        /// Whatever it is called, it is text, and it is as wide as the text.
        #[test]
        fn a_label_is_never_markup(label in prop_oneof!["\\PC{0,60}", "[<>&\"' a-z]{0,60}"]) {
            let document = document(&run(&["/a"], 3, &[("http_reqs", "count>1")]));
            let made = badge(&document, Shows::Verdict, Some(&label)).unwrap();
            prop_assert_eq!(made.matches("<text").count(), 2);
            prop_assert_eq!(made.matches('<').count(), badge(&document, Shows::Verdict, None).unwrap().matches('<').count());
            let number = |key: &str, text: &str| text.split(key).nth(1).unwrap().split('"').nth(1).unwrap().parse::<f64>().unwrap();
            let whole = number(" width=", &made);
            let texts: Vec<f64> = made.split("<text").skip(1).map(|text| number("textLength=", text)).collect();
            prop_assert_eq!(whole, texts.iter().sum::<f64>() + 24.0);
        }
    }
}
