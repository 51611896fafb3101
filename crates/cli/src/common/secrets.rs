//! What is secret of what this process was given: its environment and its arguments.

use std::fmt::Display;
use std::panic;

/// Learns it, and keeps it out of the text of a panic, which is printed where nothing of ours is asked.
pub(crate) fn learn() {
    loadline_runner::learn_environment();
    // `-e NAME=VALUE`, addresses, `-H 'NAME: VALUE'`: whatever stands in an argument.
    for argument in std::env::args_os().skip(2).filter_map(|argument| argument.into_string().ok()) {
        loadline_secrets::learn_url(&argument);
        let argument = argument.trim_start_matches('-').trim_start_matches("e ").to_owned();
        let pair = argument.split_once(['=', ':']).filter(|(name, _)| !name.contains(char::is_whitespace));
        if let Some((name, value)) = pair {
            loadline_secrets::learn_variables([(name.to_owned(), value.trim().to_owned())]);
        }
    }
    panic::set_hook(Box::new(|info| crashed(info)));
}

/// Says of what this process dies, without secrets.
fn crashed(info: &dyn Display) {
    super::screen::complain(&format!("this is a fault of loadline, please report it: {info}"));
}

/// Shows everything from now on, and says so, if that was asked for.
pub(crate) fn show(asked_for: bool) {
    if asked_for {
        loadline_secrets::show_all();
        super::screen::caution(
            "secrets are printed, written and kept as they are, because of `--show-secrets`",
        );
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Set for a process that is to die.
    const DIES: &str = "TEST_DIES_OF_A_SECRET";
    const SECRET: &str = "S3cr3tMark42";

    /// A hook is of a whole process, so another one dies: this test, started once more.
    #[test]
    fn a_crash_says_no_secret() {
        if std::env::var_os(DIES).is_some() {
            learn();
            let text = format!("of {SECRET}, on http://me:{SECRET}@host/?token={SECRET} \x1b[2J");
            let _ = std::thread::spawn(move || panic!("{text}")).join();
            return;
        }
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "common::secrets::tests::a_crash_says_no_secret", "--nocapture"])
            .envs([(DIES, "1"), ("SHOP_PASSWORD", SECRET)])
            .output()
            .unwrap();
        let said = String::from_utf8(ended.stderr).unwrap() + &String::from_utf8(ended.stdout).unwrap();
        assert!(said.contains("this is a fault of loadline"), "{said}");
        assert!(said.contains("of ****, on http://****:****@host/?token=**** \\x1b[2J"), "{said}");
        assert!(!said.contains(SECRET), "{said}");
    }
}
