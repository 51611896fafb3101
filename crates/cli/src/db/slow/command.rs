//! Reading, showing, ending.

use std::io::IsTerminal;
use std::sync::Arc;

use loadline_report::{SlowReport, plain, render, slow_answer, slow_json, slow_text};
use loadline_runner::{Doing, Ending, Ends, Failure, Interrupts, Voice};

use super::arguments::SlowArguments;
use super::live::look_on;
use super::log::from_logs;
use super::portraits::from_portraits;
use super::server::{from_server, write_metrics};
use crate::common::{Screen, ScreenSettings, json_text, print, screen, told};

/// Shows which statements take the time.
pub(crate) fn slow(arguments: &SlowArguments) -> Result<Ending, Failure> {
    let address = arguments.address().map_err(|error| Failure::new(Ending::Configuration, error))?;
    let settings = ScreenSettings { quiet: true, no_color: arguments.no_color, ..ScreenSettings::default() };
    let voice: Arc<dyn Voice> = Arc::new(Screen::new(settings));
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    // The first one ends what goes on, and needs no words.
    interrupts.now(Doing::Lingering);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let report = match address {
        Some(address) if arguments.metrics.is_some() => {
            return runtime.block_on(write_metrics(arguments, &address));
        }
        Some(address) if arguments.live => runtime.block_on(look_on(arguments, &address, &interrupts))?,
        Some(address) => runtime.block_on(from_server(arguments, &address, &interrupts))?,
        None if !arguments.portrait.is_empty() => from_portraits(arguments)?,
        None => runtime.block_on(from_logs(arguments, &interrupts))?,
    };
    let ending = match report.listing.calls() {
        // An interrupt is how looking on ends.
        _ if interrupts.any() && !arguments.live => Ending::Signal,
        0 => Ending::Failed,
        _ => Ending::Passed,
    };
    Ok(show(arguments, &report, ending))
}

/// Prints the page, and its answer last.
fn show(arguments: &SlowArguments, report: &SlowReport, ending: Ending) -> Ending {
    let text = if arguments.json {
        json_text(&slow_json(report))
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        Ok(render(&slow_text(report, screen::result_width()), &theme) + &plain(&slow_answer(report)))
    };
    told(text.and_then(|text| print(text.as_bytes())), ending)
}
