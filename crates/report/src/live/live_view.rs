//! The live view on a terminal: a block of lines at the bottom that is drawn over itself.
//!
//! Only three escape codes are used, which every terminal since the VT100 knows: cursor up, erase to the end of the
//! line, erase to the end of the screen. The cursor always rests below the block, so whatever else is printed in
//! between starts on a fresh line. A block is never taller than the screen: the cursor could not go back up to it.
//! When the terminal became narrower, the lines drawn before have wrapped; their old widths say how many rows they
//! take now.

use std::io::{self, Write};
use std::time::Duration;

use loadline_measure::{ScenarioProgress, Schema, Window};

use super::rates::{Rates, RecentSeconds};
use super::view::{Moment, Phase, Users, live_lines};
use crate::hit::LatencyView;
use crate::text::{Line, Role, Theme, render};

/// How large a terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Characters in a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

impl Default for Size {
    /// What to assume when the terminal does not tell.
    fn default() -> Self {
        Size { columns: 80, rows: 24 }
    }
}

/// The state of a live view: what is shown and what was drawn.
#[derive(Debug)]
pub struct LiveView {
    theme: Theme,
    size: Size,
    phase: Phase,
    elapsed: Duration,
    scenarios: Vec<ScenarioProgress>,
    rates: Rates,
    recent: RecentSeconds,
    latency: Option<LatencyView>,
    users: Users,
    /// The widths of the lines on the screen.
    drawn: Vec<usize>,
}

impl LiveView {
    /// A view that has drawn nothing yet.
    pub fn new(theme: Theme, size: Size) -> LiveView {
        LiveView {
            theme,
            size,
            phase: Phase::Running,
            elapsed: Duration::ZERO,
            scenarios: Vec::new(),
            rates: Rates::default(),
            recent: RecentSeconds::default(),
            latency: None,
            users: Users::default(),
            drawn: Vec::new(),
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
        self.size = size;
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
        let was_drawn = !self.drawn.is_empty();
        let mut text = self.erasure();
        text.push_str(&render(lines, &self.theme));
        self.drawn.clear();
        if was_drawn {
            self.block(&mut text);
        }
        write(out, &text)
    }

    /// Draws the view anew in its place.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn draw(&mut self, out: &mut impl Write) -> io::Result<()> {
        let mut text = self.up();
        self.block(&mut text);
        write(out, &text)
    }

    /// Takes the view off the screen, leaving the cursor where it began.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn erase(&mut self, out: &mut impl Write) -> io::Result<()> {
        let text = self.erasure();
        self.drawn.clear();
        write(out, &text)
    }

    /// Appends the block's text and remembers its widths. Lines end one column early: a character in the last
    /// column makes some terminals begin a new line.
    fn block(&mut self, text: &mut String) {
        let width = usize::from(self.size.columns).saturating_sub(1);
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
        let most = usize::from(self.size.rows).saturating_sub(1).max(1);
        if lines.len() > most {
            let hidden = lines.len() - most + 1;
            lines.truncate(most - 1);
            lines.push(Line::indented(2).with(Role::Dim, &format!("… {hidden} more")).truncated(width));
        }
        self.drawn = lines.iter().map(Line::width).collect();
        for line in &lines {
            line.write(&self.theme, text);
            text.push_str("\x1b[K\n");
        }
        text.push_str("\x1b[J");
    }

    fn erasure(&self) -> String {
        if self.drawn.is_empty() { String::new() } else { self.up() + "\x1b[J" }
    }

    fn up(&self) -> String {
        let columns = usize::from(self.size.columns).max(1);
        let rows: usize = self.drawn.iter().map(|width| width.div_ceil(columns).max(1)).sum();
        if rows == 0 { String::new() } else { format!("\r\x1b[{rows}A") }
    }
}

/// One write per frame, so that a frame is never seen half drawn.
fn write(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}
