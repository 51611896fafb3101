//! What Prisma's client says of its queries.
//!
//! With `log: ['query']` it prints `prisma:query SELECT …`, without times. As an event (`emit: 'event'`) a query has a
//! duration in milliseconds, whole ones where an engine measures it (until 6) and parts of them where the client does
//! it itself (since 7); programs that write such events as JSON, one in a line, are read too.

use std::borrow::Cow;

use serde::Deserialize;

use super::calls::{Call, CallKind};
use super::lines::{LONGEST, Line};
use super::moment::moment;
use super::told::Told;

const MARK: &str = "prisma:query ";

/// A query's event, as JSON.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    query: Cow<'a, str>,
    duration: f64,
    #[serde(borrow, default)]
    timestamp: Option<Cow<'a, str>>,
}

/// The event in a line, if it is one.
pub(super) fn event(line: &str) -> Option<Event<'_>> {
    if !line.starts_with('{') {
        return None;
    }
    serde_json::from_str(line)
        .ok()
        .filter(|event: &Event<'_>| event.duration.is_finite() && event.duration >= 0.0)
}

/// The statement behind the mark, if the line has one; colours are left out.
pub(super) fn printed(line: &str) -> Option<&str> {
    let at = line.find("prisma:query")?;
    // Before it are colours, times and names of a service; a statement that quotes the mark has a quote before it.
    if line[..at].contains(['\'', '"', '(']) {
        return None;
    }
    let rest = line[at + MARK.len() - 1..].trim_start_matches("\x1b[39m");
    rest.strip_prefix(' ')
}

pub(super) fn event_line(line: &Line<'_>, told: &mut Told, each: &mut dyn FnMut(Call<'_>)) {
    let Some(event) = event(&line.text) else {
        if line.is_cut {
            told.too_long += 1;
        } else if !line.text.trim().is_empty() {
            told.fragments += 1;
        }
        return;
    };
    told.entries += 1;
    let at = event.timestamp.as_deref().inspect(|at| told.see(at)).and_then(moment);
    told.see_ms(event.duration);
    each(Call {
        session: Some(0),
        ended_at_ms: at,
        ms: Some(event.duration),
        text: &event.query,
        rows: None,
        is_cut: false,
        kind: CallKind::Run,
        parameters: None,
    });
}

/// The statement that may go on in the next line.
#[derive(Debug, Default)]
pub(super) struct PrintedLog {
    text: Option<String>,
    is_cut: bool,
}

impl PrintedLog {
    pub(super) fn line(&mut self, line: &Line<'_>, told: &mut Told, each: &mut dyn FnMut(Call<'_>)) {
        if let Some(text) = printed(&line.text) {
            self.finish(each);
            told.entries += 1;
            self.text = Some(text.to_owned());
            self.is_cut = line.is_cut;
            return;
        }
        // A statement's further lines are written as they are; those of others begin at the margin.
        match &mut self.text {
            Some(text) if line.text.starts_with([' ', '\t']) && text.len() + line.text.len() < LONGEST => {
                text.push('\n');
                text.push_str(&line.text);
            }
            _ => {
                self.finish(each);
                if !line.text.trim().is_empty() {
                    told.fragments += 1;
                }
            }
        }
    }

    /// Hands out the last statement.
    pub(super) fn finish(&mut self, each: &mut dyn FnMut(Call<'_>)) {
        if let Some(text) = self.text.take() {
            each(Call {
                session: Some(0),
                ended_at_ms: None,
                ms: None,
                text: &text,
                rows: None,
                is_cut: self.is_cut,
                kind: CallKind::Run,
                parameters: None,
            });
        }
    }
}
