//! Writes families in either format.
//!
//! They differ in a few places: OpenMetrics names a counter's family without `_total`, writes bounds as `10.0` where Prometheus writes
//! `10`, and ends with `# EOF`.

use std::fmt::{self, Display, Write};

use http::{HeaderValue, Response, header};

use super::Format;
use crate::family::{Family, Kind, Label, Value};

/// The answer to a scrape.
pub(crate) fn respond(format: Format, families: &[Family]) -> Response<String> {
    let mut response = Response::new(encode(format, families));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}

fn encode(format: Format, families: &[Family]) -> String {
    let mut text = String::new();
    for family in families {
        write_family(&mut text, format, family).expect("a String takes everything");
    }
    if format == Format::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn write_family(text: &mut String, format: Format, family: &Family) -> fmt::Result {
    let about = family.about;
    let name = about.prometheus;
    let family_name = match (format, about.kind) {
        (Format::OpenMetrics, Kind::Counter) => name.strip_suffix("_total").unwrap_or(name),
        _ => name,
    };
    let kind = match about.kind {
        Kind::Counter => "counter",
        Kind::Gauge | Kind::Level => "gauge",
        Kind::Histogram(_) => "histogram",
    };
    writeln!(text, "# HELP {family_name} {}", about.help)?;
    writeln!(text, "# TYPE {family_name} {kind}")?;
    for point in &family.points {
        match (&point.value, about.kind) {
            (Value::Histogram { buckets, sum }, Kind::Histogram(bounds)) => {
                let mut count = 0;
                for (index, bucket) in buckets.iter().enumerate() {
                    count += bucket;
                    let bound = match bounds.get(index) {
                        Some(bound) => Number(format, *bound).to_string(),
                        None => "+Inf".to_owned(),
                    };
                    write!(text, "{name}_bucket")?;
                    write_labels(text, &point.labels, Some(&bound))?;
                    writeln!(text, " {count}")?;
                }
                write!(text, "{name}_sum")?;
                write_labels(text, &point.labels, None)?;
                writeln!(text, " {sum}")?;
                write!(text, "{name}_count")?;
                write_labels(text, &point.labels, None)?;
                writeln!(text, " {count}")?;
            }
            (Value::Number(number), _) => {
                text.push_str(name);
                write_labels(text, &point.labels, None)?;
                writeln!(text, " {number}")?;
            }
            (Value::Histogram { .. }, _) => unreachable!("only histograms have buckets"),
        }
    }
    Ok(())
}

/// `bound` is there for buckets.
fn write_labels(text: &mut String, labels: &[Label], bound: Option<&str>) -> fmt::Result {
    if labels.is_empty() && bound.is_none() {
        return Ok(());
    }
    text.push('{');
    for (index, (name, value)) in labels.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        for letter in name.chars() {
            text.push(if letter == '.' { '_' } else { letter });
        }
        write!(text, "=\"{}\"", Escaped(value))?;
    }
    if let Some(bound) = bound {
        if !labels.is_empty() {
            text.push(',');
        }
        write!(text, "le=\"{bound}\"")?;
    }
    text.push('}');
    Ok(())
}

/// A label's value as both formats want it between quotes.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '\\' => formatter.write_str("\\\\")?,
                '"' => formatter.write_str("\\\"")?,
                '\n' => formatter.write_str("\\n")?,
                other => formatter.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A bucket's bound.
#[derive(Clone, Copy)]
struct Number(Format, f64);

impl Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Format::Prometheus => write!(formatter, "{}", self.1),
            Format::OpenMetrics => write!(formatter, "{:?}", self.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue as about, family::Point};
    use proptest::prelude::*;

    fn families() -> Vec<Family> {
        let labels = vec![("method", "GET".into()), ("endpoint", "/a\"b\\c\nd".into())];
        let mut buckets = vec![0; 11];
        (buckets[0], buckets[10]) = (2, 1);
        vec![
            Family {
                about: &about::API_DURATION,
                points: vec![Point { labels, value: Value::Histogram { buckets, sum: 6_007.5 } }],
            },
            Family { about: &about::CPU, points: vec![Point::number(vec![], 1.25)] },
            Family {
                about: &about::CONNECTIONS,
                points: vec![Point::number(vec![("db.client.connection.state", "used".into())], 3.0)],
            },
        ]
    }

    #[test]
    fn prometheus_text() {
        let text = encode(Format::Prometheus, &families());
        for line in [
            "# TYPE api_request_duration_ms histogram",
            r#"api_request_duration_ms_bucket{method="GET",endpoint="/a\"b\\c\nd",le="10"} 2"#,
            r#"api_request_duration_ms_bucket{method="GET",endpoint="/a\"b\\c\nd",le="5000"} 2"#,
            r#"api_request_duration_ms_bucket{method="GET",endpoint="/a\"b\\c\nd",le="+Inf"} 3"#,
            r#"api_request_duration_ms_sum{method="GET",endpoint="/a\"b\\c\nd"} 6007.5"#,
            r#"api_request_duration_ms_count{method="GET",endpoint="/a\"b\\c\nd"} 3"#,
            "# TYPE process_cpu_seconds_total counter",
            "process_cpu_seconds_total 1.25",
            r#"db_client_connection_count{db_client_connection_state="used"} 3"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with('\n') && !text.contains("EOF"));
    }

    #[test]
    fn open_metrics() {
        let text = encode(Format::OpenMetrics, &families());
        for line in ["# TYPE process_cpu_seconds counter", "process_cpu_seconds_total 1.25"] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.contains("le=\"10.0\"") && text.ends_with("\n# EOF\n"));
    }

    proptest! {
        #[test]
        fn escaping_loses_nothing(value in any::<String>()) {
            let escaped = Escaped(&value).to_string();
            prop_assert!(!escaped.contains('\n'));
            // As a reader does it; a bare quote would end the value early.
            let mut read = String::new();
            let mut letters = escaped.chars();
            while let Some(letter) = letters.next() {
                prop_assert_ne!(letter, '"');
                read.push(match letter {
                    '\\' => match letters.next() {
                        Some('n') => '\n',
                        Some(other) => other,
                        None => return Err(TestCaseError::fail("a lone backslash at the end")),
                    },
                    other => other,
                });
            }
            prop_assert_eq!(read, value);
        }
    }
}
