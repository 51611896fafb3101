//! What a Prometheus answers to a query, for one moment or for several.
//!
//! Source: <https://prometheus.io/docs/prometheus/latest/querying/api/>.

use serde::Deserialize;

/// An answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Its series.
    pub rows: Vec<Row>,
    /// What the server has to say about it, such as that a part of it is missing.
    pub warnings: Vec<String>,
}

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// Times in milliseconds since 1970 UTC, and numbers; none that are no number.
    pub points: Vec<(i64, f64)>,
}

/// Why there is no answer in what came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It is something else.
    #[error("it is no answer of Prometheus: {0}")]
    NoAnswer(String),
    /// It says what is wrong.
    #[error("Prometheus refuses the query: {0}")]
    Refused(String),
}

#[derive(Deserialize)]
struct Document {
    status: String,
    error: Option<String>,
    data: Option<Data>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Vector(Vec<Instant>),
    Matrix(Vec<Range>),
}

type Labels = std::collections::BTreeMap<String, String>;

#[derive(Deserialize)]
struct Instant {
    metric: Labels,
    value: (f64, String),
}

#[derive(Deserialize)]
struct Range {
    metric: Labels,
    values: Vec<(f64, String)>,
}

impl Answer {
    /// Reads it.
    ///
    /// # Errors
    /// Where it is none, or says that the query is wrong or took too long.
    pub fn read(json: &[u8]) -> Result<Self, AnswerError> {
        let no_answer = |why: String| AnswerError::NoAnswer(why);
        let document: Document =
            serde_json::from_slice(json).map_err(|error| no_answer(error.to_string()))?;
        if document.status != "success" {
            return Err(AnswerError::Refused(document.error.unwrap_or(document.status)));
        }
        let rows = match document.data.ok_or_else(|| no_answer("it has no `data`".to_owned()))? {
            Data::Vector(all) => all.into_iter().map(|row| Row::read(row.metric, &[row.value])).collect(),
            Data::Matrix(all) => all.into_iter().map(|row| Row::read(row.metric, &row.values)).collect(),
        };
        Ok(Self { rows, warnings: document.warnings })
    }
}

impl Row {
    fn read(labels: Labels, values: &[(f64, String)]) -> Self {
        let point = |(at_s, text): &(f64, String)| {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
            Some(((at_s * 1000.0).round() as i64, number))
        };
        Self { labels: labels.into_iter().collect(), points: values.iter().filter_map(point).collect() }
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_ranges_are_read() {
        let vector = r#"{"status":"success","warnings":["a store is away"],"data":{"resultType":"vector","result":[
            {"metric":{"endpoint":"a"},"value":[1783155600.5,"3"]},{"metric":{},"value":[1783155600,"NaN"]}]}}"#;
        let answer = Answer::read(vector.as_bytes()).unwrap();
        assert_eq!(answer.warnings, ["a store is away"]);
        assert_eq!((answer.rows[0].label("endpoint"), answer.rows[0].label("x")), (Some("a"), None));
        assert_eq!(answer.rows[0].points, [(1_783_155_600_500, 3.0)]);
        assert!(answer.rows[1].points.is_empty());
        let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{},"values":[[1,"1"],[2,"+Inf"],[3,"2.5"]]}]}}"#;
        assert_eq!(Answer::read(matrix.as_bytes()).unwrap().rows[0].points, [(1000, 1.0), (3000, 2.5)]);
    }

    #[test]
    fn what_is_no_answer_says_why() {
        for (text, words) in [
            ("<html>", "no answer of Prometheus"),
            (r#"{"status":"error","error":"query timed out"}"#, "query timed out"),
            (r#"{"status":"success"}"#, "no `data`"),
            (r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#, "scalar"),
            (r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}"#, "value"),
        ] {
            let said = Answer::read(text.as_bytes()).unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
    }
}
