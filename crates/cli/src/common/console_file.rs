//! The file of `--console-output`: a line for each message with its time and level, in the form in which k6 writes
//! such a file, so that what reads the one reads the other.

use std::fs::File;
use std::io::{Result, Write};

use jiff::Timestamp;
use loadline_script::modules::Level;
use loadline_verdict::escape;

/// An open file.
pub(crate) struct ConsoleFile(File);

impl ConsoleFile {
    pub(crate) fn new(file: File) -> Self {
        Self(file)
    }

    /// Adds a message, at once: the file can be followed while the run goes on.
    pub(crate) fn write(&mut self, level: Level, message: &str) -> Result<()> {
        self.0.write_all(line(Timestamp::now(), level, message).as_bytes())
    }
}

fn line(at: Timestamp, level: Level, message: &str) -> String {
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    let level = match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warning",
        Level::Error => "error",
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/@^+".contains(&byte);
    if !message.is_empty() && message.bytes().all(is_plain) {
        return format!("time=\"{at}\" level={level} msg={message}\n");
    }
    let quoted = message.replace('\\', "\\\\").replace('"', "\\\"");
    format!("time=\"{at}\" level={level} msg=\"{}\"\n", escape(&quoted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(level: Level, message: &str, expected: &str) {
        let at = Timestamp::from_second(1_795_000_000).unwrap();
        assert_eq!(line(at, level, message), format!("time=\"{at}\" {expected}\n"));
    }

    #[test]
    fn one_line_for_each_message() {
        check(Level::Info, "ready", "level=info msg=ready");
        check(Level::Warn, "", "level=warning msg=\"\"");
        check(Level::Error, "a \"b\"\n\nc\\d", r#"level=error msg="a \"b\"\n\nc\\d""#);
        check(Level::Debug, "a=1", "level=debug msg=\"a=1\"");
        check(Level::Info, "größer\x1b[2J", r#"level=info msg="größer\x1b[2J""#);
    }
}
