//! Statements out of a server's statistics: all that it has counted, or what it counts in a window.

use std::time::Duration;

use loadline_pg::cost::Void;
use loadline_pg::live::{Address, Statistics, StatisticsError};
use loadline_pg::metrics::statements_text;
use loadline_pg::slow::{Looks, of_snapshot, own, totals};
use loadline_report::{Content, SlowReport, SlowSource, moment, replace_file};
use loadline_runner::{Ending, Ends, Failure, Interrupts};
use tokio::time::{Instant, sleep_until};

use super::arguments::SlowArguments;
use super::notes::{hidden_note, looks_notes, one_line, own_note};
use crate::common::{print, screen};

/// Parts of a window: what moves together in them tells what runs row by row.
const PARTS: u32 = 8;
/// … and how long one is at the least.
const PART: Duration = Duration::from_secs(1);
/// Statistics that were never reset say so with the beginning of the server's calendar, 2000.
const NEVER_US: i64 = 978_307_200_000_000;

/// What a server has counted, all or in a window.
pub(super) async fn from_server(
    arguments: &SlowArguments,
    address: &Address,
    interrupts: &Interrupts,
) -> Result<SlowReport, Failure> {
    let statistics = Statistics::open(address).await.map_err(failure)?;
    match arguments.window {
        Some(window) => in_window(arguments, address, statistics, window, interrupts).await,
        None => all(arguments, address, statistics).await,
    }
}

/// How a command ends without statistics.
pub(super) fn failure(error: StatisticsError) -> Failure {
    Failure::new(Ending::CouldNotRun, error)
}

async fn all(
    arguments: &SlowArguments,
    address: &Address,
    mut statistics: Statistics,
) -> Result<SlowReport, Failure> {
    let mut notes: Vec<String> = statistics.warnings().iter().map(|warning| one_line(warning)).collect();
    let snapshot = statistics.snapshot().await.map_err(failure)?;
    notes.extend(hidden_note(snapshot.hidden));
    if let Some(evictions) = snapshot.evictions.filter(|evictions| *evictions > 0) {
        notes.push(format!(
            "entries were evicted {} times (`pg_stat_statements.max`): what they had counted is in no figure",
            loadline_units::count(evictions)
        ));
    }
    let names = statistics.name(snapshot.statements.keys().copied()).await.map_err(failure)?;
    notes.extend(own_note(own(&snapshot, names)));
    let listing = of_snapshot(&snapshot, names);
    let since = snapshot.reset_us.filter(|reset| *reset > NEVER_US).map(|reset| moment(reset / 1_000));
    let source = SlowSource::Statistics { server: address.to_string(), since };
    Ok(SlowReport { source, listing, notes, most: arguments.top, full: arguments.full })
}

async fn in_window(
    arguments: &SlowArguments,
    address: &Address,
    mut statistics: Statistics,
    window: Duration,
    interrupts: &Interrupts,
) -> Result<SlowReport, Failure> {
    let mut notes: Vec<String> = statistics.warnings().iter().map(|warning| one_line(warning)).collect();
    screen::remark(&format!("watching `{address}` for {}; Ctrl-C ends it", loadline_units::time_of(window)));
    let part = (window / PARTS).max(PART);
    let mut looks = Looks::new(statistics.snapshot().await.map_err(failure)?);
    let begin = Instant::now();
    let mut next = begin;
    let mut is_over = false;
    while !is_over {
        next = (next + part).min(begin + window);
        tokio::select! {
            () = sleep_until(next) => is_over = next >= begin + window,
            () = interrupts.first() => is_over = true,
        }
        match statistics.snapshot().await {
            Ok(snapshot) => looks.look(snapshot),
            Err(error) => {
                // One more try: a session may end where the server does not.
                statistics = Statistics::open(address).await.map_err(|_| away(&error, begin.elapsed()))?;
                looks.look(statistics.snapshot().await.map_err(failure)?);
            }
        }
        if let Some(void) = looks.void() {
            return Err(nothing_known(address, void, begin.elapsed()));
        }
    }
    notes.extend(looks_notes(&looks));
    let names = statistics.name(looks.keys()).await.map_err(failure)?;
    notes.extend(own_note(looks.own(names)));
    let listing = looks.listing(names);
    let source = SlowSource::Window { server: address.to_string() };
    Ok(SlowReport { source, listing, notes, most: arguments.top, full: arguments.full })
}

fn away(error: &StatisticsError, after: Duration) -> Failure {
    let text =
        format!("the server went away after {} of the window: {error}", loadline_units::time_of(after));
    Failure::new(Ending::CouldNotRun, text)
}

fn nothing_known(address: &Address, void: Void, after: Duration) -> Failure {
    let what = match void {
        Void::Restarted => "was started again",
        Void::Reset => "was made to forget its statistics",
    };
    Failure::new(
        Ending::Failed,
        format!(
            "`{address}` {what} within {} of the window, so nothing is known of it\nhint: look again",
            loadline_units::time_of(after)
        ),
    )
}

/// Writes all that was counted for Prometheus.
pub(super) async fn write_metrics(arguments: &SlowArguments, address: &Address) -> Result<Ending, Failure> {
    let Some(path) = &arguments.metrics else { return Ok(Ending::Passed) };
    let mut statistics = Statistics::open(address).await.map_err(failure)?;
    for warning in statistics.warnings() {
        screen::caution(&warning);
    }
    let snapshot = statistics.snapshot().await.map_err(failure)?;
    let names = statistics.name(snapshot.statements.keys().copied()).await.map_err(failure)?;
    let totals = totals(&snapshot, names);
    let text = statements_text(&totals);
    if path.as_os_str() == "-" {
        print(text.as_bytes()).ends(Ending::OutputNotWritten)?;
    } else {
        replace_file(path, Content::Text, text.as_bytes()).map_err(|error| {
            Failure::new(Ending::OutputNotWritten, format!("cannot write `{}`: {error}", path.display()))
        })?;
        let statements = loadline_units::count(totals.len() as u64);
        let words = format!("`{}` has what was counted of {statements} statements\n", path.display());
        print(words.as_bytes()).ends(Ending::OutputNotWritten)?;
    }
    Ok(Ending::Passed)
}
