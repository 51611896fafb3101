//! Samples on a terminal: names that scripts and servers chose are data in a file or a pipe, and commands here.

use std::io::{Result, Write};

use loadline_verdict::harmless;

/// Writes whole lines to a terminal, with nothing in them that it would obey.
pub(super) struct Harmless<W> {
    terminal: W,
    /// What has no end yet.
    line: Vec<u8>,
}

impl<W: Write> Harmless<W> {
    pub(super) fn new(terminal: W) -> Self {
        Self { terminal, line: Vec::new() }
    }

    fn show(&mut self, bytes: &[u8]) -> Result<()> {
        self.terminal.write_all(harmless(&String::from_utf8_lossy(bytes), false).as_bytes())
    }
}

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            self.line.extend_from_slice(bytes);
            return Ok(bytes.len());
        };
        let mut whole = std::mem::take(&mut self.line);
        whole.extend_from_slice(&bytes[..=end]);
        self.show(&whole)?;
        self.line.extend_from_slice(&bytes[end + 1..]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        let rest = std::mem::take(&mut self.line);
        self.show(&rest)?;
        self.terminal.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_obeyed_wherever_it_is_cut() {
        let text = "a,\x1b[2Jb,\u{9b}31mµ\nc\x07\u{202e}d\nend";
        for cut in 0..=text.len() {
            let mut shown = Vec::new();
            let mut writer = Harmless::new(&mut shown);
            writer.write_all(&text.as_bytes()[..cut]).unwrap();
            writer.write_all(&text.as_bytes()[cut..]).unwrap();
            writer.flush().unwrap();
            assert_eq!(String::from_utf8(shown).unwrap(), "a,b,µ\nc\\u0007\\u202ed\nend", "{cut}");
        }
    }
}
