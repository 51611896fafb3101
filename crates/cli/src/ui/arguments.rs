//! What can be typed after `loadline ui`.

use clap::Args;
use loadline_dashboard::ViewAddress;

use crate::common::{HistoryPlace, ProjectArguments};

const EXAMPLES: &str = "\
Examples:
  loadline ui                                    # the runs of .loadline/history.sqlite at http://127.0.0.1:7007/
  loadline ui --listen 8080 --history postgres://ci@db.internal/loadline
  loadline ui --listen 0.0.0.0:7007              # for others, too: whoever opens it needs the token that is printed

Exit codes: 0 ended by a signal, 2 wrong arguments, 3 could not serve.";

/// `loadline ui`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UiCommandArguments {
    /// Where to serve: a port of this machine, or address:port; 7007 by default, or another where that is taken
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<ViewAddress>,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
}
