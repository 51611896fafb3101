//! The plan of a statement, without running it.

use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use super::connect::{Session, explain as said};
use crate::ghost::{literal, parameters, quoted, statements, with_plain_parameters};
use crate::shape::Class;

/// Plans are of any values: those of none would be of nothing. And nobody waits for one for ever.
const BEGIN: &str = "SET plan_cache_mode = force_generic_plan; SET statement_timeout = 30000; SET client_min_messages = error";

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// As PostgreSQL writes it for people.
    pub text: String,
    /// As it writes it for programs: the top node.
    pub plan: Value,
    /// Whether it is of any values, because the statement has parameters.
    pub is_generic: bool,
}

/// Why a statement has no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// It is not one statement.
    #[error("is {0} statements; explain them one at a time")]
    Several(usize),
    /// It is none that has a plan.
    #[error("has no plan: SELECT, INSERT, UPDATE, DELETE, MERGE and VALUES have one")]
    NoPlan,
    /// The server refuses it.
    #[error("{0}")]
    Refused(String),
}

/// Makes a session ready for [`explain`], with these settings and as this role if one is named.
///
/// # Errors
/// The server's words.
pub async fn ready(
    session: &Session,
    settings: &[(String, String)],
    role: Option<&str>,
) -> Result<(), String> {
    let mut text = BEGIN.to_owned();
    for (name, value) in settings {
        text += &format!("; SELECT pg_catalog.set_config({}, {}, false)", literal(name), literal(value));
    }
    if let Some(role) = role {
        text += &format!("; SET ROLE {}", quoted(role));
    }
    session.batch_execute(&text).await.map_err(|error| said(&error))
}

/// The plan of a statement; `$1` stands for any value.
///
/// # Errors
/// See [`ExplainError`].
pub async fn explain(session: &Session, statement: &str) -> Result<Explained, ExplainError> {
    let all = statements(statement);
    let [statement] = all[..] else { return Err(ExplainError::Several(all.len())) };
    if !matches!(Class::of(statement), Class::Reads | Class::Writes) {
        return Err(ExplainError::NoPlan);
    }
    let count = parameters(statement);
    if count == 0 {
        return both(session, statement, false).await;
    }
    prepare(session, statement).await?;
    let values = vec!["NULL"; count as usize].join(", ");
    let explained = both(session, &format!("EXECUTE loadline_statement({values})"), true).await;
    let _ = session.batch_execute("DEALLOCATE loadline_statement").await;
    explained
}

/// As it stands, or else with its parameters where they can be.
async fn prepare(session: &Session, statement: &str) -> Result<(), ExplainError> {
    let prepared = |text: &str| format!("PREPARE loadline_statement AS {text}");
    let Err(first) = session.batch_execute(&prepared(statement)).await else { return Ok(()) };
    let plain = with_plain_parameters(statement);
    if plain != statement && session.batch_execute(&prepared(&plain)).await.is_ok() {
        return Ok(());
    }
    Err(ExplainError::Refused(said(&first)))
}

async fn both(session: &Session, what: &str, is_generic: bool) -> Result<Explained, ExplainError> {
    let text = output(session, &format!("EXPLAIN {what}")).await?;
    let json = output(session, &format!("EXPLAIN (FORMAT JSON) {what}")).await?;
    let plan = serde_json::from_str::<Value>(&json)
        .ok()
        .and_then(|mut plan| plan.get_mut(0)?.get_mut("Plan").map(Value::take));
    let plan = plan.ok_or_else(|| ExplainError::Refused("it has no plan of one statement".to_owned()))?;
    Ok(Explained { text, plan, is_generic })
}

async fn output(session: &Session, statement: &str) -> Result<String, ExplainError> {
    let messages =
        session.simple_query(statement).await.map_err(|error| ExplainError::Refused(said(&error)))?;
    let lines = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}
