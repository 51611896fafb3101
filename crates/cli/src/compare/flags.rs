//! The words of a round's own process: what every round needs, unless the user's options after `--` say it themselves.

use std::ffi::OsString;
use std::time::Duration;

use loadline_runner::{Ending, Failure};

use crate::typed;

/// How addresses without a script are loaded unless told otherwise.
const HIT: Duration = Duration::from_secs(2);
const HIT_CONNECTIONS: &str = "10";
/// Switches of `run` that would keep a round from ever ending.
const ENDLESS: [&str; 3] = ["-l", "--linger", "--linger=true"];

/// The words of a round, but for the file that its Run goes to.
pub(super) struct Flags {
    pub(super) words: Vec<OsString>,
    /// Where the build's address is put: it may hold a password, which other users would see in an argument.
    pub(super) place: &'static str,
}

impl Flags {
    /// Those of `run` with a script, or of `hit` without one.
    ///
    /// # Errors
    /// When the command does not take the options.
    pub(super) fn new(
        script: Option<&str>,
        duration: Option<Duration>,
        options: &[String],
    ) -> Result<Self, Failure> {
        let options: Vec<&str> =
            options.iter().map(String::as_str).filter(|word| !ENDLESS.contains(word)).collect();
        let command = if script.is_some() { "run" } else { "hit" };
        // The address of a hit comes later, and is not one of the options.
        let last = script.unwrap_or("http://127.0.0.1/");
        let given = typed::given(command, options.iter().copied().chain([last])).map_err(|error| {
            let said = error.to_string();
            let said = said.trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned();
            Failure::new(
                Ending::Configuration,
                format!("`loadline {command}` does not take what stands after `--`: {said}"),
            )
        })?;
        let has = |id: &str| given.iter().any(|given| given == id);
        let mut words: Vec<OsString> = vec![command.into()];
        let mut add = |id: &str, flag: &[&str]| {
            if !has(id) {
                words.extend(flag.iter().map(Into::into));
            }
        };
        add("quiet", &["-q"]);
        if !has("store") {
            add("no_history", &["--no-history"]);
        }
        add("project", &["--project", "none"]);
        let milliseconds = |duration: Duration| format!("{}ms", duration.as_millis());
        let place = if script.is_some() {
            add("no_summary", &["--no-summary"]);
            add("no_thresholds", &["--no-thresholds"]);
            if let Some(duration) = duration {
                add("duration", &["--duration", &milliseconds(duration)]);
            }
            add("", &["-e", "BASE_URL"]);
            "BASE_URL"
        } else {
            add("json", &["--json"]);
            add("connections", &["-c", HIT_CONNECTIONS]);
            if !has("requests") {
                add("duration", &["-d", &milliseconds(duration.unwrap_or(HIT))]);
            }
            "LOADLINE_URL"
        };
        words.extend(options.iter().map(Into::into));
        words.extend(script.map(Into::into));
        Ok(Self { words, place })
    }
}

#[cfg(test)]
mod tests {
    use clap::{ArgAction, CommandFactory as _};

    use super::*;
    use crate::arguments::Arguments;

    fn words(script: Option<&str>, options: &[String]) -> Vec<String> {
        let flags = Flags::new(script, Some(Duration::from_secs(1)), options);
        let flags = flags.unwrap_or_else(|failure| panic!("{options:?}: {}", failure.text()));
        flags.words.into_iter().map(|word| word.into_string().unwrap()).collect()
    }

    /// Values that some flag or other takes.
    const VALUES: [&str; 16] = [
        "1",
        "10%",
        "1s",
        "text",
        "A=b",
        "true",
        "1s:2",
        "json=x",
        "run=x.run",
        "full",
        "warn",
        "k6",
        "ms",
        "0:1",
        "p95=5ms",
        "GET",
    ];

    #[test]
    fn every_flag_of_a_round_can_be_given() {
        for (command, script) in [("run", Some("s.js")), ("hit", None)] {
            let tree = Arguments::command();
            let mut tried = 0;
            for flag in tree.find_subcommand(command).unwrap().get_arguments() {
                let Some(long) = flag.get_long().filter(|long| !["help", "version"].contains(long)) else {
                    continue;
                };
                let switch = matches!(flag.get_action(), ArgAction::SetTrue);
                let candidates: Vec<Vec<String>> = if switch {
                    let with = if long == "streams" { vec!["--http2".to_owned()] } else { Vec::new() };
                    vec![[vec![format!("--{long}")], with].concat()]
                } else {
                    VALUES
                        .iter()
                        .map(|value| vec![format!("--{long}={value}"), "--http2".to_owned()])
                        .collect()
                };
                let candidates = candidates.into_iter().map(|mut words| {
                    if long == "trace-sample" {
                        words.push("--traces".to_owned());
                    }
                    if command == "run" {
                        words.retain(|word| word != "--http2");
                    }
                    words
                });
                // A round's words have to be taken by the command itself, with some value of the flag.
                let taken = candidates.into_iter().any(|options| {
                    let Ok(_) = Flags::new(script, None, &options) else { return false };
                    let words = words(script, &options);
                    let rest: Vec<&str> = words[1..].iter().map(String::as_str).collect();
                    let target = script.is_none().then_some("http://127.0.0.1/");
                    typed::given(command, rest.into_iter().chain(target)).is_ok()
                });
                assert!(taken, "{command} --{long}");
                tried += 1;
            }
            assert!(tried > 15, "{command}: {tried}");
        }
    }

    #[test]
    fn what_the_user_says_is_not_said_twice() {
        let own = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let run = words(Some("s.js"), &own("-q --no-summary --duration 3s --history h.sqlite --linger"));
        assert_eq!(
            run.join(" "),
            "run --project none --no-thresholds -e BASE_URL -q --no-summary --duration 3s --history h.sqlite s.js"
        );
        let hit = words(None, &own("-n 50 --connections 2"));
        assert_eq!(hit.join(" "), "hit -q --no-history --project none --json -n 50 --connections 2");
    }

    #[test]
    fn what_no_run_takes_is_told_before_any_load() {
        let said = Flags::new(Some("s.js"), None, &["--vsu".to_owned()]).err().unwrap().text();
        assert!(said.contains("`loadline run` does not take") && said.contains("--vsu"), "{said}");
    }
}
