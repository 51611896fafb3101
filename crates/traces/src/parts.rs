//! What the time of one request in the server went into, by exclusive time.
//!
//! The server span that answers a request is the one right below the caller's own. What a span took that none of its
//! children took is its own time; children that overlap are each stated as they took, and by how much they did is a
//! figure of its own, so that parts without the overlap are exactly the server span's duration, for any tree.
//!
//! A child counts as far as it lies within its parent: work that goes on after an answer is no time of that request.
//! Where a process is entered (a server span, a consumer's), its clock may be another one than its parent's. When it is
//! not within its parent by what the clocks say, it is put into the middle of it, or to its beginning where it is
//! longer, with all that is below it: what it took is known, when it was is not. (Jaeger adjusts clocks likewise.)
//! Within a process nothing is ever moved.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::kind::SpanKind;
use crate::name::LONGEST;
use crate::span::Span;

/// What a server span's own time is called: that of the service itself.
pub const OWN: &str = "app";
/// What all parts together are called that are more than there may be.
pub const OTHER: &str = "other";
/// Parts of one request.
pub const MOST_PARTS: usize = 32;

/// What the time of a request in the server went into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// How long the server span was, in nanoseconds.
    pub server_ns: u64,
    /// The parts by name, ascending, each with its nanoseconds, which are more than 0; at most [`MOST_PARTS`].
    pub parts: Vec<(String, u64)>,
    /// How much of it went on at the same time as other parts, in nanoseconds: the sum of the parts without it is
    /// `server_ns`.
    pub overlap_ns: u64,
    /// Spans that are in the parts.
    pub spans: u32,
    /// Spans of the trace that are not below the server span: those of others, and those whose parents are missing.
    pub apart: u32,
    /// Spans of which a part, or all, lies outside of their parents.
    pub cut: u32,
    /// Spans that were moved because clocks contradict each other.
    pub moved: u32,
}

/// Why nothing explains a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unexplained {
    /// No server span came in time.
    NeverCame,
    /// Another request had the same trace and span.
    Shared,
    /// It made room for others.
    Evicted,
}

/// A span of which what is known is being worked out.
#[derive(Clone, Copy)]
struct Placed {
    index: usize,
    begin: i128,
    end: i128,
    /// What is added to times of its clock.
    shift: i128,
    /// Which of the prefixes its name has.
    prefix: Option<usize>,
}

/// Explains the request that `caller` was the span of, on the client's side. `None` as long as its server span is not
/// among them. In whatever order spans come, and how often each, it is the same.
pub fn explain(spans: &[Span], caller: u64) -> Option<Explained> {
    let spans = once(spans);
    let is_below = |span: &&&Span| span.parent == caller && span.id != caller;
    // One that was sent again unseen has several: the last is the one that was answered.
    let root = spans
        .iter()
        .filter(is_below)
        .max_by_key(|span| (span.kind == SpanKind::Server, span.end_ns, span.id))?;
    let by_id = spans.binary_search_by_key(&root.id, |span| span.id).ok()?;

    let mut children: Vec<usize> = (0..spans.len()).collect();
    children.sort_unstable_by_key(|index| (spans[*index].parent, spans[*index].id));
    let of = |parent: u64| {
        let first = children.partition_point(|index| spans[*index].parent < parent);
        let last = children.partition_point(|index| spans[*index].parent <= parent);
        &children[first..last]
    };

    let (begin, end) = (i128::from(root.begin_ns), i128::from(root.end_ns));
    let mut waiting = vec![Placed { index: by_id, begin, end, shift: 0, prefix: None }];
    let mut seen = FxHashSet::from_iter([by_id]);
    let mut prefixes: Vec<String> = Vec::new();
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    let (mut overlap, mut cut, mut moved) = (0_u64, 0, 0);
    let mut within: Vec<(i128, i128)> = Vec::new();
    while let Some(parent) = waiting.pop() {
        let span = spans[parent.index];
        within.clear();
        for &index in of(span.id).iter().filter(|index| seen.insert(**index)) {
            let child = spans[index];
            let mut shift = parent.shift;
            let (begin, end) = (i128::from(child.begin_ns) + shift, i128::from(child.end_ns) + shift);
            if child.kind.is_entry() && (begin < parent.begin || end > parent.end) {
                let spare = (parent.end - parent.begin) - (end - begin);
                shift += parent.begin + spare.max(0) / 2 - begin;
                moved += 1;
            }
            let (begin, end) = (i128::from(child.begin_ns) + shift, i128::from(child.end_ns) + shift);
            let held = (begin.clamp(parent.begin, parent.end), end.clamp(parent.begin, parent.end));
            cut += u32::from(held != (begin, end));
            let prefix = match parent.prefix {
                None if child.kind.is_entry() => {
                    prefixes.push(span.name.to_string());
                    Some(prefixes.len() - 1)
                }
                prefix => prefix,
            };
            within.push(held);
            waiting.push(Placed { index, begin: held.0, end: held.1, shift, prefix });
        }
        let taken: i128 = within.iter().map(|(begin, end)| end - begin).sum();
        let covered = covered(&mut within);
        overlap += (taken - covered) as u64;
        let own = (parent.end - parent.begin - covered) as u64;
        if own > 0 {
            let is_root = parent.index == by_id;
            let name = if is_root || span.kind.is_entry() { OWN } else { &span.name };
            let name = match parent.prefix {
                Some(prefix) => short(&format!("{}.{name}", prefixes[prefix])),
                None => name.to_owned(),
            };
            *totals.entry(name).or_default() += own;
        }
    }
    Some(Explained {
        server_ns: root.end_ns - root.begin_ns,
        parts: largest(totals),
        overlap_ns: overlap,
        spans: seen.len() as u32,
        apart: (spans.len() - seen.len()) as u32,
        cut,
        moved,
    })
}

/// Each span once, by identifier. Of two that say something else of one span, the later one counts, so that the order
/// in which they came does not.
fn once(spans: &[Span]) -> Vec<&Span> {
    let mut all: Vec<&Span> = spans.iter().collect();
    all.sort_unstable_by(|one, other| one.id.cmp(&other.id).then_with(|| later(one, other)));
    all.dedup_by_key(|span| span.id);
    all
}

fn later(one: &Span, other: &Span) -> std::cmp::Ordering {
    let key = |span: &Span| (span.end_ns, span.begin_ns, span.parent, span.kind);
    key(other).cmp(&key(one)).then_with(|| one.name.cmp(&other.name))
}

/// How much time these stretches cover together.
fn covered(stretches: &mut [(i128, i128)]) -> i128 {
    stretches.sort_unstable();
    let (mut sum, mut until) = (0, i128::MIN);
    for &(begin, end) in stretches.iter() {
        sum += (end - begin.max(until)).max(0);
        until = until.max(end);
    }
    sum
}

/// As many as there may be, the largest of them, with the rest as one.
fn largest(totals: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut all: Vec<(String, u64)> = totals.into_iter().collect();
    if all.len() <= MOST_PARTS {
        return all;
    }
    all.sort_by(|one, other| {
        (other.0 != OTHER).cmp(&(one.0 != OTHER)).then(other.1.cmp(&one.1)).then_with(|| one.0.cmp(&other.0))
    });
    let rest = all.split_off(MOST_PARTS - 1);
    all.push((OTHER.to_owned(), rest.into_iter().map(|(_, ns)| ns).sum()));
    all.sort();
    all
}

fn short(name: &str) -> String {
    name.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests;
