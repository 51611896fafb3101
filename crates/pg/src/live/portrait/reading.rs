//! One transaction that only reads, in the simple protocol: what comes back is text, as every server writes it.
//!
//! What may fail, because a role may not see it or an extension is not there, is tried behind a savepoint.

use tokio_postgres::SimpleQueryMessage;

use crate::cost::marked;
use crate::live::connect::{Session, explain};

/// A row: texts, or nothing for null.
pub(super) type Row = Vec<Option<String>>;

/// What a server refused, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub(super) String);

/// A transaction that reads.
pub(super) struct Reading<'a> {
    session: &'a Session,
}

/// Names are written with their schema, numbers to the last digit, and nobody is waited for.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog; \
     SET LOCAL extra_float_digits = 1; SET LOCAL lock_timeout = 2000; SET LOCAL statement_timeout = 60000; \
     SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL bytea_output = hex; \
     SET LOCAL standard_conforming_strings = on; SET LOCAL client_min_messages = error";

/// From 14 on, where the system can: a server that reads for somebody who has gone stops.
const NOTICE: &str = "SET LOCAL client_connection_check_interval = 250";

impl<'a> Reading<'a> {
    pub(super) async fn begin(session: &'a Session) -> Result<Self, Refusal> {
        let reading = Self { session };
        reading.batch(BEGIN).await?;
        let _ = reading.attempt(NOTICE).await?;
        Ok(reading)
    }

    pub(super) async fn end(self) -> Result<(), Refusal> {
        self.batch("COMMIT").await
    }

    pub(super) async fn batch(&self, text: &str) -> Result<(), Refusal> {
        self.session.batch_execute(&marked(text)).await.map_err(|error| Refusal(explain(&error)))
    }

    /// The rows of one statement.
    pub(super) async fn rows(&self, text: &str) -> Result<Vec<Row>, Refusal> {
        Ok(self.all(text).await?.into_iter().next().unwrap_or_default())
    }

    /// The rows of each of several statements.
    pub(super) async fn all(&self, text: &str) -> Result<Vec<Vec<Row>>, Refusal> {
        let messages =
            self.session.simple_query(&marked(text)).await.map_err(|error| Refusal(explain(&error)))?;
        let (mut answers, mut rows) = (Vec::new(), Vec::new());
        for message in messages {
            match message {
                SimpleQueryMessage::Row(row) => {
                    rows.push((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect());
                }
                SimpleQueryMessage::CommandComplete(_) => answers.push(std::mem::take(&mut rows)),
                _ => {}
            }
        }
        Ok(answers)
    }

    /// The rows of each of several statements, or why there are none; the transaction goes on.
    pub(super) async fn attempt(&self, text: &str) -> Result<Result<Vec<Vec<Row>>, Refusal>, Refusal> {
        self.batch("SAVEPOINT attempt").await?;
        match self.all(text).await {
            Ok(answers) => {
                self.batch("RELEASE SAVEPOINT attempt").await?;
                Ok(Ok(answers))
            }
            Err(refusal) => {
                self.batch("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt").await?;
                Ok(Err(refusal))
            }
        }
    }

    /// The rows of each of many statements; none of those that fail.
    pub(super) async fn each(&self, statements: &[&str]) -> Result<Vec<Vec<Row>>, Refusal> {
        if let Ok(answers) = self.attempt(&statements.join("; ")).await? {
            return Ok(answers);
        }
        let mut answers = Vec::new();
        for statement in statements {
            let answer = self.attempt(statement).await?.ok();
            answers.push(answer.and_then(|answers| answers.into_iter().next()).unwrap_or_default());
        }
        Ok(answers)
    }
}

/// A column's text; empty for null.
pub(super) fn text(row: &Row, column: usize) -> String {
    row.get(column).cloned().flatten().unwrap_or_default()
}

/// A column's number, or zero.
pub(super) fn number<T: std::str::FromStr + Default>(row: &Row, column: usize) -> T {
    row.get(column).and_then(Option::as_deref).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Whether a column is true.
pub(super) fn is_true(row: &Row, column: usize) -> bool {
    row.get(column).and_then(Option::as_deref) == Some("t")
}

/// Bytes of `\x…`.
pub(super) fn bytes(row: &Row, column: usize) -> Option<Vec<u8>> {
    let digits = row.get(column)?.as_deref()?.strip_prefix("\\x")?;
    let pair = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// Numbers of `{0.5,0.25}`.
pub(super) fn numbers(row: &Row, column: usize) -> Option<Vec<f32>> {
    let inside = row.get(column)?.as_deref()?.strip_prefix('{')?.strip_suffix('}')?;
    Some(inside.split(',').filter(|part| !part.is_empty()).map(|part| part.parse().unwrap_or(0.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_as_they_are_written() {
        let row =
            vec![Some("\\x00ff".to_owned()), Some("{0.5,1e-05}".to_owned()), None, Some("{}".to_owned())];
        assert_eq!(bytes(&row, 0), Some(vec![0, 255]));
        assert_eq!(numbers(&row, 1), Some(vec![0.5, 1e-5]));
        assert_eq!((bytes(&row, 2), numbers(&row, 2), number::<i32>(&row, 2)), (None, None, 0));
        assert_eq!(numbers(&row, 3), Some(Vec::new()));
        assert_eq!(bytes(&vec![Some("\\x0".to_owned())], 0), None);
    }
}
