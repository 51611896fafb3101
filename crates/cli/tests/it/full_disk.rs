//! A disk that fills while an index is built, on production or on a test database: words, an exit code, and nothing
//! that is invalid or half there.
//!
//! No file of the server's sessions may become longer than a little more than a segment of its log (setrlimit(2)), half
//! a page more: as on a disk with as much left, a page is written in part.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use holiday::store::postgres::Throwaway;
use loadline_pg::live::{Address, Session};
use serde_json::Value;

use crate::support::{Ended, Folder};

const LONGEST: u64 = (16 << 20) + 4096;
/// A table that is longer than that, as an index of its notes is.
const SHOP: &str = "\
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, note text NOT NULL);
INSERT INTO orders SELECT i, i % 10000, string_agg(md5((i * j)::text), '') FROM generate_series(1, 45000) AS i, \
generate_series(1, 15) AS j GROUP BY i;
CREATE TABLE events (at int NOT NULL, note text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_a PARTITION OF events FOR VALUES FROM (0) TO (5000);
CREATE TABLE events_b PARTITION OF events FOR VALUES FROM (5000) TO (50000);
INSERT INTO events SELECT id, CASE WHEN id < 5000 THEN 'short' ELSE note END FROM orders";
const BY_NOTE: &str = "CREATE INDEX by_note ON public.orders (note)";
const BY_CUSTOMER: &str = "CREATE INDEX by_customer ON public.orders (customer_id)";
/// The first part fits, the second one does not.
const OF_EVENTS: &str = "CREATE INDEX of_events ON public.events (note)";
const LEFT: &str = "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                    WHERE NOT i.indisvalid OR c.relname ~ '^(by_note|of_events|loadline)'";

/// A server of its own: its limit is nobody else's.
struct Server {
    throwaway: Throwaway,
    folder: Folder,
}

impl Server {
    fn new() -> Self {
        let server = Self {
            throwaway: Throwaway::start_with(&["autovacuum=off"]).unwrap(),
            folder: Folder::with(&[("queries.sql", "SELECT * FROM orders WHERE customer_id = 77")]),
        };
        server.run(&format!("{SHOP}; ANALYZE"));
        server
    }

    fn within<T>(&self, work: impl AsyncFnOnce(Session) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let address = Address::in_folder(self.throwaway.folder(), "holiday", "postgres");
            work(Session::open_with(&address, "SELECT 1").await.unwrap()).await
        })
    }

    fn run(&self, text: &str) {
        self.within(async |session| session.batch_execute(text).await.unwrap());
    }

    fn number(&self, query: &str) -> i64 {
        self.within(async |session| session.query_one(query, &[]).await.unwrap().get(0))
    }

    /// How long files of sessions may become that begin from now on.
    fn limit(&self, bytes: Option<u64>) {
        let path = self.throwaway.folder().join("data/postmaster.pid");
        let lines = fs::read_to_string(&path).unwrap();
        let owner = fs::metadata(&path).unwrap();
        // Only its owner may do that, unless somebody has the capability for it.
        let mut limit = Command::new("prlimit");
        limit.uid(owner.uid()).gid(owner.gid()).args(["--pid", lines.lines().next().unwrap().trim()]);
        let bytes = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        assert!(limit.arg(format!("--fsize={bytes}:")).status().unwrap().success());
    }

    fn loadline(&self, words: &[&str]) -> Ended {
        let url = format!("postgres:///postgres?host={}&user=holiday", self.throwaway.folder().display());
        let words: Vec<&str> = words.iter().map(|word| if *word == "URL" { &url } else { *word }).collect();
        self.folder.run(words)
    }
}

fn read(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err))
}

/// A build that several processes share ends with what the first of them comes upon: the index, or a file for sorting,
/// of which the limit that stands for a full disk makes another error.
fn is_about_room(why: &str) -> bool {
    why.starts_with("the disk is full") || why.ends_with("File too large")
}

#[test]
fn an_index_that_does_not_fit_leaves_nothing_and_the_next_is_built() {
    let server = Server::new();
    let apply = |code: i32| {
        let words =
            ["db", "apply", "--database", "URL", BY_NOTE, OF_EVENTS, BY_CUSTOMER, "--build", "--json"];
        read(&server.loadline(&words).expect(code))
    };
    server.limit(Some(LONGEST));
    let told = apply(1);
    for place in [0, 1] {
        let why = told["indexes"][place]["built"]["error"].as_str().unwrap_or_default();
        assert!(is_about_room(why), "{told:#}");
    }
    assert!(told["indexes"][2]["built"]["bytes"].as_u64().is_some(), "{told:#}");
    assert_eq!(server.number(LEFT), 0, "{told:#}");
    server.limit(None);
    let told = apply(0);
    assert!(told["indexes"][1]["built"]["bytes"].as_u64() > Some(LONGEST), "{told:#}");
    assert_eq!(server.number("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), 0);
}

#[test]
fn what_a_test_database_has_no_room_for_is_not_built_and_not_copied() {
    let server = Server::new();
    server.limit(Some(LONGEST));
    let first = ["db", "verify", "--verify", "URL", "--statements", "queries.sql"];
    let words = [&first[..], &[BY_NOTE, OF_EVENTS, BY_CUSTOMER, "--json", "--again", "0"]].concat();
    let told = read(&server.loadline(&words).expect(1));
    let fates: Vec<&str> =
        told["indexes"].as_array().unwrap().iter().map(|one| one["fate"].as_str().unwrap()).collect();
    assert_eq!(fates, ["notBuilt", "notBuilt", "confirmed"], "{told:#}");
    for place in [0, 1] {
        let why = told["indexes"][place]["because"]["why"].as_str().unwrap();
        assert!(is_about_room(why), "{told:#}");
    }
    assert_eq!(server.number(LEFT), 0);
    let ended = server.loadline(&[&first[..], &[BY_CUSTOMER, "--writes", "copy"]].concat()).expect(3);
    assert!(ended.err.contains("cannot copy `postgres`"), "{}", ended.err);
    assert_eq!(server.number("SELECT count(*) FROM pg_database WHERE datname LIKE 'loadline%'"), 0);
    server.limit(None);
    server.loadline(&[&first[..], &[BY_CUSTOMER, "--writes", "copy"]].concat()).expect(0);
    assert_eq!(server.number(LEFT), 0);
}
