//! The schema, as `pg_dump` writes it: it alone knows how everything that a database may have is written down.
//!
//! Its connection stands in its environment, as libpq reads it: other users of a machine see arguments.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use loadline_children::{LogFile, Order, TemporaryFolder, Ward, last_lines};
use loadline_postgres_tls::{Encryption, Proof};
use tokio::time::{Instant, sleep};
use tokio_postgres::config::Host;

use crate::live::address::Address;
use crate::live::programs::Programs;

/// The most bytes of a schema.
const LARGEST: u64 = 256 << 20;
/// How long it may take to end when it has written everything, and how often that is looked for.
const LONGEST: Duration = Duration::from_mins(1);
const LOOKS: Duration = Duration::from_millis(10);
/// How long `pg_dump` may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(2);
/// What makes `pg_stat_statements` count nothing of a session.
const UNCOUNTED: &str = "-c pg_stat_statements.track=none";
/// Where systems keep the authorities that they believe: Debian, Red Hat, Alpine.
const SYSTEM: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Why there is no schema.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The program is missing or too old.
    #[error(
        "reading the schema takes `pg_dump` of version {major} or newer, and {found}\nhint: install \
         `postgresql-client-{major}` (Debian, Ubuntu) or `postgresql{major}` (Fedora), or say where it is with `--pg-bin`"
    )]
    NoProgram {
        /// The server's version.
        major: u32,
        /// What there is.
        found: String,
    },
    /// It can't be started, or its output can't be read.
    #[error("cannot run `pg_dump`: {0}")]
    System(#[from] std::io::Error),
    /// It failed.
    #[error(
        "`pg_dump` could not read the schema: {said}\nhint: the role needs to see every table: `GRANT pg_monitor, \
         pg_read_all_data TO role`"
    )]
    Failed {
        /// Its last words.
        said: String,
    },
    /// There is more of it than anybody wants to read.
    #[error("the schema has more than {} MB", LARGEST >> 20)]
    TooLarge,
}

/// The schema of a database; `is_counted`: whether the server is to count what is asked for it. When this is dropped
/// before it is there, nothing of it stays.
pub(super) async fn dump(
    address: &Address,
    major: u32,
    programs: &Programs,
    is_counted: bool,
) -> Result<String, DumpError> {
    let folder =
        programs.at_least(major).ok_or_else(|| DumpError::NoProgram { major, found: programs.words() })?;
    let temporary = TemporaryFolder::new()?;
    let log = LogFile::create("pg_dump", temporary.path(), temporary.path())?;
    let mut words = vec![folder.join("pg_dump").into_os_string()];
    words.extend(
        [
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            "--no-tablespaces",
            "--no-publications",
            "--no-subscriptions",
            "--no-security-labels",
            "--lock-wait-timeout=5000",
            "--no-password",
        ]
        .map(OsString::from),
    );
    let order = Order {
        words,
        environment: environment(address, is_counted),
        log: Some(log.path().to_owned()),
        talks: true,
        patience: PATIENCE,
        ..Order::default()
    };
    let mut ward = Ward::start(&order)?;
    let read = ward.pipes().map(|(input, output)| {
        drop(input);
        tokio::task::spawn_blocking(move || {
            let mut text = Vec::new();
            output.take(LARGEST + 1).read_to_end(&mut text).map(|_| text)
        })
    });
    let text = match read {
        Some(read) => read.await.map_err(std::io::Error::other)??,
        None => Vec::new(),
    };
    if text.len() as u64 > LARGEST {
        return Err(DumpError::TooLarge);
    }
    let until = Instant::now() + LONGEST;
    let mut ended = ward.ended()?;
    while ended.is_none() && Instant::now() < until {
        sleep(LOOKS).await;
        ended = ward.ended()?;
    }
    if !ended.is_some_and(|status| status.success()) {
        return Err(DumpError::Failed { said: last_lines(log.path(), 3).replace('\n', "; ") });
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The connection, and none that the environment has besides.
fn environment(address: &Address, is_counted: bool) -> Vec<(String, Option<OsString>)> {
    let config = &address.config;
    let host = config.get_hosts().first().map(|host| match host {
        Host::Tcp(name) => OsString::from(name),
        Host::Unix(path) => path.clone().into_os_string(),
    });
    let port = config.get_ports().first().map(|port| OsString::from(port.to_string()));
    let (mode, authorities) = encryption(&address.encryption);
    let password = config.get_password().map(|password| {
        use std::os::unix::ffi::OsStringExt;
        OsString::from_vec(password.to_vec())
    });
    let said = [
        ("PGHOST", host),
        ("PGPORT", port),
        ("PGUSER", config.get_user().map(OsString::from)),
        ("PGDATABASE", config.get_dbname().map(OsString::from)),
        ("PGPASSWORD", password),
        ("PGSSLMODE", Some(OsString::from(mode))),
        ("PGSSLROOTCERT", authorities),
        ("PGAPPNAME", Some(OsString::from(crate::live::connect::APPLICATION))),
        ("PGCONNECT_TIMEOUT", Some(OsString::from("5"))),
        ("PGOPTIONS", (!is_counted).then(|| OsString::from(UNCOUNTED))),
    ];
    let unset = ["PGSERVICE", "PGSERVICEFILE", "PGHOSTADDR", "PGPASSFILE", "PGCLIENTENCODING"];
    let said = said.into_iter().map(|(name, value)| (name.to_owned(), value));
    said.chain(unset.into_iter().map(|name| (name.to_owned(), None))).collect()
}

/// `sslmode` and the file of authorities, as libpq has them.
fn encryption(encryption: &Encryption) -> (&'static str, Option<OsString>) {
    let Encryption::Tls { proof, authorities } = encryption else { return ("disable", None) };
    let authorities = authorities.clone().map(PathBuf::into_os_string);
    // The machine's own, where libpq before version 16 knows none.
    let systems = || SYSTEM.iter().find(|path| Path::new(path).is_file()).map(OsString::from);
    match proof {
        Proof::None => ("require", None),
        Proof::Certificate => ("verify-ca", authorities.or_else(systems)),
        Proof::Name => ("verify-full", authorities.or_else(systems)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_in_the_environment_and_nothing_else_is_taken_from_there() {
        let address: Address = "postgres://me:hunter2@db:6432/shop?sslmode=require".parse().unwrap();
        let environment = environment(&address, true);
        let value = |name: &str| {
            let found = environment.iter().find(|(other, _)| other == name);
            found.and_then(|(_, value)| value.as_ref()?.to_str().map(str::to_owned))
        };
        assert_eq!(value("PGPASSWORD").as_deref(), Some("hunter2"));
        assert_eq!((value("PGHOST").as_deref(), value("PGPORT").as_deref()), (Some("db"), Some("6432")));
        assert_eq!(value("PGSSLMODE").as_deref(), Some("require"));
        assert!(environment.contains(&("PGSERVICE".to_owned(), None)));
        assert!(environment.contains(&("PGOPTIONS".to_owned(), None)));
    }
}
