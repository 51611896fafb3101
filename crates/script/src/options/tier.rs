//! The sources of options: a file, the script, the environment, the command line.

use serde_json::Value;

use crate::compile::nearest;
use crate::options::problem::Findings;
use crate::options::setting::twin;
use crate::options::table::Options;

/// Everything that sets options, each as it came, the lowest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tiers<'t> {
    /// The configuration file: its path, and its JSON.
    pub config_file: Option<(&'t str, &'t str)>,
    /// The script: its name, and the options it exports as JSON.
    pub script: Option<(&'t str, &'t str)>,
    /// All variables of the environment: `K6_VUS` and `LOADLINE_VUS` set the option `vus`, and ours wins.
    /// Empty values, and variables that name no option, are left alone.
    pub environment: &'t [(String, String)],
    /// The command line: options by their names in scripts, values as typed. A list has one entry per value.
    pub flags: &'t [(&'static str, String)],
}

/// The options that one source sets, and what is wrong with them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tier {
    pub(crate) options: Options,
    pub(crate) findings: Findings,
}

impl Tiers<'_> {
    pub(crate) fn read(&self) -> Vec<Tier> {
        let file =
            self.config_file.map(|(path, text)| Tier::from_text(&format!("configuration file {path}"), text));
        let script = self.script.map(|(name, text)| Tier::from_text(&format!("script {name}"), text));
        let others = [Tier::from_environment(self.environment), Tier::from_flags(self.flags)];
        file.into_iter().chain(script).chain(others).collect()
    }
}

impl Tier {
    fn from_text(origin: &str, text: &str) -> Self {
        let mut tier = Self { options: Options::default(), findings: Findings::new(origin) };
        match serde_json::from_str(text) {
            Ok(Value::Object(entries)) => {
                for (name, value) in &entries {
                    if let Some(other) = twin(&entries, name) {
                        tier.findings.twice(name, other);
                    } else if !tier.options.set(name, value, name, &mut tier.findings) {
                        let near = nearest(name, Options::NAMES.iter().copied());
                        tier.findings.unknown(name, near.map(|near| format!("did you mean `{near}`?")));
                    }
                }
            }
            Ok(Value::Null) => {}
            Ok(other) => tier.findings.wrong("options", &other, "an object"),
            Err(error) => tier.findings.problem("options", format!("is not JSON: {error}")),
        }
        tier
    }

    fn from_environment(variables: &[(String, String)]) -> Self {
        let mut tier = Self { options: Options::default(), findings: Findings::new("environment") };
        for &option in Options::NAMES {
            let value = variables_of(option).into_iter().find_map(|name| {
                variables.iter().find(|(variable, value)| *variable == name && !value.is_empty())
            });
            if let Some((name, value)) = value {
                tier.options.set_texts(option, std::slice::from_ref(value), name, &mut tier.findings);
            }
        }
        tier
    }

    fn from_flags(flags: &[(&'static str, String)]) -> Self {
        let mut tier = Self { options: Options::default(), findings: Findings::new("command line") };
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in flags {
            if !names.contains(name) {
                names.push(name);
            }
        }
        for name in names {
            let values: Vec<String> =
                flags.iter().filter(|(other, _)| *other == name).map(|(_, value)| value.clone()).collect();
            if !tier.options.set_texts(name, &values, &flag(name), &mut tier.findings) {
                tier.findings.unknown(name, None);
            }
        }
        tier
    }
}

/// The words of an option's name: `maxVUs` is `max`, `VUs`; `insecureSkipTLSVerify` has four.
fn words(option: &str) -> Vec<String> {
    let chars: Vec<char> = option.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (index, &c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(index + 1);
        let starts = match before {
            None => true,
            // The last capital of several starts a word, unless only the `s` of a plural follows.
            Some(before) if before.is_uppercase() => {
                c.is_uppercase() && after.is_some_and(|c| c.is_lowercase() && *c != 's')
            }
            Some(_) => c.is_uppercase(),
        };
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words
}

/// The variables that set an option, the stronger one first: `LOADLINE_BATCH_PER_HOST`, `K6_BATCH_PER_HOST`.
pub fn variables_of(option: &str) -> [String; 2] {
    ["LOADLINE_", "K6_"].map(|prefix| format!("{prefix}{}", variable(option)))
}

/// `batchPerHost` is `BATCH_PER_HOST`.
fn variable(option: &str) -> String {
    words(option).join("_").to_uppercase()
}

/// `batchPerHost` is `--batch-per-host`; three flags of k6 are singular.
fn flag(option: &str) -> String {
    match option {
        "tags" => "--tag".to_owned(),
        "stages" => "--stage".to_owned(),
        "blacklistIPs" => "--blacklist-ip".to_owned(),
        option => format!("--{}", words(option).join("-").to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::{flag, variable};

    #[test]
    fn names_of_variables_and_flags() {
        let table = [
            ("vus", "VUS", "--vus"),
            ("batchPerHost", "BATCH_PER_HOST", "--batch-per-host"),
            ("insecureSkipTLSVerify", "INSECURE_SKIP_TLS_VERIFY", "--insecure-skip-tls-verify"),
            ("noVUConnectionReuse", "NO_VU_CONNECTION_REUSE", "--no-vu-connection-reuse"),
            ("blacklistIPs", "BLACKLIST_IPS", "--blacklist-ip"),
            ("localIPs", "LOCAL_IPS", "--local-ips"),
            ("includeSystemEnvVars", "INCLUDE_SYSTEM_ENV_VARS", "--include-system-env-vars"),
            ("tags", "TAGS", "--tag"),
            ("executionSegmentSequence", "EXECUTION_SEGMENT_SEQUENCE", "--execution-segment-sequence"),
        ];
        for (option, environment, command_line) in table {
            assert_eq!((variable(option).as_str(), flag(option).as_str()), (environment, command_line));
        }
    }
}
