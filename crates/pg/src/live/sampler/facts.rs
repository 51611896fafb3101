//! What a server is and what it may tell us, known before the load begins.

use tokio_postgres::SimpleQueryRow;

/// A server.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that the server tells")]
pub(super) struct Facts {
    pub(super) version: u32,
    /// The schema that has `pg_stat_statements`, in quotes where it needs them.
    pub(super) extension: Option<String>,
    /// Whether times of blocks have the names that they have since 1.11.
    pub(super) renamed_times: bool,
    /// Entries that it can have.
    pub(super) most: Option<u64>,
    /// Whether the library is loaded, whatever this database has of it.
    pub(super) is_loaded: bool,
    pub(super) track: String,
    pub(super) block_bytes: u64,
    /// Bytes of a statement's text that activity has.
    pub(super) text_bytes: usize,
    pub(super) tracks_activities: bool,
    pub(super) replica: bool,
    /// The database's oid.
    pub(super) database: u32,
    /// Whether it may see what other users do.
    pub(super) sees_all: bool,
}

impl Facts {
    /// As a server's answer says.
    pub(super) fn read(row: &SimpleQueryRow) -> Self {
        let text = |name: &str| row.get(name).unwrap_or_default();
        let number = |name: &str| text(name).parse::<u64>().ok();
        Self {
            version: number("version").unwrap_or_default() as u32,
            extension: row.get("extension").map(str::to_owned),
            renamed_times: minor(text("extension_version")) >= 11,
            most: number("most"),
            is_loaded: row.get("most").is_some(),
            track: text("track").to_owned(),
            block_bytes: number("block_size").unwrap_or(8_192),
            text_bytes: number("text_size").unwrap_or(1_024) as usize,
            tracks_activities: text("track_activities") == "on",
            replica: text("replica") == "t",
            database: number("database").unwrap_or_default() as u32,
            sees_all: text("sees_all") == "t",
        }
    }

    /// What a reader should know of such a server, each with what helps.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(missing) = self.missing_extension() {
            warnings.push(missing);
        } else if self.track == "none" {
            warnings.push(
                "the database counts no statements, because `pg_stat_statements.track` is `none`\nhint: `ALTER SYSTEM SET pg_stat_statements.track = 'top'; SELECT pg_reload_conf()`"
                    .to_owned(),
            );
        }
        if !self.tracks_activities {
            warnings.push(
                "what sessions of the database do is not known, because `track_activities` is `off`: waits and locks are in no figure".to_owned(),
            );
        }
        if !self.sees_all {
            warnings.push(
                "this role sees its own statements alone, so what other users cost is in no figure\nhint: `GRANT pg_read_all_stats TO` it, or `pg_monitor`".to_owned(),
            );
        }
        if self.replica {
            warnings
                .push("the database is a replica: what is written to the primary is in no figure".to_owned());
        }
        warnings
    }

    fn missing_extension(&self) -> Option<String> {
        let why = "what statements cost is not known, because";
        match (&self.extension, self.is_loaded) {
            (Some(_), true) => None,
            (None, true) => Some(format!(
                "{why} this database has no `pg_stat_statements`\nhint: `CREATE EXTENSION pg_stat_statements`"
            )),
            (_, false) => Some(format!(
                "{why} the server has not loaded `pg_stat_statements`\nhint: set `shared_preload_libraries = 'pg_stat_statements'`, start the server again, and `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`"
            )),
        }
    }

    /// As it can be used: an extension whose library is not loaded cannot.
    pub(super) fn usable(mut self) -> Self {
        self.extension = self.extension.filter(|_| self.is_loaded);
        self
    }
}

/// `11` of `1.11`.
fn minor(version: &str) -> u32 {
    version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_what_helps() {
        let whole = Facts {
            extension: Some("public".to_owned()),
            is_loaded: true,
            tracks_activities: true,
            sees_all: true,
            ..Facts::default()
        };
        assert_eq!(whole.warnings(), Vec::<String>::new());
        for (facts, word) in [
            (Facts { extension: None, ..whole.clone() }, "`CREATE EXTENSION pg_stat_statements`"),
            (Facts { is_loaded: false, ..whole.clone() }, "shared_preload_libraries"),
            (Facts { track: "none".to_owned(), ..whole.clone() }, "pg_reload_conf"),
            (Facts { sees_all: false, ..whole.clone() }, "pg_read_all_stats"),
            (Facts { replica: true, ..whole.clone() }, "replica"),
            (Facts { tracks_activities: false, ..whole.clone() }, "track_activities"),
        ] {
            let warnings = facts.warnings();
            assert!(warnings.len() == 1 && warnings[0].contains(word), "{warnings:?}");
        }
        assert_eq!((minor("1.9"), minor("1.11"), minor("")), (9, 11, 0));
    }
}
