//! What can be typed after `loadline dashboards`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::common::{Header, ProjectArguments};

const EXAMPLES: &str = "\
Examples:
  loadline dashboards -o deploy
  loadline dashboards -o deploy --prometheus http://localhost:9090
  loadline dashboards --check deploy
  promtool test rules deploy/prometheus/loadline.rules.test.yaml
  amtool check-config deploy/alertmanager/alertmanager.yaml

The budgets on endpoints in loadline.toml become rules for Prometheus, which say how fast each budget burns and when \
somebody has to know, with unit tests of them, and `[[watch.notify]]` and `[[watch.maintenance]]` become routes for \
Alertmanager; dashboards for Grafana show both. They count what `loadline watch` counts; `[watch]` says what metrics are called. With `--prometheus` its buckets are \
looked at, so that a budget whose limit is none of them is estimated between those beside it.

What was written and then changed by hand is not written over unasked. `--check` says what would change, and changes \
nothing.

Exit codes: 0 written, or as it should be, 1 with `--check`: something would change, 2 wrong arguments or project file, \
3 the Prometheus could not be asked, 4 a file could not be written, or was changed by hand.";

/// `loadline dashboards`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group = ArgGroup::new("where").required(true).args(["output", "check"]))]
pub(crate) struct DashboardsArguments {
    /// The folder to write into
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Say what would change in this folder, and change nothing
    #[arg(long, value_name = "DIR")]
    pub(crate) check: Option<PathBuf>,
    /// Write over what was changed by hand
    #[arg(long, requires = "output")]
    pub(crate) overwrite: bool,
    /// A Prometheus to ask which buckets there are: `http://localhost:9090`
    #[arg(long, value_name = "URL")]
    pub(crate) prometheus: Option<String>,
    /// A header for it, such as that of a token; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", requires = "prometheus")]
    pub(crate) headers: Vec<Header>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
}
