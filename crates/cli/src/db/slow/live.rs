//! Looking on: what has run since the beginning, drawn anew each second until an interrupt, which is its end.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use loadline_pg::live::{Address, Statistics, StatisticsError};
use loadline_pg::slow::Looks;
use loadline_report::{Block, SlowReport, SlowSource, plain, slow_amount, slow_live};
use loadline_runner::{Failure, Interrupts};
use loadline_secrets::masked;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::arguments::SlowArguments;
use super::notes::{looks_notes, one_line};
use super::server::failure;
use crate::common::screen;

/// How often is looked.
const LOOKS: Duration = Duration::from_secs(1);
/// How often a line is written where there is no terminal.
const LINES: Duration = Duration::from_secs(5);

/// Looks on until the first interrupt.
pub(super) async fn look_on(
    arguments: &SlowArguments,
    address: &Address,
    interrupts: &Interrupts,
) -> Result<SlowReport, Failure> {
    let mut statistics = Some(Statistics::open(address).await.map_err(failure)?);
    let warnings: Vec<String> =
        statistics.iter().flat_map(Statistics::warnings).map(|warning| one_line(&warning)).collect();
    let mut view = View::new(arguments.no_color);
    let mut looks: Option<Looks> = None;
    let mut report = SlowReport {
        source: SlowSource::Window { server: address.to_string() },
        listing: loadline_pg::slow::Listing { seconds: Some(0.0), ..Default::default() },
        notes: warnings.clone(),
        most: arguments.top,
        full: false,
    };
    let mut ticks = interval(LOOKS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut is_over = false;
    while !is_over {
        tokio::select! {
            _ = ticks.tick() => {}
            () = interrupts.first() => is_over = true,
        }
        if statistics.is_none() {
            statistics = Statistics::open(address).await.ok();
        }
        let looked = match &mut statistics {
            Some(statistics) => look(statistics, &mut looks, &mut report).await,
            None => continue,
        };
        report.notes = warnings.clone();
        report.notes.extend(looks.iter().flat_map(looks_notes));
        if let Err(error) = looked {
            report.notes.push(format!("the server is away since {}: {error}", view.clock()));
            statistics = None;
        }
        view.show(&report, looks.as_ref().and_then(Looks::now));
    }
    view.erase();
    report.full = arguments.full;
    Ok(report)
}

/// Looks, and finds names for what is new.
async fn look(
    statistics: &mut Statistics,
    looks: &mut Option<Looks>,
    report: &mut SlowReport,
) -> Result<(), StatisticsError> {
    let snapshot = statistics.snapshot().await?;
    let looks = match looks {
        Some(looks) => {
            looks.look(snapshot);
            looks
        }
        None => looks.insert(Looks::new(snapshot)),
    };
    let names = statistics.name(looks.keys()).await?;
    report.listing = looks.listing(names);
    for statement in &mut report.listing.statements {
        if let Cow::Owned(masked) = masked(&statement.text) {
            statement.text = masked;
        }
    }
    Ok(())
}

/// Standard error, drawn on where it is a terminal.
struct View {
    block: Option<Block>,
    begin: Instant,
    next_line: Instant,
}

impl View {
    fn new(no_color: bool) -> Self {
        let terminal = std::io::stderr().is_terminal() && !screen::is_dumb();
        let block = terminal.then(|| Block::new(screen::theme(no_color, true), screen::size()));
        let begin = Instant::now();
        Self { block, begin, next_line: begin + LINES }
    }

    fn clock(&self) -> String {
        loadline_units::clock(self.begin.elapsed())
    }

    // A screen that cannot be written to must not end it: there is nobody to tell.
    fn show(&mut self, report: &SlowReport, now: Option<(f64, f64)>) {
        let mut err = std::io::stderr();
        match &mut self.block {
            Some(block) => {
                block.resize(screen::size());
                let lines = slow_live(report, now, block.columns(), block.rows());
                let _ = block.draw(&mut err, lines);
            }
            None if Instant::now() >= self.next_line => {
                self.next_line += LINES;
                let line = format!("{}  {}", self.clock(), slow_amount(report));
                let _ = err.write_all(plain(&line).as_bytes());
            }
            None => {}
        }
    }

    fn erase(&mut self) {
        if let Some(block) = &mut self.block {
            let _ = block.erase(&mut std::io::stderr());
        }
    }
}
