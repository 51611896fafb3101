//! Which two versions somebody asks about, over how long: as it was typed, and as a query changes it.

use std::fmt;

use anyhow::{Context, Result, bail, ensure};
use loadline_watch::canary::Side;
use url::form_urlencoded::parse;

use crate::watch::arguments::over;
use crate::watch::lengths::length_text;

/// Two versions, and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) head: Side,
    pub(super) base: Side,
    pub(super) over_s: u64,
}

impl Question {
    /// A version and another one, or all others.
    pub(super) fn new(head: &Side, against: Option<&str>, over_s: u64) -> Result<Self> {
        let base = match against {
            None => head.others(),
            Some(text) if text.contains('=') => Side::parse(text).context("in `--against`")?,
            Some(value) => Side::parse(&format!("{}={value}", head.label)).context("in `--against`")?,
        };
        ensure!(
            base != *head,
            "`--against` is the canary itself\nhint: name another version, or leave it out for all others"
        );
        Ok(Self { head: head.clone(), base, over_s })
    }

    /// The same but for what a query says: `canary=version=1.4.0&against=1.3.9&over=15m`. Another canary is held
    /// against all others unless the query says what against.
    pub(super) fn with(&self, query: &str) -> Result<Self> {
        let (mut canary, mut against, mut over_s) = (None, None, self.over_s);
        for (name, value) in parse(query.as_bytes()) {
            match &*name {
                "canary" => canary = Some(Side::parse(&value).context("in `canary`")?),
                "against" => against = Some(value.into_owned()),
                "over" => {
                    let length = over(&value).map_err(anyhow::Error::msg);
                    over_s = length.with_context(|| format!("in `over`: `{value}`"))?.as_secs();
                }
                other => {
                    bail!("`{other}` is no part of a question: there are `canary`, `against` and `over`")
                }
            }
        }
        match (canary, against) {
            (None, None) => Ok(Self { over_s, ..self.clone() }),
            (canary, against) => Self::new(canary.as_ref().unwrap_or(&self.head), against.as_deref(), over_s),
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} beside {} over {}", self.head, self.base, length_text(self.over_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> Question {
        Question::new(&Side::parse("track=canary").unwrap(), Some("primary"), 900).unwrap()
    }

    #[test]
    fn a_query_changes_what_it_names() {
        let check = |query: &str, words: &str| {
            assert_eq!(usual().with(query).unwrap().to_string(), words, "{query}");
        };
        check("", "track=canary beside track=primary over 15m");
        check("over=1h", "track=canary beside track=primary over 1h");
        check("against=stable", "track=canary beside track=stable over 15m");
        check("canary=version%3D1.4.0&against=1.3.9", "version=1.4.0 beside version=1.3.9 over 15m");
        check("canary=version=1.4.0", "version=1.4.0 beside version≠1.4.0 over 15m");
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (query, words) in [
            ("canary=1.4.0", "in `canary`: write a label and its value"),
            ("over=never", "in `over`: `never`"),
            ("cannary=version=1", "`cannary` is no part of a question"),
            ("against=canary", "is the canary itself"),
            ("canary=version=", "`version` has no value"),
        ] {
            let said = format!("{:#}", usual().with(query).unwrap_err());
            assert!(said.contains(words), "{query}: {said}");
        }
    }
}
