//! `loadline db slow`: statements with known times and orders on a real server, in its statistics and in its own logs.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use holiday::store::postgres::Throwaway;
use serde_json::Value;

use crate::support::{Ended, Folder, Talking, ended};

/// One server for all tests here; it is gone when this process is.
static SERVER: LazyLock<Throwaway> = LazyLock::new(|| {
    let server = Throwaway::start_with(&[
        "shared_preload_libraries=pg_stat_statements,auto_explain",
        "logging_collector=on",
        "log_destination=stderr,csvlog,jsonlog",
        "log_filename=server.log",
        "log_min_duration_statement=0",
        "auto_explain.log_min_duration=0",
        "auto_explain.log_analyze=on",
    ])
    .unwrap();
    sql(&server, "postgres", "create extension pg_stat_statements; create role limited login");
    server
});

/// Runs SQL, each statement by itself.
fn sql(server: &Throwaway, database: &str, text: &str) {
    let mut psql = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "holiday", "-h"])
        .arg(server.folder())
        .arg(database)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    psql.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(psql.wait().unwrap().success(), "{text}");
}

fn url(server: &Throwaway, user: &str, database: &str) -> String {
    format!("postgres:///{database}?host={}&user={user}", server.folder().display())
}

/// A database of its own, whose statistics and log entries are of one test alone.
fn database(name: &str) -> String {
    sql(&SERVER, "postgres", &format!("create database {name}"));
    sql(
        &SERVER,
        name,
        "create extension pg_stat_statements;
         create table posts (id int primary key, author int);
         create table authors (id int primary key, name text);
         insert into posts select g, g % 40 from generate_series(1, 500) g;
         insert into authors select g, 'n' || g from generate_series(0, 40) g;
         analyze;",
    );
    url(&SERVER, "holiday", name)
}

/// A list and one lookup for each of its rows, in a transaction.
fn row_by_row(rows: usize) -> String {
    let mut text = format!("begin;\nselect id, author from posts order by id limit {rows};\n");
    for row in 1..=rows {
        text += &format!("select name from authors where id = {};\n", row % 40);
    }
    text + "commit;\n"
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap()
}

/// The statement whose text has this in it.
#[track_caller]
fn statement<'a>(value: &'a Value, fragment: &str) -> &'a Value {
    let statements = value["statements"].as_array().unwrap();
    let found = statements.iter().find(|statement| statement["query"].as_str().unwrap().contains(fragment));
    found.unwrap_or_else(|| panic!("no `{fragment}` in {value:#}"))
}

#[test]
fn all_that_a_server_has_counted() {
    let url = database("counted");
    let folder = Folder::new();
    sql(&SERVER, "counted", &"select pg_sleep(0.12), 'slow';\n".repeat(3));
    sql(&SERVER, "counted", &"select count(*) from posts where author = 7;\n".repeat(10));
    let value = json(&folder.run(["db", "slow", "--json", &url]).expect(0));
    let slow = statement(&value, "pg_sleep");
    assert_eq!((slow["calls"].as_u64(), slow["rows_per_call"].as_f64()), (Some(3), Some(1.0)));
    assert!(slow["mean_ms"].as_f64() >= Some(120.0), "{slow}");
    assert_eq!(slow["query"], "select pg_sleep($1), $2");
    assert_eq!((slow["user"].as_str(), slow["database"].as_str()), (Some("holiday"), Some("counted")));
    assert!(value["slow"].as_array().unwrap().contains(&slow["id"]), "{value:#}");
    assert_eq!(statement(&value, "count(*)")["calls"], 10);
    let shares: f64 = value["statements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| statement["share"].as_f64().unwrap())
        .sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    // Our own questions are nobody's load.
    assert!(!value.to_string().contains("pg_stat_statements_info"), "{value:#}");
    let page = folder.run(["db", "slow", &url]).expect(0).out;
    assert!(page.contains("slower than 100ms on average"), "{page}");
    let last = page.lines().last().unwrap();
    // A machine that is slow enough makes more of them slow.
    assert!(
        last.starts_with("one statement takes ") && last.contains(" slower than 100ms on average"),
        "{page}"
    );
    assert!(!last.contains("none is"), "{page}");
}

#[test]
fn what_a_portrait_asks_is_nobodys_load() {
    let url = database("portrayed");
    let folder = Folder::new();
    sql(&SERVER, "portrayed", "select count(*) from posts where author = 7;");
    folder.run(["db", "portrait", &url, "-o", "portrait"]).expect(0);
    let value = json(&folder.run(["db", "slow", "--json", &url]).expect(0));
    let statements = value["statements"].as_array().unwrap();
    let texts: Vec<&str> = statements.iter().map(|statement| statement["query"].as_str().unwrap()).collect();
    assert!(texts.iter().any(|text| text.contains("count(*)")), "{texts:#?}");
    let ours = ["pg_catalog", "pg_class", "pg_statistic", "pg_settings", "lock_timeout"];
    assert!(!texts.iter().any(|text| ours.iter().any(|ours| text.contains(ours))), "{texts:#?}");
    let page = folder.run(["db", "slow", &url]).expect(0).out;
    assert!(page.contains(" executions of loadline's own statements ("), "{page}");
}

#[test]
fn for_prometheus() {
    let url = database("metrics");
    let folder = Folder::new();
    sql(&SERVER, "metrics", &"select count(*) from posts;\n".repeat(7));
    let text = folder.run(["db", "slow", "--metrics", "-", &url]).expect(0).out;
    let calls = text.lines().filter(|line| line.starts_with("pg_stat_statements_calls_total{"));
    let calls: Vec<&str> = calls.filter(|line| line.ends_with("} 7")).collect();
    assert_eq!(calls.len(), 1, "{text}");
    assert!(calls[0].contains("user=\"holiday\",datname=\"metrics\",queryid=\""), "{text}");
    folder.run(["db", "slow", "--metrics", "statements.prom", &url]).expect(0);
    let mut promtool = folder.shell(["sh", "-c", "promtool check metrics < statements.prom"]);
    let checked = ended(&mut promtool).expect(0);
    assert_eq!((checked.out.as_str(), checked.err.as_str()), ("", ""));
    folder.run(["db", "slow", "--metrics", "statements.prom/of", &url]).expect(4);
}

#[test]
fn a_window_has_what_runs_in_it() {
    let url = database("windowed");
    sql(&SERVER, "windowed", "select 'before', count(*) from posts;");
    let folder = Folder::new();
    let mut command = folder.loadline(["db", "slow", "--window", "6s", "--json", &url]);
    let mut watching = Talking::start(&mut command);
    watching.until("watching");
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    let rounds = std::thread::spawn(move || {
        let mut rounds = 0;
        while is_done.try_recv().is_err() {
            // Short lists: a part of the window may cut one.
            sql(&SERVER, "windowed", &row_by_row(4).repeat(100));
            rounds += 100;
        }
        rounds
    });
    let ended = watching.end().expect(0);
    done.send(()).unwrap();
    let rounds: u64 = rounds.join().unwrap();
    let value = json(&ended);
    let texts = value["statements"].to_string();
    assert!(!texts.contains("before") && !texts.contains("count(*)"), "{texts}");
    let (list, lookup) = (statement(&value, "from posts"), statement(&value, "from authors"));
    let calls = |statement: &Value| statement["calls"].as_u64().unwrap();
    // A round may be cut by an end of the window.
    assert!(calls(list) <= rounds && calls(lookup).abs_diff(4 * calls(list)) <= 8, "{rounds} {value:#}");
    let pair = &value["row_by_row"][0];
    assert_eq!((&pair["parent"], &pair["child"]), (&list["id"], &lookup["id"]), "{value:#}");
}

#[test]
fn statistics_that_are_reset_are_no_figures() {
    let url = database("reset");
    let folder = Folder::new();
    let mut command = folder.loadline(["db", "slow", "--window", "1m", &url]);
    let mut watching = Talking::start(&mut command);
    watching.until("watching");
    // For one database alone it is entries that go away; for all it is the end of the window.
    sql(&SERVER, "reset", "select pg_stat_statements_reset();");
    let ended = watching.end().expect(1);
    assert!(ended.err.contains("was made to forget its statistics"), "{}", ended.err);
}

#[test]
fn an_interrupt_ends_a_window_and_a_look() {
    let url = database("interrupted");
    let folder = Folder::new();
    for (arguments, code) in [(&["--window", "1h"][..], 105), (&["--live"][..], 0)] {
        let mut command = folder.loadline([&["db", "slow"], arguments, &[&url]].concat());
        let mut watching = Talking::start(&mut command);
        let begun = if code == 105 { "watching" } else { "0m" };
        let work =
            std::thread::spawn(|| sql(&SERVER, "interrupted", &"select count(*) from posts;\n".repeat(50)));
        watching.until(begun);
        work.join().unwrap();
        sql(&SERVER, "interrupted", "select count(*) from posts;");
        watching.signal(rustix::process::Signal::INT);
        let ended = watching.end().expect(code);
        assert!(
            ended.out.contains("SELECT count(*) FROM posts")
                || ended.out.contains("select count(*) from posts"),
            "{}",
            ended.out
        );
    }
}

#[test]
fn the_servers_own_logs() {
    database("logged");
    let folder = Folder::new();
    sql(&SERVER, "logged", &format!("{}select pg_sleep(0.11);\n", row_by_row(25).repeat(4)));
    let seen: Vec<Value> = ["csv", "json", "log"]
        .into_iter()
        .map(|ending| {
            let path = SERVER.folder().join("data/log/server").with_extension(ending);
            let ended = folder.run(["db", "slow", "--json", "--log", path.to_str().unwrap()]).expect(0);
            let value = json(&ended);
            // Other tests run lists and lookups, too.
            let (list, lookup) =
                (statement(&value, "from posts order by"), statement(&value, "from authors"));
            let pair = &value["row_by_row"][0];
            assert_eq!((&pair["parent"], &pair["child"]), (&list["id"], &lookup["id"]), "{value:#}");
            assert_eq!(pair["evidence"], "as many executions as rows, each time");
            assert!(pair["executions"].as_u64() >= Some(100));
            let statements = value["statements"].as_array().unwrap();
            let slept =
                statements.iter().find(|statement| statement["query"] == "select pg_sleep($1)").unwrap();
            let mut slept = slept.clone();
            // While one log is read, other tests add to the next.
            assert!(slept.as_object_mut().unwrap().remove("share").is_some());
            slept
        })
        .collect();
    assert_eq!(seen[0]["calls"], 1, "the plan and the duration are one: {seen:?}");
    assert!(seen[0]["percentiles_ms"]["max"].as_f64() >= Some(110.0), "{seen:?}");
    assert!(seen.iter().all(|other| *other == seen[0]), "{seen:?}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = Folder::with(&[
        ("cat.log", "a picture\nof a cat\n"),
        ("empty.log", ""),
        ("silent.log", "2026-11-29 01:48:13.957 UTC [7] LOG:  checkpoint starting: time\n"),
    ]);
    std::fs::write(folder.path("log.gz"), [0x1f, 0x8b, 8, 0, 0]).unwrap();
    for (name, code, words) in [
        ("cat.log", 3, "none of the logs that are read"),
        ("empty.log", 1, "is empty"),
        ("silent.log", 1, "log_min_duration_statement = 0"),
        ("log.gz", 3, "zcat"),
        ("missing.log", 2, "hint: PostgreSQL says where it writes"),
        (".", 2, "cannot read `.`"),
    ] {
        let ended = folder.run(["db", "slow", "--log", name]).expect(code);
        assert!(ended.err.contains(words), "{name}: {}", ended.err);
    }
    for (arguments, words) in [
        (&["--window", "0.5s", "postgres://a"][..], "a second at the least"),
        (&["mysql://a"], "is no PostgreSQL URL"),
        (&[], "give its URL"),
        (&["--log", "cat.log", "postgres://a"], "cannot be used with"),
        (&["--live", "--json", "postgres://a"], "cannot be used with"),
    ] {
        let ended = folder.run([&["db", "slow"], arguments].concat()).expect(2);
        assert!(ended.err.contains(words), "{arguments:?}: {}", ended.err);
    }
    let ended = folder.run(["db", "slow", "postgres://a:hunter2@127.0.0.1:1/b"]).expect(3);
    assert!(ended.err.contains("cannot connect") && !ended.err.contains("hunter2"), "{}", ended.err);
}

#[test]
fn what_a_server_lacks_is_said_with_what_brings_it() {
    let folder = Folder::new();
    sql(&SERVER, "postgres", "create database bare");
    let bare = folder.run(["db", "slow", &url(&SERVER, "holiday", "bare")]).expect(3);
    assert!(bare.err.contains("CREATE EXTENSION pg_stat_statements"), "{}", bare.err);
    let plain = Throwaway::start().unwrap();
    let without = folder.run(["db", "slow", &url(&plain, "holiday", "postgres")]).expect(3);
    for line in ["shared_preload_libraries = 'pg_stat_statements'", "CREATE EXTENSION"] {
        assert!(without.err.contains(line), "{}", without.err);
    }
    // A role that may not see others' statements is told so, and what would help.
    let url = database("seen");
    let limited = folder.run(["db", "slow", &url.replace("user=holiday", "user=limited")]);
    assert!(limited.out.contains("pg_read_all_stats"), "{limited:?}");
}

#[test]
fn our_own_statements_are_no_load_in_a_log() {
    let entry = |text: &str| format!("a [1] LOG:  duration: 2.5 ms  statement: {text}\n");
    let own = entry("SELECT /* loadline */ 1");
    let folder =
        Folder::with(&[("own.log", &own), ("mixed.log", &format!("{own}{own}{}", entry("select a")))]);
    let value = json(&folder.run(["db", "slow", "--json", "--log", "mixed.log"]).expect(0));
    assert_eq!(
        (&value["calls"], &value["statements"][0]["query"]),
        (&1.into(), &"select a".into()),
        "{value:#}"
    );
    assert_eq!(value["notes"][0], "2 executions of loadline's own statements (5ms together) left out");
    let nothing = folder.run(["db", "slow", "--log", "own.log"]).expect(1);
    assert!(nothing.err.contains("no statement but loadline's own"), "{}", nothing.err);
    // An address in the environment is not typed, so a log is read beside it.
    let mut beside = folder.loadline(["db", "slow", "--log", "mixed.log"]);
    ended(beside.env("LOADLINE_DATABASE", "postgres://127.0.0.1:1/shop")).expect(0);
    let mut alone = folder.loadline(["db", "slow"]);
    let refused = ended(alone.env("LOADLINE_DATABASE", "postgres://127.0.0.1:1/shop")).expect(3);
    assert!(refused.err.contains("cannot connect"), "{}", refused.err);
}

#[test]
fn a_log_comes_through_a_pipe() {
    let folder = Folder::new();
    folder.write("log", "a [1] LOG:  duration: 200.5 ms  statement: select 1\n");
    let mut piped =
        folder.shell(["sh", "-c", "cat log | \"$0\" db slow --log -", env!("CARGO_BIN_EXE_loadline")]);
    let ended = ended(&mut piped).expect(0);
    assert!(
        ended.out.contains("standard input (plain log)") && ended.out.contains("200.5ms"),
        "{}",
        ended.out
    );
}
