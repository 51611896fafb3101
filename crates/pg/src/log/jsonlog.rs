//! `jsonlog`: an object in a line for each entry.

use std::borrow::Cow;

use serde::Deserialize;

use super::entry::{Entry, Severity, session_of_id};
use super::lines::Line;
use super::told::Told;

/// The keys that are read; versions may have more of them.
#[derive(Debug, Deserialize)]
pub(super) struct JsonEntry<'a> {
    #[serde(borrow)]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    session_id: Option<Cow<'a, str>>,
    pid: Option<u64>,
    #[serde(borrow)]
    error_severity: Cow<'a, str>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    #[serde(borrow)]
    detail: Option<Cow<'a, str>>,
    #[serde(borrow)]
    context: Option<Cow<'a, str>>,
    #[serde(borrow)]
    statement: Option<Cow<'a, str>>,
}

/// The entry in a line, if it is one.
pub(super) fn read(line: &str) -> Option<JsonEntry<'_>> {
    if !line.starts_with('{') {
        return None;
    }
    serde_json::from_str(line).ok()
}

pub(super) fn line(line: &Line<'_>, told: &mut Told, each: &mut dyn FnMut(&Entry<'_>, &mut Told)) {
    let Some(json) = read(&line.text) else {
        if line.is_cut {
            told.too_long += 1;
        } else if !line.text.trim().is_empty() {
            told.fragments += 1;
        }
        return;
    };
    let session = json.session_id.as_deref().and_then(session_of_id).or(json.pid);
    let entry = Entry {
        at: json.timestamp,
        session,
        severity: Severity::of(&json.error_severity),
        message: json.message.unwrap_or_default(),
        detail: json.detail,
        is_nested: json.context.is_some(),
        has_statement: json.statement.is_some(),
        is_cut: false,
    };
    each(&entry, told);
}
