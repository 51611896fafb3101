//! Prometheus's text format: what an endpoint says of itself, line by line.
//!
//! Version 0.0.4, and what `OpenMetrics` adds to its lines (exemplars, `# EOF`), because servers send it unasked.
//! Strict: a line that is not understood is an error with its number, for half of an answer read is a figure that is
//! wrong. Comments, `HELP` and `TYPE` among them, are skipped: a sample is a number whatever it counts.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::borrow::Cow;

/// One line: a series and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample<'a> {
    /// The metric's name.
    pub name: &'a str,
    /// Names and values, in the order they were written.
    pub labels: Vec<(&'a str, Cow<'a, str>)>,
    /// What it is.
    pub value: f64,
}

/// A line that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not in Prometheus's text format: {what}")]
pub struct FormatError {
    line: usize,
    what: &'static str,
}

/// Reads all samples of a text, which come one by one.
///
/// # Errors
/// Of each line that is not understood.
pub fn samples(text: &str) -> impl Iterator<Item = Result<Sample<'_>, FormatError>> {
    let lines = text.split('\n').enumerate();
    lines.filter_map(|(index, line)| {
        let line = line.strip_suffix('\r').unwrap_or(line).trim_matches(is_blank);
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        Some(sample(line).map_err(|what| FormatError { line: index + 1, what }))
    })
}

fn sample(line: &str) -> Result<Sample<'_>, &'static str> {
    let (name, rest) = word(line, |character| character == ':');
    if name.is_empty() {
        return Err("it does not begin with a metric's name");
    }
    let rest = rest.trim_start_matches(is_blank);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None if rest.len() + name.len() == line.len() => return Err("no space follows the metric's name"),
        None => (Vec::new(), rest),
    };
    // An exemplar says where a value comes from; the value stands before it.
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let mut words = rest.split(is_blank).filter(|word| !word.is_empty());
    let value = words.next().ok_or("it has no value")?;
    let value = value.parse().map_err(|_| "its value is not a number")?;
    if words.next().is_some_and(|time| time.parse::<f64>().is_err()) {
        return Err("its timestamp is not a number");
    }
    if words.next().is_some() {
        return Err("it goes on after its timestamp");
    }
    Ok(Sample { name, labels, value })
}

type Labels<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// After the `{`: the labels, and what follows the `}`.
fn labels(mut rest: &str) -> Result<(Labels<'_>, &str), &'static str> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches(is_blank);
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((labels, rest));
        }
        let (name, after) = word(rest, |_| false);
        if name.is_empty() {
            return Err("a label has no name");
        }
        let after = after.trim_start_matches(is_blank);
        let after = after.strip_prefix('=').ok_or("a label's name is not followed by `=`")?;
        let after = after.trim_start_matches(is_blank);
        let after = after.strip_prefix('"').ok_or("a label's value is not in quotes")?;
        let (value, after) = quoted(after)?;
        labels.push((name, value));
        rest = after.trim_start_matches(is_blank);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return Err("labels are not separated by `,` or closed by `}`"),
        }
    }
}

/// After the opening quote: the value without escapes, and what follows the closing quote.
fn quoted(text: &str) -> Result<(Cow<'_, str>, &str), &'static str> {
    let mut value = String::new();
    let mut from = 0;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' if from == 0 => return Ok((Cow::Borrowed(&text[..at]), &text[at + 1..])),
            '"' => {
                value += &text[from..at];
                return Ok((Cow::Owned(value), &text[at + 1..]));
            }
            '\\' => {
                value += &text[from..at];
                let (at, escaped) = characters.next().ok_or("a label's value does not end")?;
                value.push(match escaped {
                    'n' => '\n',
                    '\\' | '"' => escaped,
                    _ => {
                        return Err(
                            "a label's value has an unknown escape; there are `\\\\`, `\\\"` and `\\n`",
                        );
                    }
                });
                from = at + escaped.len_utf8();
            }
            _ => {}
        }
    }
    Err("a label's value does not end")
}

/// The letters, digits, underscores and `other` characters at the front, not starting with a digit; and the rest.
fn word(text: &str, other: impl Fn(char) -> bool) -> (&str, &str) {
    let belongs = |character: char| character.is_ascii_alphanumeric() || character == '_' || other(character);
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return ("", text);
    }
    text.split_at(text.find(|character| !belongs(character)).unwrap_or(text.len()))
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<Sample<'_>>, FormatError> {
        samples(text).collect()
    }

    #[test]
    fn the_specifications_example() {
        let text = r#"# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
rpc:rate5m{ a = "b" , } NaN
with_exemplar_bucket{le="0.1"} 8 # {trace_id="abc"} 0.043 1600000000.1
# EOF
"#;
        let all = read(text).unwrap();
        assert_eq!(all.len(), 9);
        assert_eq!(all[0].labels, [("method", "post".into()), ("code", "200".into())]);
        assert_eq!(all[2].labels[0].1, "C:\\DIR\\FILE.TXT");
        assert_eq!(all[2].labels[1].1, "Cannot find file:\n\"FILE.TXT\"");
        assert_eq!((all[3].name, all[3].value), ("metric_without_timestamp_and_labels", 12.47));
        assert_eq!(all[4].value, f64::INFINITY);
        assert!(all[7].value.is_nan() && all[7].name == "rpc:rate5m");
        assert_eq!(all[8].value, 8.0);
    }

    #[test]
    fn lines_that_are_not_understood_are_told() {
        for (line, what) in [
            ("<html>", "begin with a metric's name"),
            ("9a 1", "begin with a metric's name"),
            ("a", "no space"),
            ("a ", "no space"),
            ("a-b 1", "no space"),
            ("a{b} 1", "followed by `=`"),
            ("a{b=c} 1", "not in quotes"),
            ("a{b=\"c} 1", "does not end"),
            ("a{b=\"c\\", "does not end"),
            ("a{b=\"\\x\"} 1", "unknown escape"),
            ("a{b=\"c\" d=\"e\"} 1", "not separated"),
            ("a{=\"c\"} 1", "no name"),
            ("a{b=\"c\"}", "no value"),
            ("a one", "not a number"),
            ("a 1 soon", "timestamp"),
            ("a 1 2 3", "goes on"),
        ] {
            let error = read(&format!("fine 1\n{line}\n")).unwrap_err().to_string();
            assert!(error.starts_with("line 2 is not") && error.contains(what), "{line}: {error}");
        }
    }

    fn written(name: &str, labels: &[(String, String)], value: f64, time: Option<i64>) -> String {
        let pairs: Vec<String> = labels
            .iter()
            .map(|(key, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                format!("{key}=\"{value}\"")
            })
            .collect();
        let labels = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
        format!("{name}{labels} {value}{}\n", time.map_or(String::new(), |time| format!(" {time}")))
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,20}",
            labels in prop::collection::vec(("[a-zA-Z_][a-zA-Z0-9_]{0,8}", "[ -~é\n\\\\\"#{}]{0,12}"), 0..4),
            value in prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::INFINITE,
            time in prop::option::of(any::<i64>()),
        ) {
            let text = written(&name, &labels, value, time);
            let all = read(&text).unwrap();
            prop_assert_eq!(all.len(), 1);
            prop_assert_eq!((all[0].name, all[0].value), (name.as_str(), value));
            let pairs: Vec<(String, String)> =
                all[0].labels.iter().map(|(key, value)| ((*key).to_owned(), value.to_string())).collect();
            prop_assert_eq!(pairs, labels);
        }

        #[test]
        fn nothing_panics(text in "[a{}=\",\\\\#é1. \n]{0,40}|.{0,40}") {
            let _ = read(&text);
        }
    }
}
