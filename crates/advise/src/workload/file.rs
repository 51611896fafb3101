//! Statements out of a file of SQL, each with what a comment before it says of its weight.

use loadline_pg::ghost::statements;
use loadline_pg::shape::{Kind, Tokens};

use super::merge::Asked;

/// The statements of a file. A comment before or in one says how often it runs, what that takes and how many rows come:
/// `-- calls=1200 ms=350 rows=12`. Without one it runs once.
///
/// ```
/// let asked = loadline_advise::workload::of_file("-- calls=20 rows=3\nSELECT 1 FROM t; SELECT 2");
/// assert_eq!((asked[0].calls, asked[0].rows, asked[0].text.as_str()), (20.0, Some(3.0), "SELECT 1 FROM t"));
/// assert_eq!((asked[1].calls, asked[1].rows), (1.0, None));
/// ```
pub fn of_file(text: &str) -> Vec<Asked> {
    statements(text).into_iter().map(one).collect()
}

fn one(statement: &str) -> Asked {
    let mut asked = Asked { calls: 1.0, ..Asked::default() };
    let mut from = None;
    let mut to = 0;
    for token in Tokens::of(statement) {
        match token.kind {
            Kind::Comment => weigh(&statement[token.range], &mut asked),
            Kind::Space => {}
            _ => {
                from.get_or_insert(token.range.start);
                to = token.range.end;
            }
        }
    }
    statement[from.unwrap_or(0)..to.max(from.unwrap_or(0))].clone_into(&mut asked.text);
    asked
}

fn weigh(comment: &str, asked: &mut Asked) {
    for word in comment.split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | '*' | '/')) {
        let Some((name, value)) = word.split_once('=') else { continue };
        let Some(value) = value.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0) else {
            continue;
        };
        match name {
            "calls" => asked.calls = value,
            "ms" => asked.ms = Some(value),
            "rows" => asked.rows = Some(value),
            _ => {}
        }
    }
}
