//! Patterns of paths: literals, `*` within a segment, `**` for any segments, and a set of endings.
//!
//! No more than that, because every cache that rules may be compiled for has to understand them.

use std::fmt;

use thiserror::Error;

/// A pattern of paths.
///
/// ```
/// use loadline_edge::rules::Pattern;
/// let assets = Pattern::parse("/static/**/*.{css,js}")?;
/// assert!(assets.matches("/static/app.css") && assets.matches("/static/a/b/app.js"));
/// assert!(!assets.matches("/static/app.png"));
/// assert!(Pattern::parse("static").is_err());
/// # Ok::<(), loadline_edge::rules::PatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// Any number of segments, none among them.
    Any,
    /// One segment: what stands between its stars, and the endings that are allowed behind the last of them.
    One(Vec<String>, Vec<String>),
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatternError {
    /// It does not begin with a slash.
    #[error("a path begins with `/`")]
    NoSlash,
    /// `**` stands beside something else.
    #[error("`**` stands for whole segments: write `/**`, or `*` for a part of one")]
    StarsWithin,
    /// Something that other pattern languages have and this one has not.
    #[error(
        "`{0}` is not part of patterns here: use literals, `*`, `**` and a set of endings such as `*.{{css,js}}`"
    )]
    Unknown(char),
    /// A set of endings that is not one.
    #[error("a set of endings stands last, as in `*.{{css,js}}`")]
    Endings,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let path = text.strip_prefix('/').ok_or(PatternError::NoSlash)?;
        if let Some(unknown) = text.chars().find(|sign| "?[]()!|\\ #".contains(*sign)) {
            return Err(PatternError::Unknown(unknown));
        }
        let count = path.split('/').count();
        let segments = path.split('/').enumerate().map(|(at, segment)| one(segment, at + 1 == count));
        Ok(Self { text: text.to_owned(), segments: segments.collect::<Result<_, _>>()? })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is of this path.
    pub fn matches(&self, path: &str) -> bool {
        let Some(path) = path.strip_prefix('/') else { return false };
        let path: Vec<&str> = path.split('/').collect();
        // Which of the pattern's first segments can stand for the path's first ones: one row for each of them.
        let mut reached = vec![false; path.len() + 1];
        reached[0] = true;
        for segment in &self.segments {
            let mut next = vec![false; path.len() + 1];
            match segment {
                Segment::Any => {
                    let first = reached.iter().position(|is| *is).unwrap_or(reached.len());
                    next.iter_mut().skip(first).for_each(|is| *is = true);
                }
                Segment::One(literals, endings) => {
                    for at in 0..path.len() {
                        next[at + 1] = reached[at] && is(literals, endings, path[at]);
                    }
                }
            }
            reached = next;
        }
        reached[path.len()]
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn one(segment: &str, is_last: bool) -> Result<Segment, PatternError> {
    if segment == "**" {
        return Ok(Segment::Any);
    }
    if segment.contains("**") {
        return Err(PatternError::StarsWithin);
    }
    let (name, endings) = match segment.split_once('{') {
        None => (segment, Vec::new()),
        Some((name, set)) => {
            let set = set.strip_suffix('}').filter(|_| is_last).ok_or(PatternError::Endings)?;
            let endings: Vec<String> = set.split(',').map(|ending| ending.trim().to_owned()).collect();
            if endings.iter().any(|ending| ending.is_empty() || ending.contains(['{', '}', '*'])) {
                return Err(PatternError::Endings);
            }
            (name, endings)
        }
    };
    if name.contains('}') {
        return Err(PatternError::Endings);
    }
    Ok(Segment::One(name.split('*').map(str::to_owned).collect(), endings))
}

/// Whether a segment has the literals in their order, the first at its start and the last, with an ending, at its end.
fn is(literals: &[String], endings: &[String], segment: &str) -> bool {
    if endings.is_empty() {
        return has(literals, "", segment);
    }
    endings.iter().any(|ending| has(literals, ending, segment))
}

fn has(literals: &[String], ending: &str, segment: &str) -> bool {
    let Some((first, rest)) = literals.split_first() else { return segment == ending };
    let Some(mut left) = segment.strip_prefix(first.as_str()) else { return false };
    let Some((last, middle)) = rest.split_last() else { return left == ending };
    for literal in middle {
        match left.find(literal.as_str()) {
            Some(at) => left = &left[at + literal.len()..],
            None => return false,
        }
    }
    left.strip_suffix(ending).is_some_and(|left| left.ends_with(last.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_or_not() {
        for (pattern, path, expected) in [
            ("/a", "/a", true),
            ("/a", "/a/", false),
            ("/a", "/ab", false),
            ("/", "/", true),
            ("/**", "/", true),
            ("/**", "/a/b", true),
            ("/a/**", "/a", true),
            ("/a/**", "/a/b/c", true),
            ("/a/**", "/ab", false),
            ("/a/*", "/a/b", true),
            ("/a/*", "/a/b/c", false),
            ("/a/*/c", "/a/b/c", true),
            ("/a/**/c", "/a/c", true),
            ("/a/**/c", "/a/x/y/c", true),
            ("/a/**/c", "/a/x/y/d", false),
            ("/x*y*z", "/xyz", true),
            ("/x*y*z", "/x1y2z", true),
            ("/x*y*z", "/x1z", false),
            ("/*.{css,js}", "/a.js", true),
            ("/*.{css,js}", "/a.jsx", false),
            ("/a*a", "/a", false),
            ("/api/public.getPrograms", "/api/public.getPrograms", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (text, expected) in [
            ("a", PatternError::NoSlash),
            ("/a**", PatternError::StarsWithin),
            ("/a?", PatternError::Unknown('?')),
            ("/[ab]", PatternError::Unknown('[')),
            ("/{a,b}/c", PatternError::Endings),
            ("/a}", PatternError::Endings),
            ("/*.{}", PatternError::Endings),
        ] {
            assert_eq!(Pattern::parse(text), Err(expected), "{text}");
        }
    }

    /// The work goes with the length of pattern and path, or somebody makes a cache stand still.
    #[test]
    fn many_stars_are_no_trouble() {
        let pattern = Pattern::parse(&format!("/{}x", "**/".repeat(200))).unwrap();
        assert!(!pattern.matches(&format!("/{}y", "a/".repeat(2_000))));
        let stars = Pattern::parse(&format!("/{}b", "*a".repeat(200))).unwrap();
        assert!(!stars.matches(&format!("/{}", "a".repeat(20_000))));
    }
}
