//! A block of lines at the bottom of a terminal that is drawn over itself.
//!
//! Only three escape codes are used, which every terminal since the VT100 knows: cursor up, erase to the end of the
//! line, erase to the end of the screen. The cursor always rests below the block, so whatever else is printed in
//! between starts on a fresh line. A block is never taller than the screen: the cursor could not go back up to it.
//! When the terminal became narrower, the lines drawn before have wrapped; their old widths say how many rows they
//! take now.

use std::io::{self, Write};

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

/// What was drawn of a block, and where.
#[derive(Debug)]
pub struct Block {
    theme: Theme,
    size: Size,
    /// The widths of the lines on the screen.
    drawn: Vec<usize>,
}

impl Block {
    /// A block that has drawn nothing yet.
    pub fn new(theme: Theme, size: Size) -> Block {
        Block { theme, size, drawn: Vec::new() }
    }

    /// Takes note of the terminal's size; call it before drawing whenever it may have changed.
    pub fn resize(&mut self, size: Size) {
        self.size = size;
    }

    /// Columns that a line may have. Lines end one column early: a character in the last column makes some terminals
    /// begin a new line.
    pub fn columns(&self) -> usize {
        usize::from(self.size.columns).saturating_sub(1)
    }

    /// Lines that are seen.
    pub fn rows(&self) -> usize {
        usize::from(self.size.rows).saturating_sub(1).max(1)
    }

    /// Whether something of it is on the screen.
    pub(super) fn is_drawn(&self) -> bool {
        !self.drawn.is_empty()
    }

    /// Draws these lines in the place of those before.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn draw(&mut self, out: &mut impl Write, lines: Vec<Line>) -> io::Result<()> {
        let mut text = self.up();
        self.place(lines, &mut text);
        write(out, &text)
    }

    /// Prints lines with their colours above the block, which is then drawn with `below`, or not at all.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub(super) fn print_above(
        &mut self,
        out: &mut impl Write,
        lines: &[Line],
        below: Option<Vec<Line>>,
    ) -> io::Result<()> {
        let mut text = self.erasure();
        text.push_str(&render(lines, &self.theme));
        self.drawn.clear();
        if let Some(below) = below {
            self.place(below, &mut text);
        }
        write(out, &text)
    }

    /// Takes the block off the screen, leaving the cursor where it began.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn erase(&mut self, out: &mut impl Write) -> io::Result<()> {
        let text = self.erasure();
        self.drawn.clear();
        write(out, &text)
    }

    /// Appends the block's text and remembers its widths.
    fn place(&mut self, mut lines: Vec<Line>, text: &mut String) {
        let most = self.rows();
        if lines.len() > most {
            let hidden = lines.len() - most + 1;
            lines.truncate(most - 1);
            let more = Line::indented(2).with(Role::Dim, &format!("… {hidden} more"));
            lines.push(more.truncated(self.columns()));
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
