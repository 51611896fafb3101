//! Standard output, which is for results.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};

use anyhow::{Context, Result};
use loadline_report::{Line, render};
use loadline_secrets::masked;
use loadline_verdict::{escape, harmless};

use super::screen;

/// What `--json` prints of a command's result.
pub(crate) fn json_text(value: &serde_json::Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    // What a terminal would obey, in JSON's own words.
    Ok(text.chars().fold(String::with_capacity(text.len()), |mut safe, character| {
        if character != '\n'
            && *escape(character.encode_utf8(&mut [0; 4])) != *character.encode_utf8(&mut [0; 4])
        {
            safe.push_str(&format!("\\u{:04x}", character as u32));
        } else {
            safe.push(character);
        }
        safe
    }))
}

/// What goes into a file or to a stream: text without secrets, and bytes that are no text as they are.
pub(crate) fn without_secrets(bytes: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(bytes).map(masked) {
        Ok(Cow::Owned(safe)) => Cow::Owned(safe.into_bytes()),
        _ => Cow::Borrowed(bytes),
    }
}

/// Prints to standard output, without secrets and without what commands a terminal but colours on one. A reader that
/// has enough, such as `head`, is no error.
pub(crate) fn print(bytes: &[u8]) -> Result<()> {
    print_theirs(bytes, false)
}

/// The same for what a script made: it does not know of `--no-color`.
pub(crate) fn print_theirs(bytes: &[u8], no_color: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let bytes = safe(bytes, out.is_terminal(), no_color);
    match out.write_all(&bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

/// Prints to standard error, as [`print_theirs`] does.
pub(crate) fn print_aside(bytes: &[u8], no_color: bool) -> Result<()> {
    let mut err = std::io::stderr().lock();
    let bytes = safe(bytes, err.is_terminal(), no_color);
    err.write_all(&bytes).context("cannot write to standard error")
}

/// What may be printed of this. Bytes that are no text are for a file or another program.
fn safe(bytes: &[u8], terminal: bool, no_color: bool) -> Cow<'_, [u8]> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) if terminal => String::from_utf8_lossy(bytes),
        Err(_) => return Cow::Borrowed(bytes),
    };
    let text = masked(&text);
    Cow::Owned(harmless(&text, screen::colours(no_color, terminal)).into_owned().into_bytes())
}

/// Prints a result for people: on standard output, or on standard error where samples have the other.
pub(crate) fn print_result(lines: &[Line], no_color: bool, samples_on_stdout: bool) -> Result<()> {
    if samples_on_stdout {
        let text = render(lines, &screen::theme(no_color, std::io::stderr().is_terminal()));
        return print_aside(text.as_bytes(), no_color);
    }
    print(render(lines, &screen::theme(no_color, std::io::stdout().is_terminal())).as_bytes())
}
