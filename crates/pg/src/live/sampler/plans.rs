//! The plans of the most expensive statements: as they were when each first showed, and as they are at the end.
//!
//! Only EXPLAIN, never EXPLAIN ANALYZE: nothing is executed. A text without values has a generic plan: that of a
//! prepared statement made to have one. (EXPLAIN has a word for it since PostgreSQL 16, but takes `$1` for a parameter
//! of its own in the protocol in which one statement can't be two.) The text is somebody else's, so it is sent in that
//! protocol, in a transaction that may not write, on a session of its own, which a lock that it meets holds up for half
//! a second at the most.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::timeout;

use super::super::address::Address;
use super::super::connect::{Session, explain};
use super::ask::{LIMITS, MARK};
use super::read::number;
use crate::ghost::with_plain_parameters;
use crate::plan::{Plan, difference};

/// Plans that are looked at in one run.
const MOST: usize = 20;
/// How long all of the last plans may take together.
const AT_THE_END: Duration = Duration::from_secs(4);
/// The name of the one statement that is prepared.
const NAME: &str = "loadline_plan";

type Found = Rc<RefCell<HashMap<i64, Result<Plan, String>>>>;

/// Asks for plans, one after the other, while sessions are looked at.
pub(super) struct Planner {
    address: Address,
    asked: Vec<i64>,
    sender: UnboundedSender<(i64, String)>,
    before: Found,
    task: JoinHandle<()>,
}

/// What became of a statement's plan.
pub(super) enum Fate {
    Same,
    Flipped(String),
    Unknown(String),
}

impl Planner {
    /// One for this server, within a local task set.
    pub(super) fn new(address: &Address) -> Self {
        let (sender, receiver) = unbounded_channel();
        let before = Found::default();
        let task = spawn_local(look_up(address.clone(), receiver, Rc::clone(&before)));
        Self { address: address.clone(), asked: Vec::new(), sender, before, task }
    }

    /// Asks for a statement's plan now, when there is time.
    pub(super) fn ask(&mut self, query: i64, text: &str) {
        if self.asked.len() < MOST && is_planned(text) {
            self.asked.push(query);
            // It lives as long as this.
            let _ = self.sender.send((query, text.to_owned()));
        }
    }

    /// Asks again for all plans that were known, and says what became of them.
    pub(super) async fn compare(self, texts: &HashMap<i64, String>) -> Vec<(i64, Fate)> {
        drop(self.sender);
        self.task.abort();
        let before = self.before.take();
        let mut fates = Vec::new();
        let again = async {
            let session = open(&self.address).await?;
            for (query, plan) in &before {
                let Some(text) = texts.get(query) else { continue };
                fates.push((
                    *query,
                    match plan {
                        Err(why) => Fate::Unknown(why.clone()),
                        Ok(before) => match plan_of(&session, text).await {
                            Err(why) => Fate::Unknown(why),
                            Ok(after) if after.fingerprint() == before.fingerprint() => Fate::Same,
                            Ok(after) => Fate::Flipped(difference(before, &after)),
                        },
                    },
                ));
            }
            Ok::<(), String>(())
        };
        // What is not known by then stays unknown.
        let _ = timeout(AT_THE_END, again).await;
        let known: HashSet<i64> = fates.iter().map(|(query, _)| *query).collect();
        let unknown =
            self.asked.into_iter().filter(|query| texts.contains_key(query) && !known.contains(query));
        fates.extend(
            unknown.map(|query| (query, Fate::Unknown("there was no time to look at it".to_owned()))),
        );
        fates
    }
}

async fn look_up(address: Address, mut receiver: UnboundedReceiver<(i64, String)>, found: Found) {
    let mut session: Option<Session> = None;
    while let Some((query, text)) = receiver.recv().await {
        if session.as_ref().is_none_or(|session| session.is_closed()) {
            session = open(&address).await.ok();
        }
        let plan = match &session {
            Some(session) => plan_of(session, &text).await,
            None => Err("the server could not be asked".to_owned()),
        };
        found.borrow_mut().insert(query, plan);
    }
}

async fn open(address: &Address) -> Result<Session, String> {
    Session::open_with(address, LIMITS).await.map_err(|error| error.to_string())
}

/// The generic plan of a statement.
async fn plan_of(session: &Session, text: &str) -> Result<Plan, String> {
    let begun = session
        .batch_execute(&format!(
            "BEGIN {MARK} READ ONLY; SET {MARK} LOCAL plan_cache_mode = force_generic_plan"
        ))
        .await;
    let plan = match begun {
        Ok(()) => explained(session, &with_plain_parameters(text)).await,
        Err(error) => Err(explain(&error)),
    };
    // Whatever it came to; that the session is gone shows with the next one. A name outlives its transaction.
    let _ = session.batch_execute(&format!("ROLLBACK {MARK}; DEALLOCATE {MARK} ALL")).await;
    plan
}

async fn explained(session: &Session, text: &str) -> Result<Plan, String> {
    let said = |error: tokio_postgres::Error| explain(&error);
    session.query_typed(&format!("PREPARE {NAME} AS {text}"), &[]).await.map_err(said)?;
    let nulls = vec!["NULL"; parameters(session).await?].join(", ");
    let nulls = if nulls.is_empty() { nulls } else { format!("({nulls})") };
    let asked = format!("EXPLAIN {MARK} (FORMAT JSON) EXECUTE {NAME}{nulls}");
    let rows = session.query_typed(&asked, &[]).await.map_err(said);
    // In a transaction that failed it cannot be; then whoever ends the transaction does it.
    let _ = session.batch_execute(&format!("DEALLOCATE {NAME}")).await;
    let rows = rows?;
    let value: serde_json::Value =
        rows.first().ok_or("it has no plan")?.try_get(0).map_err(|error| error.to_string())?;
    Plan::of_json(&value).map_err(|error| error.to_string())
}

async fn parameters(session: &Session) -> Result<usize, String> {
    let asked = format!(
        "SELECT {MARK} cardinality(parameter_types) FROM pg_prepared_statements WHERE name = '{NAME}'"
    );
    let rows = super::ask::ask(session, &asked).await?;
    Ok(rows.first().and_then(|row| number(row, 0)).unwrap_or_default())
}

/// Whether a statement has a plan at all.
fn is_planned(text: &str) -> bool {
    use crate::shape::{Kind, Tokens};
    let first =
        Tokens::of(text).find(|token| !matches!(token.kind, Kind::Space | Kind::Comment | Kind::Sign('(')));
    let word = first.map(|token| text[token.range].to_ascii_lowercase()).unwrap_or_default();
    matches!(word.as_str(), "select" | "with" | "insert" | "update" | "delete" | "merge" | "values" | "table")
}
