//! Databases that are in trouble, or not what they seem: what is said of them is right, and no budget passes unseen.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use holiday::store::postgres::{Restart, Throwaway};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::figures::{figure, run_of};
use super::scene::{Scene, TABLES, server, sql, url};
use crate::support::{Folder, Talking};

const BUDGETS: &str = r#"
[endpoints]
two = "GET /two"

[[budget]]
metric = "db_temp_bytes"
spill = "0B"

[[budget]]
metric = "db_lock_waits"
share = "<= 50%"
"#;

/// As many of both as there are, and a line in the middle.
const HALF: &str = r"
import http from 'k6/http';
import { sleep } from 'k6';
export const options = { vus: 2, duration: '8s' };
export default function () {
  if (__VU === 1 && __ITER === 60) console.log('half way');
  http.get(__ENV.SERVICE + '/two');
  sleep(0.02 + Math.random() / 50);
}";

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Stops a server for good, as an operator does.
fn stop(server: &Throwaway) {
    let file = std::fs::read_to_string(server.folder().join("data/postmaster.pid")).unwrap();
    let process =
        file.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw).unwrap();
    kill_process(process, Signal::INT).unwrap();
    while server.folder().join("data/postmaster.pid").exists() {
        std::thread::yield_now();
    }
}

#[test]
fn a_server_that_never_comes_back_ends_no_load_and_passes_nothing() {
    let scene = Scene::new(&[]);
    let folder = Folder::with(&[("a.js", HALF), ("loadline.toml", BUDGETS)]);
    let (database, service) = (scene.database(), scene.variable());
    let mut command =
        folder.loadline(["run", "-q", "--database", &database, "-e", &service, "--out", "run=a.run", "a.js"]);
    let mut talking = Talking::start(&mut command);
    talking.until("half way");
    stop(&scene.server);
    let ended = talking.end().expect(99);
    let err = words(&ended.err);
    for said in [
        "the database tells nothing any more",
        "`spill<=0B` on `db_temp_bytes` (no data)",
        "`share<=50%` on `db_lock_waits` (no data)",
        "no data for part of the run: the database told nothing any more (",
    ] {
        assert!(err.contains(said), "{said}: {}", ended.err);
    }
    let run = run_of(&folder);
    assert!(run.duration.as_secs() >= 8, "{:?}", run.duration);
    assert!(figure(&run, "db_calls", &[]).unwrap() > 0.0);
    assert!(figure(&run, "db_unobserved", &[]).unwrap() > 1.0);
    assert!(
        ended.out.contains("are not known") || err.contains("are not known"),
        "{}{}",
        ended.out,
        ended.err
    );
}

#[test]
fn a_role_that_sees_nothing_of_others_passes_nothing() {
    let scene = Scene::new(&[]);
    sql(&scene.server, scene.port, "CREATE ROLE nobody LOGIN");
    let script = HALF.replace("8s", "3s");
    // That a look finds one of these at work is chance.
    let budgets = BUDGETS.split("[[budget]]\nmetric = \"db_lock_waits\"").next().unwrap();
    let folder = Folder::with(&[("a.js", &script), ("loadline.toml", budgets)]);
    let judged = |user: &str, code: i32| {
        let database = url(&scene.server, scene.port, user);
        let service = scene.variable();
        folder.run(["run", "-q", "--database", &database, "-e", &service, "a.js"]).expect(code)
    };
    let ended = judged("nobody", 99);
    let out = words(&format!("{}{}", ended.out, ended.err));
    assert!(out.contains("the requirement is not met: `spill<=0B` on `db_temp_bytes` (no data)"), "{out}");
    // One plan that it may not see is no reason not to see another.
    assert!(!out.contains("already exists"), "{out}");
    assert!(out.contains("statements of other users are hidden from this role"), "{out}");
    // What it takes is said, and does it.
    assert!(out.contains("GRANT pg_read_all_stats"), "{out}");
    sql(&scene.server, scene.port, "GRANT pg_read_all_stats TO nobody");
    let ended = judged("nobody", 0);
    assert!(ended.err.contains("the requirement is met"), "{}", ended.err);
}

/// A read-only replica of a server, in a folder of its own; stopped when dropped.
struct Replica {
    programs: PathBuf,
    owner: (u32, u32),
    port: u16,
    folder: TempDir,
}

impl Replica {
    fn of(server: &Throwaway, port: u16) -> Self {
        let installed = std::fs::read_dir("/usr/lib/postgresql").unwrap();
        let version = std::fs::read_to_string(server.folder().join("data/PG_VERSION")).unwrap();
        let programs =
            installed.map(|entry| entry.unwrap().path()).find(|path| path.ends_with(version.trim()));
        let owner = std::fs::metadata(server.folder()).unwrap();
        let folder = tempfile::Builder::new().prefix("replica-").tempdir().unwrap();
        let replica = Self {
            programs: programs.unwrap().join("bin"),
            owner: (owner.uid(), owner.gid()),
            port: crate::support::free_port(),
            folder,
        };
        if rustix::process::geteuid().is_root() {
            let (user, group) = replica.owner;
            std::os::unix::fs::chown(replica.folder.path(), Some(user), Some(group)).unwrap();
        }
        let (from, own_port) = (server.folder().display().to_string(), port.to_string());
        let data = replica.data().display().to_string();
        replica.does(
            "pg_basebackup",
            &["-h", &from, "-p", &own_port, "-U", "holiday", "-D", &data, "-R", "-c", "fast"],
        );
        let settings = format!(
            "-k {} -c listen_addresses= -c port={} -c shared_preload_libraries=pg_stat_statements",
            replica.folder.path().display(),
            replica.port
        );
        let log = replica.folder.path().join("log").display().to_string();
        replica.does("pg_ctl", &["-D", &data, "-l", &log, "-w", "-o", &settings, "start"]);
        replica
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn url(&self) -> String {
        format!("postgres:///postgres?host={}&port={}&user=holiday", self.folder.path().display(), self.port)
    }

    fn does(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if rustix::process::geteuid().is_root() {
            command.uid(self.owner.0).gid(self.owner.1);
        }
        assert!(command.status().unwrap().success(), "{program} {arguments:?}");
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.does("pg_ctl", &["-D", &self.data().display().to_string(), "-m", "immediate", "stop"]);
    }
}

#[test]
fn a_replica_is_followed_looked_at_and_portrayed_and_said_to_be_one() {
    let (server, port) = server(&["wal_level=replica", "max_wal_senders=4"]);
    sql(&server, port, TABLES);
    let replica = Replica::of(&server, port);
    // The service reads from the replica, as many do.
    let host = replica.folder.path().display().to_string();
    let scene = Scene::before(server, port, &host, replica.port);
    let script = HALF.replace("8s", "3s");
    let budgets = BUDGETS.split("[[budget]]\nmetric = \"db_lock_waits\"").next().unwrap();
    let folder = Folder::with(&[("a.js", &script), ("loadline.toml", budgets)]);
    let (url, service) = (replica.url(), scene.variable());
    let ended =
        folder.run(["run", "-q", "--database", &url, "-e", &service, "--out", "run=a.run", "a.js"]).expect(0);
    let err = words(&ended.err);
    assert!(err.contains("the database is a replica"), "{}", ended.err);
    assert!(err.contains("the requirement is met"), "{}", ended.err);
    let text = "SELECT name FROM kinds WHERE id = $1";
    assert_eq!(figure(&run_of(&folder), "db_calls", &[("query", text)]), Some(scene.counts()[text]));

    let page = folder.run(["db", "slow", &url]).expect(0);
    assert!(page.out.contains("SELECT name FROM kinds WHERE id = $1"), "{}", page.out);
    let taken = folder.run(["db", "portrait", &url, "-o", "replica.portrait"]).expect(0);
    assert!(Path::new(&folder.path("replica.portrait")).exists(), "{}", taken.out);
    let plan = folder
        .run(["db", "explain", "-p", "replica.portrait", "SELECT name FROM kinds WHERE id = 3"])
        .expect(0);
    assert!(plan.out.contains("kinds"), "{}", plan.out);
}

#[test]
fn looking_on_outlives_a_server_and_a_window_does_not() {
    let (server, port) = server(&[]);
    sql(&server, port, TABLES);
    let folder = Folder::new();
    let url = url(&server, port, "holiday");
    let mut command = folder.loadline(["db", "slow", "--window", "1h", &url]);
    let mut window = Talking::start(&mut command);
    window.until("watching");
    let mut command = folder.loadline(["db", "slow", "--live", &url]);
    let mut live = Talking::start(&mut command);
    live.until("0m05s");
    server.restart(Restart::Fast).unwrap();
    sql(&server, port, "SELECT count(*) FROM items");
    live.until("0m15s");
    live.signal(Signal::INT);
    // Nothing was executed since, so there is no data.
    let ended = live.end().expect(1);
    let page = words(&ended.out);
    assert!(page.contains("the server forgot its statistics meanwhile"), "{page}{}", ended.err);
    stop(&server);
    live_at_a_server_that_is_gone(&folder, &url);
    window.signal(Signal::INT);
    let ended = window.end().expect(3);
    assert!(words(&ended.err).contains("the server went away after"), "{}", ended.err);
}

fn live_at_a_server_that_is_gone(folder: &Folder, url: &str) {
    for flags in [&["--live"][..], &["--window", "1s"], &[]] {
        let ended = folder.run([&["db", "slow"][..], flags, &[url]].concat()).expect(3);
        assert!(words(&ended.err).contains("cannot connect to"), "{}", ended.err);
    }
}
