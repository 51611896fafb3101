//! The parser of thresholds: one pass over the text, every way to get it wrong with its own message.

use std::ops::Range;

use crate::problem::{Fault, closest};
use crate::slope_unit::{Amount, Per, SlopeUnit};
use crate::threshold::{Aggregate, Limit, LimitUnit, Operator, Threshold, TimeUnit};

const SLOPE_UNITS: &str =
    "write the limit of a slope like `2MB/h`: an amount the metric is in, per `s`, `min`, `h` or `d`";

const AGGREGATES: [(&str, Aggregate); 8] = [
    ("count", Aggregate::Count),
    ("rate", Aggregate::Rate),
    ("value", Aggregate::Value),
    ("slope", Aggregate::Slope),
    ("avg", Aggregate::Avg),
    ("min", Aggregate::Min),
    ("max", Aggregate::Max),
    ("med", Aggregate::Med),
];

/// Operators people write that are not k6's, and what they mean.
const MISSPELT: [(&str, Operator); 6] = [
    ("=<", Operator::LessOrEqual),
    ("=>", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("!==", Operator::NotEqual),
    ("<>", Operator::NotEqual),
    ("≤", Operator::LessOrEqual),
];

pub(crate) fn threshold(source: &str) -> Result<Threshold, Fault> {
    let mut cursor = Cursor { source, position: 0 };
    cursor.skip_space();
    if cursor.rest().is_empty() {
        return Err(
            Fault::new("threshold is empty", 0..source.len()).hint("write a condition such as `p(95)<500`")
        );
    }
    let aggregate = aggregate(&mut cursor)?;
    cursor.skip_space();
    let at = cursor.position;
    let operator = operator(&mut cursor)?;
    if aggregate == Aggregate::Slope && !operator.is_order() {
        return Err(cursor
            .fault(
                format!("asks whether a slope is `{}`, which no estimate can tell", operator.text()),
                at..cursor.position,
            )
            .hint("use one of `<`, `<=`, `>`, `>=`"));
    }
    cursor.skip_space();
    let number = limit_number(&mut cursor, operator)?;
    let end_of_number = cursor.position;
    cursor.skip_space();
    let unit = unit(&mut cursor, aggregate)?;
    let end = if unit.is_some() { cursor.position } else { end_of_number };
    cursor.skip_space();
    if !cursor.rest().is_empty() {
        let span = cursor.position..source.trim_end().len();
        return Err(cursor
            .fault(format!("goes on after `{}`", source[..end].trim()), span)
            .hint("a threshold is one condition; write several as a list"));
    }
    Ok(Threshold { aggregate, operator, limit: Limit { number, unit } })
}

struct Cursor<'a> {
    source: &'a str,
    position: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.position..]
    }

    fn skip_space(&mut self) {
        self.position += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes the characters at the front that belong, and says where they are.
    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> (&'a str, Range<usize>) {
        let rest = self.rest();
        let length = rest.find(|character| !belongs(character)).unwrap_or(rest.len());
        let span = self.position..self.position + length;
        self.position = span.end;
        (&rest[..length], span)
    }

    fn fault(&self, what: impl AsRef<str>, span: Range<usize>) -> Fault {
        Fault::new(format!("threshold `{}` {}", self.source.trim(), what.as_ref()), span)
    }
}

fn aggregate(cursor: &mut Cursor<'_>) -> Result<Aggregate, Fault> {
    let (word, span) =
        cursor.take_while(|character| character.is_alphanumeric() || matches!(character, '_' | '.'));
    if word == "p" {
        let before = cursor.position;
        cursor.skip_space();
        if cursor.rest().starts_with('(') {
            return percentile(cursor, span.start);
        }
        cursor.position = before;
    }
    if let Some((_, aggregate)) = AGGREGATES.iter().find(|(name, _)| *name == word) {
        return Ok(*aggregate);
    }
    if word.is_empty() {
        return Err(cursor
            .fault("does not start with an aggregate", span)
            .hint("use one of `avg`, `min`, `max`, `med`, `p(95)`, `count`, `rate`, `value`"));
    }
    let fault = cursor.fault(format!("has an unknown aggregate `{word}`"), span);
    let percentile = word.strip_prefix(['p', 'P']).filter(|rest| rest.parse::<f64>().is_ok());
    let lowercase = word.to_lowercase();
    let meant = match lowercase.as_str() {
        "mean" | "average" => Some("avg"),
        "median" => Some("med"),
        _ => closest(&lowercase, AGGREGATES.map(|(name, _)| name)),
    };
    Err(match (percentile, meant) {
        (Some(percentile), _) => fault.hint(format!("write `p({percentile})`")),
        (None, Some(meant)) => fault.hint(format!("did you mean `{meant}`?")),
        (None, None) => {
            fault.hint("use one of `avg`, `min`, `max`, `med`, `p(95)`, `count`, `rate`, `value`")
        }
    })
}

/// After the `p`, at the `(`.
fn percentile(cursor: &mut Cursor<'_>, start: usize) -> Result<Aggregate, Fault> {
    cursor.position += 1;
    cursor.skip_space();
    let (text, span) = cursor.take_while(|character| !matches!(character, ')' | '<' | '>' | '=' | '!'));
    let text = text.trim_end();
    let span = span.start..span.start + text.len();
    if !cursor.rest().starts_with(')') {
        let written = &cursor.source[start..span.end];
        return Err(cursor
            .fault(format!("has no `)` after `{written}`"), span.end..span.end)
            .hint(format!("write `{written})`")));
    }
    cursor.position += 1;
    match plain_number(text) {
        Some(percentile) if (0.0..=100.0).contains(&percentile) => {
            Ok(Aggregate::Percentile(percentile.abs()))
        }
        Some(_) => Err(cursor
            .fault(format!("asks for percentile `{text}`, which is not from 0 to 100"), span)
            .hint("the 95th percentile is `p(95)`")),
        None if text.is_empty() => {
            Err(cursor.fault("has no number in `p()`", span).hint("the 95th percentile is `p(95)`"))
        }
        None => Err(cursor
            .fault(format!("has a bad number `{text}` in `p({text})`"), span)
            .hint("the 95th percentile is `p(95)`")),
    }
}

fn operator(cursor: &mut Cursor<'_>) -> Result<Operator, Fault> {
    let is_sign = |character: char| {
        !character.is_alphanumeric()
            && !character.is_whitespace()
            && !matches!(character, '.' | '+' | '-' | '(' | ')' | '"' | '\'' | '`')
    };
    let (sign, span) = cursor.take_while(is_sign);
    if let Some(operator) = Operator::ALL.into_iter().find(|operator| operator.text() == sign) {
        return Ok(operator);
    }
    if sign.is_empty() {
        return Err(cursor
            .fault("has no operator", span.start..span.start)
            .hint("use one of `<`, `<=`, `>`, `>=`, `==`, `!=`"));
    }
    let fault = cursor.fault(format!("has an unknown operator `{sign}`"), span);
    Err(match MISSPELT.iter().find(|(misspelt, _)| *misspelt == sign) {
        Some((_, meant)) => fault.hint(format!("did you mean `{}`?", meant.text())),
        None => fault.hint("use one of `<`, `<=`, `>`, `>=`, `==`, `!=`"),
    })
}

fn limit_number(cursor: &mut Cursor<'_>, operator: Operator) -> Result<f64, Fault> {
    let start = cursor.position;
    let rest = cursor.rest();
    let length = number_length(rest);
    if length == 0 {
        let word = rest.split_whitespace().next().unwrap_or_default();
        let what = if word.is_empty() {
            format!("has no number after `{}`", operator.text())
        } else {
            format!("has a bad number `{word}`")
        };
        return Err(cursor
            .fault(what, start..start + word.len())
            .hint("a number is written as `500`, `0.99` or `1e3`"));
    }
    cursor.position += length;
    let text = &rest[..length];
    plain_number(text).ok_or_else(|| {
        cursor
            .fault(format!("has a number `{text}` that is too large"), start..start + length)
            .hint("the largest number is about 1.8e308")
    })
}

fn unit(cursor: &mut Cursor<'_>, aggregate: Aggregate) -> Result<Option<LimitUnit>, Fault> {
    let (word, span) =
        cursor.take_while(|character| character.is_alphanumeric() || matches!(character, '%' | '_'));
    if aggregate == Aggregate::Slope || cursor.rest().starts_with('/') {
        return slope_unit(cursor, aggregate, word, span.start).map(|unit| Some(LimitUnit::Slope(unit)));
    }
    if word.is_empty() {
        return Ok(None);
    }
    if let Some(unit) =
        TimeUnit::ALL.into_iter().find(|unit| unit.text() == word || (word == "µs" && unit.text() == "us"))
    {
        return Ok(Some(LimitUnit::Time(unit)));
    }
    // A word apart from the number is not a unit but more text: `rate<0.1 and …`.
    if cursor.source[..span.start].ends_with(char::is_whitespace) {
        cursor.position = span.start;
        return Ok(None);
    }
    let fault = cursor.fault(format!("has an unknown unit `{word}`"), span);
    Err(if word == "%" {
        fault.hint("write a share as a fraction: 1% is `0.01`")
    } else {
        fault.hint("use one of `us`, `ms`, `s`, `m`")
    })
}

/// After the amount, which starts at `start`.
fn slope_unit(
    cursor: &mut Cursor<'_>,
    aggregate: Aggregate,
    amount: &str,
    start: usize,
) -> Result<SlopeUnit, Fault> {
    if !cursor.rest().starts_with('/') {
        let span = start..start + amount.len();
        let what = if amount.is_empty() {
            "has no unit, and a slope is an amount per time".to_owned()
        } else {
            format!("has the unit `{amount}`, which is not per time")
        };
        return Err(cursor.fault(what, span).hint(SLOPE_UNITS));
    }
    cursor.position += 1;
    let (per, _) = cursor.take_while(char::is_alphanumeric);
    let span = start..cursor.position;
    let written = &cursor.source[span.clone()];
    if aggregate != Aggregate::Slope {
        return Err(cursor
            .fault(format!("has the unit `{written}` of a slope, but `{aggregate}` is not a slope"), span)
            .hint("write `slope<2MB/h` for how fast a gauge may rise"));
    }
    match (Amount::parse(amount), Per::parse(per)) {
        (Some(amount), Some(per)) => Ok(SlopeUnit { amount, per }),
        (None, _) => Err(cursor
            .fault(format!("has an unknown unit `{written}`"), span)
            .hint("of data there are `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`; of time `us`, `ms`, `s`, `m`; plain numbers have none, as in `10/h`")),
        (_, None) => Err(cursor.fault(format!("has an unknown unit `{written}`"), span).hint(SLOPE_UNITS)),
    }
}

/// How many bytes at the front are a number: sign, digits with a point among or beside them, exponent.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut fraction = 0;
    if bytes.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if signed <= bytes.len() && digits(signed) > 0 {
            end = signed + digits(signed);
        }
    }
    end
}

/// The number a text is as a whole, if it is one and finite. `f64`'s own parser also takes `inf` and `nan`.
fn plain_number(text: &str) -> Option<f64> {
    (!text.is_empty() && number_length(text) == text.len())
        .then(|| text.parse().ok())
        .flatten()
        .filter(|number: &f64| number.is_finite())
}
