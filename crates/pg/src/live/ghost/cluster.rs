//! A private cluster: made, started, stopped, and gone whatever ends this process.
//!
//! It is reached by a socket in a folder of its own and in no other way, keeps nothing through a crash of the machine,
//! and runs under a guard.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use loadline_children::{Farewell, LogFile, Order, RunAs, TemporaryFolder, Ward, last_lines};
use tokio::time::{Instant, sleep};

use super::user;
use crate::live::address::Address;
use crate::live::connect::Session;
use crate::live::programs::Programs;
use crate::portrait::{Loss, Server};

/// The superuser. Nothing that a portrait says is ever run as it.
pub(super) const SUPERUSER: &str = "loadline_super";
/// The database that everything is in.
pub(super) const DATABASE: &str = "postgres";
/// How long making a cluster, or starting its server, may take: seconds, but on a machine in use by others.
const LONGEST: Duration = Duration::from_mins(5);
const LOOKS: Duration = Duration::from_millis(10);
/// How long a server may take to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a sort order is taken for when this machine has not got the right one.
const PLAIN_ORDER: &str = "C.UTF-8";

const SETTINGS: [&str; 15] = [
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "shared_buffers=64MB",
    "max_connections=20",
    "max_locks_per_transaction=512",
    "autovacuum=off",
    "logging_collector=off",
    "checkpoint_timeout=1h",
    "bonjour=off",
];

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The server's programs are missing.
    #[error(
        "a ghost of PostgreSQL {major} takes its server's programs, and {found}\nhint: install `postgresql-{major}` \
         (Debian, Ubuntu) or `postgresql{major}-server` (Fedora), or say where they are with `--pg-bin`"
    )]
    NoPrograms {
        /// The version.
        major: u32,
        /// What there is.
        found: String,
    },
    /// There is nobody to run it as.
    #[error("{0}")]
    NoUser(&'static str),
    /// Files and processes.
    #[error("cannot make a private cluster: {0}")]
    System(#[from] io::Error),
    /// A program failed.
    #[error("`{program}` failed: {said}")]
    Failed {
        /// Which.
        program: &'static str,
        /// Its last words.
        said: String,
    },
}

/// A private cluster.
#[derive(Debug)]
pub(super) struct Cluster {
    // First, so that it ends before its folder goes.
    server: Option<Ward>,
    programs: PathBuf,
    user: Option<RunAs>,
    /// Of what makes it, and of its server: each program begins its own anew.
    making: LogFile,
    log: LogFile,
    folder: TemporaryFolder,
}

impl Cluster {
    /// Makes one that sorts and writes as this server does.
    pub(super) async fn make(
        server: &Server,
        programs: &Programs,
        lost: &mut Vec<Loss>,
    ) -> Result<Self, ClusterError> {
        let major = server.major();
        let programs = programs
            .of(major)
            .ok_or_else(|| ClusterError::NoPrograms { major, found: programs.words() })?
            .to_owned();
        let user = user::for_server().map_err(ClusterError::NoUser)?;
        let folder = TemporaryFolder::new()?;
        let making = LogFile::create("initdb", folder.path(), folder.path())?;
        let log = LogFile::create("postgres", folder.path(), folder.path())?;
        let cluster = Self { server: None, programs, user, making, log, folder };
        for place in [cluster.data(), cluster.socket()] {
            cluster.make_folder(&place)?;
        }
        if let Err(first) = cluster.initdb(server, &server.collate, &server.ctype).await {
            let mut second = cluster.initdb(server, PLAIN_ORDER, PLAIN_ORDER).await;
            if second.is_err() {
                let plain = Server { provider: "c".to_owned(), ..server.clone() };
                second = cluster.initdb(&plain, "C", "C").await;
            }
            second.map_err(|_| first)?;
            lost.push(Loss {
                what: format!("the order of texts `{}`", server.locale.as_ref().unwrap_or(&server.collate)),
                why: "this machine has no such locale; ranges of texts are estimated by another order: install it, \
                      such as with `dpkg-reconfigure locales`"
                    .to_owned(),
            });
        }
        Ok(cluster)
    }

    fn make_folder(&self, place: &Path) -> io::Result<()> {
        fs::create_dir(place)?;
        fs::set_permissions(place, fs::Permissions::from_mode(0o700))?;
        self.give(place)
    }

    /// Makes a file or folder the server's.
    pub(super) fn give(&self, place: &Path) -> io::Result<()> {
        self.user.map_or(Ok(()), |user| chown(place, Some(user.user), Some(user.group)))
    }

    async fn initdb(&self, server: &Server, collate: &str, ctype: &str) -> Result<(), ClusterError> {
        let mut words = vec![
            self.programs.join("initdb").into_os_string(),
            "--pgdata".into(),
            self.data().into_os_string(),
            format!("--username={SUPERUSER}").into(),
            "--auth=trust".into(),
            "--no-sync".into(),
            "--no-instructions".into(),
            "--locale=C".into(),
            format!("--encoding={}", server.encoding).into(),
            format!("--lc-collate={collate}").into(),
            format!("--lc-ctype={ctype}").into(),
        ];
        if server.major() >= 18 {
            // Pages are written from outside.
            words.push("--no-data-checksums".into());
        }
        match (server.provider.as_str(), &server.locale) {
            ("i", Some(locale)) => {
                words.push("--locale-provider=icu".into());
                words.push(format!("--icu-locale={locale}").into());
            }
            ("b", Some(locale)) => {
                words.push("--locale-provider=builtin".into());
                words.push(format!("--builtin-locale={locale}").into());
            }
            _ => {}
        }
        // Whoever no longer wants it waits for nothing that it still has to write.
        let mut ward = Ward::start(&Order { patience: Duration::ZERO, ..self.order(words, &self.making) })?;
        let until = Instant::now() + LONGEST;
        let mut ended = ward.ended()?;
        while ended.is_none() && Instant::now() < until {
            sleep(LOOKS).await;
            ended = ward.ended()?;
        }
        if ended.is_some_and(|status| status.success()) {
            return Ok(());
        }
        Err(failed("initdb", &self.making, ended.is_none()))
    }

    fn order(&self, words: Vec<OsString>, log: &LogFile) -> Order {
        let unset =
            ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGDATABASE", "PGOPTIONS", "PGPASSWORD", "PGSERVICE"];
        let mut environment: Vec<(String, Option<OsString>)> =
            unset.iter().map(|name| ((*name).to_owned(), None)).collect();
        environment.push(("LC_ALL".to_owned(), Some("C".into())));
        Order {
            words,
            environment,
            log: Some(log.path().to_owned()),
            patience: PATIENCE,
            farewell: Farewell::Quit,
            run_as: self.user,
            ..Order::default()
        }
    }

    /// Starts its server and waits until it lets somebody in.
    pub(super) async fn start(&mut self) -> Result<(), ClusterError> {
        let mut words = vec![
            self.programs.join("postgres").into_os_string(),
            "-D".into(),
            self.data().into_os_string(),
            "-k".into(),
            self.socket().into_os_string(),
        ];
        for setting in SETTINGS {
            words.extend(["-c".into(), setting.into()]);
        }
        let mut ward = Ward::start(&self.order(words, &self.log))?;
        let until = Instant::now() + LONGEST;
        loop {
            if Session::open_with(&self.address(SUPERUSER), "SELECT 1").await.is_ok() {
                self.server = Some(ward);
                return Ok(());
            }
            let ended = ward.ended()?.is_some();
            if ended || Instant::now() >= until {
                return Err(failed("postgres", &self.log, !ended));
            }
            sleep(LOOKS).await;
        }
    }

    /// Where its data is.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of its socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Where its server is reached.
    pub(super) fn address(&self, user: &str) -> Address {
        Address::in_folder(&self.socket(), user, DATABASE)
    }

    /// The folder of its programs.
    pub(super) fn programs(&self) -> &Path {
        &self.programs
    }
}

/// `late`: it still ran when its time was over.
fn failed(program: &'static str, log: &LogFile, late: bool) -> ClusterError {
    let said = last_lines(log.path(), 4).replace('\n', "; ");
    let waited = format!("it is not ready after {} minutes; it said: ", LONGEST.as_secs() / 60);
    ClusterError::Failed { program, said: if late { waited + &said } else { said } }
}
