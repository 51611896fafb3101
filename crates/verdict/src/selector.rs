//! Selectors: a metric, or the part of it that carries certain tags: `http_req_duration{scenario:search,status:200}`.
//!
//! k6's rules: tags are separated by commas, key and value by the first colon, so that a value may hold colons, as
//! URLs and group names do; the braces are the first `{` and the last `}`; quotes around keys and values are dropped.
//! One thing more: a comma inside a quoted value belongs to the value. All tags must match. An empty value matches
//! what does not carry the tag.

use std::collections::HashSet;
use std::fmt;

use loadline_measure::{PART, SERVER_PART, TagSet, part_name};

use crate::problem::{Fault, Problems};

/// A metric's name and the tags its values must carry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector {
    /// The metric's name.
    pub metric: String,
    /// Keys and values in the order they were written; each key once.
    pub tags: Vec<(String, String)>,
}

impl Selector {
    /// Reads a selector.
    ///
    /// ```
    /// use loadline_verdict::Selector;
    /// let selector = Selector::parse("http_req_duration{name:https://shop.test/a}")?;
    /// assert_eq!(selector.tags, [("name".to_owned(), "https://shop.test/a".to_owned())]);
    /// assert!(Selector::parse("http_req_duration{name:a").is_err());
    /// # Ok::<(), loadline_verdict::Problems>(())
    /// ```
    ///
    /// # Errors
    /// One problem, which says what is wrong where. Whether the metric exists is not checked here.
    pub fn parse(source: &str) -> Result<Self, Problems> {
        Self::read(source).map_err(|fault| Problems::one(fault.in_text("", "", source)))
    }

    /// Whether values with these tags are among what it selects; the metric is not looked at. Whatever judges or shows
    /// a part of a run asks here.
    pub fn matches(&self, tags: &TagSet) -> bool {
        tags.matches(&self.tags)
    }

    pub(crate) fn read(source: &str) -> Result<Self, Fault> {
        let fault = |what: &str, at: usize, length: usize| {
            Fault::new(format!("selector `{}` {what}", source.trim()), at..at + length)
        };
        let example = "write it like `http_req_duration{scenario:search}`";
        let end = source.trim_end().len();
        let (open, close) = match (source.find('{'), source.rfind('}')) {
            (None, None) => {
                if source.trim().is_empty() {
                    return Err(fault("names no metric", 0, end).hint(example));
                }
                return Ok(Self { metric: source.trim().to_owned(), tags: Vec::new() });
            }
            (Some(open), Some(close)) if open < close => (open, close),
            (Some(open), _) => return Err(fault("has no `}` for its `{`", open, 1).hint(example)),
            (None, Some(close)) => return Err(fault("has no `{` for its `}`", close, 1).hint(example)),
        };
        let metric = source[..open].trim();
        if metric.is_empty() {
            return Err(fault("names no metric", 0, open).hint(example));
        }
        if close + 1 != end {
            return Err(fault("goes on after its `}`", close + 1, end - close - 1).hint(example));
        }
        let mut tags: Vec<(String, String)> = Vec::new();
        let mut keys: HashSet<&str> = HashSet::new();
        for (start, piece) in pieces(&source[open + 1..close]) {
            let start = open + 1 + start + (piece.len() - piece.trim_start().len());
            let piece = piece.trim();
            if piece.is_empty() {
                continue;
            }
            let Some((key, value)) = piece.split_once(':') else {
                return Err(fault(&format!("has a tag without a value: `{piece}`"), start, piece.len())
                    .hint(format!("write `{piece}:value`, or `{piece}:` for values without the tag")));
            };
            let key = key.trim_matches(|character: char| character.is_whitespace() || is_quote(character));
            let value = value.trim().trim_matches(is_quote);
            if key.is_empty() {
                return Err(fault("has a value without a tag", start, piece.len()).hint(example));
            }
            if !keys.insert(key) {
                return Err(fault(&format!("names the tag `{key}` twice"), start, piece.len())
                    .hint("a tag has one value, so both can never match"));
            }
            // A part of a server is called as the server calls it, and kept as people read it.
            let is_part = metric == SERVER_PART && key == PART;
            let value = if is_part { part_name(value) } else { value.to_owned() };
            tags.push((key.to_owned(), value));
        }
        if tags.is_empty() {
            return Err(fault("has no tags in its braces", open, close + 1 - open)
                .hint(format!("write `{metric}` for all its values")));
        }
        Ok(Self { metric: metric.to_owned(), tags })
    }
}

fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'')
}

/// The parts between commas, with where they start; a comma inside a quoted value does not count.
fn pieces(text: &str) -> Vec<(usize, &str)> {
    let closing = Closing::of(text);
    let mut pieces = Vec::new();
    let mut start = 0;
    while start <= text.len() {
        let rest = &text[start..];
        let comma = rest.find(',').unwrap_or(rest.len());
        // The value is quoted when a quote follows the key's colon; then the piece ends behind the closing quote.
        let length = rest[..comma].find(':').and_then(|colon| {
            let value = rest[colon + 1..].trim_start();
            let quote = value.chars().next().filter(|first| is_quote(*first))?;
            let offset = rest.len() - value.len() + 1;
            closing.after(start + offset, quote).map(|at| at - start + 1)
        });
        let length = match length {
            Some(quoted) => quoted + (rest[quoted..].find(',').unwrap_or(rest.len() - quoted)),
            None => comma,
        };
        pieces.push((start, &rest[..length]));
        start += length + 1;
    }
    pieces
}

/// Where quotes may close: before a comma or the end. Found in one go, so that a text of nothing but quotes that never
/// close is read in the time its length takes.
struct Closing {
    double: Vec<usize>,
    single: Vec<usize>,
}

impl Closing {
    fn of(text: &str) -> Self {
        let mut closing = Self { double: Vec::new(), single: Vec::new() };
        let mut next = None;
        for (at, character) in text.char_indices().rev() {
            if is_quote(character) && matches!(next, None | Some(',')) {
                closing.list(character).push(at);
            }
            if !character.is_whitespace() {
                next = Some(character);
            }
        }
        closing.double.reverse();
        closing.single.reverse();
        closing
    }

    fn list(&mut self, quote: char) -> &mut Vec<usize> {
        if quote == '"' { &mut self.double } else { &mut self.single }
    }

    /// The first at or after a position.
    fn after(&self, from: usize, quote: char) -> Option<usize> {
        let all = if quote == '"' { &self.double } else { &self.single };
        all.get(all.partition_point(|at| *at < from)).copied()
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.metric)?;
        for (position, (key, value)) in self.tags.iter().enumerate() {
            let separator = if position == 0 { '{' } else { ',' };
            write!(formatter, "{separator}{key}:")?;
            if value.contains(',') || value.trim() != value {
                // Inside, a quote closes only before a comma: at the end stands the quote that is added here.
                let closes = value.split(',').rev().skip(1).any(|before| before.trim_end().ends_with('"'));
                let quote = if closes { '\'' } else { '"' };
                write!(formatter, "{quote}{value}{quote}")?;
            } else {
                formatter.write_str(value)?;
            }
        }
        if !self.tags.is_empty() {
            formatter.write_str("}")?;
        }
        Ok(())
    }
}
