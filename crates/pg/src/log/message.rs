//! What a message of the server's log says of an execution. The words are those of its English texts; others are not
//! read (`lc_messages`).

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Said<'a> {
    /// How long something took that another entry names, or none.
    Duration(f64),
    /// A statement ran, for this long.
    Ran {
        ms: f64,
        text: &'a str,
        /// Whether it ran through a portal (`execute …`), whose plan comes behind it.
        by_portal: bool,
    },
    /// More rows of one that ran before were fetched.
    Fetched { ms: f64, text: &'a str },
    /// A statement was read or its parameters were bound.
    Prepared { ms: f64, text: &'a str },
    /// `auto_explain`: a statement ran, and this is how.
    Explained { ms: f64, plan: &'a str },
    /// A statement begins; how long it takes is said later, if at all.
    Begins { text: &'a str, by_portal: bool },
}

impl<'a> Said<'a> {
    /// What this message says, if it is about an execution.
    pub(super) fn of(message: &'a str) -> Option<Self> {
        let Some(rest) = message.strip_prefix("duration: ") else {
            return announced(message);
        };
        let (number, rest) = rest.split_once(" ms")?;
        let ms: f64 = number.parse().ok().filter(|ms: &f64| ms.is_finite() && *ms >= 0.0)?;
        let rest = rest.trim_start_matches(' ');
        if rest.is_empty() {
            return Some(Self::Duration(ms));
        }
        if let Some(plan) = rest.strip_prefix("plan:") {
            return Some(Self::Explained { ms, plan: plan.trim_start() });
        }
        if let Some(text) = rest.strip_prefix("statement: ") {
            return Some(Self::Ran { ms, text, by_portal: false });
        }
        let (what, text) = rest.split_once(": ")?;
        if what.starts_with("execute fetch from ") {
            Some(Self::Fetched { ms, text })
        } else if what.starts_with("execute ") {
            Some(Self::Ran { ms, text, by_portal: true })
        } else if what.starts_with("parse ") || what.starts_with("bind ") {
            Some(Self::Prepared { ms, text })
        } else if what == "fastpath function call" {
            Some(Self::Ran { ms, text: rest, by_portal: false })
        } else {
            Some(Self::Duration(ms))
        }
    }
}

/// The text of `statement: …` or `execute …: …`.
fn announced(message: &str) -> Option<Said<'_>> {
    if let Some(text) = message.strip_prefix("statement: ") {
        return Some(Said::Begins { text, by_portal: false });
    }
    let rest = message.strip_prefix("execute ").filter(|rest| !rest.starts_with("fetch from "))?;
    rest.split_once(": ").map(|(_, text)| Said::Begins { text, by_portal: true })
}

/// The statement that `prepare name (types) as …` prepares; other texts as they are.
pub(super) fn prepared(text: &str) -> &str {
    use crate::shape::{Kind, Tokens};
    let is = |range: &std::ops::Range<usize>, word: &str| text[range.clone()].eq_ignore_ascii_case(word);
    let mut tokens =
        Tokens::of(text).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment)).peekable();
    if !tokens.next().is_some_and(|first| is(&first.range, "prepare")) {
        return text;
    }
    if !tokens.next().is_some_and(|name| matches!(name.kind, Kind::Word | Kind::QuotedName)) {
        return text;
    }
    let mut depth = 0_usize;
    for token in tokens.take(1_000) {
        match token.kind {
            Kind::Sign('(') => depth += 1,
            Kind::Sign(')') => depth = depth.saturating_sub(1),
            Kind::Word if depth == 0 && is(&token.range, "as") => {
                return text[token.range.end..].trim_start();
            }
            _ if depth == 0 => return text,
            _ => {}
        }
    }
    text
}
