//! A look before anything is built: whether it is there already, what was left half done, who would be waited for, and
//! how much room it may take.

use std::time::Duration;

use loadline_pg::cost::marked;
use loadline_pg::ghost::literal;
use loadline_pg::live::{Address, Session};

use super::{ApplyError, refused};
use crate::tree::tree;
use crate::verify::{Definition, Steps, Tree, words};

/// A transaction that is older than this is named: who builds an index waits for it.
const OLD: Duration = Duration::from_mins(1);
/// Bytes of an entry beside its values: its head, its place in the page, and what pages leave empty.
const ENTRY: f64 = 20.0;
/// What values of a column take where nobody has looked.
const WIDTH: f64 = 16.0;

/// Where indexes are to be built.
#[derive(Debug)]
pub struct Site {
    pub(super) session: Session,
    /// The server's data on this machine, if it is here.
    pub data: Option<String>,
}

/// What stands in the way of an index, or has to be known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no such table.
    NoTable,
    /// An index that does the same is there, under this name.
    There(String),
    /// Another index has its name.
    Named(String),
    /// An index of this name is invalid: its building was broken off, and no query uses it.
    Invalid(String),
    /// This partition is another server's table: beside others' work the index would never be whole.
    Foreign(String),
}

/// An index and what was seen.
#[derive(Clone, Debug)]
pub struct Look {
    /// The index, with a name.
    pub definition: Definition,
    /// What stands in its way.
    pub obstacle: Option<Obstacle>,
    /// Its table and the partitions of that.
    pub tree: Tree,
    /// Indexes that have names of its parts already, and are valid: they are attached as they are, and stay.
    pub there: Vec<String>,
    /// Sessions that have a lock which whoever builds it waits for: process, and for how many seconds.
    pub locked_by: Vec<(i32, f64)>,
    /// Bytes that it may take at the most, by rows and widths.
    pub bytes: f64,
}

impl Look {
    /// How it is built.
    pub fn steps(&self) -> Steps {
        if self.tree.is_partitioned() {
            return self.tree.steps(&self.definition, &self.bare());
        }
        let name = self.definition.name.clone().unwrap_or_default();
        let (table, rest) = (&self.definition.table, &self.definition.rest);
        let unique = if self.definition.is_unique { "UNIQUE " } else { "" };
        let statement = format!("CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} {rest}");
        Steps { beside: vec![statement], together: Vec::new() }
    }

    /// What takes it away again.
    pub fn rollback(&self) -> String {
        if self.tree.is_partitioned() {
            // Of a partitioned table an index cannot go beside others' work.
            format!("DROP INDEX IF EXISTS {}", self.qualified())
        } else {
            self.definition.rollback().unwrap_or_default()
        }
    }

    /// The names of all that is built for it, the index itself first.
    pub(super) fn names(&self) -> Vec<String> {
        if self.tree.is_partitioned() { self.tree.names(&self.bare()) } else { vec![self.qualified()] }
    }

    /// Its name without quotes and schema.
    fn bare(&self) -> String {
        let name = self.definition.name.as_deref().and_then(|name| words(name).pop()).unwrap_or_default();
        match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
            Some(name) => name.replace("\"\"", "\""),
            None => name,
        }
    }

    fn qualified(&self) -> String {
        let name = self.definition.name.clone().unwrap_or_default();
        match self.definition.table.rsplit_once('.') {
            Some((schema, _)) if !name.contains('.') => format!("{schema}.{name}"),
            _ => name,
        }
    }
}

impl Site {
    /// Enters a database under this name, by which it can be ended.
    ///
    /// # Errors
    /// See [`ApplyError`].
    pub async fn enter(address: &Address, mark: &str, lock_wait: Duration) -> Result<Self, ApplyError> {
        let first = format!(
            "SET application_name = {}; SET statement_timeout = 0; SET lock_timeout = {}; SET client_min_messages = error",
            literal(mark),
            lock_wait.as_millis()
        );
        let session = Session::open_with(address, &marked(&first)).await?;
        // From 14 on: a server that builds for somebody who was killed stops.
        let _ = session.batch_execute(&marked("SET client_connection_check_interval = 1000")).await;
        let row = session
            .query_one(
                "SELECT /* loadline */ pg_is_in_recovery() OR current_setting('transaction_read_only')::bool",
                &[],
            )
            .await
            .map_err(refused("cannot ask whether it takes writes"))?;
        if row.get(0) {
            return Err(ApplyError::ReadOnly { address: address.to_string() });
        }
        // Its folder may not be read by everybody; then how much room there is is not known.
        let data = session
            .query_one(
                "SELECT /* loadline */ CASE WHEN coalesce(host(inet_server_addr()) IN ('127.0.0.1', '::1'), true) \
                 THEN current_setting('data_directory', true) END",
                &[],
            )
            .await
            .ok()
            .and_then(|row| row.get(0));
        Ok(Self { session, data })
    }

    /// Transactions that are older than a minute, which whoever builds beside others' work waits for: process, seconds,
    /// name of the application.
    ///
    /// # Errors
    /// See [`ApplyError`].
    pub async fn old_transactions(&self) -> Result<Vec<(i32, f64, String)>, ApplyError> {
        let query = format!(
            "SELECT /* loadline */ pid, extract(epoch FROM now() - xact_start)::float8, coalesce(application_name, '') \
             FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
             AND xact_start < now() - interval '{} seconds' ORDER BY xact_start",
            OLD.as_secs()
        );
        let rows = self.session.query(&query, &[]).await.map_err(refused("cannot look at transactions"))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
    }
}

/// Looks at one index. Where it has no name it gets one.
///
/// # Errors
/// See [`ApplyError`].
pub async fn look(site: &Site, definition: &Definition) -> Result<Look, ApplyError> {
    let session = &site.session;
    let said = || refused("cannot look at a table");
    let mut look = Look {
        definition: named(definition),
        obstacle: None,
        tree: Tree::default(),
        there: Vec::new(),
        locked_by: Vec::new(),
        bytes: 0.0,
    };
    let table = literal(&definition.table);
    look.tree = tree(session, &definition.table).await.map_err(said())?;
    if look.tree.0.is_empty() {
        look.obstacle = Some(Obstacle::NoTable);
        return Ok(look);
    }
    look.obstacle = look.tree.foreign().map(|part| Obstacle::Foreign(part.name.clone()));
    let indexes = session
        .query(
            &format!(
                "SELECT /* loadline */ c.relname, i.indisvalid, pg_get_indexdef(i.indexrelid), t.oid = {table}::regclass FROM pg_index i \
                 JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid \
                 WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = {table}::regclass)"
            ),
            &[],
        )
        .await
        .map_err(said())?;
    let own = look.definition.name.as_deref().map(|name| words(name).pop().unwrap_or_default());
    for row in indexes {
        let (name, is_valid, text, is_its): (String, bool, String, bool) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        let is_same = is_its && Definition::parse(&text).is_ok_and(|other| other.is_same(definition));
        let has_name = own.as_ref().is_some_and(|own| *own == name || own.trim_matches('"') == name);
        let obstacle = match (has_name, is_valid, is_same) {
            (true, false, _) => Obstacle::Invalid(name),
            (_, true, true) => Obstacle::There(name),
            (true, true, false) => Obstacle::Named(name),
            _ => continue,
        };
        look.obstacle = look.obstacle.or(Some(obstacle));
    }
    // Of partitions, each has a name of its own, in a schema of its own.
    for name in look.names() {
        let query = format!(
            "SELECT /* loadline */ indisvalid FROM pg_index WHERE indexrelid = to_regclass({})",
            literal(&name)
        );
        let found = session.query(&query, &[]).await.map_err(said())?;
        match found.first().map(|row| row.get::<_, bool>(0)) {
            Some(true) => look.there.push(name),
            Some(false) => look.obstacle = look.obstacle.or(Some(Obstacle::Invalid(name))),
            None => {}
        }
    }
    // Whoever builds waits for those who change the table itself, and they for nobody.
    let locks = session
        .query(
            &format!(
                "SELECT /* loadline */ l.pid, coalesce(extract(epoch FROM now() - a.xact_start), 0)::float8 FROM pg_locks l \
                 JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'relation' AND l.granted \
                 AND l.relation = {table}::regclass AND l.pid <> pg_backend_pid() AND l.mode IN ('ShareUpdateExclusiveLock', \
                 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') ORDER BY 1"
            ),
            &[],
        )
        .await
        .map_err(said())?;
    look.locked_by = locks.iter().map(|row| (row.get(0), row.get(1))).collect();
    look.bytes = bytes(session, &look.definition).await?;
    Ok(look)
}

/// Rows times the widths of the columns that it names.
async fn bytes(session: &Session, definition: &Definition) -> Result<f64, ApplyError> {
    let table = literal(&definition.table);
    let rows = session
        .query(
            &format!(
                "SELECT /* loadline */ a.attname, coalesce(max(s.avg_width), 0)::float8, (SELECT sum(greatest(c.reltuples, 0))::float8 \
                 FROM pg_class c WHERE c.oid = {table}::regclass OR c.oid IN (SELECT relid FROM pg_partition_tree({table}) \
                 WHERE isleaf)) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
                 JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stats s ON s.schemaname = n.nspname \
                 AND s.tablename = c.relname AND s.attname = a.attname \
                 WHERE a.attrelid = {table}::regclass AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1"
            ),
            &[],
        )
        .await
        .map_err(refused("cannot look at a table's columns"))?;
    let named = words(&definition.rest);
    let mut width = ENTRY;
    for row in rows.iter().filter(|row| named.contains(&row.get::<_, String>(0))) {
        let own: f64 = row.get(1);
        width += if own > 0.0 { own } else { WIDTH };
    }
    let count: f64 = rows.first().and_then(|row| row.get::<_, Option<f64>>(2)).unwrap_or(0.0);
    Ok(count * width)
}

/// With a name: that of its table and what is indexed.
fn named(definition: &Definition) -> Definition {
    let mut named = definition.clone();
    if named.name.is_none() {
        let table = words(&definition.table).pop().unwrap_or_default();
        let rest: Vec<String> = words(&definition.rest)
            .into_iter()
            .filter(|word| {
                word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') && word != "using"
            })
            .collect();
        let name: String = format!("{}_{}_idx", table.trim_matches('"'), rest.join("_"));
        // A name has 63 bytes, and partitions have numbers behind it.
        let short: String = name.chars().filter(char::is_ascii).take(55).collect();
        named.name = Some(loadline_pg::ghost::quoted(&short));
    }
    named
}
