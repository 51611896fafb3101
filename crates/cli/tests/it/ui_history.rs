//! A history in a browser: its runs, two of them side by side, figures over time; in a file and in PostgreSQL.

use std::process::{Command, Output};

use rustix::process::{Pid, Signal, kill_process};

use super::database::scene;
use super::support::{Folder, nginx, repository};
use super::ui::{Events, Ui, hit, inside, page};

/// Goes through the history in Chromium, where there is one: the script says what it looks at.
fn clicked_through(ui: &Ui) {
    let checked: Output =
        Command::new(repository("scripts/check-history")).arg(format!("http://{}/", ui.1)).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(checked.status.success(), "{out}{err}");
    // Where nothing could be looked at, that is said.
    assert!(out.contains("was gone through") || err.contains("is not looked at"), "{out}{err}");
}

#[test]
fn runs_are_compared_and_their_figures_drawn_by_clicking() {
    let (folder, server) = (Folder::with(&[]), nginx());
    for _ in 0..2 {
        folder.run(["hit", "-q", "-d", "1s", "-c", "2", &server.url]).expect(0);
    }
    let mut ui = Ui::open(&folder, &[]);
    let pair = inside(&page(ui.1, "/compare?base=1&head=2"));
    assert_eq!(pair["runs"].as_array().unwrap().len(), 2);
    // Whatever comes out between two runs of a second on a busy machine.
    let said = folder.run(["compare", "1", "2", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(pair["verdict"]["outcome"], said["outcome"], "{said}");
    assert_eq!(pair["rows"].as_array().map(Vec::len), said["comparisons"].as_array().map(Vec::len), "{said}");
    let trends = inside(&page(ui.1, "/trends"));
    assert_eq!(trends["runs"].as_array().unwrap().len(), 2);
    assert_eq!(trends["links"]["run"], "/run/{run}");
    for (nothing, words) in [
        ("/compare", "name two runs"),
        ("/compare?base=1&head=x", "name two runs"),
        ("/compare?base=1&head=9", "9"),
        ("/trends?name=nobody", "no run like that"),
    ] {
        let answer = page(ui.1, nothing);
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains(words), "{nothing}: {answer}");
    }
    clicked_through(&ui);
    assert_eq!(ui.interrupt().0, Some(0));
}

#[test]
fn a_history_in_postgresql_is_gone_through_while_a_run_is_made_into_it() {
    let (folder, server) = (Folder::with(&[]), nginx());
    let (database, port) = scene::server(&[]);
    let history = scene::url(&database, port, "holiday");
    for _ in 0..2 {
        folder.run(["hit", "-q", "-d", "1s", "-c", "2", "--history", &history, &server.url]).expect(0);
    }
    let mut ui = Ui::open(&folder, &["--history", &history]);
    let (mut child, _err, address) = hit(&folder, &server.url, &["-d", "5m", "--history", &history]);
    // It is in the history once its first second is.
    assert!(Events::open(address, "/events").next("second").is_some());
    let mut followed = Events::open(ui.1, "/run/3/events");
    assert!(followed.next("document").is_some());
    assert!(followed.next("second").is_some());
    assert_eq!(inside(&page(ui.1, "/"))["runs"][0]["state"], "recorded");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let last = followed.next("ended").unwrap();
    assert!(last["verdict"]["words"].as_str().unwrap().contains("interrupted"), "{}", last["verdict"]);
    assert_eq!(child.wait().unwrap().code(), Some(105));
    clicked_through(&ui);
    assert_eq!(ui.interrupt().0, Some(0));
}
