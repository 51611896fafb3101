//! What a portrait is made of: a server, its schema, what its planner knows of it, and what could not be carried.

use serde::{Deserialize, Serialize};

use super::statistics::{Extended, Statistics};
use super::usage::Usage;
use super::workload::Workload;
use crate::ghost::Counts;

/// A database as its planner sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Portrait {
    /// When it was made, in milliseconds since 1970, by the server's clock.
    pub made_ms: i64,
    /// Of which server and database.
    pub server: Server,
    /// Settings that move the planner, and those by which literals are read.
    pub settings: Vec<Setting>,
    /// In the order in which they can be created.
    pub extensions: Vec<Extension>,
    /// Roles that the schema names.
    pub roles: Vec<Role>,
    /// The schema, in the order in which it can be created.
    pub schema: Vec<Piece>,
    /// Tables, indexes and what else has rows, by schema and name.
    pub relations: Vec<Relation>,
    /// Statistics of columns and expressions.
    pub statistics: Vec<Statistics>,
    /// Statistics over several columns.
    pub extended: Vec<Extended>,
    /// Labels of enumerations with the numbers by which statistics know them.
    pub labels: Vec<Label>,
    /// What the server has run since its statistics began, if it counts that.
    pub workload: Option<Workload>,
    /// Whether values of the data are in it: most common ones and bounds of histograms.
    pub has_values: bool,
    /// What is not in it, and why.
    pub lost: Vec<Loss>,
    /// How tables and indexes were used, where that could be read. Since version 2 of the file.
    pub usage: Option<Usage>,
    /// What GIN indexes count of themselves, by place in [`Portrait::relations`], where the planner told. Since version
    /// 3 of the file.
    pub counts: Vec<(u32, Counts)>,
}

/// A server and the database that is portrayed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// As `server_version_num`: 150018.
    pub version_number: u32,
    /// As `server_version`: `15.18 (Debian 15.18-1)`.
    pub version: String,
    /// What tells clusters apart, where it may be read.
    pub system: Option<String>,
    /// The database's name.
    pub database: String,
    /// Its encoding, such as `UTF8`.
    pub encoding: String,
    /// The order of its texts.
    pub collate: String,
    /// The classes of its characters.
    pub ctype: String,
    /// Who sorts: `c` the C library, `i` ICU, `b` PostgreSQL itself.
    pub provider: String,
    /// ICU's or PostgreSQL's own locale.
    pub locale: Option<String>,
    /// Bytes of a page: 8192 nearly everywhere.
    pub block_bytes: u32,
}

impl Server {
    /// The major version: only a server of the same one plans the same.
    pub fn major(&self) -> u32 {
        self.version_number / 10_000
    }
}

/// A setting and its value, both as `pg_settings` has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value, without a unit.
    pub value: String,
}

/// An extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The schema that its objects are in.
    pub schema: String,
}

/// A role that owns something or that a policy names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Whether policies do not hold for it.
    pub bypasses_policies: bool,
    /// Roles that it is a member of.
    pub member_of: Vec<String>,
}

/// A part of the schema with a name of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Piece {
    /// What it is: `TABLE`, `INDEX`, `FK CONSTRAINT`.
    pub kind: String,
    /// Where it is; empty when it is in no schema.
    pub schema: String,
    /// Its name, as it is written for people: a function's with its arguments, a constraint's behind its table's.
    pub name: String,
    /// The statements.
    pub text: String,
}

/// A relation with a file, or a partitioned one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// As `pg_class.relkind`: `r` table, `i` index, `m` materialised view, `p` and `I` partitioned.
    pub kind: char,
    /// The table that an index is of, by its place in [`Portrait::relations`].
    pub table: Option<u32>,
    /// Pages as of its last vacuum or analyze.
    pub pages: i32,
    /// Rows as of then; -1 when nobody has counted.
    pub tuples: f32,
    /// Pages that an index-only scan need not look at.
    pub all_visible: i32,
    /// Pages that a vacuum need not look at (18).
    pub all_frozen: i32,
    /// The length of its file, from which the planner takes its size.
    pub bytes: u64,
    /// What its use has been since statistics began: scans of it.
    pub scans: i64,
    /// Rows written since then: inserted, updated, deleted; nothing of indexes.
    pub writes: i64,
    /// What there is to know of an index.
    pub index: Option<Index>,
}

/// What the planner asks an index itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The access method.
    pub method: String,
    /// How it can be created again, for people.
    pub definition: String,
    /// Levels above the leaves of a B-tree.
    pub height: u32,
    /// Whether the height was read from the planner; else it is reckoned from the size.
    pub height_is_known: bool,
    /// Pages of a block range (BRIN).
    pub pages_per_range: u32,
    /// Whether it keeps rows unique, or is of a constraint.
    pub is_needed: bool,
}

/// A label of an enumeration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The enumeration's name, as a type is written.
    pub of: String,
    /// The label.
    pub label: String,
    /// Its number.
    pub number: u32,
}

/// Something that is not in a portrait.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Loss {
    /// What is lost.
    pub what: String,
    /// Why, and how to have it.
    pub why: String,
}

impl Relation {
    /// How it is named in SQL: quoted, with its schema.
    pub fn quoted(&self) -> String {
        format!("{}.{}", crate::ghost::quoted(&self.schema), crate::ghost::quoted(&self.name))
    }

    /// Rows of a table, as many as fit where nobody has counted.
    pub fn rows(&self) -> f64 {
        let pages = self.bytes as f64 / 8192.0;
        if self.tuples >= 0.0 && self.pages > 0 {
            // As the planner reckons: density times the pages that there are.
            f64::from(self.tuples) / f64::from(self.pages) * pages
        } else {
            f64::from(self.tuples.max(0.0)).max(pages * 10.0)
        }
    }
}

impl Portrait {
    /// The relation of this schema and name.
    pub fn relation(&self, schema: &str, name: &str) -> Option<&Relation> {
        let at = self.relations.binary_search_by(|relation| {
            (relation.schema.as_str(), relation.name.as_str()).cmp(&(schema, name))
        });
        at.ok().map(|at| &self.relations[at])
    }
}
