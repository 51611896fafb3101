//! A span, as far as it says where time went.

use crate::kind::SpanKind;
use crate::name::{Attributes, part_name};

/// The longest that a span may take, in nanoseconds: nineteen hours. What claims more has a broken clock.
pub const LONGEST_NS: u64 = 1 << 46;

/// A span that has ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The trace it is of; never 0.
    pub trace: u128,
    /// Its identifier within the trace; never 0.
    pub id: u64,
    /// The span that it is a part of; 0 for none.
    pub parent: u64,
    /// When it ended, in nanoseconds since 1970 UTC by its own machine's clock; not before it began.
    pub end_ns: u64,
    /// When it began, likewise.
    pub begin_ns: u64,
    /// What it is in its trace.
    pub kind: SpanKind,
    /// What the time in it is called: `db.select users`, `out.payments`, `render`. Short, on one line, without secrets.
    pub name: Box<str>,
}

/// A span as it was read, before it is looked at.
#[derive(Debug, Default)]
pub(crate) struct Read<'a> {
    pub(crate) trace: Option<u128>,
    pub(crate) id: Option<u64>,
    pub(crate) parent: Option<u64>,
    pub(crate) kind: SpanKind,
    pub(crate) begin_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) name: &'a str,
    pub(crate) attributes: Attributes,
}

impl Read<'_> {
    /// The span, if it can be one: with identifiers, and a time that is over.
    pub(crate) fn span(&self) -> Option<Span> {
        let took = self.end_ns.checked_sub(self.begin_ns)?;
        if self.begin_ns == 0 || took > LONGEST_NS {
            return None;
        }
        Some(Span {
            trace: self.trace?,
            id: self.id?,
            parent: self.parent?,
            end_ns: self.end_ns,
            begin_ns: self.begin_ns,
            kind: self.kind,
            name: part_name(self.kind, self.name, &self.attributes),
        })
    }
}

/// What a message had.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Its spans, in its order.
    pub spans: Vec<Span>,
    /// How many more there were that cannot be: without an identifier, with an end before their beginning.
    pub invalid: u64,
}

/// So many spans one message may have.
pub(crate) const MOST: usize = 100_000;

impl Batch {
    /// Adds a span, or counts it; false when there are too many.
    pub(crate) fn add(&mut self, read: &Read<'_>) -> bool {
        match read.span() {
            Some(_) if self.spans.len() >= MOST => return false,
            Some(span) => self.spans.push(span),
            None => self.invalid += 1,
        }
        true
    }
}
