//! `--traces`: what the server's time of requests goes into, by its own spans.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use loadline_runner::{Ending, Ends, Failure};
use loadline_traces::live::{DEFAULT_ADDRESS, Sample, Traces, Wanted};

use super::screen::Screen;

/// Where spans come from, and which requests have them.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct TracesArguments {
    /// Have requests carry W3C traces, and take the system's spans of them over OTLP meanwhile: WHERE is a port of this
    /// machine or address:port, 4318 by default; tempo=URL or jaeger=URL asks there for the slowest when it is over
    #[arg(
        long = "traces",
        value_name = "WHERE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    wanted: Option<Wanted>,
    /// Which requests have spans, as in 10%, 500/s or 10%,500/s; all of them by default, at most 1000/s
    #[arg(long = "trace-sample", value_name = "SHARE", requires = "wanted")]
    sample: Option<Sample>,
}

impl TracesArguments {
    /// Whether spans are wanted.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.is_some()
    }

    /// Opens the endpoint, if one is wanted, and says where it is.
    pub(crate) fn open(&self, screen: &Screen) -> Result<Option<Arc<Traces>>, Failure> {
        let Some(wanted) = self.wanted.clone() else { return Ok(None) };
        let traces = Traces::open(wanted, self.sample.unwrap_or_default()).ends(Ending::Configuration)?;
        screen.note(&traces.words());
        Ok(Some(Arc::new(traces)))
    }

    /// The same for a system that is told where it is: any free port does where none was asked for.
    pub(crate) fn open_anywhere(&self, screen: &Screen) -> Result<Option<Arc<Traces>>, Failure> {
        let anywhere = match self.wanted.clone() {
            Some(Wanted::Sent(address)) if address == DEFAULT_ADDRESS => {
                Some(Wanted::Sent(SocketAddr::new(address.ip(), 0)))
            }
            other => other,
        };
        Self { wanted: anywhere, sample: self.sample }.open(screen)
    }
}
