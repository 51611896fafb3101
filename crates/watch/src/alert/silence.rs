//! When nobody is to be told: silences that end, and maintenance that comes every week.

use super::weekly::Weekly;

/// Endpoints about which nobody is told for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    /// A name, or a pattern such as `auth.*`; `*` is all of them.
    pub endpoint: String,
    /// When.
    pub when: When,
    /// Why, for whoever wonders.
    pub why: String,
}

/// When a silence is.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// From one moment to another, in seconds since 1970 UTC.
    Between {
        /// Its first second.
        from_s: i64,
        /// The first second after it.
        until_s: i64,
    },
    /// Every week.
    Weekly(Weekly),
}

/// All silences of a project.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Silences(pub Vec<Silence>);

impl Silences {
    /// The silence that an endpoint has at a time, in seconds since 1970 UTC.
    pub fn of(&self, endpoint: &str, now_s: i64) -> Option<&Silence> {
        self.0.iter().find(|silence| silence.has(now_s) && is_of(&silence.endpoint, endpoint))
    }
}

impl Silence {
    fn has(&self, now_s: i64) -> bool {
        match &self.when {
            When::Between { from_s, until_s } => (*from_s..*until_s).contains(&now_s),
            When::Weekly(weekly) => weekly.has(now_s),
        }
    }
}

/// Whether a pattern is of a name: every `*` stands for any text.
fn is_of(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    let mut rest = rest;
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_of_names() {
        for (pattern, name, is) in [
            ("*", "anything", true),
            ("auth.*", "auth.login", true),
            ("auth.*", "author", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("*x", "x", true),
            ("x", "x", true),
            ("x", "xy", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(is_of(pattern, name), is, "{pattern} {name}");
        }
    }

    #[test]
    fn a_silence_ends() {
        let when = When::Between { from_s: 10, until_s: 20 };
        let silences = Silences(vec![Silence { endpoint: "a".into(), when, why: "a move".into() }]);
        let silent = |endpoint, at_s| silences.of(endpoint, at_s).is_some();
        assert_eq!([9, 10, 19, 20].map(|at_s| silent("a", at_s)), [false, true, true, false]);
        assert!(!silent("b", 15));
    }
}
