//! The command `guard`, as `loadline` has it.

use std::ffi::OsString;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use loadline_children::Guard;

pub(crate) fn keep(words: impl Iterator<Item = OsString>) -> ExitCode {
    let mut guard = Guard {
        parent: 0,
        log: None,
        talks: false,
        patience: Duration::ZERO,
        farewell: loadline_children::Farewell::default(),
        run_as: None,
        become_it: false,
        command: Vec::new(),
    };
    let mut words = words;
    while let Some(word) = words.next() {
        match word.to_str().expect("a flag") {
            "--parent" => guard.parent = read(words.next()),
            "--log" => guard.log = words.next().map(Into::into),
            "--talks" => guard.talks = true,
            "--patience-ms" => guard.patience = Duration::from_millis(read(words.next())),
            "--farewell" => guard.farewell = read(words.next()),
            "--run-as" => guard.run_as = Some(read(words.next())),
            "--become-it" => guard.become_it = true,
            "--" => guard.command = words.by_ref().collect(),
            other => panic!("a guard has no `{other}`"),
        }
    }
    guard.keep().map_or(ExitCode::FAILURE, ExitCode::from)
}

fn read<T: FromStr>(word: Option<OsString>) -> T {
    word.and_then(|word| word.to_str()?.parse().ok()).expect("a value")
}
