//! What can be typed on the command line: the tree of commands. What each of them takes stands in its folder.

use clap::builder::FalseyValueParser;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::baseline::BaselineArguments;
use crate::budget::BudgetArguments;
use crate::capacity::CapacityArguments;
use crate::comment::CommentArguments;
use crate::compare::{AaArguments, CompareArguments};
use crate::control::ControlArguments;
use crate::dashboards::DashboardsArguments;
use crate::db::DbArguments;
use crate::demo::DemoArguments;
use crate::edge::EdgeArguments;
use crate::guard::GuardArguments;
use crate::history::HistoryArguments;
use crate::hit::HitArguments;
use crate::holiday::HolidayArguments;
use crate::inspect::InspectArguments;
use crate::report::ReportArguments;
use crate::run::{OptionArguments, RunArguments};
use crate::scale::ScaleArguments;
use crate::ui::UiCommandArguments;
use crate::watch::WatchArguments;

const EXAMPLES: &str = "\
Examples:
  loadline demo
  loadline run script.ts
  loadline run --vus 50 --duration 30s -e BASE_URL=http://127.0.0.1:8080 script.ts
  loadline hit --budget p99=50ms http://127.0.0.1:8080/
  loadline capacity --budget p95=200ms http://127.0.0.1:8080/
  loadline inspect script.ts";

/// Finds how much load a web system carries within its performance requirements.
#[derive(Debug, Parser)]
#[command(name = "loadline", version, allow_negative_numbers = true, after_help = EXAMPLES, max_term_width = 110, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print, write and keep secrets as they are
    #[arg(long, global = true, env = "LOADLINE_SHOW_SECRETS", value_parser = FalseyValueParser::new(), hide_short_help = true)]
    pub(crate) show_secrets: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a load test script and judge it by its thresholds
    Run(Box<RunArguments>),
    /// Print the plan of a script without running it
    Inspect(Box<InspectArguments>),
    /// Send one request again and again to one target, without a script
    Hit(Box<HitArguments>),
    /// Find the highest load that keeps the budgets
    Capacity(Box<CapacityArguments>),
    /// Compare two builds by rounds in which they take turns, or two Runs
    Compare(Box<CompareArguments>),
    /// Compare a build with itself: how often this set-up fails for nothing, and what it can find
    Aa(Box<AaArguments>),
    /// Look at a run that goes on, and steer it: pause, resume, set users or rates, stop
    Control(ControlArguments),
    /// Look at the runs that were made: list, trends, change points
    History(Box<HistoryArguments>),
    /// Hold a run against the runs before it
    Baseline(Box<BaselineArguments>),
    /// Write a run as one HTML page, or documents from the history
    Report(Box<ReportArguments>),
    /// Comment on a pull request or merge request, once, and keep the comment current
    Comment(CommentArguments),
    /// Look at runs in a browser: those of the history, and those that go on
    Ui(UiCommandArguments),
    /// Judge a Run by a project's budgets
    Budget(BudgetArguments),
    /// Look into the database behind the system under test
    Db(DbArguments),
    /// Cache rules: check them, show keys, and serve by them
    Edge(EdgeArguments),
    /// Try autoscaling policies before they are deployed
    Scale(ScaleArguments),
    /// Hold production against the budgets: how fast they burn, by a Prometheus
    Watch(Box<WatchArguments>),
    /// Write a project's rules, alerts and dashboards for Prometheus, Alertmanager and Grafana
    Dashboards(DashboardsArguments),
    /// Run the founding story's load test against the reference system
    Demo(DemoArguments),
    /// The reference system: a service to test against
    #[command(disable_help_flag = true)]
    Holiday(HolidayArguments),
    /// Stays with a child of this program until nothing is left of it
    #[command(hide = true)]
    Guard(GuardArguments),
}

/// The script options of a command, if it has them.
pub(crate) fn options(command: &mut Command) -> Option<&mut OptionArguments> {
    match command {
        Command::Run(run) => Some(&mut run.options),
        Command::Inspect(inspect) => Some(&mut inspect.options),
        _ => None,
    }
}

impl Arguments {
    /// These, if they go together.
    pub(crate) fn checked(self) -> Result<Self, clap::Error> {
        match &self.command {
            Command::Demo(demo) => match demo.conflict() {
                Some(conflict) => Err(Self::command().error(ErrorKind::ArgumentConflict, conflict)),
                None => Ok(self),
            },
            // `--http2=false` is typed, too.
            Command::Hit(hit) if hit.streams > 1 && !hit.http2 => {
                Err(Self::command().error(ErrorKind::ArgumentConflict, "`--streams` needs `--http2`"))
            }
            _ => Ok(self),
        }
    }
}
