//! The state of a watch in an SQLite file: one watch at a time, and every change whole or not at all.
//!
//! An alert and what has to be told of it are written together, before anybody is told. A watch that is killed in
//! between tells it when it starts again; one that is killed between telling and noting so tells it twice, with the
//! same key.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::StoreError;
use crate::alert::Alert;
use crate::notify::Notice;

/// What the file says that it is: `LLwa`.
const APPLICATION: i64 = 0x4c4c_7761;
const VERSION: i64 = 1;
/// Whoever has it longer is another watch, and not one that ends.
const WAIT: Duration = Duration::from_millis(500);

const TABLES: &str = "
    CREATE TABLE alert (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE untold (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        receiver TEXT NOT NULL,
        made_s INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;";

/// The state of a watch.
#[derive(Debug)]
pub struct Store(Connection);

/// What was kept.
#[derive(Debug, Default, PartialEq)]
pub struct Kept {
    /// All alerts.
    pub alerts: Vec<Alert>,
    /// What has to be told, in order.
    pub untold: Vec<Untold>,
}

/// Something that a receiver has to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Untold {
    /// Its number.
    pub id: i64,
    /// The receiver's name.
    pub receiver: String,
    /// When it was found out, in seconds since 1970 UTC.
    pub made_s: i64,
    /// How often it was tried.
    pub failures: u32,
    /// What is told together.
    pub notices: Vec<Notice>,
}

impl Store {
    /// Opens a state, or makes one, and holds it until it is dropped.
    ///
    /// # Errors
    /// Where another watch has it, it is something else, or it cannot be written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(WAIT)?;
        // Held from the first transaction on, by the process: whatever ends it lets go.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        let number =
            |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let (application, found) = (number("application_id")?, number("user_version")?);
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
        match (application, found, tables) {
            (0, 0, 0) => {
                connection.execute_batch(TABLES)?;
                connection.pragma_update(None, "application_id", APPLICATION)?;
                connection.pragma_update(None, "user_version", VERSION)?;
            }
            (APPLICATION, VERSION, _) => {}
            (APPLICATION, found, _) => return Err(StoreError::Version { found, known: VERSION }),
            _ => return Err(StoreError::Foreign),
        }
        connection.execute_batch("COMMIT")?;
        Ok(Self(connection))
    }

    /// What was kept.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn kept(&self) -> Result<Kept, StoreError> {
        let mut alerts = self.0.prepare("SELECT body FROM alert ORDER BY key")?;
        let alerts = alerts.query_map([], |row| row.get::<_, String>(0))?;
        let alerts = alerts.map(|body| read(&body?)).collect::<Result<_, _>>()?;
        let mut untold =
            self.0.prepare("SELECT id, receiver, made_s, failures, body FROM untold ORDER BY id")?;
        let rows = untold.query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get::<_, String>(4)?))
        })?;
        let untold = rows
            .map(|row| {
                let (id, receiver, made_s, failures, body) = row?;
                Ok(Untold { id, receiver, made_s, failures, notices: read(&body)? })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Kept { alerts, untold })
    }

    /// Keeps all alerts as they are now, and what has to be told; gives what is told its numbers.
    ///
    /// # Errors
    /// Where it cannot be written; everything is as it was then.
    pub fn keep<'a>(
        &mut self,
        alerts: impl Iterator<Item = &'a Alert>,
        untold: &mut [Untold],
    ) -> Result<(), StoreError> {
        let transaction = self.0.transaction()?;
        transaction.execute("DELETE FROM alert", [])?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO alert (key, body) VALUES (?1, ?2)")?;
            for alert in alerts {
                insert.execute(params![alert.key, written(alert)?])?;
            }
            let mut insert = transaction.prepare_cached(
                "INSERT INTO untold (receiver, made_s, failures, body) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for one in untold.iter_mut() {
                one.id =
                    insert.insert(params![one.receiver, one.made_s, one.failures, written(&one.notices)?])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Notes that something was told, or is given up.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn done(&mut self, id: i64) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM untold WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Notes that it was tried in vain.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn failed(&mut self, id: i64, failures: u32) -> Result<(), StoreError> {
        self.0.execute("UPDATE untold SET failures = ?2 WHERE id = ?1", params![id, failures])?;
        Ok(())
    }
}

fn written(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{AlertRules, Alerts, Signal};
    use crate::burn::Severity;

    fn alerts() -> Alerts {
        let mut alerts = Alerts::default();
        let signal = |objective| Signal {
            objective,
            endpoint: "a",
            severity: Severity::Page,
            burns: Some(true),
            silenced: false,
        };
        alerts.step(60, &[signal("a p95<=1s"), signal("b \"x\"\n")], &AlertRules::default());
        alerts
    }

    fn untold(receiver: &str) -> Untold {
        Untold { id: 0, receiver: receiver.to_owned(), made_s: 60, failures: 0, notices: Vec::new() }
    }

    #[test]
    fn what_is_kept_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watch.sqlite");
        let mut new = [untold("a"), untold("b")];
        let mut store = Store::open(&path).unwrap();
        store.keep(alerts().iter(), &mut new).unwrap();
        store.failed(new[1].id, 3).unwrap();
        store.done(new[0].id).unwrap();
        drop(store);
        let kept = Store::open(&path).unwrap().kept().unwrap();
        assert_eq!(Alerts::of(kept.alerts), alerts());
        assert_eq!(kept.untold, [Untold { failures: 3, ..new[1].clone() }]);
    }

    #[test]
    fn two_watches_do_not_share_a_state() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watch.sqlite");
        let first = Store::open(&path).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Taken)));
        drop(first);
        Store::open(&path).unwrap();
    }

    #[test]
    fn other_files_and_other_versions_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(
            path("text"),
            "not a database, and longer than a header of one would be, by far ......",
        )
        .unwrap();
        assert!(matches!(Store::open(&path("text")), Err(StoreError::NoDatabase)));
        let other = Connection::open(path("other")).unwrap();
        other.execute_batch("CREATE TABLE t (x)").unwrap();
        drop(other);
        assert!(matches!(Store::open(&path("other")), Err(StoreError::Foreign)));
        drop(Store::open(&path("newer")).unwrap());
        Connection::open(path("newer")).unwrap().pragma_update(None, "user_version", 2).unwrap();
        let error = Store::open(&path("newer")).unwrap_err().to_string();
        assert_eq!(error, "it is of version 2, and this Loadline writes version 1");
        assert!(matches!(Store::open(&path("no/folder")), Err(StoreError::NotWritten(_))));
    }
}
