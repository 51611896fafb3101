//! What tests of `loadline db verify` stand on: a database with a table whose rows are found by reading it whole.

use std::sync::OnceLock;

use holiday::store::postgres::Throwaway;
use loadline_pg::live::{Address, Session};
use serde_json::Value;

use crate::support::{Ended, Folder};

/// A table whose rows are found by reading it whole.
const SHOP: &str = "\
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE customers (id int PRIMARY KEY);
INSERT INTO customers SELECT generate_series(1, 20001);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, note text NOT NULL);
INSERT INTO orders SELECT i, 1 + i % 20000, md5(i::text) FROM generate_series(1, 120000) AS i;
VACUUM ANALYZE customers, orders;";
pub(crate) const FIND: &str = "SELECT * FROM orders WHERE customer_id = 77";
pub(crate) const BY_CUSTOMER: &str =
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_customer ON public.orders (customer_id)";
/// Of ours, whichever run built them.
pub(crate) const OURS: &str = "SELECT count(*) FROM pg_class WHERE relname LIKE 'loadline%'";

fn server() -> &'static Throwaway {
    static SERVER: OnceLock<Throwaway> = OnceLock::new();
    SERVER.get_or_init(|| Throwaway::start_with(&["autovacuum=off"]).unwrap())
}

/// A database of its own for a test, and a folder with the statements.
pub(crate) struct Scene {
    pub(crate) folder: Folder,
    database: &'static str,
}

impl Scene {
    pub(crate) fn new(database: &'static str, statements: &[&str]) -> Self {
        let scene = Self { folder: Folder::with(&[("queries.sql", &statements.join(";\n"))]), database };
        wait(async {
            let session = enter("postgres").await;
            session.batch_execute(&format!("CREATE DATABASE {database}")).await.unwrap();
            let session = enter(database).await;
            for statement in loadline_pg::ghost::statements(SHOP) {
                session.batch_execute(statement).await.unwrap();
            }
        });
        scene
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres:///{}?host={}&user=holiday", self.database, server().folder().display())
    }

    pub(crate) fn words(&self, more: &[&str]) -> Vec<String> {
        let url = self.url();
        let words = ["db", "verify", "--verify", &url, "--statements", "queries.sql"];
        words.iter().chain(more).map(|word| (*word).to_owned()).collect()
    }

    pub(crate) fn verify(&self, more: &[&str]) -> Ended {
        self.folder.run(self.words(more))
    }

    pub(crate) fn json(&self, code: i32, more: &[&str]) -> Value {
        let ended = self.verify(&[more, &["--json"]].concat()).expect(code);
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}\n{}", ended.out, ended.err))
    }

    /// Something done in it, in a session of its own.
    pub(crate) fn run(&self, text: &str) -> Result<(), String> {
        wait(async {
            enter(self.database).await.batch_execute(text).await.map_err(|error| error.to_string())
        })
    }

    pub(crate) fn number(&self, query: &str) -> i64 {
        wait(async { enter(self.database).await.query_one(query, &[]).await.unwrap().get(0) })
    }
}

pub(crate) async fn enter(database: &str) -> Session {
    let address = Address::in_folder(server().folder(), "holiday", database);
    Session::open_with(&address, "SELECT 1").await.unwrap()
}

pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

pub(crate) fn fates(told: &Value) -> Vec<&str> {
    told["indexes"].as_array().unwrap().iter().map(|one| one["fate"].as_str().unwrap()).collect()
}

/// Whoever builds an index waits for all who look at the rows of before, at whatever table.
pub(crate) const LOOKS: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM customers";

/// A transaction of ours that goes on.
pub(crate) struct Held {
    runtime: tokio::runtime::Runtime,
    session: Session,
}

impl Held {
    pub(crate) fn of(scene: &Scene, first: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let session = runtime.block_on(async {
            let session = enter(scene.database).await;
            session.batch_execute(first).await.unwrap();
            session
        });
        Self { runtime, session }
    }

    pub(crate) fn end(self) {
        self.runtime.block_on(self.session.batch_execute("ROLLBACK")).unwrap();
    }
}
