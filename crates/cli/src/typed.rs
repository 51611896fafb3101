//! From typed words to arguments. Every switch takes `=true` and `=false`, as k6's do, and what other tools call
//! something is told by its name here.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, Error, FromArgMatches, Parser};

use crate::arguments::{self, Arguments};

/// What is typed elsewhere, on which command, and what stands for it here.
const HABITS: [(&str, &str, &str); 24] = [
    ("hit", "-z", "how long is `-d 10s`"),
    ("hit", "-t", "threads are not chosen: there are as many as the machine has cores"),
    ("hit", "--threads", "threads are not chosen: there are as many as the machine has cores"),
    ("hit", "-s", "scripts are run by `loadline run`"),
    ("hit", "--latency", "percentiles are always shown"),
    ("hit", "-T", "the content type is a header: `-H 'Content-Type: …'`"),
    ("hit", "-A", "what is accepted is a header: `-H 'Accept: …'`"),
    ("hit", "-a", "credentials are part of the address: `http://user:password@…`"),
    ("hit", "-D", "a body from a file is `--body @FILE`"),
    ("hit", "--data", "the body is `--body TEXT` or `--body @FILE`"),
    ("hit", "-p", "requests at a time on a connection are `--http2 --streams N`"),
    ("hit", "--no-tui", "no live view is `-q`"),
    ("hit", "--latency-correction", "with `--rate` the response time always counts from the schedule"),
    ("hit", "--disable-keepalive", "a new connection for each request is `--no-keepalive`"),
    ("hit", "--vus", "users without a script are connections: `-c N`"),
    ("run", "-a", "the address of the control API is `--address ADDRESS`"),
    (
        "run",
        "--log-output",
        "messages go to standard error, which `2>FILE` keeps; `--console-output FILE` is for the script's",
    ),
    (
        "run",
        "--log-format",
        "messages are for people; `--console-output FILE` has the script's with time and level",
    ),
    ("run", "--compatibility-mode", "scripts are always read as TypeScript and modern JavaScript"),
    ("run", "--profiling-enabled", "there is no profiler inside; `perf` shows the process as it is"),
    ("run", "--traces-output", "traces are followed with `--traces[=WHERE]`"),
    ("run", "--secret-source", "secrets are variables: `-e NAME` passes one on from the environment"),
    ("run", "--new-machine-readable-summary", "`--summary-export FILE` writes the summary as JSON"),
    ("run", "--show-logs", "the console of the script is always shown; `--console-output FILE` keeps it"),
];

/// The arguments.
///
/// # Errors
/// Help that was asked for, and whatever is wrong with the words.
pub(crate) fn arguments(words: impl IntoIterator<Item = OsString>) -> Result<Arguments, Error> {
    let words: Vec<OsString> = words.into_iter().collect();
    match switchable(Arguments::command()).try_get_matches_from(&words) {
        Ok(matches) => {
            let mut arguments = Arguments::from_arg_matches(&matches)?;
            if let (Some(options), Some((_, given))) =
                (arguments::options(&mut arguments.command), matches.subcommand())
            {
                options.switched_off = switched_off(given);
            }
            arguments.checked()
        }
        // Help is shorter without what every switch takes.
        Err(error) if !error.use_stderr() => Err(Arguments::try_parse_from(&words).err().unwrap_or(error)),
        Err(error) => Err(explained(error, &words)),
    }
}

/// The ids of what these words give a command, if the command takes them.
///
/// # Errors
/// What is wrong with the words.
pub(crate) fn given<'w>(
    command: &'w str,
    words: impl IntoIterator<Item = &'w str>,
) -> Result<Vec<String>, Error> {
    let words: Vec<OsString> = ["loadline", command].into_iter().chain(words).map(OsString::from).collect();
    let matches = switchable(Arguments::command())
        .try_get_matches_from(&words)
        .map_err(|error| explained(error, &words))?;
    let given = matches.subcommand().map(|(_, given)| {
        let typed = |id: &&str| given.value_source(id) == Some(ValueSource::CommandLine);
        given.ids().map(clap::Id::as_str).filter(typed).map(str::to_owned).collect()
    });
    Ok(given.unwrap_or_default())
}

/// The same command with switches that take `=true` and `=false`.
fn switchable(command: Command) -> Command {
    command.mut_args(switch).mut_subcommands(switchable)
}

fn switch(argument: Arg) -> Arg {
    if !matches!(argument.get_action(), ArgAction::SetTrue) {
        return argument;
    }
    argument
        .action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .default_value("false")
        .value_name("true|false")
}

/// The switches that were typed with `=false`, by their ids.
fn switched_off(matches: &ArgMatches) -> Vec<String> {
    let typed = matches.ids().map(clap::Id::as_str).filter(|id| {
        matches.value_source(id) == Some(ValueSource::CommandLine)
            && matches!(matches.try_get_one::<bool>(id), Ok(Some(false)))
    });
    typed.map(str::to_owned).collect()
}

/// An unknown flag that another tool has is told what it is here, and one that is nearly right, which one is.
fn explained(mut error: Error, words: &[OsString]) -> Error {
    let unknown = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(unknown))) => unknown.clone(),
        _ => return error,
    };
    let Some(command) = words.get(1).and_then(|word| word.to_str()) else { return error };
    let name = unknown.split('=').next().unwrap_or_default();
    let known = HABITS.iter().find(|(of, flag, _)| *of == command && *flag == name);
    let tip = known.map(|(_, _, here)| (*here).to_owned());
    if let Some(tip) = tip.or_else(|| near(command, name)) {
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::Usage);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// The flag of the command that was probably meant: one that differs by a slip or two.
fn near(command: &str, name: &str) -> Option<String> {
    let name = name.strip_prefix("--")?;
    let tree = Arguments::command();
    let flags = tree.find_subcommand(command)?.get_arguments().filter_map(Arg::get_long);
    let (slips, flag) = flags.map(|flag| (strsim::damerau_levenshtein(flag, name), flag)).min()?;
    (slips <= 2 && slips < name.len()).then(|| format!("did you mean `--{flag}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Command as Typed;

    fn typed(words: &str) -> Result<Arguments, Error> {
        arguments(std::iter::once("loadline").chain(words.split_whitespace()).map(OsString::from))
    }

    #[test]
    fn every_switch_takes_true_and_false() {
        let Typed::Run(run) = typed("run --throw=false --no-setup=true -q s.js").unwrap().command else {
            panic!("it is a run")
        };
        assert!(!run.options.throw && run.options.no_setup && run.outputs.quiet);
        assert_eq!(run.options.switched_off, ["throw"]);
        let Typed::Hit(hit) = typed("hit --json=true --http2=false http://a").unwrap().command else {
            panic!("it is a hit")
        };
        assert!(hit.json && !hit.http2);
        assert!(typed("run --throw=perhaps s.js").is_err());
        assert!(typed("hit --http2=false --streams 5 http://a").is_err());
        assert!(typed("demo --full=false --duration 5s").is_ok());
        assert!(
            typed("demo --full --duration 5s").is_err() && typed("demo --full=true --duration 5s").is_err()
        );
    }

    #[test]
    fn what_is_given_is_told_by_its_id() {
        let given_ids = given("run", ["-q", "--vus", "3", "s.js"]).unwrap();
        assert!(["script", "vus", "quiet"].iter().all(|id| given_ids.iter().any(|given| given == id)));
        assert!(!given_ids.iter().any(|id| id == "no_history"), "{given_ids:?}");
        assert!(given("run", ["--vsu", "3", "s.js"]).is_err());
    }

    #[test]
    fn help_is_as_it_was() {
        let help = typed("run --help").unwrap_err().to_string();
        assert!(help.contains("--throw") && !help.contains("true|false"), "{help}");
    }

    #[test]
    fn habits_are_told_what_they_are_here() {
        for (words, here) in [
            ("hit -z 5s http://a", "`-d 10s`"),
            ("hit -t 4 http://a", "as many as the machine has cores"),
            ("hit --no-tui http://a", "`-q`"),
            ("run -a localhost:6565 s.js", "`--address ADDRESS`"),
            ("run --vsu 3 s.js", "did you mean `--vus`?"),
        ] {
            let error = typed(words).unwrap_err().to_string();
            assert!(error.contains(here), "{error}");
            assert!(error.lines().count() <= 5, "{error}");
        }
    }

    #[test]
    fn what_the_table_explains_is_not_there() {
        let command = Arguments::command();
        for (name, flag, _) in HABITS {
            let command = command.find_subcommand(name).unwrap();
            let taken = command.get_arguments().any(|argument| {
                let long = argument.get_long().map(|long| format!("--{long}"));
                let short = argument.get_short().map(|short| format!("-{short}"));
                [long, short].into_iter().flatten().any(|taken| taken == flag)
            });
            assert!(!taken, "{name} {flag}");
        }
    }
}
