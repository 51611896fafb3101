//! `systemTags`: which tags the engine adds to samples by itself.

use loadline_measure::SystemTags;
use serde_json::{Value, json};

use crate::compile::nearest;
use crate::options::problem::Findings;
use crate::options::setting::{Setting, split};

/// Names of tags.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TagNames(pub Vec<String>);

/// Every system tag, and the switch it turns.
type Switch = fn(&mut SystemTags) -> &mut bool;
const SWITCHES: &[(&str, Switch)] = &[
    ("proto", |tags| &mut tags.proto),
    ("subproto", |tags| &mut tags.subproto),
    ("status", |tags| &mut tags.status),
    ("method", |tags| &mut tags.method),
    ("url", |tags| &mut tags.url),
    ("name", |tags| &mut tags.name),
    ("group", |tags| &mut tags.group),
    ("check", |tags| &mut tags.check),
    ("error", |tags| &mut tags.error),
    ("error_code", |tags| &mut tags.error_code),
    ("tls_version", |tags| &mut tags.tls_version),
    ("scenario", |tags| &mut tags.scenario),
    ("service", |tags| &mut tags.service),
    ("expected_response", |tags| &mut tags.expected_response),
    ("ip", |tags| &mut tags.ip),
    ("vu", |tags| &mut tags.vu),
    ("iter", |tags| &mut tags.iter),
];

/// Tags of k6 that nothing here has.
const ABSENT: &[&str] = &["ocsp_status"];

impl Default for TagNames {
    fn default() -> Self {
        let mut tags = SystemTags::default();
        let on = SWITCHES.iter().filter(|(_, switch)| *switch(&mut tags));
        Self(on.map(|(name, _)| (*name).to_owned()).collect())
    }
}

impl TagNames {
    /// These tags on, all others off.
    pub fn switches(&self) -> SystemTags {
        let mut tags = SystemTags::default();
        for (name, switch) in SWITCHES {
            *switch(&mut tags) = self.0.iter().any(|on| on == name);
        }
        tags
    }
}

impl Setting for TagNames {
    const EXPECTED: &'static str = "a list of tag names";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let names = Vec::<String>::read(value, path, findings)?;
        let known = SWITCHES.iter().map(|(name, _)| *name);
        for (index, name) in names.iter().enumerate() {
            if !known.clone().any(|known| known == name) && !ABSENT.contains(&name.as_str()) {
                let hint = nearest(name, known.clone()).map(|near| format!("did you mean `{near}`?"));
                findings.warning(
                    &format!("{path}[{index}]"),
                    format!("is `{name}`, which is not a system tag"),
                    hint,
                );
            }
        }
        Some(Self(names))
    }

    fn read_texts(texts: &[String], path: &str, findings: &mut Findings) -> Option<Self> {
        let all: Vec<String> = texts.iter().flat_map(|text| split(text)).collect();
        Self::read(&json!(all), path, findings)
    }

    fn write(&self) -> Value {
        json!(self.0)
    }
}
