//! The one place that prints, for [`LoadTest::main`](crate::LoadTest::main): a `main` of one line should say
//! everything.

use std::io::{IsTerminal, Write};

use loadline_report::{SummaryOptions, Theme, render};
use loadline_runner::{Tone, Voice};
use loadline_secrets::masked;
use loadline_verdict::{brief_lines, escape};

use crate::ended::Ended;

/// Columns of the summary where no terminal says.
const WIDTH: usize = 120;

/// Standard error, a line at a time.
pub(crate) struct StandardError;

impl Voice for StandardError {
    fn say(&self, tone: Tone, text: &str) {
        let kind = match tone {
            Tone::Note => "",
            Tone::Warning => "warning: ",
            Tone::Error => "error: ",
        };
        for (number, line) in brief_lines(&masked(text)).lines().enumerate() {
            let kind = if number == 0 { kind } else { "" };
            // Nobody is left to be told when standard error is gone.
            let _ = writeln!(std::io::stderr(), "{kind}{}", escape(line));
        }
    }
}

/// The summary on standard output; what went wrong on standard error, where the rest was said while it happened.
pub(crate) fn ended(ended: &Ended) {
    let out = std::io::stdout();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || !out.is_terminal();
    let theme = if plain { Theme::plain() } else { Theme::colour() };
    let options = SummaryOptions { width: WIDTH, ..SummaryOptions::default() };
    // A reader that has enough, such as `head`, is no error.
    let summary = render(&ended.summary(&options), &theme);
    let _ = out.lock().write_all(masked(&summary).as_bytes());
    for trouble in &ended.trouble {
        StandardError.say(Tone::Error, &trouble.text());
    }
    StandardError.say(ended.answer.tone, &ended.answer.text);
}
