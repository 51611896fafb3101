//! How a call into a script can end badly, with stacks in the coordinates of the user's source.

use std::time::Duration;

use loadline_units as units;
use rquickjs::{Coerced, Ctx, Exception, Object, Value};

/// The end of a sentence about a run that shares a realm and cannot.
pub const REMEDY: &str = "which users that share a JavaScript realm cannot do without acting in each other's name: \
     give each a realm of its own with `--vus-per-realm 1`";

/// A place in a source file; line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file as the user knows it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// Turns places in generated text into places in the user's source.
pub trait StackMapper {
    /// Where `line` and `column` (from 1) of the generated text `file` come from; `None` when the mapper doesn't know.
    fn map(&self, file: &str, line: u32, column: u32) -> Option<Position>;
}

/// A value that a script threw and nobody caught.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}{stack}", if stack.is_empty() { "" } else { "\n" })]
pub struct Thrown {
    /// `TypeError: x is not a function`, or the thrown value as a string.
    pub message: String,
    /// One line `    at name (file:line:column)` for each frame, in the user's coordinates; without our own frames.
    pub stack: String,
}

/// Why a call into a script did not return.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The script threw.
    #[error(transparent)]
    Thrown(#[from] Thrown),
    /// The run interrupted it.
    #[error("interrupted")]
    Interrupted,
    /// It took longer than it may.
    #[error("took longer than {}", units::time_of(*.limit))]
    TimedOut {
        /// The limit it was called with.
        limit: Duration,
    },
    /// A native function ended it: `test.abort`.
    #[error("{0}")]
    Terminated(String),
    /// The realm has used the memory it may use.
    #[error("`{script}` needs more than {} of memory for the users of one realm\n{stack}\nhint: does it keep data across iterations? else raise `memoryPerRealm`", units::size(*.limit_bytes as u64))]
    OutOfMemory {
        /// The entry script.
        script: String,
        /// The limit of one realm.
        limit_bytes: usize,
        /// Where it happened, as in [`Thrown`]; without memory for a stack, the function that was called.
        stack: String,
    },
    /// The machine could not give the script a stack or a realm.
    #[error("could not run the script: {0}")]
    Machine(String),
}

/// Describes a thrown value.
pub(super) fn describe(value: &Value<'_>, mapper: Option<&dyn StackMapper>) -> Thrown {
    let Some(object) = value.as_object() else {
        let text = value.get::<Coerced<String>>().map_or_else(|_| "a value".to_owned(), |text| text.0);
        return Thrown { message: format!("uncaught: {text}"), stack: String::new() };
    };
    if let Some(error) = Exception::from_object(object.clone()) {
        let name = string_of(object, "name").unwrap_or_else(|| "Error".to_owned());
        let message = error.message().unwrap_or_default();
        let mut text = if message.is_empty() { name } else { format!("{name}: {message}") };
        if let Ok(cause) = object.get::<_, Value<'_>>("cause")
            && cause.is_error()
        {
            text = format!("{text} (cause: {})", describe(&cause, None).message);
        }
        return Thrown { message: text, stack: map_stack(&error.stack().unwrap_or_default(), mapper) };
    }
    let text = match value.ctx().json_stringify(value.clone()) {
        Ok(Some(json)) => json.to_string().unwrap_or_default(),
        _ => string_of(object, "message").unwrap_or_else(|| "an object".to_owned()),
    };
    forget_exception(value.ctx());
    let stack = map_stack(&string_of(object, "stack").unwrap_or_default(), mapper);
    Thrown { message: format!("uncaught: {text}"), stack }
}

fn string_of(object: &Object<'_>, key: &str) -> Option<String> {
    let text = object.get::<_, Option<Coerced<String>>>(key);
    if text.is_err() {
        forget_exception(object.ctx());
    }
    text.ok().flatten().map(|text| text.0)
}

fn forget_exception(ctx: &Ctx<'_>) {
    if ctx.has_exception() {
        drop(ctx.catch());
    }
}

/// Maps the places of a QuickJS stack text and leaves out the frames that are ours.
pub(super) fn map_stack(stack: &str, mapper: Option<&dyn StackMapper>) -> String {
    let mut mapped = String::with_capacity(stack.len());
    for line in stack.lines() {
        if line.contains("(loadline:")
            || line.ends_with("at step (native)")
            || line.ends_with("at block (native)")
            || line.ends_with("at native (native)")
        {
            continue;
        }
        if !mapped.is_empty() {
            mapped.push('\n');
        }
        match mapper.and_then(|mapper| map_line(line, mapper)) {
            Some(line) => mapped.push_str(&line),
            None => mapped.push_str(line),
        }
    }
    mapped
}

/// `    at name (file:line:column)` with the place mapped; also `    at file:line:column`.
fn map_line(line: &str, mapper: &dyn StackMapper) -> Option<String> {
    let (head, place, tail) = if let Some(open) = line.rfind('(') {
        (&line[..=open], line[open + 1..].strip_suffix(')')?, ")")
    } else {
        let start = line.find("at ")? + 3;
        (&line[..start], &line[start..], "")
    };
    let (rest, column) = place.rsplit_once(':')?;
    let (file, row) = rest.rsplit_once(':')?;
    let position = mapper.map(file, row.parse().ok()?, column.parse().ok()?)?;
    Some(format!("{head}{}:{}:{}{tail}", position.file, position.line, position.column))
}
