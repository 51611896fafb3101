//! Which run is meant: by number, by place from the end, or by commit.

use std::fmt;
use std::str::FromStr;

/// A run as somebody names it.
///
/// ```
/// use loadline_history::Pick;
///
/// assert_eq!("latest".parse(), Ok(Pick::Latest(1)));
/// assert_eq!("-2".parse(), Ok(Pick::Latest(2)));
/// assert_eq!("17".parse(), Ok(Pick::Id(17)));
/// assert_eq!("923576e".parse(), Ok(Pick::Commit("923576e".to_owned())));
/// assert!("yesterday".parse::<Pick>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// By its number.
    Id(i64),
    /// By its place from the end: 1 is the latest.
    Latest(u32),
    /// By the first digits of its commit; of several runs the latest.
    Commit(String),
}

/// A text that names no run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no run: write its number such as `17`, `latest`, `-2` for the second latest, or the first {SHORTEST} or \
     more digits of its commit"
)]
pub struct PickError(pub String);

/// Fewer digits of a commit could as well be a number.
const SHORTEST: usize = 7;
const LONGEST: usize = 64;

impl FromStr for Pick {
    type Err = PickError;

    fn from_str(text: &str) -> Result<Self, PickError> {
        let wrong = || PickError(text.to_owned());
        if text == "latest" {
            return Ok(Self::Latest(1));
        }
        if let Some(place) = text.strip_prefix('-') {
            let digits = !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit());
            let place = digits.then(|| place.parse().ok()).flatten().filter(|place| *place > 0);
            return place.map(Self::Latest).ok_or_else(wrong);
        }
        if text.len() < SHORTEST && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Id).map_err(|_| wrong());
        }
        let is_commit =
            (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_commit.then(|| Self::Commit(text.to_ascii_lowercase())).ok_or_else(wrong)
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Latest(1) => f.write_str("latest"),
            Self::Latest(place) => write!(f, "-{place}"),
            Self::Commit(digits) => f.write_str(digits),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_names_no_run_is_refused_with_what_would() {
        for text in ["", "-", "-0", "+3", "--1", "- 2", "abc", "12345g7", "latest ", "-99999999999"] {
            let error = text.parse::<Pick>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` names no run")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(text in "(latest|-?[0-9a-f]{1,10})") {
            if let Ok(pick) = text.parse::<Pick>() {
                prop_assert_eq!(pick.to_string().parse(), Ok(pick));
            }
        }
    }
}
