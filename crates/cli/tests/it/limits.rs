//! Limits of the machine end in words and in a code of ours.

use std::process::Command;

use crate::support::{Ended, Folder, ended};

const SCRIPT: &str = "export const options = { vus: 2, iterations: 20 }; export default function () {}";

/// A command under a limit of the shell's.
fn limited(folder: &Folder, limit: &str, words: &str) -> Ended {
    let line = format!("ulimit {limit}; exec {} {words}", env!("CARGO_BIN_EXE_loadline"));
    let mut command = Command::new("sh");
    ended(command.args(["-c", &line]).current_dir(folder.path("")))
}

#[test]
fn too_few_descriptors_are_told() {
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    for number in 4..40 {
        let ended = limited(&folder, &format!("-n {number}"), "run -q --no-summary script.js");
        // Below five there is none for the libraries that the program is linked with.
        assert!(matches!(ended.code, Some(0 | 109 | 127)), "{number}: {ended:?}");
        assert!(ended.code == Some(0) || !ended.err.is_empty(), "{number}");
        assert!(!ended.err.contains("panicked"), "{number}: {}", ended.err);
    }
    let few = limited(&folder, "-n 10", "history list").expect(3);
    assert!(few.err.contains("and takes 16 to begin") && few.err.contains("ulimit -n"), "{}", few.err);
}

/// An allocation that fails ends a process: whether there is room for a run is looked at before.
#[test]
fn too_few_addresses_are_told() {
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    let mut refused = 0;
    for megabytes in (100..=1500).step_by(100) {
        let limit = format!("-v {}", megabytes << 10);
        // Where not even the program itself finds room, the system says nothing.
        if limited(&folder, &limit, "--version").code != Some(0) {
            continue;
        }
        let ended = limited(&folder, &limit, "run -q --no-summary --no-history script.js");
        assert!(matches!(ended.code, Some(0 | 107 | 109)), "{megabytes} MB: {ended:?}");
        assert!(ended.code == Some(0) || ended.err.starts_with("error: "), "{megabytes} MB: {ended:?}");
        refused += usize::from(ended.err.contains("ulimit -v"));
    }
    assert_ne!(refused, 0, "no limit was too small");
}

#[test]
fn what_is_said_in_variables_is_text() {
    use std::os::unix::ffi::OsStringExt;
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    let mut command = folder.loadline(["run", "script.js"]);
    command.env("LOADLINE_VUS", std::ffi::OsString::from_vec(vec![b'5', 0xff]));
    let ended = ended(&mut command).expect(104);
    assert!(ended.err.contains("`LOADLINE_VUS`"), "{}", ended.err);
}

#[test]
fn a_history_is_where_it_is_found_again() {
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    for place in [":memory:", "file:x.sqlite"] {
        let ended = folder.run(["run", "--history", place, "script.js"]).expect(0);
        assert!(ended.err.contains("is no file that a history could be kept in"), "{}", ended.err);
        folder.run(["history", "list", "--history", place]).expect(2);
    }
}

#[test]
fn a_history_that_cannot_be_written_is_listed() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    folder.run(["run", "-q", "script.js"]).expect(0);
    let set = |mode| {
        let place = folder.path(".loadline");
        std::fs::set_permissions(place.join("history.sqlite"), PermissionsExt::from_mode(mode & 0o666))
            .unwrap();
        std::fs::set_permissions(place, PermissionsExt::from_mode(mode)).unwrap();
    };
    set(0o555);
    let listed = folder.run(["history", "list"]).expect(0);
    set(0o755);
    assert!(listed.out.contains("script.js"), "{}", listed.out);
}
