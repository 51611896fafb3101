//! Serves a history until it is told to stop.

use std::net::SocketAddr;
use std::sync::Mutex;

use loadline_dashboard::{DEFAULT_ADDRESS, Dashboard, DashboardError, Histories, ViewAddress};
use loadline_runner::{Ending, Ends, Failure, history_location};
use loadline_serve::{Stop, stop_requested};

use super::arguments::UiCommandArguments;
use super::several::OfHistory;
use crate::common::{EndsByHistory as _, find, open_to_read, print, ui};

/// Serves it.
pub(crate) fn ui(arguments: &UiCommandArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    // A history that is not there is said now, and not in a browser.
    drop(open_to_read(&arguments.place, &found).ends_reading()?);
    let location =
        history_location(arguments.place.store.as_deref(), &found.project).ends(Ending::Configuration)?;
    let wanted = arguments.listen.map(|ViewAddress(address)| address);
    let several = OfHistory { store: arguments.place.store.clone(), found: Mutex::new(found) };
    let histories = Histories::new(location, several);
    let opened = match (wanted, Dashboard::open(wanted.unwrap_or(DEFAULT_ADDRESS), histories.clone())) {
        (None, Err(DashboardError::InUse(taken))) => {
            Dashboard::open(SocketAddr::new(taken.ip(), 0), histories)
        }
        (_, opened) => opened,
    };
    let dashboard = opened.ends(Ending::CouldNotRun)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let within = runtime.enter();
    let stop = stop_requested(Stop::Signal).ends(Ending::CouldNotRun)?;
    drop(within);
    let said = format!("the runs are at {}\nend it with Ctrl-C\n", ui::url(&dashboard));
    print(said.as_bytes()).ends(Ending::OutputNotWritten)?;
    runtime.block_on(stop);
    dashboard.close();
    print(b"ended\n").ends(Ending::OutputNotWritten)?;
    Ok(Ending::Passed)
}
