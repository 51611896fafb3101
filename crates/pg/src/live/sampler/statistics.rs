//! A server's statistics of statements, for whoever looks at them without a load test.

use std::collections::HashMap;

use super::super::address::Address;
use super::super::connect::Session;
use super::ask::{LIMITS, MARK, ask, texts};
use super::facts::Facts;
use super::pools::is_pooled;
use super::read;
use crate::cost::{Snapshot, StatementKey};
use crate::shape::Shape;
use crate::slow::StatementNames;

/// A session with a server that counts statements.
#[derive(Debug)]
pub struct Statistics {
    session: Session,
    facts: Facts,
    names: StatementNames,
}

/// Why there are no statistics.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The server can't be reached, refuses, or does not answer.
    #[error("{0}")]
    Away(String),
    /// It counts no statements, or what is reached is not the server.
    #[error("{0}")]
    None(String),
}

impl Statistics {
    /// Opens a session that reads statistics and nothing else.
    ///
    /// # Errors
    /// See [`StatisticsError`].
    pub async fn open(address: &Address) -> Result<Self, StatisticsError> {
        let away = |why: String| StatisticsError::Away(format!("`{address}`: {why}"));
        let pooled = is_pooled(address).await.map_err(|error| StatisticsError::Away(error.to_string()))?;
        if pooled {
            return Err(StatisticsError::None(format!(
                "`{address}` is a pooler that shares sessions between transactions\nhint: name the server itself"
            )));
        }
        let session = Session::open_with(address, LIMITS)
            .await
            .map_err(|error| StatisticsError::Away(error.to_string()))?;
        let facts = read::facts(&session).await.map_err(away)?;
        if facts.extension.is_none() || !facts.is_loaded {
            let why = facts.warnings().into_iter().next().unwrap_or_default();
            return Err(StatisticsError::None(format!("`{address}`: {why}")));
        }
        let names = StatementNames {
            database: address.database().to_owned(),
            block_bytes: facts.block_bytes,
            ..StatementNames::default()
        };
        let mut statistics = Self { session, facts, names };
        statistics.users().await.map_err(away)?;
        // Asked once, our own statements are among those whose names are known.
        statistics.snapshot().await.map_err(|error| away(error.to_string()))?;
        statistics.name([]).await.map_err(|error| away(error.to_string()))?;
        Ok(statistics)
    }

    /// What a reader should know of such a server, each with what helps.
    pub fn warnings(&self) -> Vec<String> {
        self.facts.warnings()
    }

    /// What it has counted by now.
    ///
    /// # Errors
    /// [`StatisticsError::Away`].
    pub async fn snapshot(&self) -> Result<Snapshot, StatisticsError> {
        let read = read::snapshot(&self.session, &self.facts).await;
        read.map(|(snapshot, _)| snapshot).map_err(StatisticsError::Away)
    }

    /// Looks up the texts of these statements where they are not known, and those of our own.
    ///
    /// # Errors
    /// [`StatisticsError::Away`].
    pub async fn name(
        &mut self,
        keys: impl IntoIterator<Item = StatementKey>,
    ) -> Result<&StatementNames, StatisticsError> {
        let known = &self.names.texts;
        let keys: Vec<StatementKey> = keys.into_iter().collect();
        let mut wanted: Vec<i64> =
            keys.iter().map(|key| key.query).filter(|query| !known.contains_key(query)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let strangers = keys.iter().any(|key| !self.names.users.contains_key(&key.user));
        if strangers {
            self.users().await.map_err(StatisticsError::Away)?;
        }
        if (!wanted.is_empty() || self.names.texts.is_empty())
            && let Some(question) = texts(&self.facts, &wanted)
        {
            let rows = ask(&self.session, &question).await.map_err(StatisticsError::Away)?;
            for row in rows {
                let Some(query) = read::number::<i64>(&row, 0) else { continue };
                let own = row.get(2) == Some("t");
                // Definitions come with their values.
                let text = row.get(1).filter(|_| !own).map(shape);
                self.names.texts.insert(query, text);
            }
        }
        Ok(&self.names)
    }

    /// Users' names by their oids.
    async fn users(&mut self) -> Result<(), String> {
        let question = format!("SELECT {MARK} oid, rolname FROM pg_catalog.pg_roles");
        let rows = ask(&self.session, &question).await?;
        let user =
            |row: &tokio_postgres::SimpleQueryRow| Some((read::number(row, 0)?, row.get(1)?.to_owned()));
        self.names.users = rows.iter().filter_map(user).collect::<HashMap<u32, String>>();
        Ok(())
    }
}

/// A text without its values; what the role may not see stays as the server says it.
fn shape(text: &str) -> String {
    if text.starts_with('<') { text.to_owned() } else { Shape::of(text).text }
}
