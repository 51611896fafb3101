//! What can be typed after `loadline history bisect`.

use clap::Args;

use crate::compare::RoundArguments;

const EXAMPLES: &str = "\
Examples:
  loadline history bisect v1.4..main --build 'cargo build --release' --serve 'target/release/shop --port {port}' loadtests/search.ts
  loadline history bisect v1.4..main --serve 'node server.js {port}' --figure 'search p95' -d 5s search.ts -- --vus 20

Both ends are loaded in rounds, taking turns, until it is known which figure is worse; then the commits between them, each \
against the good one, the one whose answer is the most open first; and at last the commit that is named against the one before \
it. Each of two copies of the repository is built where it was built before, so that a build only does what is new. Stopped \
half-way, the same command goes on from there.

Exit codes: 0 a commit is named, 1 none is: nothing is worse, or it is not certain, 2 wrong arguments, 3 could not run, 4 an \
output could not be written, 105 stopped by a signal.";

/// `loadline history bisect`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BisectArguments {
    /// The last commit that was well and one that is not: `v1.4..main`; what lies between goes by first parents
    #[arg(value_name = "GOOD..BAD", value_parser = range)]
    pub(crate) range: Range,
    /// The script that loads them; it finds the server in `BASE_URL`. Without one their addresses are hit
    pub(crate) script: Option<String>,
    /// The command that builds a commit, in a copy of the repository
    #[arg(long, value_name = "COMMAND")]
    pub(crate) build: Option<String>,
    /// The command that serves it from there, with `{port}` in it: a free loopback port
    #[arg(long, value_name = "COMMAND", value_parser = serve)]
    pub(crate) serve: String,
    /// The figure that got worse, such as 'search p95'; by default the one that is worse for the most certain
    #[arg(long, value_name = "SUBJECT QUANTITY", value_parser = figure)]
    pub(crate) figure: Option<(String, String)>,
    /// Forget what an earlier search measured
    #[arg(long)]
    pub(crate) fresh: bool,
    #[command(flatten)]
    pub(crate) rounds: RoundArguments,
    #[command(flatten)]
    pub(crate) output: BisectOutput,
}

/// Where the answer goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct BisectOutput {
    /// Say nothing while the search goes on
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,
}

/// Two commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) good: String,
    pub(crate) bad: String,
}

fn range(text: &str) -> Result<Range, String> {
    let ends = text.split_once("..").filter(|(good, bad)| {
        let is_commit = |end: &str| !end.is_empty() && !end.starts_with(['-', '.']);
        is_commit(good) && is_commit(bad)
    });
    let (good, bad) = ends.ok_or_else(|| "must be two commits, such as `v1.4..main`".to_owned())?;
    Ok(Range { good: good.to_owned(), bad: bad.to_owned() })
}

fn serve(text: &str) -> Result<String, String> {
    if text.contains("{port}") {
        return Ok(text.to_owned());
    }
    Err("needs `{port}` where the port goes, such as `shop --port {port}`".to_owned())
}

fn figure(text: &str) -> Result<(String, String), String> {
    let (subject, quantity) = text.trim().rsplit_once(' ').ok_or_else(|| {
        "must be a subject and a quantity, such as `search p95` or `all requests errors`".to_owned()
    })?;
    Ok((subject.trim().to_owned(), quantity.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_figures_are_read() {
        let read = range("v1.4..main").unwrap();
        assert_eq!((read.good.as_str(), read.bad.as_str()), ("v1.4", "main"));
        for wrong in ["", "main", "..main", "main..", "a...b", "-x..b", "a..--b"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
        assert_eq!(figure("all requests p95").unwrap(), ("all requests".to_owned(), "p95".to_owned()));
        assert!(figure("p95").is_err());
        assert!(serve("shop").unwrap_err().contains("{port}"));
    }
}
