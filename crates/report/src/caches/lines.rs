//! The words: what users and the origin saw of caches, then each endpoint with what its misses missed for.

use std::collections::BTreeMap;

use loadline_units as units;
use loadline_verdict::brief;
use unicode_width::UnicodeWidthStr;

use super::figures::{CacheFigures, CachePart};
use crate::text::{Line, Role, wrap};

/// Endpoints that have a line; the rest is counted.
const MOST_ENDPOINTS: usize = 12;
/// Causes that are named; the rest is counted.
const MOST_CAUSES: usize = 4;
/// Columns that a name has at most.
const LONGEST_NAME: usize = 32;

/// What caches did, for a terminal of `width` columns, each line `indent` columns from its edge.
pub fn cache_lines(figures: &CacheFigures, indent: usize, width: usize) -> Vec<Line> {
    let room = width.saturating_sub(indent).max(20);
    let mut lines = Vec::new();
    let mut say = |role: Role, words: &str| {
        lines.extend(wrap(words, room).iter().map(|part| Line::indented(indent).with(role, part)));
    };
    for (role, words) in sentences(figures) {
        say(role, &words);
    }
    if figures.all.known == 0 {
        return lines;
    }
    lines.push(Line::new());
    let mut endpoints: Vec<(&String, &CachePart)> = figures.endpoints.iter().collect();
    endpoints.sort_by(|one, other| other.1.known.cmp(&one.1.known).then_with(|| one.0.cmp(other.0)));
    let shown = &endpoints[..endpoints.len().min(MOST_ENDPOINTS)];
    let names: Vec<String> =
        shown.iter().map(|(name, _)| brief(name).chars().take(LONGEST_NAME).collect()).collect();
    let column = names.iter().map(|name| name.width()).max().unwrap_or_default().min(room / 3);
    for ((_, part), name) in shown.iter().zip(&names) {
        lines.extend(endpoint(name, part, indent, column, width));
    }
    let more = endpoints.len() - shown.len();
    if more > 0 {
        let words = format!("and {} more", units::count(more as u64));
        lines.push(Line::indented(indent).with(Role::Dim, &words));
    }
    lines
}

fn sentences(figures: &CacheFigures) -> Vec<(Role, String)> {
    let all = &figures.all;
    let mut said = Vec::new();
    if all.known > 0 {
        said.push((
            Role::Text,
            format!(
                "{} hits: {} of {} requests did not wait for the origin",
                units::percent_of(all.hits, all.known),
                units::count(all.hits),
                units::count(all.known)
            ),
        ));
        let at_least = if all.stale > 0 { "at least " } else { "" };
        let mut words = format!("{at_least}{} spared the origin", units::percent_of(all.spared, all.known));
        if all.stale > 0 {
            words += &format!(
                "; {} served stale, for which it may have been asked meanwhile",
                units::count(all.stale)
            );
        }
        if all.bytes_saved > 0.0 {
            words += &format!("; it did not send {}", units::bytes(all.bytes_saved));
        }
        said.push((Role::Text, words));
    }
    let unknown = all.unknown_count();
    if unknown > 0 {
        let words = format!(
            "{} answers are neither hits nor misses, because nobody knows: {}",
            units::count(unknown),
            causes(&all.unknown)
        );
        said.push((Role::Warning, words));
    }
    if figures.silent > 0 {
        let words = format!("{} answers said nothing of a cache", units::count(figures.silent));
        said.push((Role::Dim, words));
    }
    said
}

/// `image   98.1% of 4,000   missed: 60 not there yet, 16 stale`, its causes below where there is no room beside.
fn endpoint(name: &str, part: &CachePart, indent: usize, column: usize, width: usize) -> Vec<Line> {
    let mut line = Line::indented(indent).with(Role::Text, name);
    if name.width() > column {
        line = line.truncated(indent + column);
    }
    line.pad_to(indent + column + 2);
    let rate = if part.known > 0 { units::percent_of(part.hits, part.known) } else { "–".to_owned() };
    line.push(Role::Value, &format!("{rate:>7}"));
    if part.known > 0 {
        line.push(Role::Text, &format!(" of {}", units::count(part.known)));
    }
    let mut why = Vec::new();
    if !part.misses.is_empty() {
        let shared = match part.collapsed {
            0 => String::new(),
            count => format!("; {} of these shared another's answer", units::count(count)),
        };
        why.push(format!("missed: {}{shared}", causes(&part.misses)));
    }
    if part.stale > 0 {
        why.push(format!("{} served stale", units::count(part.stale)));
    }
    if !part.unknown.is_empty() {
        why.push(format!("{} not known", units::count(part.unknown_count())));
    }
    let why = why.join("; ");
    if why.is_empty() {
        return vec![line];
    }
    let beside = indent + column + 2 + 7 + 14;
    if beside + why.width() <= width {
        line.pad_to(beside);
        return vec![line.with(Role::Dim, &why)];
    }
    let below = indent + 4;
    let rest = wrap(&why, width.saturating_sub(below).max(20));
    let rest = rest.iter().map(|part| Line::indented(below).with(Role::Dim, part));
    std::iter::once(line).chain(rest).collect()
}

/// `60 not there yet, 16 stale`.
fn causes(by_why: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<(&String, &u64)> = by_why.iter().collect();
    sorted.sort_by(|one, other| other.1.cmp(one.1).then_with(|| one.0.cmp(other.0)));
    let mut words: Vec<String> = sorted
        .iter()
        .take(MOST_CAUSES)
        .map(|(why, count)| format!("{} {}", units::count(**count), cause(why)))
        .collect();
    let rest: u64 = sorted.iter().skip(MOST_CAUSES).map(|(_, count)| **count).sum();
    if rest > 0 {
        words.push(format!("{} for other reasons", units::count(rest)));
    }
    words.join(", ")
}

/// The words of RFC 9211 §2.2 and our own, for people; others as they are.
fn cause(why: &str) -> String {
    let words = match why {
        "uri-miss" => "not there yet",
        "vary-miss" => "there for other headers only (Vary)",
        "miss" => "not there",
        "stale" => "stale",
        "revalidated" => "stale and found unchanged",
        "request" => "wanted fresh by the request",
        "partial" => "there in part only",
        "bypass" => "bypassed",
        "method" => "of a method that is not kept",
        "contradicting" => "whose headers contradict each other",
        "age-alone" => "with nothing but an Age",
        "unclear" => "in words that are not known",
        "" => "without a reason",
        other => return brief(other),
    };
    words.to_owned()
}
