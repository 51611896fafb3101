//! Values for parameters out of what a database says of its columns: frequent ones, typical ones and rare ones.
//!
//! Nobody has kept what the statement was asked for, so each value stands for a kind of question. They are taken from
//! the most common values and the histogram, or from some rows where there is neither; which of them fit together is
//! said by the number of rows that an execution gave, where that is known.

use super::binding::{Value, spread};

/// Values of one parameter at the most.
const MOST: usize = 5;
/// Values in a list of them.
const LISTED: usize = 3;
/// Letters of a pattern.
const LETTERS: usize = 3;

/// What a database says of a column or of an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its type.
    pub of: String,
    /// The most common values, the most common one first.
    pub common: Vec<String>,
    /// Bounds of a histogram, or values of some rows, in order.
    pub bounds: Vec<String>,
    /// The most common elements of arrays.
    pub elements: Vec<String>,
}

const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "real", "double precision", "numeric"];
const TEXTS: [&str; 5] = ["text", "character varying", "character", "name", "citext"];
const TIMES: [&str; 4] =
    ["date", "timestamp without time zone", "timestamp with time zone", "time without time zone"];

impl Known {
    /// Whether a value of it is one of this type, too.
    fn fits(&self, of: &str) -> bool {
        let both = |all: &[&str]| all.contains(&self.of.as_str()) && all.contains(&of);
        self.of == of || both(&NUMBERS) || both(&TEXTS) || both(&TIMES[..3])
    }

    /// A frequent one, those in the middle, a rare one.
    fn typical(&self) -> Vec<String> {
        let at = |share: f64| quantile(&self.bounds, share);
        let mut all: Vec<String> = self.common.first().cloned().into_iter().collect();
        all.extend([at(0.5), at(0.2), at(0.8)].into_iter().flatten());
        all.extend(self.common.last().cloned());
        distinct(all)
    }

    /// Where one begins to read, or ends.
    fn ends(&self, shares: [f64; 3]) -> Vec<String> {
        let all: Vec<String> = shares.iter().filter_map(|share| quantile(&self.bounds, *share)).collect();
        if all.is_empty() { self.typical() } else { distinct(all) }
    }
}

fn quantile(bounds: &[String], share: f64) -> Option<String> {
    let last = bounds.len().checked_sub(1)?;
    bounds.get((share * last as f64).round() as usize).cloned()
}

fn distinct(all: Vec<String>) -> Vec<String> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) && seen.len() < MOST {
            seen.push(one);
        }
    }
    seen
}

/// Values for a parameter of type `of` that a column is compared with; none where none can be made. `is_between` says
/// whether the column has another end, for which the value goes on from the same place.
pub fn compared(operator: &str, of: &str, known: &Known, is_between: bool) -> Vec<Value> {
    let texts = if of.strip_suffix("[]").is_some_and(|of| known.fits(of)) {
        lists(&known.typical())
    } else if known.of == "tsvector" {
        known.typical().iter().filter_map(|vector| lexeme(vector)).collect()
    } else if known.of.ends_with("[]") && !known.elements.is_empty() {
        let some: Vec<String> =
            spread(known.elements.len(), MOST).into_iter().map(|at| known.elements[at].clone()).collect();
        if of == known.of { some.iter().map(|one| list(std::slice::from_ref(one))).collect() } else { some }
    } else if known.of == "jsonb" && operator != "=" {
        known.typical().iter().filter_map(|document| member(document, of)).collect()
    } else if !known.fits(of) {
        Vec::new()
    } else {
        match operator {
            "~~" | "~~*" => known.typical().iter().map(|text| format!("{}%", start(text))).collect(),
            "~" | "~*" => known.typical().iter().map(|text| format!("^{}", start(text))).collect(),
            ">" | ">=" if is_between => known.ends([0.3, 0.6, 0.8]),
            "<" | "<=" if is_between => known.ends([0.33, 0.65, 0.83]),
            ">" | ">=" => known.ends([0.9, 0.98, 0.5]),
            "<" | "<=" => known.ends([0.1, 0.02, 0.5]),
            _ => known.typical(),
        }
    };
    distinct(texts).into_iter().map(Value::Text).collect()
}

/// Values for a parameter of which nothing but its type is known.
pub fn of_type(of: &str) -> Vec<Value> {
    let texts: &[&str] = match of {
        "boolean" => &["true", "false"],
        "smallint" | "integer" | "bigint" => &["10", "1", "100", "1000"],
        "real" | "double precision" | "numeric" => &["1000", "100", "10", "10000", "1"],
        "interval" => &["1 day", "30 days", "1 hour"],
        "uuid" => &["00000000-0000-0000-0000-000000000000"],
        "json" | "jsonb" => &["{}"],
        of if of.ends_with("[]") => &["{}"],
        of if TIMES.contains(&of) => &["now"],
        of if TEXTS.contains(&of) => &["a"],
        _ => &[],
    };
    texts.iter().map(|text| Value::Text((*text).to_owned())).collect()
}

/// A value that no row of a unique column has, where one can be made.
pub fn unused(table: &str, column: &str, of: &str) -> Option<Value> {
    let text = match of {
        "smallint" | "integer" | "bigint" | "numeric" => {
            format!("SELECT coalesce(max({column}), 0) + 1 FROM {table}")
        }
        "uuid" => "md5(random()::text)".to_owned(),
        "bytea" => "decode(md5(random()::text), 'hex')".to_owned(),
        of if TEXTS.contains(&of) => "md5(random()::text)".to_owned(),
        _ => return None,
    };
    Some(Value::Expression(text))
}

/// Which value of each parameter an execution takes: as many executions as there are different values of one, no more
/// than `most`; the first of all first.
pub fn combinations(counts: &[usize], most: usize) -> Vec<Vec<usize>> {
    let longest = counts.iter().copied().max().unwrap_or(1).max(1);
    let mut all: Vec<Vec<usize>> = Vec::new();
    // Along the lists first, then one list against the others.
    for shift in 0..longest {
        for at in 0..longest {
            let one: Vec<usize> = counts
                .iter()
                .enumerate()
                .map(|(place, count)| (at + if place % 2 == 0 { 0 } else { shift }) % (*count).max(1))
                .collect();
            if all.len() < most && !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all
}

fn lists(values: &[String]) -> Vec<String> {
    (0..values.len())
        .map(|first| {
            let some: Vec<String> =
                (0..LISTED.min(values.len())).map(|at| values[(first + at) % values.len()].clone()).collect();
            list(&some)
        })
        .collect()
}

/// An array as PostgreSQL writes it.
fn list(values: &[String]) -> String {
    let quoted: Vec<String> = values
        .iter()
        .map(|value| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    format!("{{{}}}", quoted.join(","))
}

/// How a text begins, without what means something in patterns.
fn start(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).take(LETTERS).collect()
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
        let own = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        Known { of: of.to_owned(), common: own(common), bounds: own(bounds), elements: own(&["x", "a\"b"]) }
    }

    #[track_caller]
    fn check(operator: &str, of: &str, known: &Known, is_between: bool, expected: &[&str]) {
        let found: Vec<Value> = expected.iter().map(|text| Value::Text((*text).to_owned())).collect();
        assert_eq!(compared(operator, of, known, is_between), found, "{operator} {of}");
    }

    #[test]
    fn values_are_of_each_kind() {
        let numbers = known(
            "integer",
            &["7", "8"],
            &["0", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100"],
        );
        check("=", "bigint", &numbers, false, &["7", "50", "20", "80", "8"]);
        check(">", "integer", &numbers, false, &["90", "100", "50"]);
        check("<", "integer", &numbers, false, &["10", "0", "50"]);
        check("= ANY", "integer[]", &known("integer", &["7"], &[]), false, &["{\"7\"}"]);
        check("=", "text", &numbers, false, &[]);
        check("~~", "text", &known("character varying", &["%An_na"], &[]), false, &["Ann%"]);
        check("@>", "text[]", &known("text[]", &[], &[]), false, &["{\"x\"}", "{\"a\\\"b\"}"]);
        check("= ANY", "text", &known("text[]", &[], &[]), false, &["x", "a\"b"]);
        check("@@", "tsquery", &known("tsvector", &["'cat':3 'dog':1"], &[]), false, &["cat"]);
        check("@>", "jsonb", &known("jsonb", &["{\"a\": 1, \"b\": 2}"], &[]), false, &["{\"a\":1}"]);
        check("?", "text", &known("jsonb", &["{\"a\": 1, \"b\": 2}"], &[]), false, &["a"]);
        assert_eq!(of_type("geometry"), []);
        assert_eq!(unused("t", "id", "geometry"), None);
    }

    proptest! {
        #[test]
        fn between_two_ends_there_is_something(bounds in proptest::collection::btree_set(0_u32..1000, 40..100)) {
            let texts: Vec<String> = bounds.iter().map(u32::to_string).collect();
            let known = Known { of: "integer".to_owned(), bounds: texts, ..Known::default() };
            let number = |value: &Value| match value {
                Value::Text(text) => text.parse::<u32>().unwrap_or(0),
                _ => 0,
            };
            let (low, high) = (compared(">=", "integer", &known, true), compared("<", "integer", &known, true));
            prop_assert_eq!(low.len(), high.len());
            prop_assert!(low.iter().zip(&high).all(|(low, high)| number(low) < number(high)));
        }

        #[test]
        fn combinations_stay_within_their_lists(counts in proptest::collection::vec(1_usize..6, 0..5), most in 1_usize..30) {
            let all = combinations(&counts, most);
            prop_assert!(!all.is_empty() && all.len() <= most);
            prop_assert!(all.iter().all(|one| one.iter().zip(&counts).all(|(at, count)| at < count)));
            prop_assert_eq!(&all[0], &vec![0; counts.len()]);
        }
    }
}
