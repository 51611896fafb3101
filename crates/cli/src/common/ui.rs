//! `--ui`: a run in a browser while it goes on.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use http::{Method, StatusCode};
use loadline_control::Api;
use loadline_dashboard::{
    AddressError, Channel, DEFAULT_ADDRESS, Dashboard, DashboardError, Feed, Steered, ViewAddress,
};
use loadline_measure::{RunMeta, Schema};
use loadline_runner::{Ending, Ends, Failure, Finished, SendOutput};
use loadline_verdict::Budgets;
use tokio::time::Instant;

use super::screen::Screen;
use super::steering::Steering;

/// Where a run is shown while it goes on.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct UiArguments {
    /// Show the run in a browser while it goes on; ADDRESS is a port of this machine or address:port, 7007 by default,
    /// or another where that is taken
    #[arg(
        long = "ui",
        value_name = "ADDRESS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        help_heading = "Output"
    )]
    address: Option<Wanted>,
}

/// An address, or whichever there is.
#[derive(Clone, Copy, Debug)]
struct Wanted(Option<SocketAddr>);

impl FromStr for Wanted {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        text.parse().map(|ViewAddress(address)| Self(Some(address)))
    }
}

/// Pages that show runs of this process.
pub(crate) struct Watched {
    dashboard: Dashboard,
    channel: Arc<Channel>,
}

impl UiArguments {
    /// Whether a page is to show the run.
    pub(crate) fn is_wanted(self) -> bool {
        self.address.is_some()
    }

    /// Serves the page, if it is wanted, and says where.
    pub(crate) fn open(
        self,
        screen: &Screen,
        steering: Option<&Steering>,
    ) -> Result<Option<Watched>, Failure> {
        let Some(Wanted(wanted)) = self.address else { return Ok(None) };
        let channel = Channel::new();
        let open = |address| {
            let steers = steering.map(|steering| Arc::new(Steers(steering.api())) as Arc<dyn Steered>);
            Dashboard::of_run(address, &channel, steers)
        };
        let opened = match (wanted, open(wanted.unwrap_or(DEFAULT_ADDRESS))) {
            (None, Err(DashboardError::InUse(taken))) => open(SocketAddr::new(taken.ip(), 0)),
            (_, opened) => opened,
        };
        let dashboard = opened.ends(Ending::Configuration)?;
        screen.note(&format!("watch it at {}", url(&dashboard)));
        Ok(Some(Watched { dashboard, channel }))
    }
}

/// The page's way to steer a run.
struct Steers(Arc<Api>);

impl Steered for Steers {
    fn ask(&self, method: &Method, path: &str, body: &[u8]) -> (StatusCode, String) {
        let answer = self.0.answer(method, path, body, Instant::now());
        (answer.status, answer.body.to_string())
    }
}

/// Where a dashboard is to be opened.
pub(crate) fn url(dashboard: &Dashboard) -> String {
    dashboard.url(&rustix::system::uname().nodename().to_string_lossy())
}

impl Watched {
    /// An output that tells it a run. When `another` follows, viewers stay for that.
    pub(crate) fn output(
        &self,
        meta: &RunMeta,
        schema: &Arc<Schema>,
        budgets: &Budgets,
        another: bool,
    ) -> SendOutput {
        let feed = Feed::new(&self.channel, meta, schema, budgets);
        Box::new(if another { feed.before_another() } else { feed })
    }

    /// Says how runs ended that were told as if another followed.
    pub(crate) fn end(&self, finished: &Finished) {
        self.channel.end(&finished.run, &finished.verdicts);
    }

    /// Ends it, when all is told that is to be told elsewhere.
    pub(crate) fn close(self, screen: &Screen) {
        let behind = self.channel.behind();
        self.dashboard.close();
        if behind > 0 {
            let times = if behind == 1 { "once".to_owned() } else { format!("{behind} times") };
            screen.note(&format!("a viewer of the page did not follow and began anew, {times}"));
        }
    }
}
