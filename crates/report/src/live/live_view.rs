//! The live view on a terminal: what is shown of a run, in a block that is drawn over itself.

use std::io::{self, Write};
use std::time::Duration;

use loadline_measure::{ScenarioProgress, Schema, Window};

use super::block::{Block, Size};
use super::rates::{Rates, RecentSeconds};
use super::view::{Moment, Phase, Users, live_lines};
use crate::hit::LatencyView;
use crate::text::{Line, Role, Theme};

/// The state of a live view: what is shown and what was drawn.
#[derive(Debug)]
pub struct LiveView {
    block: Block,
    phase: Phase,
    elapsed: Duration,
    scenarios: Vec<ScenarioProgress>,
    rates: Rates,
    recent: RecentSeconds,
    latency: Option<LatencyView>,
    users: Users,
}

impl LiveView {
    /// A view that has drawn nothing yet.
    pub fn new(theme: Theme, size: Size) -> LiveView {
        LiveView {
            block: Block::new(theme, size),
            phase: Phase::Running,
            elapsed: Duration::ZERO,
            scenarios: Vec::new(),
            rates: Rates::default(),
            recent: RecentSeconds::default(),
            latency: None,
            users: Users::default(),
        }
    }

    /// Draws the latencies of the whole run too, as a histogram of this metric.
    #[must_use]
    pub fn with_latency(mut self, metric: &str) -> LiveView {
        self.latency = Some(LatencyView::new(metric));
        self
    }

    /// Calls the users by another name.
    #[must_use]
    pub fn of(self, users: Users) -> LiveView {
        LiveView { users, ..self }
    }

    /// Takes note of the terminal's size; call it before drawing whenever it may have changed.
    pub fn resize(&mut self, size: Size) {
        self.block.resize(size);
    }

    /// Shows another phase.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn phase(&mut self, out: &mut impl Write, phase: Phase) -> io::Result<()> {
        self.phase = phase;
        self.draw(out)
    }

    /// Shows the figures after a second of the run.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn second(
        &mut self,
        out: &mut impl Write,
        elapsed: Duration,
        schema: &Schema,
        window: &Window,
        progress: &[ScenarioProgress],
    ) -> io::Result<()> {
        self.rates = self.recent.push(schema, window, progress);
        if let Some(latency) = &mut self.latency {
            latency.second(schema, window);
        }
        self.elapsed = elapsed;
        progress.clone_into(&mut self.scenarios);
        self.draw(out)
    }

    /// Prints text above the view, such as a script's log; the view moves down.
    ///
    /// Line breaks are kept, other control characters are written out.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn print_above(&mut self, out: &mut impl Write, text: &str) -> io::Result<()> {
        let lines: Vec<Line> = text.lines().map(|line| Line::new().with(Role::Text, line)).collect();
        self.print_lines_above(out, &lines)
    }

    /// Prints lines with their colours above the view.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn print_lines_above(&mut self, out: &mut impl Write, lines: &[Line]) -> io::Result<()> {
        let below = self.block.is_drawn().then(|| self.lines());
        self.block.print_above(out, lines, below)
    }

    /// Draws the view anew in its place.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn draw(&mut self, out: &mut impl Write) -> io::Result<()> {
        let lines = self.lines();
        self.block.draw(out, lines)
    }

    /// Takes the view off the screen, leaving the cursor where it began.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn erase(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.block.erase(out)
    }

    fn lines(&self) -> Vec<Line> {
        let width = self.block.columns();
        let mut lines = vec![Line::new()];
        let moment = Moment {
            phase: self.phase,
            elapsed: self.elapsed,
            scenarios: &self.scenarios,
            rates: &self.rates,
            users: self.users,
        };
        lines.extend(match &self.latency {
            Some(latency) => latency.lines(&moment, width),
            None => live_lines(&moment, width),
        });
        lines
    }
}
