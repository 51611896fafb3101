//! How tables and indexes were used since the server's statistics began, and what an index is there for besides being
//! fast.

use serde::{Deserialize, Serialize};

/// What the server counted of a database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// When the counting began, in milliseconds since 1970; nothing when it was never reset.
    pub since_ms: Option<i64>,
    /// Whether the server replays what another one writes: its counts are of what it reads alone.
    pub is_standby: bool,
    /// Standbys that are attached: what they read is counted there.
    pub standbys: u32,
    /// Of each relation, in the order of [`Portrait::relations`](super::Portrait::relations).
    pub of: Vec<Use>,
    /// Indexes that no statement uses, because building them failed or goes on.
    pub invalid: Vec<Invalid>,
}

/// The use of one relation. Of a table everything but `purposes`; of an index nothing but `purposes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// Rows inserted.
    pub inserted: i64,
    /// Rows updated.
    pub updated: i64,
    /// Of these, without a new entry in any index.
    pub updated_in_place: i64,
    /// Rows deleted.
    pub deleted: i64,
    /// Scans of the whole table.
    pub whole_scans: i64,
    /// Rows that these read.
    pub whole_scan_rows: i64,
    /// Rows changed since the last `ANALYZE`.
    pub changed_since_analyze: i64,
    /// When the last `ANALYZE` was, by hand or not, in milliseconds since 1970.
    pub analyzed_ms: Option<i64>,
    /// What an index is needed for, whether it is scanned or not.
    pub purposes: Vec<Purpose>,
}

/// What an index is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Purpose {
    /// It keeps rows unique.
    Unique,
    /// A constraint stands on it: primary key, unique, exclusion.
    Constraint,
    /// The foreign key of another table refers to its columns.
    Referenced,
    /// It finds the rows that refer to a row which is deleted or changed elsewhere.
    ForeignKey,
    /// Replication tells rows apart by it.
    ReplicaIdentity,
    /// `CLUSTER` orders the table by it.
    Cluster,
    /// It is a part of a partitioned index, which is dropped as a whole.
    Partition,
}

/// An index that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invalid {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its table, with the schema, quoted where it must be.
    pub table: String,
    /// How it was to be made.
    pub definition: String,
    /// Bytes that it takes.
    pub bytes: u64,
    /// Whether somebody is building it at this moment.
    pub is_being_built: bool,
}
