//! Executions out of entries: what several entries of a session say of one is put together.
//!
//! A server may say of one execution that it begins (`log_statement`), how it went (`auto_explain`) and how long it
//! took (`log_duration`, `log_min_duration_statement`). Each execution counts once: a plan whose statement is timed by
//! the next entry of its session is part of that; where a statement ran through a portal, as drivers do it, the plan
//! comes when the portal is closed, right behind the time.

use std::collections::HashMap;

use super::entry::{Entry, Severity};
use super::message::{Said, prepared};
use super::moment::moment;
use super::plan::Explained;
use super::told::Told;

/// Sessions and bytes of statements that are remembered; beyond them what waits is handed out as it is.
const SESSIONS: usize = 10_000;
const BYTES: usize = 64 << 20;

/// One execution of a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Call<'a> {
    /// In which session, if the log tells.
    pub session: Option<u64>,
    /// When it ended, in milliseconds; only differences mean something.
    pub ended_at_ms: Option<i64>,
    /// How long it took; nothing when the log does not tell.
    pub ms: Option<f64>,
    /// The statement.
    pub text: &'a str,
    /// Rows that it gave, when a plan tells.
    pub rows: Option<f64>,
    /// Whether the statement's end is missing.
    pub is_cut: bool,
    /// What part of an execution it is.
    pub kind: CallKind,
    /// The values of its parameters as the log has them, for [`values_of`](super::values_of); nothing where it does not
    /// tell.
    pub parameters: Option<&'a str>,
}

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// An execution.
    Run,
    /// More of one that was counted already.
    Fetch,
    /// Reading, planning and binding before one.
    Preparation,
}

/// What sessions have begun.
#[derive(Debug, Default)]
pub(super) struct Calls {
    sessions: HashMap<u64, Waiting>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    begun: Option<Held>,
    plans: Vec<Held>,
    /// What ran through a portal, and may have its plan in the next entry.
    ran: Option<Held>,
}

#[derive(Debug)]
struct Held {
    ended_at_ms: Option<i64>,
    ms: Option<f64>,
    text: String,
    rows: Option<f64>,
    is_cut: bool,
    by_portal: bool,
    parameters: Option<String>,
}

impl Held {
    fn call(&self, session: u64) -> Call<'_> {
        Call {
            session: Some(session),
            ended_at_ms: self.ended_at_ms,
            ms: self.ms,
            text: prepared(&self.text),
            rows: self.rows,
            is_cut: self.is_cut,
            kind: CallKind::Run,
            parameters: self.parameters.as_deref(),
        }
    }
}

impl Calls {
    pub(super) fn entry(&mut self, entry: &Entry<'_>, told: &mut Told, each: &mut dyn FnMut(Call<'_>)) {
        told.entries += 1;
        told.cut += u64::from(entry.is_cut);
        let at = entry.at.as_deref().inspect(|at| told.see(at));
        if entry.severity == Severity::Error && entry.has_statement {
            told.failed += 1;
            told.cancelled += u64::from(entry.message.starts_with("canceling statement"));
            // What it had begun was this.
            if let Some(waiting) = entry.session.and_then(|session| self.sessions.get_mut(&session)) {
                waiting.begun = None;
            }
        }
        if entry.severity != Severity::Log {
            return;
        }
        let Some(said) = Said::of(&entry.message) else { return };
        let ended_at_ms = at.and_then(moment);
        told.without_session += u64::from(entry.session.is_none());
        if !matches!(said, Said::Explained { .. }) {
            self.flush_ran(entry.session, each);
        }
        match said {
            Said::Explained { ms, plan } => self.explained(entry, ended_at_ms, ms, plan, told, each),
            Said::Begins { text, by_portal } => self.begins(entry, ended_at_ms, (text, by_portal), each),
            Said::Ran { ms, text, by_portal } => {
                told.see_ms(ms);
                self.ran(entry, ended_at_ms, ms, (text, by_portal), each);
            }
            Said::Duration(ms) => {
                told.see_ms(ms);
                self.took(entry, ended_at_ms, ms, told, each);
            }
            Said::Fetched { ms, text } => {
                each(Call { kind: CallKind::Fetch, ..call(entry, ended_at_ms, ms, prepared(text)) });
            }
            Said::Prepared { ms, text } => {
                each(Call { kind: CallKind::Preparation, ..call(entry, ended_at_ms, ms, prepared(text)) });
            }
        }
        if self.bytes > BYTES {
            // What was held since may be gone by now.
            let held = |waiting: &Waiting| {
                waiting
                    .begun
                    .iter()
                    .chain(&waiting.plans)
                    .chain(&waiting.ran)
                    .map(|held| held.text.len())
                    .sum::<usize>()
            };
            self.bytes = self.sessions.values().map(held).sum();
        }
        if self.sessions.len() > SESSIONS || self.bytes > BYTES {
            self.finish(each);
        }
    }

    /// Hands out all that waits.
    pub(super) fn finish(&mut self, each: &mut dyn FnMut(Call<'_>)) {
        let sessions = std::mem::take(&mut self.sessions).into_iter();
        let mut left: Vec<(u64, Held)> = sessions
            .flat_map(|(session, waiting)| {
                waiting
                    .ran
                    .into_iter()
                    .chain(waiting.plans)
                    .chain(waiting.begun)
                    .map(move |held| (session, held))
            })
            .collect();
        left.sort_by_key(|(session, held)| (held.ended_at_ms, *session));
        for (session, held) in &left {
            each(held.call(*session));
        }
        self.bytes = 0;
    }

    fn explained(
        &mut self,
        entry: &Entry<'_>,
        ended_at_ms: Option<i64>,
        ms: f64,
        plan: &str,
        told: &mut Told,
        each: &mut dyn FnMut(Call<'_>),
    ) {
        let Some(explained) = Explained::of(plan) else {
            told.plans_unread += 1;
            return;
        };
        if entry.is_nested {
            return told.nested.add(ms);
        }
        told.see_ms(ms);
        let Explained { text, rows } = explained;
        let held = Held {
            ended_at_ms,
            ms: Some(ms),
            text,
            rows,
            is_cut: entry.is_cut,
            by_portal: false,
            parameters: None,
        };
        let Some(session) = entry.session else {
            // Nothing can be paired with it.
            return each(Call { session: None, ..held.call(0) });
        };
        self.bytes += held.text.len();
        let waiting = self.sessions.entry(session).or_default();
        if let Some(ran) = waiting.ran.take() {
            let is_its = ran.text == held.text;
            each(Call { rows: held.rows.filter(|_| is_its), ..ran.call(session) });
            if is_its {
                return;
            }
        }
        // Statements that are sent together have one text, each a plan, and one duration; all others are over.
        if waiting.plans.last().is_some_and(|last| last.text != held.text) {
            waiting.plans.drain(..).for_each(|held| each(held.call(session)));
        }
        waiting.plans.push(held);
    }

    fn begins(
        &mut self,
        entry: &Entry<'_>,
        ended_at_ms: Option<i64>,
        (text, by_portal): (&str, bool),
        each: &mut dyn FnMut(Call<'_>),
    ) {
        let text = named_in_detail(entry).unwrap_or(text);
        let held = Held {
            ended_at_ms,
            ms: None,
            text: text.to_owned(),
            rows: None,
            is_cut: entry.is_cut,
            by_portal,
            parameters: parameters(entry).map(str::to_owned),
        };
        let Some(session) = entry.session else { return each(Call { session: None, ..held.call(0) }) };
        self.bytes += held.text.len();
        let waiting = self.sessions.entry(session).or_default();
        waiting.plans.drain(..).for_each(|held| each(held.call(session)));
        if let Some(before) = waiting.begun.replace(held) {
            each(before.call(session));
        }
    }

    /// A call through a portal whose plan did not come.
    fn flush_ran(&mut self, session: Option<u64>, each: &mut dyn FnMut(Call<'_>)) {
        let Some(session) = session else { return };
        if let Some(ran) = self.sessions.get_mut(&session).and_then(|waiting| waiting.ran.take()) {
            each(ran.call(session));
        }
    }

    fn ran(
        &mut self,
        entry: &Entry<'_>,
        ended_at_ms: Option<i64>,
        ms: f64,
        (text, by_portal): (&str, bool),
        each: &mut dyn FnMut(Call<'_>),
    ) {
        let detail = named_in_detail(entry);
        let mut call = call(entry, ended_at_ms, ms, prepared(detail.unwrap_or(text)));
        if detail.is_none() && call.text.len() != text.len() {
            call.kind = CallKind::Preparation;
        }
        let Some(session) = entry.session else { return each(call) };
        let mut plans = 0;
        if let Some(waiting) = self.sessions.get_mut(&session) {
            // Statements that are sent together and have plans: the rows of them all are nobody's.
            for held in waiting.plans.drain(..) {
                if held.text == text || detail.is_some_and(|detail| held.text == detail) {
                    plans += 1;
                    call.rows = held.rows.filter(|_| plans == 1);
                } else {
                    each(held.call(session));
                }
            }
            // One that took no time worth logging, before this.
            if let Some(begun) = waiting.begun.take().filter(|begun| begun.text != text) {
                each(begun.call(session));
            }
        }
        if !by_portal || plans > 0 {
            return each(call);
        }
        let text = detail.unwrap_or(text).to_owned();
        let (is_cut, parameters) = (entry.is_cut, call.parameters.map(str::to_owned));
        self.hold(
            session,
            Held { ended_at_ms, ms: Some(ms), text, rows: None, is_cut, by_portal, parameters },
        );
    }

    /// Waits for the plan of what ran.
    fn hold(&mut self, session: u64, held: Held) {
        self.bytes += held.text.len();
        self.sessions.entry(session).or_default().ran = Some(held);
    }

    /// A duration alone is of what the session has begun, or of its plan.
    fn took(
        &mut self,
        entry: &Entry<'_>,
        ended_at_ms: Option<i64>,
        ms: f64,
        told: &mut Told,
        each: &mut dyn FnMut(Call<'_>),
    ) {
        let waiting = entry.session.and_then(|session| Some((session, self.sessions.get_mut(&session)?)));
        if let Some((session, waiting)) = waiting {
            let mut plans: Vec<Held> = waiting.plans.drain(..).collect();
            if let Some(mut begun) = waiting.begun.take() {
                begun.rows = match &plans[..] {
                    [plan] if plan.text == begun.text => plan.rows,
                    _ => None,
                };
                let before = plans.len();
                plans.retain(|plan| plan.text != begun.text);
                let has_plan = plans.len() < before;
                for held in &plans {
                    each(held.call(session));
                }
                if begun.by_portal && !has_plan {
                    self.hold(session, Held { ms: Some(ms), ended_at_ms, ..begun });
                    return;
                }
                return each(Call { ms: Some(ms), ended_at_ms, ..begun.call(session) });
            }
            if let Some(plan) = plans.pop() {
                plans.iter().filter(|held| held.text != plan.text).for_each(|held| each(held.call(session)));
                return each(Call { ms: Some(ms), ended_at_ms, ..plan.call(session) });
            }
        }
        told.without_statement.add(ms);
    }
}

fn call<'a>(entry: &'a Entry<'_>, ended_at_ms: Option<i64>, ms: f64, text: &'a str) -> Call<'a> {
    Call {
        session: entry.session,
        ended_at_ms,
        ms: Some(ms),
        text,
        rows: None,
        is_cut: entry.is_cut,
        kind: CallKind::Run,
        parameters: parameters(entry),
    }
}

/// The values that stand in the detail; from 16 on the word is written large.
fn parameters<'a>(entry: &'a Entry<'_>) -> Option<&'a str> {
    let detail = entry.detail.as_deref()?;
    detail.strip_prefix("parameters: ").or_else(|| detail.strip_prefix("Parameters: "))
}

/// The statement behind `execute name (…)`, which stands in the detail.
fn named_in_detail<'a>(entry: &'a Entry<'_>) -> Option<&'a str> {
    entry.detail.as_deref().and_then(|detail| detail.strip_prefix("prepare: "))
}
