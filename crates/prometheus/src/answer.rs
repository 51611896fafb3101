//! An answer: series with their labels, each with what it was at one moment or at several.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::AnswerError;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Of how many moments it is.
    pub result_type: ResultType,
    /// Its series.
    pub rows: Vec<Row>,
    /// What the server has to say about it, such as that a part of it is missing.
    pub warnings: Vec<String>,
}

/// Of how many moments an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultType {
    /// Of one: `/api/v1/query`.
    Vector,
    /// Of several: `/api/v1/query_range`.
    Matrix,
}

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// Times in milliseconds since 1970 UTC, and numbers, infinite ones too. What is no number (`NaN`) is not there:
    /// nothing divided by nothing is no measurement.
    pub points: Vec<(i64, f64)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    status: String,
    #[serde(default)]
    error_type: String,
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

type Labels = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Instant {
    #[serde(default)]
    metric: Labels,
    value: (f64, String),
}

#[derive(Deserialize)]
struct Range {
    #[serde(default)]
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
            let words = document.error.unwrap_or(document.status);
            return Err(AnswerError::said(&document.error_type, words));
        }
        let (result_type, rows) = match document
            .data
            .ok_or_else(|| no_answer("it has no `data`".to_owned()))?
        {
            Data::Vector(all) => {
                (ResultType::Vector, all.into_iter().map(|row| Row::read(row.metric, &[row.value])).collect())
            }
            Data::Matrix(all) => {
                (ResultType::Matrix, all.into_iter().map(|row| Row::read(row.metric, &row.values)).collect())
            }
        };
        let rows: Result<Vec<Row>, AnswerError> = rows;
        Ok(Self { result_type, rows: rows?, warnings: document.warnings })
    }
}

impl Row {
    fn read(labels: Labels, values: &[(f64, String)]) -> Result<Self, AnswerError> {
        let mut points = Vec::with_capacity(values.len());
        for (at_s, text) in values {
            let number: f64 =
                text.parse().map_err(|_| AnswerError::NoAnswer(format!("`{text}` is no number")))?;
            if !number.is_nan() {
                points.push(((at_s * 1000.0).round() as i64, number));
            }
        }
        Ok(Self { labels: labels.into_iter().collect(), points })
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
        assert_eq!(
            (answer.result_type, answer.warnings),
            (ResultType::Vector, vec!["a store is away".to_owned()])
        );
        assert_eq!((answer.rows[0].label("endpoint"), answer.rows[0].label("x")), (Some("a"), None));
        assert_eq!(answer.rows[0].points, [(1_783_155_600_500, 3.0)]);
        assert!(answer.rows[1].points.is_empty());
        let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{},"values":[[1,"1"],[2,"+Inf"],[3,"2.5"]]}]}}"#;
        let answer = Answer::read(matrix.as_bytes()).unwrap();
        assert_eq!(answer.result_type, ResultType::Matrix);
        assert_eq!(answer.rows[0].points, [(1000, 1.0), (2000, f64::INFINITY), (3000, 2.5)]);
    }

    #[test]
    fn what_is_no_answer_says_why() {
        for (text, words) in [
            ("<html>", "no answer of Prometheus"),
            (r#"{"status":"error","errorType":"timeout","error":"too slow"}"#, "could not answer: too slow"),
            (r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error"}"#, "refuses the query"),
            (r#"{"status":"error","error":"of old"}"#, "refuses the query: of old"),
            (r#"{"status":"success"}"#, "no `data`"),
            (r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#, "scalar"),
            (r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}"#, "value"),
            (r#"{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"x"]}]}}"#, "`x` is"),
        ] {
            let said = Answer::read(text.as_bytes()).unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
    }
}
