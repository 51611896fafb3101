//! A database, its portrait, and the ghost of it: the ghost plans as the database does, statement by statement.
//!
//! The database is a private one with everything that a planner looks at (`ghost/schema.sql`); what it plans itself is
//! what is right.

use std::sync::OnceLock;

use holiday::store::postgres::Throwaway;
use loadline_pg::ghost::statements;
use loadline_pg::live::{Address, Session, explain_statement, ready};
use loadline_pg::portrait::{Extension, Piece, Portrait};
use rustix::process::Signal;
use serde_json::{Map, Value};

use crate::support::{Folder, Talking, ended};

const SCHEMA: &str = include_str!("ghost/schema.sql");
const STATEMENTS: &str = include_str!("ghost/statements.sql");
/// One table has no statistics, as any new one.
const ANALYZE: &str = "VACUUM ANALYZE customers, products, orders, items, areas, bookings, events, events_old, documents, \
     \"Odd \"\"schema\"\"; DROP TABLE x\".\"ta'ble; --\", sold, spatial_ref_sys";

/// The database, made once for all tests here.
fn production() -> &'static Throwaway {
    static SERVER: OnceLock<Throwaway> = OnceLock::new();
    SERVER.get_or_init(|| {
        let server =
            Throwaway::start_with(&["shared_preload_libraries=pg_stat_statements", "autovacuum=off"])
                .unwrap();
        let address = address(&server, "holiday");
        wait(async {
            let session = Session::open_with(&address, "SET statement_timeout = 0").await.unwrap();
            for statement in statements(SCHEMA) {
                if let Err(error) = session.batch_execute(statement).await {
                    panic!("{statement}: {}", loadline_pg::live::explain(&error));
                }
            }
            session.batch_execute(ANALYZE).await.unwrap();
        });
        server
    })
}

fn address(server: &Throwaway, user: &str) -> Address {
    Address::in_folder(server.folder(), user, "postgres")
}

fn url(server: &Throwaway, user: &str) -> String {
    format!("postgres:///postgres?host={}&user={user}", server.folder().display())
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// What the database itself plans.
fn plans_of(server: &Throwaway, role: &str) -> Vec<(String, Value)> {
    let address = address(server, role);
    wait(async {
        let session = Session::open_with(&address, "SELECT 1").await.unwrap();
        ready(&session, &[("app.tenant".to_owned(), "7".to_owned())], None).await.unwrap();
        let mut plans = Vec::new();
        for statement in statements(STATEMENTS) {
            match explain_statement(&session, statement).await {
                Ok(explained) => plans.push((statement.to_owned(), explained.plan)),
                Err(error) => panic!("{statement}: {error}"),
            }
        }
        plans
    })
}

fn portrait(folder: &Folder, server: &Throwaway, flags: &[&str]) -> Portrait {
    let url = url(server, "monitor");
    let words = ["db", "portrait", &url, "-o", "shop.portrait"].into_iter().chain(flags.iter().copied());
    folder.run(words).expect(0);
    Portrait::read(&std::fs::read(folder.path("shop.portrait")).unwrap()).unwrap()
}

/// What is different between two plans, first the shape, then a cost more than one percent away.
fn difference(production: &Value, ghost: &Value) -> Option<String> {
    let (Value::Object(production), Value::Object(ghost)) = (production, ghost) else {
        return Some("no plan".into());
    };
    let is_told =
        |key: &str| !["Plans", "Startup Cost", "Total Cost", "Plan Rows", "Plan Width"].contains(&key);
    let shape = |node: &Map<String, Value>| {
        node.iter()
            .filter(|(key, _)| is_told(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<Map<_, _>>()
    };
    if shape(production) != shape(ghost) {
        return Some(format!(
            "{}\n    in place of {}",
            Value::Object(shape(ghost)),
            Value::Object(shape(production))
        ));
    }
    let below =
        |node: &Map<String, Value>| node.get("Plans").and_then(Value::as_array).cloned().unwrap_or_default();
    let (of_production, of_ghost) = (below(production), below(ghost));
    if of_production.len() != of_ghost.len() {
        return Some(format!("{} nodes below {}", of_ghost.len(), production["Node Type"]));
    }
    if let Some(deeper) =
        of_production.iter().zip(&of_ghost).find_map(|(production, ghost)| difference(production, ghost))
    {
        return Some(deeper);
    }
    for key in ["Startup Cost", "Total Cost", "Plan Rows"] {
        let (right, found) = (production[key].as_f64().unwrap(), ghost[key].as_f64().unwrap());
        if (right - found).abs() > 0.01 * right.max(1.0) {
            let of = production.get("Index Name").or_else(|| production.get("Relation Name"));
            return Some(format!("{} of {of:?}: {key} {found} in place of {right}", production["Node Type"]));
        }
    }
    None
}

#[test]
fn a_ghost_plans_as_the_database_does() {
    let server = production();
    let folder = Folder::with(&[("statements.sql", STATEMENTS)]);
    let right = plans_of(server, "app");
    let portrait = portrait(&folder, server, &[]);
    assert!(portrait.has_values);
    let explained = folder
        .run([
            "db",
            "explain",
            "-p",
            "shop.portrait",
            "--role",
            "app",
            "--set",
            "app.tenant=7",
            "-f",
            "statements.sql",
            "--json",
        ])
        .expect(0);
    let explained: Value = serde_json::from_str(&explained.out).unwrap();
    assert_eq!(explained["lost"], serde_json::json!([]));
    let plans = explained["plans"].as_array().unwrap();
    assert!(right.len() >= 60 && plans.len() == right.len());
    let mut different = Vec::new();
    for ((statement, right), plan) in right.iter().zip(plans) {
        if let Some(difference) = difference(right, &plan["plan"]) {
            different.push(format!("{statement}\n    {difference}"));
        }
    }
    assert!(different.is_empty(), "{} of {}:\n{}", different.len(), right.len(), different.join("\n"));
}

#[test]
fn without_values_nothing_of_the_data_is_in_the_file_and_plans_are_still_made() {
    let folder = Folder::new();
    let portrait = portrait(&folder, production(), &["--no-values"]);
    assert!(!portrait.has_values);
    let text = format!("{:?} {:?} {:?}", portrait.statistics, portrait.extended, portrait.labels);
    assert!(!text.contains("hamburg") && !text.contains("user77@") && !text.contains("word99"));
    let explained = folder
        .run([
            "db",
            "explain",
            "-p",
            "shop.portrait",
            "SELECT * FROM customers WHERE id = $1",
            "SELECT 1 FROM orders WHERE note = 'x'",
        ])
        .expect(0);
    assert!(explained.out.contains("Index Scan using customers_pkey on customers"), "{}", explained.out);
    assert!(explained.out.ends_with("`$1` stands for any value; nothing was run\n"), "{}", explained.out);
    assert!(explained.err.contains("write `$1` for a value"), "{}", explained.err);
    let plain = folder.run(["db", "explain", "-p", "shop.portrait", "SELECT * FROM orders WHERE note = $1"]);
    assert!(!plain.expect(0).err.contains("literals"));
}

#[test]
fn what_a_role_without_rights_cannot_see_is_said() {
    let folder = Folder::new();
    let url = url(production(), "poor");
    let refused = folder.run(["db", "portrait", &url, "-o", "poor.portrait"]).expect(3);
    assert!(
        refused.err.contains("`pg_dump` could not read the schema")
            && refused.err.contains("permission denied"),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("pg_read_all_data"), "{}", refused.err);
    assert!(!folder.path("poor.portrait").exists());
}

#[test]
fn what_is_no_portrait_is_refused_in_words() {
    let folder = Folder::new();
    portrait(&folder, production(), &[]);
    let whole = std::fs::read(folder.path("shop.portrait")).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    let mut newer = whole.clone();
    newer[8] = 99;
    std::fs::write(folder.path("cut"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(folder.path("damaged"), damaged).unwrap();
    std::fs::write(folder.path("newer"), newer).unwrap();
    folder.write("text", "SELECT 1");
    for (file, words) in [
        ("cut", "is cut off"),
        ("damaged", "is damaged"),
        ("newer", "is a portrait of version 99"),
        ("text", "is no portrait"),
        (".", "cannot read"),
    ] {
        let refused = folder.run(["db", "explain", "-p", file, "SELECT 1"]).expect(2);
        assert!(refused.err.contains(words), "{file}: {}", refused.err);
    }
    for (arguments, hint) in [
        (["-p", "missing", "SELECT 1"], "`loadline db portrait URL -o FILE` makes"),
        (["-p", "shop.portrait", "--file=missing"], "by the working directory"),
    ] {
        let refused = folder.run([&["db", "explain"][..], &arguments].concat()).expect(2);
        assert!(refused.err.contains("cannot read `missing`"), "{}", refused.err);
        assert!(refused.err.contains(hint), "{}", refused.err);
    }
    // What stands in the environment contradicts nothing that is typed.
    let mut beside = folder.loadline(["db", "explain", "-p", "text", "SELECT 1"]);
    let refused = ended(beside.env("LOADLINE_DATABASE", "postgres://127.0.0.1:1/shop")).expect(2);
    assert!(refused.err.contains("is no portrait"), "{}", refused.err);
    folder.write("notes.txt", "mine");
    let kept = folder.run(["db", "portrait", &url(production(), "monitor"), "-o", "notes.txt"]).expect(4);
    assert!(kept.err.contains("notes.txt") && folder.read("notes.txt") == "mine", "{}", kept.err);
    let missing =
        folder.run(["db", "explain", "-p", "shop.portrait", "--pg-bin", "nowhere", "SELECT 1"]).expect(3);
    assert!(missing.err.contains("install `postgresql-15`"), "{}", missing.err);
    let nothing = folder.run(["db", "explain", "-p", "shop.portrait", " -- nothing"]).expect(2);
    assert!(nothing.err.contains("there is no statement to explain"), "{}", nothing.err);
    let plain = folder
        .run([
            "db",
            "explain",
            "-p",
            "shop.portrait",
            "DROP TABLE customers",
            "SELECT 1; SELECT 2",
            "SELECT nothing",
        ])
        .expect(1);
    for words in ["has no plan", "is 2 statements", "column \"nothing\" does not exist"] {
        assert!(plain.err.contains(words), "{words}: {}", plain.err);
    }
}

/// A portrait is text that others wrote: it gets no further than a role without power.
#[test]
fn a_hostile_portrait_runs_nothing_as_superuser() {
    let folder = Folder::new();
    let mut portrait = portrait(&folder, production(), &[]);
    let mark = folder.path("mark");
    let piece = |name: &str, text: String| Piece {
        kind: "TABLE".to_owned(),
        schema: "public".to_owned(),
        name: name.to_owned(),
        text,
    };
    let program = format!("COPY (SELECT 1) TO PROGRAM 'touch {}'", mark.display());
    let before = [
        piece("program", program.clone()),
        piece("role", "ALTER ROLE loadline_ghost SUPERUSER".to_owned()),
        piece("catalogue", "UPDATE pg_catalog.pg_authid SET rolsuper = true".to_owned()),
        piece("meta", format!("\\! touch {}", mark.display())),
        piece(
            "check",
            format!(
                "CREATE FUNCTION public.boom(int) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN {program}; RETURN true; END$$; \
                     CREATE DOMAIN public.bomb AS int CHECK (public.boom(VALUE))"
            ),
        ),
    ];
    portrait.schema.splice(0..0, before);
    let slot = portrait.statistics.iter_mut().flat_map(|statistics| &mut statistics.figures.slots);
    for values in slot.filter_map(|slot| slot.values.as_mut()) {
        values.of = "public.bomb".to_owned();
    }
    portrait.extensions[0].name = "x\"; DROP DATABASE postgres; --".to_owned();
    std::fs::write(folder.path("hostile.portrait"), portrait.write().unwrap()).unwrap();
    let explained = folder.run([
        "db",
        "explain",
        "-p",
        "hostile.portrait",
        "--json",
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
    ]);
    assert_eq!(explained.code, Some(0), "{}", explained.err);
    assert!(!mark.exists());
    for name in [
        "the table public.program",
        "the table public.role",
        "the table public.catalogue",
        "the table public.meta",
    ] {
        assert!(explained.out.contains(name), "{name}: {}", explained.out);
    }
}

#[test]
fn what_this_machine_lacks_is_said_by_name_and_the_rest_is_there() {
    let folder = Folder::new();
    let mut portrait = portrait(&folder, production(), &[]);
    for name in ["h3", "made_up"] {
        let extension = Extension { name: name.to_owned(), ..portrait.extensions[0].clone() };
        portrait.extensions.push(extension);
    }
    for place in [&mut portrait.server.collate, &mut portrait.server.ctype] {
        "xx_XX.utf8".clone_into(place);
    }
    std::fs::write(folder.path("elsewhere.portrait"), portrait.write().unwrap()).unwrap();
    let statement = "SELECT * FROM customers WHERE id = 7";
    let explained = folder.run(["db", "explain", "-p", "elsewhere.portrait", "--json", statement]).expect(0);
    let found: serde_json::Value = serde_json::from_str(&explained.out).unwrap();
    assert_eq!(found["plans"][0]["plan"]["Index Name"], "customers_pkey", "{found:#}");
    let lost = found["lost"].as_array().unwrap();
    for (what, why) in [
        ("the extension h3 ", "postgresql-15-h3"),
        ("the extension made_up ", "this machine"),
        ("the order of texts `xx_XX.utf8`", "no such locale"),
    ] {
        let said = lost.iter().find(|loss| loss["what"].as_str().unwrap().starts_with(what));
        let said = said.unwrap_or_else(|| panic!("{what} is missing in {lost:#?}"));
        assert!(said["why"].as_str().unwrap().contains(why), "{said}");
    }
    let plain = folder.run(["db", "explain", "-p", "elsewhere.portrait", statement]).expect(0);
    let err = plain.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(err.contains("the order of texts `xx_XX.utf8`") && err.contains("made_up"), "{}", plain.err);
}

#[test]
fn nothing_is_left_of_a_ghost_whatever_ends_it() {
    let folder = Folder::with(&[("tmp/keep", "")]);
    portrait(&folder, production(), &[]);
    let start = || {
        let mut command =
            folder.loadline(["db", "shell", "-p", "shop.portrait", "--", "-c", "SELECT pg_sleep(600)"]);
        command.env("TMPDIR", folder.path("tmp"));
        let mut talking = Talking::start(&mut command);
        talking.until("an empty copy of");
        talking
    };
    let servers = || {
        let place = folder.path("tmp").display().to_string();
        let entries = std::fs::read_dir("/proc").unwrap();
        let lines = entries.filter_map(|entry| std::fs::read(entry.unwrap().path().join("cmdline")).ok());
        lines.filter(|line| String::from_utf8_lossy(line).contains(&place)).count()
    };
    let left = || std::fs::read_dir(folder.path("tmp")).unwrap().count() - 1;
    let terminated = start();
    assert!(servers() > 0 && left() > 0);
    terminated.signal(Signal::TERM);
    assert_eq!(terminated.end().code, Some(105));
    assert_eq!(left(), 0);
    let killed = start();
    killed.signal(Signal::KILL);
    killed.end();
    while servers() > 0 {
        std::thread::yield_now();
    }
    let mut next = folder.loadline(["db", "explain", "-p", "shop.portrait", "SELECT 1"]);
    ended(next.env("TMPDIR", folder.path("tmp"))).expect(0);
    assert_eq!((servers(), left()), (0, 0));
}
