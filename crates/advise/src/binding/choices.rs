//! Values that a parameter can have, as statistics tell: rare ones, common ones, and what lies between.

use super::known::{Choice, Known};
use super::literals::array;
use super::role::Compared;

/// Shares of the rows that a range is tried with.
const SHARES: [f64; 6] = [0.0005, 0.005, 0.03, 0.15, 0.5, 0.95];
/// Values that a list is tried with.
const LENGTHS: [usize; 5] = [1, 3, 10, 30, 100];
/// Letters of a pattern.
const LETTERS: [usize; 8] = [12, 9, 7, 6, 5, 4, 3, 2];
/// Common values that are tried.
const MOST_COMMON: usize = 5;
/// Values that are tried where no value is common.
const EVEN: usize = 3;
/// Bytes of a value that is explained, and of one that is run.
const LONGEST: usize = 400;
const LONGEST_TYPED: usize = 10_000;

/// Values for a parameter with which something is compared, those that leave fewest rows first; none where nothing is
/// known. `is_between` says that another parameter bounds the same column on the other side.
///
/// Where the parameter's type is known, `of`, values are of this type, and there are some for every operator. Without
/// it the server finds out what a value is, and there are values for operators that leave no doubt.
pub fn choices(compared: &Compared, of: Option<&str>, known: &Known, is_between: bool) -> Vec<Choice> {
    let mut choices = match of {
        None => plain(compared, known, is_between),
        Some(of) => typed(compared, of, known, is_between),
    };
    let longest = if of.is_some() { LONGEST_TYPED } else { LONGEST };
    choices.retain(|choice| choice.value.len() <= longest && !choice.value.contains('\0'));
    choices.sort_by(|a, b| a.share.total_cmp(&b.share).then_with(|| a.value.cmp(&b.value)));
    choices.dedup_by(|a, b| a.value == b.value);
    choices
}

fn plain(compared: &Compared, known: &Known, is_between: bool) -> Vec<Choice> {
    match compared.operator.as_str() {
        "=" if compared.is_list => lists(known),
        "=" => equals(known, compared.nth),
        "<" | "<=" => ranges(known, true, is_between),
        ">" | ">=" => ranges(known, false, is_between),
        "~~" => patterns(known, "", "%"),
        "~~*" => patterns(known, "%", "%"),
        // Documents hold what they are.
        "@>" if known.elements.is_empty() => equals(known, compared.nth),
        "@>" | "&&" => elements(known, |element| array([element])),
        "@@" => elements(known, word),
        _ => Vec::new(),
    }
}

fn typed(compared: &Compared, of: &str, known: &Known, is_between: bool) -> Vec<Choice> {
    if of.strip_suffix("[]").is_some_and(|of| known.fits(of)) {
        return lists(known);
    }
    if known.of == "tsvector" {
        let written = |text: &str| if of == "tsquery" { word(text) } else { text.to_owned() };
        let words = elements(known, written);
        return if words.is_empty() { made(known, |vector| Some(written(&lexeme(vector)?))) } else { words };
    }
    if known.of.ends_with("[]") && !known.elements.is_empty() {
        return elements(known, |element| if of == known.of { array([element]) } else { element.to_owned() });
    }
    if known.of == "jsonb" && compared.operator != "=" {
        return made(known, |document| member(document, of));
    }
    if !known.fits(of) {
        return Vec::new();
    }
    let choices = match compared.operator.as_str() {
        "~" | "~*" => patterns(known, "^", ""),
        "<" | "<=" | ">" | ">=" | "~~" | "~~*" => plain(compared, known, is_between),
        _ => Vec::new(),
    };
    if !choices.is_empty() {
        return choices;
    }
    let mut all = equals(known, compared.nth);
    if known.common.is_empty() {
        let share = known.rare_share();
        all.extend(few(&known.bounds, EVEN).into_iter().map(|value| Choice { value, share }));
    }
    all
}

/// A few out of many, evenly apart, with the first and the last.
fn few<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most || most < 2 {
        return all.iter().take(most).cloned().collect();
    }
    (0..most).map(|at| all[at * (all.len() - 1) / (most - 1)].clone()).collect()
}

/// A value from the middle of those that are not common, with its share.
fn rare(known: &Known, nth: usize) -> Option<Choice> {
    let bounds = &known.bounds;
    let value = bounds.get((bounds.len() / 2 + nth) % bounds.len().max(1))?.clone();
    Some(Choice { value, share: known.rare_share() })
}

fn equals(known: &Known, (nth, of): (usize, usize)) -> Vec<Choice> {
    // Parameters of one list have no value in common.
    let own: Vec<Choice> = known.common.iter().skip(nth).step_by(of.max(1)).cloned().collect();
    let mut choices = few(&own, MOST_COMMON);
    choices.extend(rare(known, nth));
    choices
}

fn lists(known: &Known) -> Vec<Choice> {
    let share = known.rare_share();
    // Values that are rare, or else those that are least common.
    let mut all: Vec<Choice> =
        known.bounds.iter().map(|value| Choice { value: value.clone(), share }).collect();
    all.extend(known.common.iter().rev().cloned());
    let lengths = LENGTHS.iter().filter(|length| **length <= all.len().max(1));
    lengths
        .filter(|_| !all.is_empty())
        .map(|length| {
            let chosen = if *length == 1 { vec![all[all.len() / 2].clone()] } else { few(&all, *length) };
            Choice {
                value: array(chosen.iter().map(|one| one.value.as_str())),
                share: chosen.iter().map(|one| one.share).sum(),
            }
        })
        .collect()
}

fn ranges(known: &Known, is_below: bool, is_between: bool) -> Vec<Choice> {
    let bounds = &known.bounds;
    if bounds.len() < 2 {
        // Without a histogram there are few values, and each is a bound.
        return few(&known.common, MOST_COMMON);
    }
    let at = |part: f64| bounds[(part * (bounds.len() - 1) as f64).round() as usize].clone();
    SHARES
        .iter()
        .map(|share| {
            let part = match (is_between, is_below) {
                (true, true) => 0.5 + share / 2.0,
                (true, false) => 0.5 - share / 2.0,
                (false, true) => *share,
                (false, false) => 1.0 - share,
            };
            Choice { value: at(part), share: *share }
        })
        .collect()
}

/// Beginnings of a value, from longer ones to shorter ones, with this in front and behind.
fn patterns(known: &Known, front: &str, end: &str) -> Vec<Choice> {
    let common = || known.common.iter().map(|one| &one.value).collect::<Vec<_>>();
    let all = if known.bounds.is_empty() { common() } else { known.bounds.iter().collect() };
    let Some(value) = all.get(all.len() / 2) else { return Vec::new() };
    // What means something in patterns is left out.
    let is_plain = |letter: &char| {
        if end.is_empty() { letter.is_alphanumeric() } else { !"%_\\".contains(*letter) }
    };
    let plain: String = value.chars().filter(is_plain).collect();
    let length = plain.chars().count();
    LETTERS
        .iter()
        .filter(|letters| **letters <= length)
        .enumerate()
        .map(|(at, letters)| {
            let part: String = plain.chars().take(*letters).collect();
            Choice { value: format!("{front}{part}{end}"), share: 1e-4 * 10_f64.powi(at as i32) }
        })
        .collect()
}

/// Elements of arrays, or words of texts, written so.
fn elements(known: &Known, write: impl Fn(&str) -> String) -> Vec<Choice> {
    let some = few(&known.elements, MOST_COMMON);
    some.into_iter().map(|one| Choice { value: write(&one.value), share: one.share }).collect()
}

/// What can be made of whole values: of some common ones, and of some others.
fn made(known: &Known, make: impl Fn(&str) -> Option<String>) -> Vec<Choice> {
    let share = known.rare_share();
    let common = few(&known.common, MOST_COMMON).into_iter();
    let rest = few(&known.bounds, MOST_COMMON).into_iter().map(|value| Choice { value, share });
    let all = common.chain(rest);
    all.filter_map(|one| Some(Choice { value: make(&one.value)?, share: one.share })).collect()
}

/// A word as a query has it.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A word of a text that is searched: `'cat':3 'dog':5`.
fn lexeme(vector: &str) -> Option<String> {
    let word = vector.split('\'').nth(1)?;
    (!word.is_empty() && word.chars().all(char::is_alphanumeric)).then(|| word.to_owned())
}

/// Something that a document has: `{"colour": "red"}`, or the name of it.
fn member(document: &str, of: &str) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    let (name, value) = document.as_object()?.iter().next()?;
    if of == "jsonb" {
        Some(serde_json::json!({ name.clone(): value.clone() }).to_string())
    } else {
        Some(name.clone())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(of: &str, common: &[&str], bounds: &[&str]) -> Known {
        let own = |all: &[&str]| {
            let shares = (1..).map(|nth| 0.2 / f64::from(nth));
            all.iter().zip(shares).map(|(one, share)| Choice { value: (*one).to_owned(), share }).collect()
        };
        Known {
            of: of.to_owned(),
            rows: 1e4,
            distinct: 100.0,
            common: own(common),
            bounds: bounds.iter().map(|one| (*one).to_owned()).collect(),
            elements: if of.ends_with("[]") { own(&["x", "a\"b"]) } else { Vec::new() },
            ..Known::default()
        }
    }

    fn compared(operator: &str) -> Compared {
        Compared { operator: operator.to_owned(), nth: (0, 1), ..Compared::default() }
    }

    #[track_caller]
    fn check(operator: &str, of: &str, known: &Known, expected: &[&str]) {
        let found = choices(&compared(operator), Some(of), known, false);
        let found: Vec<&str> = found.iter().map(|choice| choice.value.as_str()).collect();
        assert_eq!(found, expected, "{operator} {of}");
    }

    #[test]
    fn values_are_of_each_kind() {
        let numbers = known(
            "integer",
            &["7", "8"],
            &["0", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100"],
        );
        check("=", "bigint", &numbers, &["50", "8", "7"]);
        check("<>", "bigint", &numbers, &["50", "8", "7"]);
        check(">", "integer", &numbers, &["100", "90", "50", "10"]);
        check("<", "integer", &numbers, &["0", "20", "50", "100"]);
        check("=", "integer[]", &known("integer", &["7"], &[]), &["{\"7\"}"]);
        check("=", "text", &numbers, &[]);
        check("~~", "text", &known("character varying", &["%An_na"], &[]), &["Anna%", "Ann%", "An%"]);
        check("~", "text", &known("text", &["(An)na"], &[]), &["^Anna", "^Ann", "^An"]);
        check("@>", "text[]", &known("text[]", &[], &[]), &["{\"a\\\"b\"}", "{\"x\"}"]);
        check("=", "text", &known("text[]", &[], &[]), &["a\"b", "x"]);
        check("@@", "tsquery", &known("tsvector", &["'cat':3 'dog':1"], &[]), &["'cat'"]);
        check("@@", "text", &known("tsvector", &[], &["'cat':3 'dog':1"]), &["cat"]);
        check("@>", "jsonb", &known("jsonb", &["{\"a\": 1, \"b\": 2}"], &[]), &["{\"a\":1}"]);
        check("?", "text", &known("jsonb", &["{\"a\": 1, \"b\": 2}"], &[]), &["a"]);
        // Values of some rows, where nobody has counted.
        check(
            "&&",
            "geography",
            &known("geography", &[], &["01", "02", "03", "04"]),
            &["01", "02", "03", "04"],
        );
    }

    #[test]
    fn without_a_type_operators_that_leave_doubt_have_none() {
        let texts = known("text", &["a", "b"], &["c", "d", "e"]);
        for operator in ["<>", "~", "<->", "?"] {
            assert_eq!(choices(&compared(operator), None, &texts, false), [], "{operator}");
        }
        assert_eq!(choices(&compared("="), None, &texts, false).len(), 3);
    }

    proptest! {
        #[test]
        fn between_two_ends_there_is_something(bounds in proptest::collection::btree_set(0_u32..1000, 40..100)) {
            let bounds = bounds.iter().map(u32::to_string).collect();
            let known = Known { of: "integer".to_owned(), bounds, ..Known::default() };
            let number = |choice: &Choice| choice.value.parse::<u32>().unwrap();
            let of = |operator| choices(&compared(operator), Some("integer"), &known, true);
            let (low, high) = (of(">="), of("<"));
            prop_assert!(!low.is_empty() && !high.is_empty());
            prop_assert!(low.iter().all(|low| high.iter().all(|high| number(low) <= number(high))));
        }
    }
}
