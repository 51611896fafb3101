//! The engine's stacks, in the author's coordinates.
//!
//! QuickJS writes `    at name (file:line:column)`, without `name (` and `)` for code outside of
//! functions, `(native)` for its own functions, and `<input>` for the text that `JSON.parse` was given.

use std::fmt::Write as _;

/// File names that start so belong to Loadline itself.
const INTERNAL: &str = "loadline:";

/// One line of a stack.
struct Frame<'s> {
    function: &'s str,
    place: Place<'s>,
}

enum Place<'s> {
    Native,
    At { file: &'s str, line: u32, column: u32 },
}

/// A stack in the words of the author's files; `original` says where a place of the compiled text came from, as
/// `file:line:column`, if it did.
pub(crate) fn original(stack: &str, original: impl Fn(&str, u32, u32) -> Option<String>) -> String {
    let mut text = String::new();
    // Native frames are shown only when a frame of a script called them.
    let mut natives = Vec::new();
    for frame in stack.lines().filter_map(parse) {
        match frame.place {
            Place::Native => natives.push(frame.function),
            Place::At { file: "<input>", .. } => {}
            Place::At { file, .. } if file.starts_with(INTERNAL) => natives.clear(),
            Place::At { file, line, column } => {
                for native in natives.drain(..) {
                    let _ = writeln!(text, "    at {native} (native)");
                }
                let place = original(file, line, column).unwrap_or_else(|| file.to_owned());
                let _ = match frame.function {
                    "" | "<anonymous>" | "<eval>" => writeln!(text, "    at {place}"),
                    function => writeln!(text, "    at {function} ({place})"),
                };
            }
        }
    }
    text
}

fn parse(line: &str) -> Option<Frame<'_>> {
    let line = line.trim().strip_prefix("at ")?;
    let (function, place) = match line.strip_suffix(')').and_then(|line| line.rsplit_once(" (")) {
        Some((function, place)) => (function, place),
        None => ("", line),
    };
    if place == "native" {
        return Some(Frame { function, place: Place::Native });
    }
    let (rest, last) = place.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    let place = match rest.rsplit_once(':').map(|(file, line)| (file, line.parse())) {
        Some((file, Ok(line))) => Place::At { file, line, column: last },
        _ => Place::At { file: rest, line: last, column: 1 },
    };
    Some(Frame { function, place })
}
