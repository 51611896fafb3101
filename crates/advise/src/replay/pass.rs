//! One pass over the statements, in a transaction in which some indexes are dropped, and which is rolled back.
//!
//! So the set is there and away within a moment, what statements write is undone, and nothing of it is left if this
//! process dies. Each statement runs once before it is measured: what was dropped has to be looked up again.

use loadline_pg::live::{Session, explain};
use loadline_pg::plan::Plan;
use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;

use super::ends::{VerifyError, refused};
use super::values::Ready;

/// How often the transaction is begun again when a lock is not given.
const TRIES: usize = 3;

/// A statement and how it is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'t> {
    /// Its text, with each of several values if it has parameters.
    pub(super) ready: &'t Ready,
    /// How often each of them runs in a row; the statement's time is the mean of all, by their shares.
    pub(super) times: usize,
    /// Whether it runs once before.
    pub(super) warms: bool,
}

/// What was measured of it.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) ms: f64,
    /// Of each text; where one was broken off there is none.
    pub(super) plans: Vec<Plan>,
    pub(super) is_cut: bool,
}

impl Reading {
    /// What the plans of all its texts cost, by their shares; none where one was broken off.
    pub(super) fn cost(&self, ready: &Ready) -> Option<f64> {
        let costs = self.plans.iter().zip(&ready.shares).map(|(plan, share)| share * plan.root.total_cost);
        (self.plans.len() == ready.texts.len()).then(|| costs.sum())
    }
}

/// Runs each statement while the indexes `away` are not there. Where one fails it is the server's words.
pub(super) async fn pass(
    session: &Session,
    away: &[&str],
    asked: &[Asked<'_>],
    longest_ms: f64,
) -> Result<Vec<Result<Reading, String>>, VerifyError> {
    begin(session, away).await?;
    let mut all = Vec::with_capacity(asked.len());
    for one in asked {
        all.push(measure(session, *one, longest_ms).await?);
    }
    session.batch_execute("ROLLBACK").await.map_err(refused("cannot roll back"))?;
    Ok(all)
}

async fn begin(session: &Session, away: &[&str]) -> Result<(), VerifyError> {
    let drop = if away.is_empty() { String::new() } else { format!("; DROP INDEX {}", away.join(", ")) };
    let text = format!("BEGIN; SET CONSTRAINTS ALL IMMEDIATE{drop}");
    let mut tried = 0;
    loop {
        tried += 1;
        let Err(error) = session.batch_execute(&text).await else { return Ok(()) };
        let _ = session.batch_execute("ROLLBACK").await;
        let is_locked = matches!(
            error.code(),
            Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::T_R_DEADLOCK_DETECTED
        );
        if !is_locked || tried == TRIES {
            return Err(refused("cannot set an index aside, because a lock on its table was not given")(
                error,
            ));
        }
    }
}

async fn measure(
    session: &Session,
    asked: Asked<'_>,
    longest_ms: f64,
) -> Result<Result<Reading, String>, VerifyError> {
    let mut reading = Reading { ms: 0.0, plans: Vec::with_capacity(asked.ready.texts.len()), is_cut: false };
    for (text, share) in asked.ready.texts.iter().zip(&asked.ready.shares) {
        let mut spent = Vec::with_capacity(asked.times);
        let mut plan = None;
        for turn in 0..asked.times + usize::from(asked.warms) {
            match once(session, text).await? {
                Ok((ms, of)) => {
                    plan = Some(of);
                    if turn > 0 || !asked.warms {
                        spent.push(ms);
                    }
                }
                Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => {
                    (spent, plan, reading.is_cut) = (vec![longest_ms], None, true);
                    break;
                }
                Err(error) => return Ok(Err(explain(&error))),
            }
        }
        reading.plans.extend(plan);
        reading.ms += share * spent.iter().sum::<f64>() / spent.len().max(1) as f64;
    }
    Ok(Ok(reading))
}

/// Its time and plan, with whatever it wrote undone.
async fn once(
    session: &Session,
    text: &str,
) -> Result<Result<(f64, Plan), tokio_postgres::Error>, VerifyError> {
    let rolled = refused("the server went away");
    session.batch_execute("SAVEPOINT loadline").await.map_err(&rolled)?;
    let explained = session
        .simple_query(&format!("EXPLAIN /* loadline */ (ANALYZE, VERBOSE, TIMING OFF, FORMAT JSON) {text}"))
        .await;
    let undone = session.batch_execute("ROLLBACK TO SAVEPOINT loadline; RELEASE SAVEPOINT loadline").await;
    let messages = match explained {
        Ok(messages) => messages,
        Err(error) if error.as_db_error().is_some() && undone.is_ok() => return Ok(Err(error)),
        Err(error) => return Err(rolled(error)),
    };
    undone.map_err(&rolled)?;
    let said: String = messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        })
        .collect();
    let odd = |why: String| VerifyError::Refused { what: "cannot read a plan", why };
    let value: Value = serde_json::from_str(&said).map_err(|error| odd(error.to_string()))?;
    let ms = value[0]["Execution Time"].as_f64().ok_or_else(|| odd("it has no time".to_owned()))?;
    Ok(Ok((ms, Plan::of_json(&value).map_err(|error| odd(error.to_string()))?)))
}
