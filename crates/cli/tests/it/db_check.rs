//! `loadline db check`: what it says of forty kinds of statements, against what a real server with rows does.

use std::path::Path;
use std::process::Command;

use holiday::store::postgres::Throwaway;
use serde_json::Value;

use crate::support::Folder;

const SCHEMA: &str = "\
CREATE EXTENSION pg_stat_statements;
CREATE TABLE u (id int PRIMARY KEY);
INSERT INTO u SELECT i FROM generate_series(1, 20000) i;
CREATE TABLE t (id int PRIMARY KEY, a int, b text, c varchar(10), d numeric(10, 2), n int, k int, filler text);
INSERT INTO t SELECT i, i, 'b' || i, 'c', 1, i, i, repeat('x', 100) FROM generate_series(1, 20000) i;
CREATE INDEX t_k ON t (k);
CREATE TABLE parted (id int, day int) PARTITION BY RANGE (day);
CREATE TABLE part (id int, day int);
INSERT INTO part SELECT i, 5 FROM generate_series(1, 20000) i;
ANALYZE";

/// What PostgreSQL's documentation says of each: the lock on the table, and whether its rows are written anew or read.
const KINDS: [(&str, &str, &str, Does); 42] = [
    ("ALTER TABLE t ADD COLUMN c1 int", "t", "AccessExclusiveLock", Does::Nothing),
    ("ALTER TABLE t ADD COLUMN c2 int DEFAULT 5", "t", "AccessExclusiveLock", Does::Nothing),
    ("ALTER TABLE t ADD COLUMN c3 timestamptz DEFAULT now()", "t", "AccessExclusiveLock", Does::Nothing),
    ("ALTER TABLE t ADD COLUMN c4 uuid DEFAULT gen_random_uuid()", "t", "AccessExclusiveLock", Does::Write),
    (
        "ALTER TABLE t ADD COLUMN c5 int GENERATED ALWAYS AS (a * 2) STORED",
        "t",
        "AccessExclusiveLock",
        Does::Write,
    ),
    ("ALTER TABLE t ADD COLUMN c6 serial", "t", "AccessExclusiveLock", Does::Write),
    ("ALTER TABLE t DROP COLUMN c1", "t", "AccessExclusiveLock", Does::Nothing),
    ("ALTER TABLE t RENAME COLUMN c2 TO c2b", "t", "AccessExclusiveLock", Does::Nothing),
    ("ALTER TABLE t ALTER c TYPE varchar(20)", "t", "AccessExclusiveLock", Does::Nothing),
    ("ALTER TABLE t ALTER c TYPE text", "t", "AccessExclusiveLock", Does::Nothing),
    ("ALTER TABLE t ALTER c TYPE varchar(30)", "t", "AccessExclusiveLock", Does::Write),
    ("ALTER TABLE t ALTER k TYPE bigint", "t", "AccessExclusiveLock", Does::Write),
    ("ALTER TABLE t ALTER d TYPE numeric(12, 2)", "t", "AccessExclusiveLock", Does::Nothing),
    ("ALTER TABLE t ALTER d TYPE numeric(12, 4)", "t", "AccessExclusiveLock", Does::Write),
    ("ALTER TABLE t ALTER n SET NOT NULL", "t", "AccessExclusiveLock", Does::Read),
    ("ALTER TABLE t ALTER n DROP NOT NULL", "t", "AccessExclusiveLock", Does::Nothing),
    ("ALTER TABLE t ADD CONSTRAINT positive CHECK (id > 0)", "t", "AccessExclusiveLock", Does::Read),
    (
        "ALTER TABLE t ADD CONSTRAINT there CHECK (n IS NOT NULL) NOT VALID",
        "t",
        "AccessExclusiveLock",
        Does::Nothing,
    ),
    ("ALTER TABLE t VALIDATE CONSTRAINT there", "t", "ShareUpdateExclusiveLock", Does::Read),
    ("ALTER TABLE t ALTER n SET NOT NULL", "t", "AccessExclusiveLock", Does::Nothing),
    (
        "ALTER TABLE t ADD CONSTRAINT of_u FOREIGN KEY (id) REFERENCES u",
        "t",
        "ShareRowExclusiveLock",
        Does::Read,
    ),
    (
        "ALTER TABLE t ADD CONSTRAINT of_u2 FOREIGN KEY (a) REFERENCES u NOT VALID",
        "u",
        "ShareRowExclusiveLock",
        Does::Nothing,
    ),
    ("ALTER TABLE t VALIDATE CONSTRAINT of_u2", "t", "ShareUpdateExclusiveLock", Does::Read),
    ("CREATE INDEX t_a ON t (a)", "t", "ShareLock", Does::Read),
    ("CREATE UNIQUE INDEX t_unique ON t (a)", "t", "ShareLock", Does::Read),
    (
        "ALTER TABLE t ADD CONSTRAINT t_unique UNIQUE USING INDEX t_unique",
        "t",
        "AccessExclusiveLock",
        Does::Nothing,
    ),
    ("ALTER TABLE t ADD CONSTRAINT t_both UNIQUE (id, a)", "t", "AccessExclusiveLock", Does::Read),
    ("ALTER TABLE t ALTER a SET STATISTICS 200", "t", "ShareUpdateExclusiveLock", Does::Nothing),
    ("ALTER TABLE t ALTER a SET DEFAULT 1", "t", "AccessExclusiveLock", Does::Nothing),
    ("ALTER TABLE t SET (fillfactor = 70)", "t", "ShareUpdateExclusiveLock", Does::Nothing),
    (
        "CREATE TRIGGER t_min BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "t",
        "ShareRowExclusiveLock",
        Does::Nothing,
    ),
    ("CREATE STATISTICS t_stats ON a, n FROM t", "t", "ShareUpdateExclusiveLock", Does::Nothing),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "t", "AccessExclusiveLock", Does::Nothing),
    (
        "ALTER TABLE parted ATTACH PARTITION part FOR VALUES FROM (1) TO (10)",
        "part",
        "AccessExclusiveLock",
        Does::Read,
    ),
    ("ALTER TABLE parted DETACH PARTITION part", "parted", "AccessExclusiveLock", Does::Nothing),
    ("DROP INDEX t_a", "t", "AccessExclusiveLock", Does::Nothing),
    ("CREATE INDEX CONCURRENTLY t_n ON t (n)", "t", "ShareUpdateExclusiveLock", Does::Read),
    ("DROP INDEX CONCURRENTLY t_n", "t", "ShareUpdateExclusiveLock", Does::Nothing),
    ("CLUSTER part USING part_day", "part", "AccessExclusiveLock", Does::Write),
    ("ALTER TABLE part SET UNLOGGED", "part", "AccessExclusiveLock", Does::Write),
    ("UPDATE u SET id = id WHERE id = 7", "u", "RowExclusiveLock", Does::Nothing),
    ("ALTER TABLE t RENAME TO t2", "t", "AccessExclusiveLock", Does::Nothing),
];

/// What is done to all rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Nothing,
    Read,
    Write,
}

/// Runs SQL in one session and gives the rows that are printed.
fn sql(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-U", "holiday", "-d", "postgres", "-h"])
        .arg(folder);
    for text in texts {
        psql.args(["-c", text]);
    }
    let output = psql.output().unwrap();
    assert!(output.status.success(), "{texts:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The strongest lock that a real server has on a table at the end of a statement, and what it did to the rows.
fn really(folder: &Path, statement: &str, table: &str) -> (String, Does) {
    let number = sql(folder, &[&format!("SELECT '{table}'::regclass::oid")])[0].clone();
    let file =
        format!("SELECT relfilenode, pg_stat_get_xact_numscans(oid) FROM pg_class WHERE oid = {number}");
    let locks = format!(
        "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = {number} ORDER BY \
         array_position(ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', \
         'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'], mode) DESC LIMIT 1"
    );
    let rows = sql(folder, &["BEGIN", &file, statement, &file, &locks, "COMMIT"]);
    let [before, after, lock] = &rows[..] else { panic!("{statement}: {rows:?}") };
    let of =
        |row: &str| row.split_once('|').map(|(file, scans)| (file.to_owned(), scans.to_owned())).unwrap();
    let (before, after) = (of(before), of(after));
    let does = match (before.0 != after.0, before.1 != after.1) {
        (true, _) => Does::Write,
        (false, true) => Does::Read,
        (false, false) => Does::Nothing,
    };
    (lock.clone(), does)
}

fn migrations(folder: &Folder) {
    std::fs::create_dir(folder.path("migrations")).unwrap();
    for (number, (statement, ..)) in KINDS.iter().enumerate() {
        // An index that `CLUSTER` needs is its own migration's.
        let first =
            if statement.starts_with("CLUSTER") { "CREATE INDEX part_day ON part (day);" } else { "" };
        folder.write(&format!("migrations/{}_m.sql", number + 1), &format!("{first}{statement};\n"));
    }
}

#[test]
fn forty_kinds_of_statements_lock_and_move_what_is_said() {
    let server =
        Throwaway::start_with(&["shared_preload_libraries=pg_stat_statements", "autovacuum=off"]).unwrap();
    let url = format!("postgres:///postgres?host={}&user=holiday", server.folder().display());
    let folder = Folder::new();
    sql(server.folder(), &[SCHEMA]);
    folder.run(["db", "portrait", &url, "-o", "shop.portrait"]).expect(0);
    migrations(&folder);
    let ended =
        folder.run(["db", "check", "-p", "shop.portrait", "--migrations", "migrations", "--json"]).expect(0);
    let value: Value = serde_json::from_str(&ended.out).unwrap();
    let steps = value["steps"].as_array().unwrap();
    let mut wrong = Vec::new();
    for (number, (statement, table, lock, does)) in KINDS.iter().enumerate() {
        let name = format!("{}_m.sql", number + 1);
        let is_it = |step: &&Value| step["file"] == name.as_str() && step["statement"] == *statement;
        let step = steps.iter().find(is_it).unwrap_or_else(|| panic!("{statement} in {value:#}"));
        let touched = step["touched"].as_array().unwrap();
        let of = touched.iter().find(|touched| touched["table"] == format!("public.{table}").as_str());
        let said = of.map(|of| {
            let does = match (of["rewritten"].as_bool(), of["scans"].as_u64()) {
                (Some(true), _) => Does::Write,
                (_, Some(0)) => Does::Nothing,
                _ => Does::Read,
            };
            (of["lock"].as_str().unwrap().to_owned(), does)
        });
        if statement.starts_with("CLUSTER") {
            sql(server.folder(), &["CREATE INDEX part_day ON part (day)"]);
        }
        // What cannot be in a transaction cannot be looked at from within it.
        let real = if statement.contains("CONCURRENTLY") {
            sql(server.folder(), &[statement]);
            ((*lock).to_owned(), *does)
        } else {
            really(server.folder(), statement, table)
        };
        if said.as_ref() != Some(&real) || real != ((*lock).to_owned(), *does) {
            wrong.push(format!(
                "{statement}: said {said:?}, a server {real:?}, documentation {lock} {does:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn budgets_are_judged_and_pull_requests_are_told() {
    let server =
        Throwaway::start_with(&["shared_preload_libraries=pg_stat_statements", "autovacuum=off"]).unwrap();
    let url = format!("postgres:///postgres?host={}&user=holiday", server.folder().display());
    let folder = Folder::with(&[
        ("drop.sql", "DROP INDEX t_k;"),
        ("column.sql", "ALTER TABLE t RENAME COLUMN filler TO padding;"),
        (
            "more.sql",
            "ALTER TABLE t RENAME TO s; ALTER TABLE s RENAME COLUMN k TO kind; CREATE INDEX s_n ON s (n);",
        ),
        ("twice.sql", "CREATE TABLE u (id int);"),
        ("wrong.sql", "ALTER TABLE t ADD COLUMN;"),
        ("q.sql", "SELECT id FROM t WHERE k = 7; SELECT filler FROM t WHERE id = 7"),
    ]);
    sql(server.folder(), &[SCHEMA]);
    sql(server.folder(), &["SELECT id FROM t WHERE k = 7"]);
    folder.run(["db", "portrait", &url, "-o", "shop.portrait"]).expect(0);
    let check =
        |arguments: &[&str]| folder.run([&["db", "check", "-p", "shop.portrait"], arguments].concat());

    // The portrait's own statements.
    let ended = check(&[
        "--migration",
        "drop.sql",
        "--no-new-seq-scan",
        "10000",
        "--markdown",
        "pr.md",
        "--junit",
        "check.xml",
    ])
    .expect(1);
    assert!(ended.out.contains("it reads all 20,000 rows of `t`"), "{}", ended.out);
    assert!(ended.out.lines().last().unwrap().starts_with("a budget is broken; 1 of "), "{}", ended.out);
    assert!(
        folder.read("pr.md").contains("| `--no-new-seq-scan` | `SELECT id FROM t WHERE k = $1` |"),
        "{}",
        folder.read("pr.md")
    );
    assert!(
        folder.read("check.xml").contains("<failure message=\"--no-new-seq-scan: it reads all"),
        "{}",
        folder.read("check.xml")
    );
    check(&["--migration", "drop.sql", "--no-new-seq-scan", "1000000"]).expect(0);
    check(&["--migration", "drop.sql", "--max-cost-growth", "20%", "--statements", "q.sql"]).expect(1);
    // A statement that fails afterwards is no pass, whatever the budgets are.
    let lost = check(&["--migration", "column.sql", "--statements", "q.sql"]).expect(1);
    assert!(lost.out.contains("column \"filler\" does not exist"), "{}", lost.out);
    // Renamed tables keep what is known of them.
    let renamed = check(&[
        "--migration",
        "more.sql",
        "--statements",
        "q.sql",
        "--json",
        "--rate",
        "1MB",
        "--max-blocking",
        "1s",
    ])
    .expect(1);
    let value: Value = serde_json::from_str(&renamed.out).unwrap();
    let held = &value["held"][0];
    assert_eq!(
        (held["table"].as_str(), held["lock"].as_str()),
        (Some("public.t"), Some("AccessExclusiveLock"))
    );
    // About 3.6 MB are read for the index, at 1 MB a second, by several; sorting is as slow.
    let seconds = held["seconds"].as_f64().unwrap();
    assert!((4.0..9.0).contains(&seconds), "{value:#}");

    let twice = check(&["--migration", "twice.sql"]).expect(3);
    assert!(
        twice.err.contains("`twice.sql` fails: relation \"u\" already exists")
            && twice.err.contains("--after NAME"),
        "{}",
        twice.err
    );
    let wrong = check(&["--migration", "wrong.sql"]).expect(3);
    assert!(wrong.err.contains("syntax error") && !wrong.err.contains("hint"), "{}", wrong.err);
    for (arguments, words) in [
        (&["--migration", "missing.sql"][..], "cannot read `missing.sql`"),
        (&["--migrations", "missing"], "cannot read `missing`"),
        (&["--migrations", "drop.sql"], "`drop.sql` is no folder"),
        (&["--migrations", ".", "--after", "V9"], "there is no migration `V9`"),
        (&["--migration", "drop.sql", "--max-cost-growth=-5%"], "must be"),
        (&["--migration", "drop.sql", "--rate", "0MB"], "must be"),
        (&[], "required"),
    ] {
        let refused = check(arguments).expect(2);
        assert!(refused.err.contains(words), "{arguments:?}: {}", refused.err);
    }
}

/// What a server built, and what was said of its size before.
#[test]
fn indexes_that_migrations_build_are_as_large_as_is_said() {
    let server = Throwaway::start_with(&["autovacuum=off"]).unwrap();
    let url = format!("postgres:///postgres?host={}&user=holiday", server.folder().display());
    let indexes = [
        "CREATE INDEX s_0 ON t (a)",
        "CREATE INDEX s_1 ON t (b)",
        "CREATE INDEX s_2 ON t (c)",
        "CREATE INDEX s_3 ON t (d, b) INCLUDE (n)",
        "CREATE INDEX s_4 ON t (a) WHERE a < 5000",
        "CREATE UNIQUE INDEX s_5 ON t (n, k)",
    ];
    let folder = Folder::with(&[
        ("all.sql", &indexes.join(";\n")),
        ("key.sql", "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES u"),
    ]);
    sql(server.folder(), &[SCHEMA.split_once(';').unwrap().1]);
    folder.run(["db", "portrait", &url, "-o", "shop.portrait"]).expect(0);
    let words =
        ["db", "check", "-p", "shop.portrait", "--migration", "all.sql", "--migration", "key.sql", "--json"];
    let ended = folder.run(words).expect(0);
    let value: Value = serde_json::from_str(&ended.out).unwrap();
    let steps = value["steps"].as_array().unwrap();
    for (number, index) in indexes.iter().enumerate() {
        let built = &steps[number]["touched"][0]["built"][0];
        let said = built["bytes"].as_f64().unwrap();
        let query = format!("SELECT pg_relation_size('s_{number}')");
        let real: f64 = sql(server.folder(), &[index, &query])[0].parse().unwrap();
        assert!((said / real - 1.0).abs() < 0.15, "{index}: {said} said, {real} real");
    }
    let key = &steps[indexes.len()]["touched"];
    let of = key.as_array().unwrap().iter().find(|touched| touched["table"] == "public.t").unwrap();
    assert_eq!(of["checked_against"], serde_json::json!(["public.u"]), "{key}");
}

#[test]
fn a_schema_as_it_should_be_is_held_against_what_is_there() {
    let server =
        Throwaway::start_with(&["shared_preload_libraries=pg_stat_statements", "autovacuum=off"]).unwrap();
    let url = format!("postgres:///postgres?host={}&user=holiday", server.folder().display());
    sql(server.folder(), &[SCHEMA]);
    let dump = |file: &str, folder: &Folder| {
        let mut dump = Command::new("pg_dump");
        dump.args(["--schema-only", "-U", "holiday", "-d", "postgres", "-h"]).arg(server.folder());
        let output = dump.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        folder.write(file, &String::from_utf8(output.stdout).unwrap());
    };
    let folder = Folder::with(&[("q.sql", "SELECT id FROM t WHERE k = 7; SELECT n FROM t WHERE id = 7")]);
    folder.run(["db", "portrait", &url, "-o", "shop.portrait"]).expect(0);
    dump("same.sql", &folder);
    let check = |more: &[&str]| {
        let first = ["db", "check", "-p", "shop.portrait", "--statements", "q.sql", "--no-flip"];
        folder.run([&first[..], more].concat())
    };
    let same = check(&["--schema", "same.sql"]).expect(0);
    assert!(same.out.contains("it is said what becomes of plans"), "{}", same.out);
    assert!(same.out.contains("about owners, rights and comments"), "{}", same.out);
    // Another index, and one that is gone.
    sql(server.folder(), &["DROP INDEX t_k", "CREATE INDEX t_kn ON t (k, n)"]);
    dump("other.sql", &folder);
    let other = check(&["--schema", "other.sql", "--json"]).expect(1);
    let value: Value = serde_json::from_str(&other.out).unwrap();
    let broken = value["broken"].as_array().unwrap();
    assert_eq!(broken.len(), 1, "{value:#}");
    assert!(broken[0]["why"].as_str().unwrap().contains("t_kn"), "{value:#}");
    // Without it, all rows are read: production's size is that of the table of the same name.
    sql(server.folder(), &["DROP INDEX t_kn"]);
    dump("none.sql", &folder);
    let none = check(&["--schema", "none.sql", "--no-new-seq-scan", "10000"]).expect(1);
    assert!(none.out.contains("it reads all 20,000 rows of `t`"), "{}", none.out);
    folder.write("wrong.sql", "CREATE TABLE t (id int); CREATE INDEX ON nowhere (id);");
    let wrong = check(&["--schema", "wrong.sql"]).expect(3);
    assert!(wrong.err.contains("`wrong.sql` fails: relation \"nowhere\" does not exist"), "{}", wrong.err);
    check(&["--schema", "missing.sql"]).expect(2);
    check(&["--schema", "same.sql", "--migration", "q.sql"]).expect(2);
}
