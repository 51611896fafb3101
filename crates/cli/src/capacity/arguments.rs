//! What can be typed after `loadline capacity`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::search_arguments::{AnswerArguments, SearchArguments, duration};
use crate::common::{ProjectArguments, RequestArguments, SamplingArguments};

const EXAMPLES: &str = "\
Examples:
  loadline capacity --budget p95=200ms http://127.0.0.1:8080/
  loadline capacity script.ts                               # its plan as a whole, within its thresholds
  loadline capacity --expect 300/s script.ts                # exits by whether it is carried
  loadline capacity --at-most 2m --fit -o run=capacity.run http://127.0.0.1:8080/search?q=swim
  loadline capacity --svg capacity.svg script.ts            # latency against load, for a pull request

A URL is requested at a rate. Of a script all scenarios are scaled together and their mix is kept: by their rates, or, \
where nothing arrives on a schedule, by their users with their think times. setup() and teardown() run once.
Budgets are those of --budget, of the script and of loadline.toml; without any, errors up to 1% and a p95 of up to \
twice what it is under little load. Targets that are not on this machine or in a private network need --yes.

Exit codes: 0 found, and what is expected is carried; 1 it is not, or nothing is; 2 wrong arguments, 3 could not run, \
4 an output could not be written, 105 stopped by a signal, 111 the load generator could not make what is expected.";

/// `loadline capacity`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CapacityArguments {
    /// A script, or what to send a request to
    #[arg(value_name = "SCRIPT|URL")]
    pub(crate) target: String,

    #[command(flatten)]
    pub(crate) search: SearchArguments,

    /// A variable of the script's environment, may be repeated
    #[arg(short = 'e', long = "env", value_name = "NAME=VALUE", help_heading = "Script")]
    pub(crate) env: Vec<String>,

    #[command(flatten)]
    pub(crate) request: RequestArguments,
    /// Give up on a request after this long
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration, help_heading = "Request")]
    pub(crate) timeout: Duration,
    /// Connections that requests may take
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=100_000), help_heading = "Request")]
    pub(crate) connections: u64,
    /// Accept certificates that do not verify
    #[arg(short = 'k', long, help_heading = "Request")]
    pub(crate) insecure: bool,

    #[command(flatten)]
    pub(crate) sampling: SamplingArguments,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
}

impl CapacityArguments {
    /// The script, unless it is a URL.
    pub(crate) fn script(&self) -> Option<PathBuf> {
        let path = PathBuf::from(&self.target);
        let script = ["ts", "js", "mjs", "cjs", "mts"];
        let named = path.extension().and_then(|one| one.to_str()).is_some_and(|one| script.contains(&one));
        (!self.target.contains("://") && (named || path.is_file())).then_some(path)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        capacity: CapacityArguments,
    }

    fn typed(words: &str) -> Result<CapacityArguments, String> {
        let words = ["capacity"].into_iter().chain(words.split_whitespace());
        Typed::try_parse_from(words).map(|typed| typed.capacity).map_err(|error| error.to_string())
    }

    #[test]
    fn a_script_and_a_url_are_told_apart() {
        for (text, script) in [("load.ts", true), ("http://a/load.ts", false), ("127.0.0.1:8080", false)] {
            assert_eq!(typed(text).unwrap().script().is_some(), script, "{text}");
        }
    }

    #[test]
    fn loads_are_rates_or_users() {
        let expected = |text: &str| {
            typed(&format!("--expect {text} a.ts")).unwrap().search.expect.map(|expected| expected.value)
        };
        assert_eq!(
            [expected("300/s"), expected("6000/min"), expected("40")],
            [Some(300.0), Some(100.0), Some(40.0)]
        );
        for (words, part) in [
            ("--expect 0 a.ts", "above 0"),
            ("--expect fast a.ts", "fast"),
            ("--at-most 5 a.ts", "5s"),
            ("--at-most 5ms a.ts", "a second at least"),
            ("--budget p95 a.ts", "has no limit"),
        ] {
            let error = typed(words).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
