//! The one place that prints, for [`LoadTest::main`](crate::LoadTest::main): a `main` of one line should say everything.

use std::io::{IsTerminal, Write};

use loadline_load::Why;
use loadline_report::{SummaryOptions, Theme, render};
use loadline_verdict::{Outcome, brief_lines, escape};

use crate::ended::Ended;

/// So many failed thresholds are named.
const NAMED: usize = 10;

/// Columns of the summary where no terminal says.
const WIDTH: usize = 120;

/// The summary on standard output; what else there is to say on standard error.
pub(crate) fn ended(ended: &Ended) {
    let out = std::io::stdout();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || !out.is_terminal();
    let theme = if plain { Theme::plain() } else { Theme::colour() };
    let options = SummaryOptions { width: WIDTH, ..SummaryOptions::default() };
    // A reader that has enough, such as `head`, is no error.
    let _ = out.lock().write_all(render(&ended.summary(&options), &theme).as_bytes());
    for warning in &ended.warnings {
        line("warning", warning);
    }
    if let Some(saturation) = &ended.run.meta.saturation {
        line("warning", &saturation.to_string());
    }
    match &ended.why {
        Why::Aborted(reason) => error(reason),
        Why::Observer(reason) => error(&format!("stopped early: {reason}")),
        Why::Finished | Why::Stopped | Why::StoppedNow => {}
    }
    let failed = || ended.verdicts.iter().filter(|verdict| verdict.fails);
    for verdict in failed().take(NAMED) {
        let no_data = if verdict.outcome == Outcome::NoData { " (no data)" } else { "" };
        let trust = if verdict.trustworthy { "" } else { " (not trustworthy: generator saturated)" };
        error(&format!(
            "a threshold failed: `{}` on `{}`{no_data}{trust}",
            verdict.expression, verdict.selector
        ));
    }
    match failed().count().saturating_sub(NAMED) {
        0 => {}
        more => error(&format!("and {more} more thresholds failed")),
    }
}

/// What went wrong.
pub(crate) fn error(text: &str) {
    line("error", text);
}

fn line(kind: &str, text: &str) {
    let text = brief_lines(text);
    for (number, line) in text.lines().enumerate() {
        let kind = if number == 0 { format!("{kind}: ") } else { String::new() };
        // Nobody is left to be told when standard error is gone.
        let _ = writeln!(std::io::stderr(), "{kind}{}", escape(line));
    }
}
