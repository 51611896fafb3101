//! Standard error, shared by the live view and by everything that wants to say a line meanwhile.
//!
//! Worker threads log here, the hub draws here; a lock keeps a log line from tearing the view. Standard output is
//! left to results, so that it can be piped. A message that repeats without end is shown a few times and counted:
//! five hundred users with one broken line are one problem, not a scrolling screen.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use loadline_report::{Line, LiveView, Phase, PlainView, Role, Size, Theme, Users, render, wrap};
use loadline_runner::{Second, Tone, Voice};
use loadline_script::modules::{Level, Log, Source};
use loadline_secrets::masked;
use loadline_verdict::{brief_lines, escape};

use super::console_file::ConsoleFile;

/// Sentences are not folded to less than so many columns.
const NARROWEST: usize = 30;
/// How often one message of the engine is shown.
const REPEATS: u64 = 3;
/// Before what belongs to what was said.
const BELOW: &str = "    ";
/// Before what is said.
const WARNING: &str = "warning: ";
const ERROR: &str = "error: ";

/// How much there is to see.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ScreenSettings {
    /// No live view.
    pub(crate) quiet: bool,
    /// No colour.
    pub(crate) no_color: bool,
    /// `console.debug` too.
    pub(crate) verbose: bool,
    /// The live view draws the distribution of this metric.
    pub(crate) latency: Option<&'static str>,
    /// What the users are called.
    pub(crate) users: Users,
}

impl ScreenSettings {
    /// Of a load that this program makes by itself, of users of its own.
    pub(crate) fn of_own_load(quiet: bool, no_color: bool) -> Self {
        Self { quiet, no_color, users: Users::Vus, ..Self::default() }
    }
}

/// Standard error.
pub(crate) struct Screen {
    verbose: bool,
    state: Mutex<State>,
}

struct State {
    view: View,
    theme: Theme,
    console: Option<ConsoleFile>,
    said: HashMap<String, u64>,
}

enum View {
    Live(Box<LiveView>),
    Plain(PlainView),
    None,
}

impl View {
    fn new(settings: ScreenSettings) -> (Self, Theme) {
        let terminal = std::io::stderr().is_terminal() && !is_dumb();
        let theme = theme(settings.no_color, terminal);
        let view = match (settings.quiet, terminal) {
            (true, _) => Self::None,
            (false, true) => {
                let view = LiveView::new(theme, size()).of(settings.users);
                Self::Live(Box::new(match settings.latency {
                    Some(metric) => view.with_latency(metric),
                    None => view,
                }))
            }
            (false, false) => Self::Plain(PlainView::default().of(settings.users)),
        };
        (view, theme)
    }
}

impl Screen {
    pub(crate) fn new(settings: ScreenSettings) -> Self {
        let (view, theme) = View::new(settings);
        Self {
            verbose: settings.verbose,
            state: Mutex::new(State { view, theme, console: None, said: HashMap::new() }),
        }
    }

    /// Opens the view again that a run has closed, for the next one.
    pub(crate) fn open_again(&self, settings: ScreenSettings) {
        self.lock().view = View::new(settings).0;
    }

    /// Sends what the script's console prints to a file from now on, unless it has one already.
    pub(crate) fn console_to(&self, open: impl FnOnce() -> anyhow::Result<File>) -> anyhow::Result<()> {
        let mut state = self.lock();
        if state.console.is_none() {
            state.console = Some(ConsoleFile::new(open()?));
        }
        Ok(())
    }

    /// Says a line of our own: `warning: …`.
    pub(crate) fn warn(&self, text: &str) {
        self.print(Level::Warn, &folded(WARNING, &brief_lines(text)));
    }

    /// Says what went wrong.
    pub(crate) fn error(&self, text: &str) {
        self.print(Level::Error, &folded(ERROR, &brief_lines(text)));
    }

    /// Says something plain.
    pub(crate) fn note(&self, text: &str) {
        self.print(Level::Info, &folded("", text));
    }

    /// Says something plain below what was said.
    pub(crate) fn below(&self, text: &str) {
        self.print(Level::Info, &format!("{BELOW}{}", folded(BELOW, text)));
    }

    fn print(&self, level: Level, text: &str) {
        self.lock().print(level, text);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Voice for Screen {
    fn say(&self, tone: Tone, text: &str) {
        match tone {
            Tone::Note => self.note(text),
            Tone::Warning => self.warn(text),
            Tone::Error => self.error(text),
        }
    }

    fn phase(&self, phase: Phase) {
        let mut state = self.lock();
        let mut err = std::io::stderr();
        // A screen that cannot be written to must not end the run: there is nobody to tell.
        match &mut state.view {
            View::Live(view) => {
                view.resize(size());
                let _ = view.phase(&mut err, phase);
            }
            View::Plain(view) => {
                if let Some(line) = view.phase(phase) {
                    let _ = err.write_all(line.as_bytes());
                }
            }
            View::None => {}
        }
    }

    fn second(&self, second: Second<'_>) {
        let Second { elapsed, schema, window, progress } = second;
        let mut state = self.lock();
        let mut err = std::io::stderr();
        match &mut state.view {
            View::Live(view) => {
                view.resize(size());
                let _ = view.second(&mut err, elapsed, schema, window, progress);
            }
            View::Plain(view) => {
                if let Some(line) = view.second(elapsed, schema, window, progress) {
                    let _ = err.write_all(line.as_bytes());
                }
            }
            View::None => {}
        }
    }

    // Takes the view off the screen, and tells how often what was no longer shown was said.
    fn close(&self) {
        let mut state = self.lock();
        if let View::Live(view) = &mut state.view {
            let _ = view.erase(&mut std::io::stderr());
        }
        state.view = View::None;
        let mut hidden: Vec<(String, u64)> =
            state.said.drain().filter(|(_, times)| *times > REPEATS).collect();
        hidden.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        for (message, times) in hidden.into_iter().take(10) {
            let first = message.lines().next().unwrap_or_default();
            state.print(Level::Warn, &format!("said {times} times: {first}"));
        }
    }
}

impl State {
    fn print(&mut self, level: Level, text: &str) {
        let (role, prefix) = match level {
            Level::Debug => (Role::Dim, "debug: "),
            Level::Info => (Role::Text, ""),
            Level::Warn => (Role::Warning, WARNING),
            Level::Error => (Role::Bad, ERROR),
        };
        let text = &*masked(text);
        let mut lines = Vec::new();
        // A script's empty line is one, too.
        let empty = text.is_empty().then_some("");
        for (number, text) in text.lines().chain(empty).enumerate() {
            let line = Line::new();
            lines.push(if number == 0 {
                line.with(role, prefix).with(Role::Text, text)
            } else {
                line.with(Role::Text, text)
            });
        }
        let mut err = std::io::stderr();
        let _ = match &mut self.view {
            View::Live(view) => view.print_lines_above(&mut err, &lines),
            View::Plain(_) | View::None => err.write_all(render(&lines, &self.theme).as_bytes()),
        };
    }

    /// Whether this message of the engine is still to be shown.
    fn is_news(&mut self, message: &str) -> bool {
        if let Some(times) = self.said.get_mut(message) {
            *times += 1;
            return *times <= REPEATS;
        }
        // Messages that all differ must not take memory without bound.
        if self.said.len() < 1000 {
            self.said.insert(message.to_owned(), 1);
        }
        true
    }
}

impl Log for Screen {
    fn log(&self, level: Level, source: Source, message: &str) {
        if level == Level::Debug && !self.verbose {
            return;
        }
        let mut state = self.lock();
        match source {
            Source::Console => {
                if let Some(file) = &mut state.console {
                    if file.write(level, &masked(message)).is_ok() {
                        return;
                    }
                    state.console = None;
                    state.print(
                        Level::Error,
                        "the console's output file cannot be written to; its lines follow here",
                    );
                }
                state.print(level, message);
            }
            Source::Wire => state.print(level, message),
            Source::Engine => {
                if state.is_news(message) {
                    state.print(level, message);
                }
            }
        }
    }
}

/// A text whose first line, a sentence of ours behind this prefix, goes over several where a terminal is narrower. What
/// follows is as it was written: places, and commands to copy.
fn folded<'t>(prefix: &str, text: &'t str) -> Cow<'t, str> {
    if std::io::stderr().is_terminal() && !is_dumb() {
        within(usize::from(size().columns), prefix, text)
    } else {
        Cow::Borrowed(text)
    }
}

fn within<'t>(columns: usize, prefix: &str, text: &'t str) -> Cow<'t, str> {
    let (first, rest) = text.split_at(text.find('\n').unwrap_or(text.len()));
    if Line::new().with(Role::Text, prefix).with(Role::Text, first).width() <= columns {
        return Cow::Borrowed(text);
    }
    let lines = wrap(first, columns.saturating_sub(prefix.len()).max(NARROWEST));
    Cow::Owned(lines.join(&format!("\n{:1$}", "", prefix.len())) + rest)
}

/// Says why nothing was run, where there is no screen yet.
pub(crate) fn complain(text: &str) {
    Screen::new(ScreenSettings { quiet: true, ..ScreenSettings::default() }).error(text);
}

/// Says what is wrong with the arguments, or the help that was asked for. Help is ours; an error quotes what was typed.
pub(crate) fn usage(error: &clap::Error) {
    if error.use_stderr() {
        let text = error.render().to_string();
        let text = masked(&text);
        let safe: Vec<String> =
            brief_lines(text.trim_end()).lines().map(|line| escape(line).into_owned()).collect();
        // There is nobody to tell when standard error is gone.
        let _ = writeln!(std::io::stderr(), "{}", safe.join("\n"));
    } else {
        let _ = error.print();
    }
}

/// Warns where there is no screen yet.
pub(crate) fn caution(text: &str) {
    Screen::new(ScreenSettings { quiet: true, ..ScreenSettings::default() }).warn(text);
}

/// Says something plain where there is no screen yet.
pub(crate) fn remark(text: &str) {
    Screen::new(ScreenSettings { quiet: true, ..ScreenSettings::default() }).note(text);
}

/// Colours, unless nobody would see them or somebody does not want them.
pub(crate) fn theme(no_color: bool, terminal: bool) -> Theme {
    if colours(no_color, terminal) { Theme::colour() } else { Theme::plain() }
}

/// Whether colours are seen and wanted.
pub(super) fn colours(no_color: bool, terminal: bool) -> bool {
    let unwanted = no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !unwanted && terminal && !is_dumb()
}

/// Whether the terminal says that it obeys nothing.
pub(crate) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// The width for results on standard output.
pub(crate) fn result_width() -> usize {
    if std::io::stdout().is_terminal() { usize::from(size().columns).clamp(60, 140) } else { 120 }
}

/// A result in prose: a line for each part of it, unless somebody looks at it, for whom long ones go on below.
pub(crate) fn prose(text: String) -> String {
    if std::io::stdout().is_terminal() { super::folded(&text, result_width()) } else { text }
}

/// How large the terminal is.
pub(crate) fn size() -> Size {
    crossterm::terminal::size().map_or_else(|_| Size::default(), |(columns, rows)| Size { columns, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_folded_behind_its_prefix() {
        let text = "2 of 15 requirements are not met, 1 without data\n  --> a place that is rather far away from here";
        assert_eq!(within(60, ERROR, text), text);
        let folded = within(40, ERROR, text);
        let lines: Vec<&str> = folded.lines().collect();
        let first = ["2 of 15 requirements are not met,", "       1 without data"];
        assert_eq!(lines, [&first[..], &["  --> a place that is rather far away from here"]].concat());
    }
}
