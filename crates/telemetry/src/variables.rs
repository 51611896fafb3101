//! What variables say about a receiver: k6's names, and ours, which win.
//!
//! `K6_PROMETHEUS_RW_SERVER_URL` is also `LOADLINE_PROMETHEUS_RW_SERVER_URL`. Of a secret there may be a file as well,
//! named by `…_FILE`. A variable that is set and means nothing here is an error: whoever set it believes that it works.

use std::collections::BTreeMap;
use std::time::Duration;

use loadline_units::parse_duration;

/// Whose name a variable may begin with, the one that wins first.
const OWNERS: [&str; 2] = ["LOADLINE_", "K6_"];
/// What names the file that a value is in.
const FILE: &str = "_FILE";

/// Variables of an environment, as far as they are text.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, String>);

/// What is wrong with where a run is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A variable's value is none that it can have.
    #[error("the variable `{name}` is `{value}`: {problem}")]
    Value {
        /// Its name.
        name: String,
        /// Its value, without secrets.
        value: String,
        /// What it should be.
        problem: String,
    },
    /// A variable of this receiver that is not known.
    #[error("the variable `{name}` is set, and not known here\nhint: unset it; known are {known}")]
    Unknown {
        /// Its name.
        name: String,
        /// The names that are known.
        known: String,
    },
    /// The address is none.
    #[error("output `{kind}`: {problem}")]
    Address {
        /// The receiver's kind.
        kind: &'static str,
        /// What is wrong, and what it should look like.
        problem: String,
    },
    /// A file that a variable names cannot be read.
    #[error("the variable `{name}` names a file that cannot be read: {problem}")]
    File {
        /// The variable.
        name: String,
        /// What the system said.
        problem: String,
    },
}

impl Variables {
    /// These variables.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// Reads the files that are named in place of values, so that a secret needs no variable of its own.
    ///
    /// # Errors
    /// The first that cannot be read, as `read` says.
    pub fn with_files(
        mut self,
        prefix: &str,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Self, SettingsError> {
        let named: Vec<(String, String)> = self
            .of(prefix)
            .filter(|(name, _, _)| name.ends_with(FILE))
            .map(|(_, name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for (name, path) in named {
            let text = read(&path).map_err(|problem| SettingsError::File { name: name.clone(), problem })?;
            self.0.remove(&name);
            self.0.insert(name[..name.len() - FILE.len()].to_owned(), text.trim_end().to_owned());
        }
        Ok(self)
    }

    /// All with this prefix behind their owner's: the rest of the name, the whole name, the value.
    pub(crate) fn of(&self, prefix: &str) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().filter_map(move |(name, value)| {
            let rest = OWNERS.iter().find_map(|owner| name.strip_prefix(owner))?.strip_prefix(prefix)?;
            Some((rest, name.as_str(), value.as_str()))
        })
    }

    /// The name and the value of a variable that is set to something.
    pub(crate) fn get(&self, name: &str) -> Option<(String, &str)> {
        OWNERS.iter().find_map(|owner| {
            let name = format!("{owner}{name}");
            let value = self.0.get(&name).filter(|value| !value.is_empty())?;
            Some((name, value.as_str()))
        })
    }

    /// A value as its text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|(_, value)| value.to_owned())
    }

    /// A value that is `true` or `false`.
    pub(crate) fn truth(&self, name: &str) -> Result<Option<bool>, SettingsError> {
        self.parsed(name, |value| match value {
            "true" | "TRUE" | "True" | "t" | "T" | "1" => Ok(true),
            "false" | "FALSE" | "False" | "f" | "F" | "0" => Ok(false),
            _ => Err("use `true` or `false`".to_owned()),
        })
    }

    /// A duration that is not zero, such as `5s`.
    pub(crate) fn duration(&self, name: &str) -> Result<Option<Duration>, SettingsError> {
        self.parsed(name, |value| match parse_duration(value) {
            Ok(duration) if duration.is_zero() => Err("use a time that is longer than nothing".to_owned()),
            Ok(duration) => Ok(duration),
            Err(error) => Err(error.to_string()),
        })
    }

    /// A value that `parse` makes sense of, or says what it should be.
    pub(crate) fn parsed<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, SettingsError> {
        let Some((name, value)) = self.get(name) else { return Ok(None) };
        let wrong = |problem| SettingsError::Value {
            name: name.clone(),
            value: loadline_secrets::masked(value).into_owned(),
            problem,
        };
        parse(value).map(Some).map_err(wrong)
    }

    /// Refuses a variable of this prefix that none of the names is.
    pub(crate) fn only(&self, prefix: &str, known: &[&str]) -> Result<(), SettingsError> {
        let is_known = |rest: &str| {
            known.iter().any(|name| match name.strip_suffix('*') {
                Some(start) => rest.len() > start.len() && rest.starts_with(start),
                None => rest == *name,
            })
        };
        match self.of(prefix).find(|(rest, _, value)| !value.is_empty() && !is_known(rest)) {
            None => Ok(()),
            Some((_, name, _)) => Err(SettingsError::Unknown {
                name: name.to_owned(),
                known: known.iter().map(|name| format!("`{prefix}{name}`")).collect::<Vec<_>>().join(", "),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(list: &[(&str, &str)]) -> Variables {
        Variables::new(list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn ours_win_and_empty_ones_are_not_set() {
        let all = variables(&[("K6_X_A", "theirs"), ("LOADLINE_X_A", "ours"), ("K6_X_B", ""), ("Y_C", "1")]);
        assert_eq!(all.text("X_A").as_deref(), Some("ours"));
        assert_eq!(all.text("X_B"), None);
        assert_eq!(all.text("C"), None);
    }

    #[test]
    fn values_that_mean_nothing_are_refused_with_the_name_of_their_variable() {
        let all =
            variables(&[("K6_X_A", "perhaps"), ("K6_X_B", "0s"), ("K6_X_C", "5x"), ("K6_X_HEADERS_", "1")]);
        for (problem, name) in [
            (all.truth("X_A").unwrap_err(), "K6_X_A"),
            (all.duration("X_B").unwrap_err(), "K6_X_B"),
            (all.duration("X_C").unwrap_err(), "K6_X_C"),
            (all.only("X_", &["A", "B", "C", "HEADERS_*"]).unwrap_err(), "K6_X_HEADERS_"),
        ] {
            assert!(problem.to_string().contains(&format!("`{name}`")), "{problem}");
        }
        assert_eq!(variables(&[("K6_X_A", "1")]).truth("X_A"), Ok(Some(true)));
        assert_eq!(variables(&[]).truth("X_A"), Ok(None));
    }

    #[test]
    fn a_secret_may_be_in_a_file() {
        let read = |path: &str| match path {
            "/run/secrets/token" => Ok("very secret\n".to_owned()),
            _ => Err("it is not there".to_owned()),
        };
        let all = variables(&[("LOADLINE_X_TOKEN_FILE", "/run/secrets/token"), ("K6_Y_FILE", "no")]);
        assert_eq!(all.with_files("X_", read).unwrap().text("X_TOKEN").as_deref(), Some("very secret"));
        let gone = variables(&[("K6_X_TOKEN_FILE", "/none")]).with_files("X_", read).unwrap_err().to_string();
        assert!(gone.contains("K6_X_TOKEN_FILE") && gone.contains("not there"), "{gone}");
    }
}
