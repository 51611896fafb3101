//! Looking on in a terminal while the server goes away and comes back.

use std::io::{BufReader, Read, Write};
use std::process::Stdio;

use holiday::store::postgres::Restart;

use super::scene::{TABLES, server, sql};
use crate::support::Folder;

#[test]
fn a_terminal_says_that_the_server_is_away_and_looks_on_when_it_is_back() {
    let (server, port) = server(&[]);
    sql(&server, port, TABLES);
    let folder = Folder::new();
    let address = super::scene::url(&server, port, "holiday");
    let line = format!("exec {} db slow --live --no-color '{address}'", env!("CARGO_BIN_EXE_loadline"));
    folder.write("typed.sh", &line);
    let mut terminal =
        folder.shell(["script", "-qefc", "stty rows 30 cols 120; exec sh typed.sh", "/dev/null"]);
    terminal.env("SHELL", "/bin/sh").env("TERM", "xterm");
    let mut terminal = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut screen = BufReader::new(terminal.stdout.take().unwrap());
    let mut seen = Vec::new();
    // What is to be seen, and what is done again with each piece of the screen until it is.
    let mut until = |fragment: &str, again: &dyn Fn()| {
        let from = seen.len();
        let mut bytes = [0; 4_096];
        while !String::from_utf8_lossy(&seen[from..]).contains(fragment) {
            let read = screen.read(&mut bytes).unwrap();
            assert!(read > 0, "`{fragment}` never came:\n{}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&bytes[..read]);
            again();
        }
    };
    let run = |text: &str| drop(sql(&server, port, text));
    until("no statement has ended yet", &|| {});
    until("FROM items AS a", &|| run("SELECT count(*) FROM items AS a"));
    // It goes at once, and is back when this returns. What it counted is forgotten.
    server.restart(Restart::Crash).unwrap();
    until("the server is away since", &|| {});
    until("FROM kinds AS b", &|| run("SELECT count(*) FROM kinds AS b"));
    terminal.stdin.as_ref().unwrap().write_all(b"\x03").unwrap();
    let ended = terminal.wait().unwrap();
    let mut rest = Vec::new();
    screen.read_to_end(&mut rest).unwrap();
    assert_eq!(ended.code(), Some(0), "{}", String::from_utf8_lossy(&rest));
    assert!(String::from_utf8_lossy(&rest).contains("FROM kinds AS b"), "{}", String::from_utf8_lossy(&rest));
}
