//! Plans and candidates of a ghost, asked one after the other.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use loadline_pg::ghost::{parameters, quoted, with_plain_parameters};
use loadline_pg::live::{CandidateError, Ghost, Haunt, Part, Session, Size as Said, explain as said, ready};
use loadline_pg::portrait::Portrait;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::watch::{self, Receiver};

use super::catalogue;
use super::expressions::{FORGET, Gathered, Owner};
use crate::catalogue::Catalogue;
use crate::index::Index;
use crate::oracle::{Number, Oracle, OracleError};
use loadline_pg::size::Size;

/// How long the ghost may take to answer anything at all.
const LONGEST: Duration = Duration::from_mins(1);

/// What is said when somebody stopped it.
const STOPPED: &str = "it was stopped";

/// A ghost with a session and an event loop of its own. It blocks.
#[derive(Debug)]
pub struct Spirit {
    // Before the runtime, so that it ends while there is one.
    session: Session,
    ghost: Ghost,
    shown: BTreeSet<Number>,
    by_name: HashMap<String, Number>,
    made: HashMap<Index, Number>,
    stop: Receiver<bool>,
    /// Whether the ghost's tables are set aside, so that indexes are made in no time.
    is_aside: bool,
    runtime: Runtime,
}

/// Waits until somebody says stop; for ever if nobody can.
async fn stopped(stop: &mut Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Spirit {
    /// Raises a ghost.
    ///
    /// # Errors
    /// In words.
    pub fn raise(portrait: &Portrait, haunt: &Haunt, settings: &[(String, String)]) -> Result<Self, String> {
        Self::raise_until(portrait, haunt, settings, watch::channel(false).1)
    }

    /// Raises one that gives up as soon as `stop` says so, whatever it is asked at that moment: every answer after that
    /// is that it is gone. Whoever asks ends by it, and drops it, and with it the server and its files.
    ///
    /// # Errors
    /// In words.
    pub fn raise_until(
        portrait: &Portrait,
        haunt: &Haunt,
        settings: &[(String, String)],
        mut stop: Receiver<bool>,
    ) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let raised = async {
            let ghost = Ghost::raise(portrait, haunt).await.map_err(|error| error.to_string())?;
            let session =
                Session::open_with(&ghost.address(), "SELECT 1").await.map_err(|error| error.to_string())?;
            ready(&session, settings, None).await?;
            Ok::<_, String>((ghost, session))
        };
        let (ghost, session) = runtime.block_on(async {
            tokio::select! {
                raised = raised => raised,
                () = stopped(&mut stop) => Err(STOPPED.to_owned()),
            }
        })?;
        Ok(Self {
            session,
            ghost,
            shown: BTreeSet::new(),
            by_name: HashMap::new(),
            made: HashMap::new(),
            stop,
            is_aside: false,
            runtime,
        })
    }

    /// The ghost.
    pub fn ghost(&self) -> &Ghost {
        &self.ghost
    }

    fn rows(&self, query: &str) -> Result<Vec<Vec<Option<String>>>, OracleError> {
        let mut stop = self.stop.clone();
        let answered = self.runtime.block_on(async {
            tokio::select! {
                answered = tokio::time::timeout(LONGEST, catalogue::rows(&self.session, query)) => Some(answered),
                () = stopped(&mut stop) => None,
            }
        });
        let Some(answered) = answered else { return Err(OracleError::Gone(STOPPED.to_owned())) };
        match answered {
            Err(_) => Err(OracleError::Gone("it has not answered for a minute".to_owned())),
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => Err(self.error(&error)),
        }
    }

    fn error(&self, error: &tokio_postgres::Error) -> OracleError {
        if self.session.is_closed() {
            OracleError::Gone(said(error))
        } else {
            OracleError::Refused(said(error))
        }
    }
}

impl Oracle for Spirit {
    fn catalogue(&mut self) -> Result<Catalogue, OracleError> {
        // Candidates of an earlier search are no indexes that are there.
        self.show(&[])?;
        let mut answers = Vec::new();
        for query in catalogue::QUERIES {
            answers.push(self.rows(query)?);
        }
        let apart = self.runtime.block_on(self.ghost.keeps_padded_apart());
        let keeps_padded_apart = apart.map_err(OracleError::Gone)?;
        Ok(Catalogue { keeps_padded_apart, ..catalogue::read(&answers) })
    }

    fn plan(&mut self, statement: &str) -> Result<Value, OracleError> {
        if self.is_aside {
            self.runtime.block_on(self.ghost.put_back()).map_err(OracleError::Gone)?;
            self.is_aside = false;
        }
        let count = parameters(statement);
        if count == 0 {
            return one(&self.rows(&format!("EXPLAIN (VERBOSE, FORMAT JSON) {statement}"))?);
        }
        match self.plan_of_any(statement, count) {
            // Which partitions are read is left open until there are values, and with none at all it is none of them.
            Ok(plan) if has_removed(&plan) => {
                self.rows("SET enable_partition_pruning = off")?;
                let plan = self.plan_of_any(statement, count);
                self.rows("SET enable_partition_pruning = on")?;
                plan
            }
            plan => plan,
        }
    }

    fn types(&mut self, table: &str, expressions: &[String]) -> Result<Vec<String>, OracleError> {
        let text = format!("SELECT {} FROM {table}", expressions.join(", "));
        let prepared = self.runtime.block_on(async { self.session.prepare(&text).await });
        let prepared = prepared.map_err(|error| self.error(&error))?;
        let numbers: Vec<String> = prepared
            .columns()
            .iter()
            .map(|column| format!("format_type({}, NULL)", column.type_().oid()))
            .collect();
        let rows = self.rows(&format!("SELECT {}", numbers.join(", ")))?;
        Ok(rows.into_iter().next().unwrap_or_default().into_iter().flatten().collect())
    }

    fn make(&mut self, index: &Index, size: Size) -> Result<Number, OracleError> {
        if let Some(number) = self.made.get(index) {
            return Ok(*number);
        }
        if !self.is_aside {
            self.runtime.block_on(self.ghost.set_aside()).map_err(OracleError::Gone)?;
            self.is_aside = true;
        }
        let definition = format!("CREATE INDEX {} ON {}", quoted(&index.name()), index.body());
        let leaves = self.leaves(index)?;
        let of = |_: &Part| Said {
            pages: (f64::from(size.pages) / leaves).ceil() as u32,
            tuples: (size.rows / leaves) as f32,
            height: size.height,
            counts: size.counts,
        };
        let made = self.runtime.block_on(self.ghost.candidate(&self.session, &definition, of));
        let parts = made.map_err(|error| match error {
            CandidateError::Refused(why) if self.session.is_closed() => OracleError::Gone(why),
            error => OracleError::Refused(error.to_string()),
        })?;
        let number = parts.first().map_or(0, |part| part.index);
        self.describe(index, &parts)?;
        for part in parts {
            self.by_name.insert(part.name, number);
        }
        self.runtime.block_on(self.ghost.hide(&[number])).map_err(OracleError::Gone)?;
        self.made.insert(index.clone(), number);
        Ok(number)
    }

    fn show(&mut self, wanted: &[Number]) -> Result<(), OracleError> {
        let wanted: BTreeSet<Number> = wanted.iter().copied().collect();
        let away: Vec<Number> = self.shown.difference(&wanted).copied().collect();
        let here: Vec<Number> = wanted.difference(&self.shown).copied().collect();
        self.runtime
            .block_on(async {
                self.ghost.hide(&away).await?;
                self.ghost.show(&here).await
            })
            .map_err(OracleError::Gone)?;
        self.shown = wanted;
        Ok(())
    }

    fn whose(&self, name: &str) -> Option<Number> {
        self.by_name.get(name).copied()
    }

    fn go_on(&self) -> Result<(), OracleError> {
        if *self.stop.borrow() { Err(OracleError::Gone(STOPPED.to_owned())) } else { Ok(()) }
    }
}

impl Spirit {
    /// The plan of a statement whatever the values of its parameters are.
    fn plan_of_any(&self, statement: &str, count: u32) -> Result<Value, OracleError> {
        let values = vec!["NULL"; count as usize].join(", ");
        let explain = format!("EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE loadline_statement({values})");
        let mut last = None;
        let mut texts = vec![statement.to_owned(), with_plain_parameters(statement)];
        texts.dedup();
        for text in texts {
            match self.rows(&format!("PREPARE loadline_statement AS {text}")) {
                Ok(_) => {
                    let rows = self.rows(&explain);
                    let _ = self.rows("DEALLOCATE loadline_statement");
                    return one(&rows?);
                }
                Err(error @ OracleError::Gone(_)) => return Err(error),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| OracleError::Refused("it has no plan".to_owned())))
    }

    /// Tells the planner what it would know of an index's expressions. What cannot be computed is not known of a real
    /// one either, before its table is analysed.
    fn describe(&self, index: &Index, parts: &[Part]) -> Result<(), OracleError> {
        for (place, key) in index.keys.iter().enumerate().filter(|(_, key)| key.is_expression) {
            let gathered = match Owner(&|query| self.rows(query)).gather(index, key) {
                Ok(gathered) => gathered,
                Err(gone @ OracleError::Gone(_)) => return Err(gone),
                Err(OracleError::Refused(_)) => None,
            };
            if let Some(Gathered { index: from, distinct }) = gathered {
                let indexes: Vec<u32> = parts.iter().map(|part| part.index).collect();
                let to = self.ghost.describe(&indexes, place as i16 + 1, from, distinct);
                self.runtime.block_on(to).map_err(OracleError::Gone)?;
            }
            self.rows(FORGET)?;
        }
        Ok(())
    }

    /// How many parts an index on this table has.
    fn leaves(&self, index: &Index) -> Result<f64, OracleError> {
        let table = index.quoted_table().replace('\'', "''");
        let rows = self.rows(&format!("SELECT count(*) FROM pg_partition_tree('{table}') WHERE isleaf"))?;
        let count: f64 = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()).unwrap_or(1.0);
        Ok(count.max(1.0))
    }
}

/// Whether partitions are left out of a plan before it runs.
fn has_removed(node: &Value) -> bool {
    node.get("Subplans Removed").and_then(Value::as_u64).is_some_and(|count| count > 0)
        || node.get("Plans").and_then(Value::as_array).into_iter().flatten().any(has_removed)
}

fn one(rows: &[Vec<Option<String>>]) -> Result<Value, OracleError> {
    let text: Vec<&str> = rows.iter().filter_map(|row| row.first()?.as_deref()).collect();
    let plan = serde_json::from_str::<Value>(&text.join("\n")).ok();
    plan.and_then(|mut plan| plan.get_mut(0)?.get_mut("Plan").map(Value::take))
        .ok_or_else(|| OracleError::Refused("it has no plan of one statement".to_owned()))
}
